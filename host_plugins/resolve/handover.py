"""The whole timeline to the panel, as OpenTimelineIO, and finished shots back onto it.

The panel keeps `shots.json` in `NAME_shots` beside the exported timeline: which shot document is which clip's.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

from .. import record
from ..bridge import Bridge
from ..host import Fault, Result, result_of
from ..paths import Sequenced
from . import memory, panel_shots, plate
from .panel_shots import PanelShot
from .target import ClipTarget, Wishes

if TYPE_CHECKING:
    from .api import TimelineItem
    from .app import App
    from .target import Sidecar


def open_panel(app: App, folder: Path, sidecar: Sidecar) -> str:
    """Write the timeline beside the results and open the panel with it. Raises Fault."""
    path = folder / _file_name(app)
    folder.mkdir(parents=True, exist_ok=True)
    done = app.timeline().Export(str(path), app.otio())  # type: ignore[call-arg]
    if not done or not path.is_file():
        raise Fault("Resolve does not write the timeline as OTIO", where=str(path), hint="open the Edit page")
    sidecar.ask("panel", document=str(path))
    return f"the panel opens with {path}"


def _file_name(app: App) -> str:
    name = str(app.timeline().GetName())
    return "".join(c if c.isalnum() or c in "._-" else "_" for c in name) + ".otio"


@contextlib.contextmanager
def _connected() -> Iterator[Sidecar]:
    bridge = Bridge(record.read(host="resolve"), "resolve")
    try:
        yield bridge
    finally:
        bridge.close()


_Found = tuple[Result, int]
"""A version, and what its clip's timecode counts beyond the numbers of its files."""

Connect = Callable[[], "contextlib.AbstractContextManager[Sidecar]"]


def bring(app: App, wishes: Wishes, connect: Connect = _connected) -> str:
    """Place every finished version that the open timeline's clips, or its `shots.json`, know and do not show.

    Raises Fault.
    """
    wrong: list[str] = []
    placed = 0
    for item in _items(app):
        if _is_waiting(app, item):
            placed += _placed(app, item, wishes, wrong, partial(_remembered, item))
    manifest = _manifest(app, wishes)
    if manifest is not None:
        placed += _bring_panel_shots(app, wishes, manifest, connect, wrong)
    return "\n".join([f"{placed} finished shots were placed", *wrong])


def _manifest(app: App, wishes: Wishes) -> Path | None:
    """The panel's list of shots, which it keeps beside the timeline, else that of `pai-studio shots`."""
    folder = Path(wishes.folder)
    beside = folder / f"{Path(_file_name(app)).stem}_shots"
    found = [one / panel_shots.MANIFEST for one in (beside, folder)]
    return next((one for one in found if wishes.folder and one.is_file()), None)


def _remembered(item: TimelineItem) -> _Found:
    kept = memory.record(item)
    return result_of(kept["result"]), int(kept.get("shift", 0))


def _placed(
    app: App, item: TimelineItem, wishes: Wishes, wrong: list[str], find: Callable[[], _Found | None]
) -> int:
    """Place what is found for an item, if anything; 1 where that was done."""
    try:
        found = find()
        if found is None:
            return 0
        target = ClipTarget(
            app, item, wishes, sidecar=_NoSidecar(), step=lambda _share, _text: False, tell=wrong.append
        )
        target.place(*found)
    except Fault as fault:
        wrong.append(str(fault))
        return 0
    return 1


def _bring_panel_shots(app: App, wishes: Wishes, manifest: Path, connect: Connect, wrong: list[str]) -> int:
    """Place the newest whole version of each shot that the panel has made of this timeline."""
    try:
        shots = panel_shots.read(manifest, _file_name(app))
    except Fault as fault:
        wrong.append(str(fault))
        return 0
    if not shots:
        return 0
    placed = 0
    with connect() as sidecar:
        for shot in shots:
            item = _item_of(app, shot)
            if item is None:
                wrong.append(f"{shot.name}: its clip was changed in the timeline since, and is left alone")
                continue
            placed += _placed(app, item, wishes, wrong, partial(_newest, app, shot, item, sidecar))
    return placed


def _newest(app: App, shot: PanelShot, item: TimelineItem, sidecar: Sidecar) -> _Found | None:
    """A shot's newest whole version; None where there is none, or the item shows it. Raises Fault."""
    made = panel_shots.newest(shot, sidecar)
    if made is None or (_knows(item, made) and not _is_waiting(app, item)):
        return None
    found = plate.of(item, app.timeline(), app.version)
    shift = found.span.first - shot.first
    if shift not in (0, found.beyond_files):
        what = (
            f"its clip begins with frame {found.span.first} by its timecode, and the shot with {shot.first}"
        )
        hint = f"where it was not slipped, place {made.files} by hand: its files are numbered otherwise"
        raise Fault(what, where=shot.name, hint=hint)
    return made, shift


def _knows(item: TimelineItem, made: Result) -> bool:
    kept = memory.record(item).get("result", {})
    return (kept.get("files"), kept.get("frames")) == (made.files, [made.first, made.last])


def _item_of(app: App, shot: PanelShot) -> TimelineItem | None:
    """The clip that lies where the shot was cut from: on its track, else on another that it was moved to."""
    on_track: list[TimelineItem] = app.timeline().GetItemListInTrack("video", shot.track) or []
    for item in on_track:
        if _is_of(item, shot):
            return item
    found = [item for item in _items(app) if _is_of(item, shot)]
    return found[0] if len(found) == 1 else None


def _is_of(item: TimelineItem, shot: PanelShot) -> bool:
    place = (int(item.GetStart(False)), int(item.GetDuration(False)))
    # A take has its own name.
    is_called = str(item.GetName()) == shot.clip or bool(memory.record(item).get("takes"))
    return place == (shot.start, shot.duration) and is_called


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
