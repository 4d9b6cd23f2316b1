"""The whole timeline to the panel, as OpenTimelineIO, and finished shots back onto it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..host import Fault, result_of
from ..paths import Sequenced
from . import memory
from .target import ClipTarget, Wishes

if TYPE_CHECKING:
    from .api import TimelineItem
    from .app import App
    from .target import Sidecar


def open_panel(app: App, folder: Path, sidecar: Sidecar) -> str:
    """Write the timeline beside the results and open the panel with it. Raises Fault."""
    timeline = app.timeline()
    name = "".join(c if c.isalnum() or c in "._-" else "_" for c in str(timeline.GetName()))
    path = folder / f"{name}.otio"
    folder.mkdir(parents=True, exist_ok=True)
    done = timeline.Export(str(path), app.otio())  # type: ignore[call-arg]
    if not done or not path.is_file():
        raise Fault("Resolve does not write the timeline as OTIO", where=str(path), hint="open the Edit page")
    sidecar.ask("panel", document=str(path))
    return f"the panel opens with {path}"


def bring(app: App, wishes: Wishes) -> str:
    """Place every finished version that the clips of the open timeline know and do not show. Raises Fault."""
    wrong: list[str] = []
    placed = 0
    for item in _items(app):
        if not _is_waiting(app, item):
            continue
        try:
            made = result_of(memory.record(item)["result"])
            target = ClipTarget(
                app, item, wishes, sidecar=_NoSidecar(), step=lambda _share, _text: False, tell=wrong.append
            )
            target.place(made)
            placed += 1
        except Fault as fault:
            wrong.append(str(fault))
    return "\n".join([f"{placed} finished shots were placed", *wrong])


def _items(app: App) -> list[TimelineItem]:
    timeline = app.timeline()
    count = int(timeline.GetTrackCount("video"))
    return [
        item for index in range(1, count + 1) for item in timeline.GetItemListInTrack("video", index) or []
    ]


def _is_waiting(app: App, item: TimelineItem) -> bool:
    """Whether its record tells of a version that is whole on disk, and another picture is shown."""
    kept = memory.record(item)
    if "result" not in kept:
        return False
    made, media = result_of(kept["result"]), item.GetMediaPoolItem()
    is_shown = media is not None and str(media.GetUniqueId()) in kept.get("takes", [])
    return (
        not is_shown
        and not _is_covered(app, item, str(kept.get("above", "")))
        and not Sequenced.of(made.files).missing(made.first, made.last)
    )


def _is_covered(app: App, item: TimelineItem, above: str) -> bool:
    """Whether the result that was laid on a track above an item is still there."""
    for one in _items(app):
        media = one.GetMediaPoolItem()
        shows = media is not None and str(media.GetUniqueId()) == above
        if shows and int(one.GetStart(False)) == int(item.GetStart(False)):
            return True
    return False


class _NoSidecar:
    """Placing asks nothing."""

    def ask(self, do: str, **keys: Any) -> dict[str, Any]:
        """Raises Fault."""
        raise Fault(f"{do} is not asked here ({sorted(keys)})")
