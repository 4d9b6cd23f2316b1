"""One timeline item, as the flow sees it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Protocol

from ..host import Asked, Colour, Fault, Record, Result, State, cancelled, frames_text, result_of
from . import attributes, export, mattes, measure, memory, place, plate, references
from . import colour as colours
from .clips import Span, rate_text
from .finishing import Finish, asked_of, digest, parted

if TYPE_CHECKING:
    from .api import MediaPoolItem, Timeline, TimelineItem
    from .app import App
    from .plate import Plate

_CLIPPED = 5e-4
"""The share of values at exactly 1 from which a linear export that has none above counts as cut off."""


class Sidecar(Protocol):
    """What a target needs of `bridge.Bridge`."""

    def ask(self, do: str, **keys: Any) -> Record:
        """Ask, and wait for the answer. Raises Fault."""


@dataclass(frozen=True)
class Wishes(Finish):
    """What the window was told; the same for every clip of a run."""

    folder: str = ""
    camera: str = ""
    """What an unmanaged project's clips are in."""

    place: str = place.TAKE
    handles: int = 8
    engine: str = "auto"
    model: str = ""
    """Of an installed model; empty: the engine's own."""

    seed: int = 7
    steps: int = 30
    quality: str = "final"
    prompt: str = ""
    screen: str = "auto"
    advanced: bool = False
    """Whether the window shows its further fields."""


_TAKEN = {"draft": ("seed", "quality"), "plate": ("seed",)}
"""The settings of engines that run no model; the others take them all."""


def engine_of(wishes: Wishes) -> Record:
    """The document's `engine`, of what it looks at: the rest must make no version stale."""
    names = _TAKEN.get(wishes.engine, ("model", "seed", "steps", "quality"))
    return {"name": wishes.engine, **{name: getattr(wishes, name) for name in names}}


