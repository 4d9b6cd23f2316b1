"""What a worker finds on disk: the shot with its files, from blobs or from shared folders, and its own out folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pai_studio.core.shot.document import Ocio, Shot, parse
from pai_studio.core.shot.errors import BadInput, MissingFrames, NotAllowed
from pai_studio.core.shot.frames import FramePattern, FrameRange
from pai_studio.core.shot.locked import locked_files
from pai_studio.server.api import studio_pb2 as pb
from pai_studio.server.api.inputs import InputFile, gathered, locked_inputs, named_inputs, paths_of
from pai_studio.server.api.wire import require_digest, require_inner
from pai_studio.server.settings import ServerSettings
from pai_studio.server.spool import Spool, disk_errors, sync_folder

_ROOT_HINT = "name a path inside the server's roots, or upload the files"


def frames_of(spec: pb.JobSpec) -> FrameRange | None:
    """The asked sub-range, or None for the whole shot. Raises BadInput."""
    if not spec.HasField("frames"):
        return None
    try:
        return FrameRange(spec.frames.first, spec.frames.last, spec.frames.step or 1)
    except ValueError as error:
        raise BadInput(str(error), where="frames", hint="write it as 1001-1049") from None


def checked_shot(spec: pb.JobSpec) -> Shot:
    """The shot of a request, with everything checked that needs no disk. Raises BadInput or NotAllowed."""
    try:
        text = spec.shot.decode("utf-8")
    except UnicodeDecodeError:
        raise BadInput("is no UTF-8", where="shot") from None
    shot = parse(text)
    require_inner(shot.delivery_files)
    if not FramePattern(shot.delivery_files).has_padding:
        raise BadInput(
            "delivery.files: holds no frame number", where="shot", hint="name it once, as #### or %04d"
        )
    frames = frames_of(spec)
    shot.chosen(frames)
    return shot


def check_inputs(shot: Shot, spec: pb.JobSpec, spool: Spool, roots: Roots) -> None:
    """Every file that the shot names is here: its blob, or itself inside the roots.

    Raises MissingFrames, NotFound or NotAllowed.
    """
    listed = {require_inner(one.path): require_digest(one.digest) for one in spec.inputs}
    for digest in listed.values():
        spool.path(digest)
    if not spec.shared_paths:
        _check_listed(shot, listed)
        if spec.locked_background:
            pattern = require_inner(spec.locked_background)
            locked_files(pattern, shot.chosen(frames_of(spec)), lambda path: str(path) in listed)
    elif roots:
        roots.gather(shot, listed)
        roots.locked(shot, spec)
    else:
        hint = "upload the files, or start the server with roots"
        raise NotAllowed("this server takes no shared paths", where="shared_paths", hint=hint)


def _check_listed(shot: Shot, listed: Collection[str]) -> None:
    for key, text, is_pattern in named_inputs(shot):
        require_inner(text)
        paths = paths_of(shot, text, is_pattern=is_pattern)
        absent = [str(path) for path in paths if str(path) not in listed]
        if absent:
            say = f"{len(absent)} of its {len(paths)} files are not among the inputs"
            raise MissingFrames(say, where=f"{key} {absent[0]}", hint="upload them and list them")


class Roots:
    """The folders inside which shared paths may lie."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = [folder.resolve() for folder in folders]

    def __bool__(self) -> bool:
        return bool(self._folders)

    def check(self, text: str) -> tuple[Path, tuple[str, ...]]:
        """The root that holds a path, and the way from there with every link followed.

        Raises NotAllowed for what is not plainly inside a root, whether it exists or not.
        """
        bad = "\0" in text or "\\" in text or text.startswith("//") or not text.startswith("/")
        if bad or ".." in PurePosixPath(text).parts:
            raise NotAllowed("the path is not plain and absolute", where=text[:200], hint=_ROOT_HINT)
        return self._locate(text)

    def _locate(self, text: str) -> tuple[Path, tuple[str, ...]]:
        real = Path(os.path.realpath(text))
        for root in self._folders:
            if real.is_relative_to(root):
                return root, real.relative_to(root).parts
        raise NotAllowed("the path lies outside the server's roots", where=text[:200], hint=_ROOT_HINT)

    def open(self, text: str) -> int:
        """A descriptor of the regular file at a path, opened step by step from its root without following links.

        What was checked is what is opened: a link put in place after the check is refused. Raises NotAllowed.
        """
        root, parts = self.check(text)
        descriptor = os.open(root, os.O_PATH | os.O_DIRECTORY)
        try:
            for index, part in enumerate(parts):
                is_last = index == len(parts) - 1
                flags = os.O_RDONLY | os.O_NONBLOCK if is_last else os.O_PATH | os.O_DIRECTORY
                inner = os.open(part, flags | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            if not parts or not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise NotAllowed("is no regular file", where=text[:200])
        except OSError as error:
            os.close(descriptor)
            raise NotAllowed(
                f"cannot be opened ({error.strerror})", where=text[:200], hint=_ROOT_HINT
            ) from None
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def gather(self, shot: Shot, sent: Collection[str]) -> tuple[Shot, list[InputFile]]:
        """`gathered` for a shot whose paths are shared; all of them are checked before the disk is looked at.

        Only a colour config may be among what was `sent`: as an archive it holds files from anywhere.
        """
        has_sent_config = shot.ocio.config in sent
        lean = shot.model_copy(update={"ocio": Ocio()}) if has_sent_config else shot
        for _, text, _ in named_inputs(lean):
            self.check(text)
        moved_shot, files = gathered(lean)
        for one in files:
            self.check(str(one.source))
        return moved_shot.model_copy(update={"ocio": shot.ocio}) if has_sent_config else moved_shot, files

    def locked(self, shot: Shot, spec: pb.JobSpec) -> tuple[str, list[InputFile]]:
        """`locked_inputs` of a request whose paths are shared, all of them checked; nothing where it locks none."""
        if not spec.locked_background:
            return "", []
        self.check(spec.locked_background)
        short, files = locked_inputs(spec.locked_background, shot.chosen(frames_of(spec)))
        for one in files:
            self.check(str(one.source))
        return short, files


@dataclass(frozen=True)
class JobFolder:
    """`jobs/ID/`: `order.json`, `input/`, `out/`."""

    path: Path

    @property
    def out(self) -> Path:
        """Where the worker writes; the delivery is relative to it."""
        return self.path / "out"

    @property
    def input(self) -> Path:
        """What the worker reads."""
        return self.path / "input"

    @property
    def order(self) -> Path:
        """What the worker is to do."""
        return self.path / "order.json"

    def stage(self, spec: pb.JobSpec, spool: Spool, roots: Roots, settings: ServerSettings) -> None:
        """Lay out the files afresh and write the order; `out` is kept.

        Raises what the checks raise, or OutOfResources.
        """
        shot = checked_shot(spec)
        shutil.rmtree(self.input, ignore_errors=True)
        self.out.mkdir(parents=True, exist_ok=True)
        with disk_errors():
            for sent in spec.inputs:
                self._target(sent.path).hardlink_to(spool.path(sent.digest))
            locked = spec.locked_background
            if spec.shared_paths:
                shot, files = roots.gather(shot, {sent.path for sent in spec.inputs})
                locked, kept = roots.locked(shot, spec)
                for one in [*files, *kept]:
                    self._take(one, roots)
            frames = frames_of(spec)
            order = {
                "job": self.path.name,
                "shot": shot.to_json(),
                "input": str(self.input),
                "out": str(self.out),
                "frames": [frames.first, frames.last, frames.step] if frames else None,
                "mode": "refinish" if spec.mode == pb.REFINISH else "render",
                "lock": locked,
                "generations": str(settings.data_dir / "generations"),
                "limits": {"max_pixels": settings.max_pixels, "max_channels": settings.max_channels},
                "models": {"folder": str(settings.models_dir.absolute()), "device": settings.device},
                "digests": {sent.path: sent.digest for sent in spec.inputs},
            }
            self.order.write_text(json.dumps(order), encoding="utf-8")

    def _target(self, path: str) -> Path:
        target = self.input / require_inner(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def _take(self, one: InputFile, roots: Roots) -> None:
        """Link the very file that was opened, so that nothing can be put in its place; copy it from other disks."""
        target = self._target(one.path)
        descriptor = roots.open(str(one.source))
        with os.fdopen(descriptor, "rb") as source:
            try:
                os.link(f"/proc/self/fd/{source.fileno()}", target, follow_symlinks=True)
            except OSError:  # another disk, or a file that this user may read but not link
                with target.open("xb") as copy:
                    shutil.copyfileobj(source, copy, 1 << 20)

    def sweep(self, keep: set[str]) -> None:
        """Remove everything from `out` but the finished files: temps of a dead worker, frames nobody heard of."""
        for path in sorted(self.out.rglob("*"), reverse=True) if self.out.is_dir() else ():
            if path.is_dir() and not path.is_symlink():
                if not any(path.iterdir()):
                    path.rmdir()
            elif path.relative_to(self.out).as_posix() not in keep:
                path.unlink()
        if self.out.is_dir():
            sync_folder(self.out)

    def remove(self) -> None:
        """Remove the whole folder; finished files live on in the spool."""
        shutil.rmtree(self.path, ignore_errors=True)

    def redact(self, text: str) -> str:
        """A message without the server's own paths: staged files by the names that the client gave them."""
        for folder in (self.input, self.out, self.path):
            text = text.replace(f"{folder}/", "").replace(str(folder), ".")
        return re.sub(
            rf"{re.escape(str(self.path.parent.parent))}[^\s'\",;:)]*", "(a file of the server)", text
        )
