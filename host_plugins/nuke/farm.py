"""A job for the farm from the open script: versions are reserved and pinned, the script is saved, the job is written.

The script then names pictures that are yet to be made. The farm makes exactly those, and the comp reads no others.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path, PurePath

import nuke

from ..farm import openjd
from ..host import Fault, Record, Result
from ..paths import Sequenced
from ..shots import SUFFIX
from . import result
from .node import find, is_below, script_name
from .session import sidecar
from .target import NukeTarget

TERMINAL = Path(__file__).resolve().with_name("terminal.py")


@dataclass(frozen=True)
class _Look:
    """A node, and the version that it would be given."""

    target: NukeTarget
    files: str
    """The pattern that the node's output names; the version in it is not looked at."""

    wanted: Result
    """What is to be made, but for its files and number."""

    is_made: bool
    """Whether the version that is pinned is what the node asks for, and on disk."""

    is_waiting: bool
    """Whether an earlier job pinned a version for just this, which is yet to be made."""


def write_job(folder: str, *, command: str = "", chunk: int = 10) -> str:
    """Write `SCRIPT.openjd/` into a folder, with a job for every enabled PAI-Studio node and Write of the script.

    A node that has no version, or is stale, is given the next one. `command` starts Nuke on the farm (default: what
    this Nuke is called). Returns what to tell the artist. Raises Fault, before anything is changed where a node cannot
    be rendered as it is.
    """
    _require_saved()
    looks = [_look(node) for node in find() if not node["disable"].value()]
    _require_apart([look for look in looks if not look.is_made])
    _pin_next([look for look in looks if not (look.is_made or look.is_waiting)])
    for look in looks:
        if look.is_made:
            result.settle(look.target.node)
    script = _save()
    job = openjd.Job(
        name=PurePath(script).stem,
        script=script,
        terminal=TERMINAL.as_posix(),
        nodes=tuple(str(look.target.node.fullName()) for look in looks if not look.is_made),
        writes=_writes(),
        frames=_frames(),
        nuke=command or PurePath(str(nuke.env["ExecutablePath"])).name or "nuke",
        chunk=chunk,
    )
    if not (job.nodes or job.writes):
        raise Fault(
            "there is nothing to do for a farm: every version is made, and no Write is enabled", where=script
        )
    try:
        template = openjd.write_bundle(Path(folder) / f"{job.name}.openjd", job)
    except OSError as error:
        raise Fault(
            error.strerror or str(error), where=str(error.filename or folder), hint="choose another folder"
        ) from None
    return _told(job, looks, template)


def _look(node: nuke.Node) -> _Look:
    """What a node asks for. Raises Fault where it cannot be rendered as it is."""
    target = NukeTarget(node)
    document, space, state = target.asked().document, target.colour().space, target.state()
    wanted = Result(
        files="",
        version=0,
        first=document["frames"][0] - document["handles"],
        last=document["frames"][1] + document["handles"],
        space=space,
        passes=tuple(document["delivery"]["passes"]),
        engine=document["engine"]["name"],
        document=document["name"] + SUFFIX,
        state=state,
    )
    pin = result.pin_of(node)
    files = str(document["delivery"]["files"])
    if pin is None:
        return _Look(target, files, wanted, is_made=False, is_waiting=False)
    pinned = pin.result
    # A version of another script was chosen by hand; what it was made from is not known, so it is not stale.
    is_wanted = pinned.state == state or not pinned.state.generation
    is_whole = not Sequenced.of(pinned.files).missing(pinned.first, pinned.last)
    return _Look(
        target,
        files,
        wanted,
        is_made=is_wanted and is_whole,
        is_waiting=is_wanted and not is_whole and pin.pending,
    )


def _require_apart(looks: list[_Look]) -> None:
    """Raise Fault where one shot reads another that the same step would make: tasks of a step have no order."""
    for below, above in permutations((look.target for look in looks), 2):
        if is_below(below.node, above.node):
            raise Fault(
                f"reads {above.label}, which is not rendered yet",
                where=below.label,
                hint=f"render {above.label} first, or disable {below.label} for this job",
                code="INVALID_INPUT",
            )


def _pin_next(looks: list[_Look]) -> None:
    """Reserve a version for each, then pin them; all or none."""
    reserved: list[Record] = []
    try:
        for look in looks:
            reserved.append(sidecar().ask("reserve", files=look.files, exact=False))  # noqa: PERF401 - see below
    except BaseException:
        for one in reserved:
            sidecar().ask("release", folder=one["folder"])
        raise
    for look, one in zip(looks, reserved):
        wanted = look.wanted
        made = Result(
            files=str(one["files"]),
            version=int(one["version"]),
            first=wanted.first,
            last=wanted.last,
            space=wanted.space,
            passes=wanted.passes,
            engine=wanted.engine,
            document=(Path(one["folder"]) / wanted.document).as_posix(),
            state=wanted.state,
        )
        result.pin(look.target.node, made, pending=True)


def _require_saved() -> None:
    if not script_name():
        raise Fault("the script has no name yet", hint="save it first", code="INVALID_INPUT")


def _save() -> str:
    try:
        nuke.scriptSave()
    except RuntimeError as error:
        hint = "save it, then write the job again: it goes on with the versions that are pinned now"
        raise Fault(f"the script cannot be saved ({error})", hint=hint) from None
    return script_name()


def _writes() -> tuple[str, ...]:
    """The enabled Writes at the top of the script, whichever group's graph the artist is looking at."""
    top = nuke.allNodes("Write", nuke.root())
    return tuple(str(write.name()) for write in top if not write["disable"].value())


def _frames() -> str:
    root = nuke.root()
    return f"{int(root['first_frame'].value())}-{int(root['last_frame'].value())}"


def _told(job: openjd.Job, looks: list[_Look], template: Path) -> str:
    lines = [f"Farm job: {template}"]
    for look in looks:
        pin = result.pin_of(look.target.node)
        if pin is not None and not look.is_made:
            lines.append(f"generates {look.target.label} {result.label(pin.result.version)}")
    lines += [f"leaves {node.fullName()} out: it is disabled" for node in find() if node["disable"].value()]
    if job.writes:
        lines.append(f"then renders {', '.join(job.writes)}, frames {job.frames}")
    values = template.with_name(openjd.PARAMETERS)
    lines.append(shlex.join(["openjd", "run", str(template), "-p", f"file://{values}"]))
    return "\n".join(lines)