class ClipTarget:
    """A clip that is rendered. Every method runs on the script's own thread."""

    def __init__(
        self,
        app: App,
        item: TimelineItem,
        wishes: Wishes,
        *,
        sidecar: Sidecar,
        step: export.Step,
        tell: Callable[[str], None],
    ) -> None:
        self._app, self._item, self._wishes = app, item, wishes
        self._sidecar, self._step, self._tell = sidecar, step, tell
        self._timeline: Timeline = app.timeline()
        self._id = str(item.GetUniqueId())
        self._project, self._project_name = str(app.project().GetUniqueId()), str(app.project().GetName())
        self._memory = memory.ProjectMemory(self._project)
        self.label = str(item.GetName())

    def asked(self) -> Asked:
        """The clip and the window's wishes as a document. Raises Fault."""
        found = self._plate()
        first, last = found.span.first, found.span.last
        stills = tuple(one.still for one in self._references(first))
        if not stills:
            hint = (
                "select a still of the background in the media pool and use it as reference at the playhead"
            )
            raise Fault("it has no reference", where=self.label, hint=hint, code="INVALID_INPUT")
        name = shot_name(self.label, first)
        handles, given = found.span.handles(self._wishes.handles), self._mattes(found)
        document: Record = {
            "name": name,
            "rate": rate_text(found.source.fps),
            "frames": [first, last],
            "handles": handles,
            "plate": {"alpha": "none", "screen": self._wishes.screen},
            "prompt": {"caption": self._wishes.prompt},
            "mattes": {one.name: one.settings() for one in given},
            "engine": engine_of(self._wishes),
            **asked_of(self._wishes, f"{self._wishes.folder}/{name}/v001/{name}_v001.####.exr"),
        }
        names = tuple(one.name for one in given)
        return Asked(document, stills, names, _short(found.span, self._wishes.handles, handles))

    def colour(self) -> Colour:
        """The space of the export. Raises Fault where nobody has said one."""
        return self._plan().colour

    def state(self) -> State:
        """What the clip is like now."""
        found, asked = self._plate(), self.asked()
        document, finish = parted(asked.document)
        generation = {
            "document": document,
            "media": [
                str(found.media.GetUniqueId()),
                str(found.media.GetClipProperty("File Path")),
                str(found.media.GetClipProperty("IDT")),
                str(found.media.GetClipProperty("Input Color Space")),
            ],
            "space": self._plan().space,
            "mattes": [one.stamp() for one in self._mattes(found)],
            "stills": [
                [one.still.frame, one.still.fit, one.space, _content(one.file)]
                for one in self._references(found.span.first)
            ],
        }
        return State(digest(generation), digest(finish))

    def export(self, source: str, files: str, first: int, last: int) -> None:
        """Write the plate, or a reference in the plate's space."""
        if source == "plate":
            self._export_plate(files, first, last)
            return
        if source in mattes.NAMES:
            self._export_matte(source, files)
            return
        found = [one for one in self._references(self._plate().span.first) if one.still.name == source]
        if not found:
            raise Fault("is no longer there", where=f"{self.label}, {source}", hint="render again")
        self._sidecar.ask(
            "still",
            file=found[0].file,
            space=found[0].space,
            files=files,
            frame=first,
            into=self._plan().space,
            config=colours.CONFIG,
        )

    def place(self, result: Result, shift: int = 0) -> None:
        """Bring the result in beside the original: as a take, or on a track above.

        `shift` is what the clip's timecode counts beyond the numbers of the result's files.
        """
        found, project, plan = self._plate(), self._app.project(), self._plan()
        if plan.result and result.space != plan.space:
            what = f"v{result.version:03d} is in {result.space}, and the project is now in {plan.space}"
            hint = "set its colour management back, or render again"
            raise Fault(what, where=self.label, hint=hint, code="INVALID_INPUT")
        if result.first + shift > found.span.first or result.last + shift < found.span.last:
            what = f"its cut is now {found.span.first}-{found.span.last}, and v{result.version:03d} has "
            what += frames_text(list(range(result.first + shift, result.last + shift + 1)))
            raise Fault(what, where=self.label, hint="render again")
        media: MediaPoolItem = place.bring(self._app.pool(), result, plan.result, found.source.fps)
        start = found.span.first - shift + place.offset_of(media, result)
        # The record comes first: what is placed without one would be taken for a plate, or placed twice.
        name, kept = str(media.GetUniqueId()), {"result": result.record(), "shift": shift or None}
        if self._wishes.place == place.TAKE:
            of = {"plate": str(found.media.GetUniqueId()), "offset": found.span.first - start}
            takes = {**memory.record(self._item).get("takes", {}), name: of}
            memory.write_record(self._item, {**kept, "takes": takes})
            place.as_take(self._item, media, start)
            return
        memory.write_record(self._item, {**kept, "above": name})
        placed = place.on_track(project, self._timeline, self._item, media, start)
        for left in attributes.give(project, self._item, placed, self._app.version):
            self._tell(f"{self.label}: {left}")

    def placed(self) -> Result | None:
        """The version that was placed last, or None."""
        self._require_item()
        kept = memory.record(self._item).get("result")
        return None if kept is None else result_of(kept)

    def keep(self, job: Record | None) -> None:
        """Remember the job in the clip's marker."""
        self._require_item()
        memory.write_record(self._item, {"job": job})

    def kept(self) -> Record | None:
        """The job that the marker tells of."""
        self._require_item()
        found: Record | None = memory.record(self._item).get("job")
        return found

    def _export_plate(self, files: str, first: int, last: int) -> None:
        found, plan = self._plate(), self._plan()
        export.write(
            self._app,
            self._memory,
            found.media,
            found.source,
            plan=plan,
            files=files,
            span=(first, last),
            step=self._step,
            tell=self._tell,
        )
        seen = measure.measured(self._sidecar.ask, files, (first, last), self._step)
        check(seen, (found.source.width, found.source.height), plan, self.label)

    def _export_matte(self, name: str, files: str) -> None:
        one = next(one for one in self._mattes(self._plate()) if one.name == name)
        for share in one.write(files):
            if self._step(share, f"copying the {mattes.NAMES[name].lower()}"):
                raise cancelled()

    def _mattes(self, found: Plate) -> tuple[mattes.Matte, ...]:
        kept = memory.record(self._item).get("mattes", {})
        return mattes.of(kept, self.label, found, found.span.handles(self._wishes.handles))

    def _plate(self) -> Plate:
        self._require_item()
        return plate.of(self._item, self._timeline, self._app.version)

    def _plan(self) -> colours.Plan:
        return colours.plan(self._app.project(), self._wishes.camera)

    def _references(self, first: int) -> list[references.Reference]:
        return references.of(self._item, first, self._app.pool())

    def _require_item(self) -> None:
        if str(self._app.project().GetUniqueId()) != self._project:
            hint = f"open {self._project_name} and render again: what is made by then is found"
            raise Fault("another project is open", where=self.label, hint=hint, code="NOT_FOUND")
        if str(self._item.GetUniqueId() or "") != self._id:
            hint = "undo its deletion"
            raise Fault("is no longer in the timeline", where=self.label, hint=hint, code="NOT_FOUND")


def _short(span: Span, wanted: int, given: int) -> tuple[str, ...]:
    """Tells that the media is too short for the handles that were asked for."""
    if given == wanted:
        return ()
    there = f"its media has {span.before} frames before its cut and {span.after} after it"
    return (f"{given} of {wanted} frames of handles: {there}",)


def check(seen: Record, size: tuple[int, int], plan: colours.Plan, label: str) -> None:
    """Hold what the sidecar saw of an export to what was asked for. Raises Fault."""
    if tuple(seen["size"]) != size:
        what = f"Resolve exported {seen['size'][0]}x{seen['size'][1]} instead of {size[0]}x{size[1]}"
        raise Fault(what, where=label, hint="look at the project's output resolution")
    if not {"R", "G", "B"} <= set(seen["channels"]):
        raise Fault(f"Resolve exported the channels {', '.join(seen['channels'])}", where=label)
    if plan.is_linear and seen["max"] <= 1.0 and seen["at_one_share"] > _CLIPPED:
        what = f"the export is cut off at 1 ({100 * seen['at_one_share']:.1f} % of it lies exactly there)"
        hint = "look for an output transform, a LUT or a limit in the project's colour management"
        raise Fault(what, where=label, hint=hint, code="INVALID_INPUT")


def shot_name(label: str, first: int) -> str:
    """A name for files: two cuts of one clip are two shots."""
    stem = re.sub(r"\.\[?[\d-]*\]?\.?\w{2,4}$", "", label)
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", stem).strip("._-")[:80]
    return f"{plain or 'clip'}_{first}"


def _content(file: str) -> str:
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()
