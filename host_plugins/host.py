"""What the flow asks of a host, and the plain data that passes between the two.

A `Host` is the application (Nuke, Resolve, Fusion); a `Target` is the one thing in it that is being worked on (a
node, a timeline item). `flow.py` tells the story of a render once, in these words; each host says how it is done there.

Standard library, Python 3.9: this file runs inside the host.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Protocol, TypeVar

T = TypeVar("T")
Record = dict[str, Any]
"""Plain JSON data that the host keeps in its script or project for us."""


class Fault(Exception):
    """An error for a person: what is wrong, where, and what to do next. `str(fault)` is the line that is shown.

    `code` is that of `pai_studio.core.shot.errors` where the fault came from there (CANCELLED, UNAVAILABLE,
    MISSING_FRAMES, ...).
    """

    def __init__(self, what: str, *, where: str = "", hint: str = "", code: str = "FAILED") -> None:
        super().__init__(what)
        self.what, self.where, self.hint, self.code = what, where, hint, code

    def __str__(self) -> str:
        line = f"{self.where}: {self.what}" if self.where else self.what
        return f"{line}; {self.hint}" if self.hint else line

    @classmethod
    def from_json(cls, data: Record) -> Fault:
        """The fault that the sidecar told of; keys `code`, `what`, `where`, `hint`."""
        return cls(
            str(data.get("what", "failed")),
            where=str(data.get("where", "")),
            hint=str(data.get("hint", "")),
            code=str(data.get("code", "FAILED")),
        )


def cancelled(what: str = "the render was cancelled") -> Fault:
    """The fault that means: somebody asked for the work to stop."""
    return Fault(what, code="CANCELLED")


@dataclass(frozen=True)
class Colour:
    """The space of every picture that the host exports and takes back, and the config that knows it."""

    space: str
    """Name of the working space, scene-linear."""

    config: str = ""
    """The OCIO config: a path, `ocio://...`, or empty where `$OCIO` of this process names it."""

    context: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Still:
    """A background still: the name of its input (`ref1`), the frame it is anchored at, and its framing."""

    name: str
    frame: int
    fit: str = "fill"


@dataclass(frozen=True)
class Asked:
    """What the artist wants, as the knobs of the target say it.

    `document` is a shot document (docs/shot.md) without `schema`, without the files of plate, mattes and references,
    and without colour: the flow fills those in from what it exports. Its `delivery.files` is an absolute pattern.
    """

    document: Record
    stills: tuple[Still, ...]
    mattes: tuple[str, ...] = ()
    """Names of connected mattes: `alpha`, `garbage`, `core`."""

    notes: tuple[str, ...] = ()
    """What the host can only tell of, and the artist has to judge."""


@dataclass(frozen=True)
class State:
    """Digests that tell what has changed since a version was made."""

    generation: str
    """Of the inputs, the range, the colour and every setting but those of finishing and delivery."""

    finish: str
    """Of the finishing settings."""


@dataclass(frozen=True)
class Result:
    """A version on disk, ready to be placed."""

    files: str
    """Absolute pattern with `####`, multilayer EXR in `space`."""

    version: int
    first: int
    last: int
    space: str
    passes: tuple[str, ...]
    engine: str
    document: str
    """The shot document it was made from, with the exported pictures that it names beside it."""

    state: State
    notes: tuple[str, ...] = ()
    """What is worth a look: QC findings in words."""

    def record(self) -> Record:
        """What the target keeps of it; `result_of` reads it back."""
        return {
            "files": self.files,
            "version": self.version,
            "frames": [self.first, self.last],
            "space": self.space,
            "passes": list(self.passes),
            "engine": self.engine,
            "document": self.document,
            "generation": self.state.generation,
            "finish": self.state.finish,
            "notes": list(self.notes),
        }


def result_of(record: Record) -> Result:
    """The result that a record tells of. Raises Fault for a record that is damaged."""
    try:
        first, last = record["frames"]
        return Result(
            files=str(record["files"]),
            version=int(record["version"]),
            first=int(first),
            last=int(last),
            space=str(record["space"]),
            passes=tuple(record["passes"]),
            engine=str(record["engine"]),
            document=str(record["document"]),
            state=State(str(record["generation"]), str(record["finish"])),
            notes=tuple(record.get("notes", ())),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Fault(
            f"the script's record of its result is damaged ({error!r})", hint="render again"
        ) from None


class Progress(Protocol):
    """A progress bar with a cancel button; safe to use from any thread."""

    def show(self, share: float, text: str) -> None:
        """`share` is 0 to 1."""

    def is_cancelled(self) -> bool:
        """Whether the user has asked to stop."""

    def close(self) -> None:
        """Take the bar away."""


class Target(Protocol):
    """One thing to be rendered. Every method is called on the host's main thread, through `Host.on_main`."""

    label: str
    """What messages and progress bars call it, such as `PAIStudio1`."""

    def asked(self) -> Asked:
        """What the artist wants. Raises Fault naming the knob that cannot be used."""

    def colour(self) -> Colour:
        """The working space. Raises Fault where the host does not say one."""

    def state(self) -> State:
        """What the target is like now."""

    def export(self, source: str, files: str, first: int, last: int) -> None:
        """Write `plate`, `alpha`, `garbage`, `core` or a still's name as EXR, in the working space, exactly `first`
        to `last`, to an absolute pattern with `####`. Raises Fault; `cancelled()` when the user stopped it."""

    def place(self, result: Result) -> None:
        """Bring a version into the script and pin it there."""

    def placed(self) -> Result | None:
        """The version that is pinned, or None."""

    def keep(self, job: Record | None) -> None:
        """Remember a job that is under way in the script, so that it can be followed again; None forgets it."""

    def kept(self) -> Record | None:
        """The job that is remembered."""


class Host(Protocol):
    """The application."""

    name: str
    """`nuke`, `resolve`, `fusion`."""

    version: str

    def on_main(self, call: Callable[[], T]) -> T:
        """Run `call` on the main thread and give what it gives or raise what it raises; from any thread."""

    def progress(self, title: str) -> Progress:
        """A progress bar."""

    def tell(self, text: str) -> None:
        """Say something that needs no answer, without stopping the user; from any thread."""

    def warn(self, fault: Fault) -> None:
        """Show an error; from any thread. Never raises."""


def frames_text(frames: list[int]) -> str:
    """Name frames briefly, as `1001-1003, 1007`."""
    runs: list[list[int]] = []
    for frame in sorted(frames):
        if runs and frame == runs[-1][1] + 1:
            runs[-1][1] = frame
        else:
            runs.append([frame, frame])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
