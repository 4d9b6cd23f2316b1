"""Pictures of a clip under judgement: a contact sheet to look at, and a movie of all contestants side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from pai_studio.core.evaluation.contact import Cell, Row, contact_sheet, pick_frames, save_jpeg
from pai_studio.core.evaluation.panes import Panes
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.frame import Array
from pai_studio.core.media.video import MovieWriter

CONTACT, REVIEW = "contact.jpg", "review.mp4"
CONTACT_BYTES = 350_000
_CELL_PX = 256
_MOVIE_PX = 1024
_CRF = 26

FULL_HEAT = 0.25
"""The difference in display values, 1 being white, that the heat scale ends at."""

_PLATE, _TRUTH = "plate", "truth"
Show = Callable[[int], Array]


@dataclass(frozen=True, kw_only=True)
class Clip:
    """What is drawn. Pictures are (H, W, 3) in the config's working space, all of one size.

    `plate`, every contestant and `truth` are asked for each frame once, in the order of `frames`. The contestants stand
    in their order; the last is the one that the clip is about, and its difference to the truth fills a free pane.
    """

    title: str
    rate: Fraction
    frames: Sequence[int]
    plate: Show
    contestants: Mapping[str, Show]
    references: Mapping[int, Array] = field(default_factory=dict)
    """The stills as they lie over the plate, by their anchor frames."""

    truth: Show | None = None
    small_print: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """A few short lines a contestant, such as its figures."""

    notes: str = ""
    """One line under the title."""

    pixel_aspect: float = 1.0


def draw_clip(folder: Path, clip: Clip, config: ColorConfig) -> None:
    """Write `contact.jpg` and `review.mp4` into `folder`, through the config's display view.

    The sheet has a row for the plate, the references, each contestant, the truth, and each contestant's difference to
    the truth; its columns are frames spread over the clip, the anchors among them. The movie shows plate, contestants
    and truth side by side at the clip's rate. The same pictures give the same bytes. Raises OutOfResources where the
    disk is full, ValueError without a frame or a contestant.
    """
    if not clip.frames or not clip.contestants:
        raise ValueError("a clip is drawn from at least one frame and one contestant")
    picked = pick_frames(list(clip.frames), list(clip.references))
    kept: dict[int, dict[str, Array]] = {}
    with ExitStack() as stack:
        wall: Panes | None = None
        for index, frame in enumerate(clip.frames):
            pictures = {name: show(frame) for name, show in _shows(clip).items()}
            if wall is None:
                wall = _wall(clip, pictures[_PLATE].shape)
                blank = wall.blank()
                movie = stack.enter_context(MovieWriter(folder / REVIEW, clip.rate, wall.size, _CRF))
            shown = {name: _shown(picture, wall.pane, config) for name, picture in pictures.items()}
            if frame in picked:
                kept[frame] = shown
            movie.write(wall.draw(blank, _with_heat(wall, shown), index))
    assert wall is not None
    stills = {f: _shown(clip.references[f], wall.pane, config) for f in picked if f in clip.references}
    save_jpeg(folder / CONTACT, _sheet(clip, kept, stills, config), limit_bytes=CONTACT_BYTES)


def heat(shown: Array, truth: Array) -> Array:
    """Where two pictures (H, W, 3) in display values differ, as heat (H, W, 3): black where they are equal.

    The largest difference of the three channels, from 0 to `FULL_HEAT`, through the colour map Inferno of Smith and
    van der Walt (matplotlib, 2015), whose steps look equal and which stays readable in grey.
    """
    difference = np.abs(shown - truth).max(axis=-1) / FULL_HEAT
    codes = np.rint(np.clip(difference, 0, 1) * 255).astype(np.uint8)
    return np.asarray(cv2.applyColorMap(codes, cv2.COLORMAP_INFERNO)[..., ::-1] / 255.0, np.float32)


def _shows(clip: Clip) -> dict[str, Show]:
    return {_PLATE: clip.plate, **clip.contestants, **({_TRUTH: clip.truth} if clip.truth else {})}


def _wall(clip: Clip, shape: tuple[int, ...]) -> Panes:
    """The movie's panes: two in a row for up to four pictures, else three; a free one shows the difference."""
    names = list(_shows(clip))
    columns = 3 if len(names) > 4 or (len(names) == 3 and not clip.truth) else 2
    if clip.truth and len(names) % columns:
        names.append(_heat_of(clip))
    width = min(_MOVIE_PX // columns, round(shape[1] * clip.pixel_aspect)) // 2 * 2
    height = round(shape[0] * width / (shape[1] * clip.pixel_aspect)) // 2 * 2
    return Panes(names, columns, (max(width, 2), max(height, 2)), clip.frames, sorted(clip.references))


def _heat_of(clip: Clip) -> str:
    return f"{[*clip.contestants][-1]} - truth"


def _with_heat(wall: Panes, shown: Mapping[str, Array]) -> dict[str, Array]:
    """With the difference of the last contestant, where the wall has a pane for it."""
    if wall.names[-1] in shown:
        return dict(shown)
    featured = [name for name in shown if name != _TRUTH][-1]
    return {**shown, wall.names[-1]: heat(shown[featured], shown[_TRUTH])}


def _shown(picture: Array, pane: tuple[int, int], config: ColorConfig) -> Array:
    small = cv2.resize(picture, pane, interpolation=cv2.INTER_AREA)
    return config.display(np.asarray(small, np.float32))


def _sheet(
    clip: Clip, kept: Mapping[int, Mapping[str, Array]], stills: Mapping[int, Array], config: ColorConfig
) -> Array:
    def row(name: str, *note: str) -> Row:
        return Row(name, lambda frame: Cell(kept[frame][name], shown=True), "\n".join(note))

    def reference(frame: int) -> Cell | None:
        return Cell(stills[frame], f"anchor {frame}", shown=True) if frame in stills else None

    def difference(name: str) -> Row:
        def at(frame: int) -> Cell:
            return Cell(heat(kept[frame][name], kept[frame][_TRUTH]), shown=True)

        return Row(name, at, f"difference to truth\n0 to {FULL_HEAT:.0%} of white", _scale())

    rows = [row(_PLATE)]
    if clip.references:
        count = len(clip.references)
        rows.append(Row("references", reference, f"{count} still{'s' if count > 1 else ''}"))
    rows += [row(name, *clip.small_print.get(name, ())) for name in clip.contestants]
    if clip.truth:
        rows += [row(_TRUTH), *(difference(name) for name in clip.contestants)]
    return contact_sheet(rows, sorted(kept), config, title=clip.title, notes=clip.notes, width=_CELL_PX)


def _scale() -> Array:
    ramp = np.repeat(np.linspace(0, FULL_HEAT, 104, dtype=np.float32)[None, :, None], 7, axis=0)
    ramp = np.repeat(ramp, 3, axis=2)
    return heat(ramp, np.zeros_like(ramp))
