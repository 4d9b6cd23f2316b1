"""A picture of where the tokens of a shot stand, drawn from the layout itself.

    python -m pai_studio.core.model.picture docs/images/layout.svg

draws the demo's shot: 48 frames with stills at its first, 25th and last, in two windows of a codec of stride 4. Time
goes on from window to window; the numbers are the positions that attention is told.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path

from pai_studio.core.model.clock import Clock
from pai_studio.core.model.layout import Kind, Layout, Row, Window, lay_out

_LATENT_PX, _LANE_PX, _LEFT_PX, _RIGHT_PX, _HEAD_PX, _GAP_PX = 62, 40, 210, 150, 76, 40
_BOX_PX = 26
_LANES = (Kind.NOISY, Kind.FOREGROUND, Kind.REFERENCE, Kind.HISTORY)
_NAMES = {
    Kind.NOISY: "noisy video",
    Kind.FOREGROUND: "foreground",
    Kind.REFERENCE: "references",
    Kind.HISTORY: "history",
}
_FILLS = {Row.TIMESTEP: "#f2b84b", Row.CLEAN: "#6fa8dc", Row.HISTORY: "#a8c686"}
_ROWS = {
    Row.TIMESTEP: "modulated by the timestep",
    Row.CLEAN: "clean",
    Row.HISTORY: "noised a little",
}
_INK, _FAINT = "#222222", "#8a8a8a"


def draw(windows: Sequence[Window], anchors: Sequence[int], clock: Clock) -> str:
    """An SVG of the layouts of some windows of a shot, under one another; frames are counted from 0."""
    layouts = [lay_out(window, (1, 1), anchors, clock) for window in windows]
    times = [window.first + layout.positions[:, 0] for window, layout in zip(windows, layouts, strict=True)]
    low, high = min(float(found.min()) for found in times), max(float(found.max()) for found in times)
    panel = _HEAD_PX + len(_LANES) * _LANE_PX + _GAP_PX
    width, height = round(_LEFT_PX + (high - low) * _LATENT_PX + _RIGHT_PX), panel * len(windows) + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        ' font-family="Helvetica, Arial, sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for index, (window, layout) in enumerate(zip(windows, layouts, strict=True)):
        left = _LEFT_PX + (window.first - low) * _LATENT_PX
        parts += _panel(window, layout, anchors, clock, (left, index * panel))
    return "\n".join([*parts, *_legend(height - 16), "</svg>\n"])


def _panel(
    window: Window, layout: Layout, anchors: Sequence[int], clock: Clock, corner: tuple[float, float]
) -> list[str]:
    """One window, its latent 0 and its top at `corner`: a ruler of frames over a lane for each kind of segment."""
    left, top = corner

    def x(time: float) -> float:
        return left + time * _LATENT_PX

    last = window.first + window.count - 1
    title = f"latents {window.first} to {last}" + (
        f", {window.history} behind them" if window.history else ""
    )
    parts = [_text(12, top + 28, title, size=15, weight=600)]
    parts.append(_text(12, top + 58, "frames of each latent", color=_FAINT))
    for latent in range(-window.history, window.count):
        held = clock.frames_of(window.first + latent)
        said = f"{held[0]}" if len(held) == 1 else f"{held[0]}\N{EN DASH}{held[-1]}"
        parts.append(_text(x(latent), top + 58, said, color=_FAINT, anchor="middle"))
    lanes = {kind: top + _HEAD_PX + lane * _LANE_PX for lane, kind in enumerate(_LANES)}
    for kind, y in lanes.items():
        parts.append(_text(12, y + 20, _NAMES[kind]))
    anchored = iter(anchors)
    for segment in layout.segments:
        y = lanes[segment.kind]
        for time in map(float, segment.times):
            if segment.kind is Kind.REFERENCE:
                parts += _reference(x(time), y, top + _HEAD_PX, time, next(anchored))
            else:
                parts.append(_box(x(time) - _LATENT_PX / 2 + 2, y + 3, _LATENT_PX - 4, _FILLS[segment.row]))
                parts.append(_text(x(time), y + 21, _number(time), anchor="middle"))
    return parts


def _reference(x: float, y: float, top: float, time: float, anchor: int) -> list[str]:
    """A still at its place in time, with a line up to the frame that it is the background of."""
    line = f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{y + 3}" stroke="{_INK}" stroke-dasharray="3 3"/>'
    box = _box(x - 9, y + 3, 18, _FILLS[Row.CLEAN])
    return [line, box, _text(x + 14, y + 21, f"frame {anchor} at {_number(time)}")]


def _number(time: float) -> str:
    return f"{time:.3f}".rstrip("0").rstrip(".").replace("-", "\N{MINUS SIGN}")


def _legend(y: float) -> list[str]:
    parts, x = [], 12.0
    for row, said in _ROWS.items():
        parts += [f'<rect x="{x}" y="{y - 10}" width="12" height="12" fill="{_FILLS[row]}"/>']
        parts.append(_text(x + 18, y, said, color=_FAINT))
        x += 40 + 6.4 * len(said)
    return parts


def _box(x: float, y: float, width: float, fill: str) -> str:
    return f'<rect x="{x:.1f}" y="{y}" width="{width}" height="{_BOX_PX}" rx="3" fill="{fill}"/>'


def _text(
    x: float,
    y: float,
    said: str,
    *,
    size: int = 12,
    color: str = _INK,
    anchor: str = "start",
    weight: int = 400,
) -> str:
    style = f'font-size="{size}" font-weight="{weight}" fill="{color}" text-anchor="{anchor}"'
    return f'<text x="{x:.1f}" y="{y}" {style}>{escape(said)}</text>'


def main() -> None:
    """Write the demo's picture to the path that is given."""
    (path,) = sys.argv[1:]
    svg = draw([Window(0, 7), Window(7, 6, history=2)], [0, 24, 47], Clock(4))
    Path(path).write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
