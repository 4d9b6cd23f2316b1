"""Where a model is had from: a hub or a mirror of it, or a folder that was copied from one.

Both tell what there is, of which only what is wanted is looked at, and give the bytes that are still missing.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol
from urllib.parse import urlsplit

from pai_studio.core.model.catalogue import Entry
from pai_studio.core.shot.errors import BadInput, NotAuthenticated, PaiError, Unreachable

_WEIGHED_PARTS = ("transformer", "vae", "text_encoder")
_PARTS = (*_WEIGHED_PARTS, "tokenizer", "scheduler")
_SUFFIXES = {".json", ".safetensors", ".txt", ".model"}
_INDEX = "model_index.json"
LICENCES = ("LICENSE", "LICENSE.txt", "LICENSE.md", "NOTICE")
"""What goes wherever the weights go, where a repository has it."""

_CHUNK_BYTES = 8 << 20
GOES_ON = "what was fetched is kept, and the same command goes on from there"


@dataclass(frozen=True)
class Told:
    """A file as the hub tells of it. Of the digests one is known, or none where a bare folder says nothing."""

    path: str
    size: int
    sha256: str = ""
    git_sha1: str = ""
    """Git's own name of the content: SHA-1 of `blob SIZE`, a zero byte and the content."""


@dataclass(frozen=True)
class Offer:
    """What would be fetched for a model: a commit, empty where it is not known, and files."""

    commit: str
    files: tuple[Told, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def stated(self) -> bool:
        """Whether somebody states what every file has to be."""
        return all(file.sha256 or file.git_sha1 for file in self.files)


class Origin(Protocol):
    """Where a model is had from."""

    def offer(self, entry: Entry, commit: str) -> Offer:
        """What there is, at the commit or, where that is empty, at the entry's revision."""
        ...

    def fetch(self, entry: Entry, commit: str, file: Told, into: BinaryIO) -> None:
        """Add to `into`, which stands at its end, what of the file is not in it yet."""
        ...


class Hub:
    """A Hugging Face hub, through its own library: endpoint, proxies, token and offline mode are as it takes them."""

    def __init__(self, mirror: str = "") -> None:
        """`mirror` stands in for `HF_ENDPOINT` and the hub itself. It is not shown the user's token.

        Raises BadInput where it is no URL.
        """
        if mirror and not _is_url(mirror):
            raise BadInput(f"{mirror!r} is no URL", where="--mirror", hint="write it as https://HOST")
        self._endpoint = mirror.rstrip("/") or None
        self._token = False if mirror else None

    def offer(self, entry: Entry, commit: str) -> Offer:
        """Ask the hub. Raises BadInput, NotAuthenticated or Unreachable."""
        with self._readable(entry):
            from huggingface_hub import HfApi  # noqa: PLC0415

            api = HfApi(endpoint=self._endpoint, token=self._token)
            info = api.model_info(entry.repository, revision=commit or entry.revision, files_metadata=True)
            files = [
                Told(found.rfilename, operator.index(found.size or 0), found.lfs.sha256, "")
                if found.lfs
                else Told(found.rfilename, operator.index(found.size or 0), "", found.blob_id or "")
                for found in info.siblings or []
            ]
        offer = _offered(info.sha or "", files, f"{self.address}/{entry.repository}")
        if not (offer.commit and offer.stated):
            hint = "take the hub itself, or another mirror"
            raise BadInput("states no commit, or no digests of its files", where=self.address, hint=hint)
        return offer

    def fetch(self, entry: Entry, commit: str, file: Told, into: BinaryIO) -> None:
        """Ask for the bytes that are missing, and again where the line breaks."""
        with self._readable(entry):
            from huggingface_hub import hf_hub_url  # noqa: PLC0415
            from huggingface_hub.file_download import http_get  # noqa: PLC0415
            from huggingface_hub.utils import (  # type: ignore[attr-defined]  # noqa: PLC0415
                build_hf_headers,
                disable_progress_bars,
            )

            disable_progress_bars("huggingface_hub.http_get")
            # Not compressed: a part of a compressed file cannot be added to.
            headers = build_hf_headers(token=self._token) | {"Accept-Encoding": "identity"}
            url = hf_hub_url(entry.repository, file.path, revision=commit, endpoint=self._endpoint)
            http_get(url, into, resume_size=into.tell(), headers=headers, expected_size=file.size)

    @property
    def address(self) -> str:
        """The hub's or the mirror's URL."""
        from huggingface_hub.constants import ENDPOINT  # noqa: PLC0415

        return self._endpoint or ENDPOINT

    @contextmanager
    def _readable(self, entry: Entry) -> Iterator[None]:
        """Make what the library raises a PaiError."""
        try:
            from huggingface_hub import errors  # noqa: PLC0415
        except ImportError:
            hint = "pip install 'pai-studio[model]'"
            raise BadInput("models are pulled with huggingface_hub, which is missing", hint=hint) from None
        where = f"{self.address}/{entry.repository}"
        try:
            yield
        except errors.OfflineModeIsEnabled:
            hint = "fetch it on another machine and give the folder with --from DIR"
            raise BadInput("HF_HUB_OFFLINE is set: nothing is fetched", where=where, hint=hint) from None
        except errors.RevisionNotFoundError:
            hint = f"take another mirror, or remove .pulling-{entry.name} from the models and begin anew"
            raise BadInput(
                "does not have the commit that the pull began with", where=where, hint=hint
            ) from None
        except errors.HfHubHTTPError as error:
            raise _refused(error.response.status_code, where) from None
        except errors.HTTPError as error:  # type: ignore[attr-defined]
            hint = f"check the network and HTTPS_PROXY, or name a mirror with --mirror URL; {GOES_ON}"
            say = f"cannot be reached ({str(error).strip() or type(error).__name__})"
            raise Unreachable(say, where=where, hint=hint) from None
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            say = f"does not answer as a hub does ({type(error).__name__})"
            raise BadInput(say, where=where, hint="check the mirror's URL") from None


class Copied:
    """A folder that holds a snapshot: a copy of the repository, or a folder of the hub's own cache."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def offer(self, entry: Entry, commit: str) -> Offer:  # noqa: ARG002
        """What lies there. Raises BadInput where it is no such snapshot."""
        if not (self._folder / _INDEX).is_file():
            hint = f"give the folder that holds {entry.repository}'s {_INDEX}"
            raise BadInput(f"there is no {_INDEX}", where=str(self._folder), hint=hint)
        paths = [path for path in self._folder.rglob("*") if path.is_file()]
        files = [self._told(path) for path in paths]
        name = self._folder.resolve().name
        return _offered(name if re.fullmatch(r"[0-9a-f]{40}", name) else "", files, str(self._folder))

    def fetch(self, entry: Entry, commit: str, file: Told, into: BinaryIO) -> None:  # noqa: ARG002
        """Copy what is missing."""
        with (self._folder / file.path).open("rb") as source:
            source.seek(into.tell())
            while chunk := source.read(_CHUNK_BYTES):
                into.write(chunk)

    def _told(self, path: Path) -> Told:
        """A file, with the digest that the hub's library left: the name of its blob, or a note beside the folder."""
        name = path.relative_to(self._folder).as_posix()
        note = self._folder / ".cache" / "huggingface" / "download" / f"{name}.metadata"
        lines = note.read_text().splitlines() if note.is_file() else []
        digest = lines[1].strip() if len(lines) > 1 else path.resolve().name
        is_sha256, is_sha1 = (re.fullmatch(rf"[0-9a-f]{{{digits}}}", digest) for digits in (64, 40))
        return Told(name, path.stat().st_size, digest if is_sha256 else "", digest if is_sha1 else "")


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _offered(commit: str, files: list[Told], where: str) -> Offer:
    """The files of a repository that are wanted: of known parts and harmless kinds, and of every part some."""
    wanted = [file for file in files if _is_wanted(file.path)]
    for part in _WEIGHED_PARTS:
        if not any(
            file.path.startswith(f"{part}/") and file.path.endswith(".safetensors") for file in wanted
        ):
            hint = "only safetensors are read; check that it is the right repository"
            raise BadInput(f"has no safetensors in {part}/", where=where, hint=hint)
    return Offer(commit, tuple(sorted(wanted, key=lambda file: (file.size, file.path))))


def _is_wanted(name: str) -> bool:
    path = PurePosixPath(name)
    if name in {_INDEX, *LICENCES}:
        return True
    is_plain = name == str(path) and "\\" not in name  # `vae//a` and `./vae/a` are other names of a file's
    is_of_part = is_plain and len(path.parts) == 2 and path.parts[0] in _PARTS
    return is_of_part and path.suffix in _SUFFIXES and not path.name.startswith(".")


def _refused(status: int, where: str) -> PaiError:
    if status in (401, 403):
        hint = "log in with `hf auth login` or set HF_TOKEN, and accept the licence on its page"
        return NotAuthenticated(f"is not open to you (HTTP {status})", where=where, hint=hint)
    if status == 404:
        return BadInput("there is no such repository", where=where, hint="check the mirror's URL")
    return Unreachable(f"answered HTTP {status}", where=where, hint=f"try again; {GOES_ON}")
