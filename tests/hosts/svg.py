"""The few shapes that our drawings are made of, as SVG text."""

from __future__ import annotations

from html import escape

INK, DIM, PAPER, EDGE = "#e4e7e8", "#98a2a5", "#262a2b", "#8fa0a3"
"""Text, text of less weight, the ground, and lines between nodes."""


def text(
    x: float,
    y: float,
    words: str,
    *,
    size: float = 12,
    fill: str = INK,
    anchor: str = "start",
    bold: bool = False,
) -> str:
    """One line of text; `y` is its middle."""
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:g}" y="{y + size * 0.36:g}" font-size="{size:g}" fill="{fill}" '
        f'text-anchor="{anchor}"{weight}>{escape(words)}</text>'
    )


def box(
    x: float,
    y: float,
    width: float,
    height: float,
    fill: str,
    *,
    stroke: str = "none",
    round_: float = 3,
    opacity: float = 1,
) -> str:
    """A rectangle with soft corners."""
    seen = f' opacity="{opacity:g}"' if opacity < 1 else ""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{round_:g}" '
        f'fill="{fill}" stroke="{stroke}"{seen}/>'
    )


def line(points: list[tuple[float, float]], *, stroke: str = EDGE, width: float = 1.2) -> str:
    """A line through points."""
    path = " ".join(f"{x:g},{y:g}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{stroke}" stroke-width="{width:g}"/>'


def triangle(points: list[tuple[float, float]], fill: str = EDGE) -> str:
    """A filled triangle."""
    return f'<polygon points="{" ".join(f"{x:g},{y:g}" for x, y in points)}" fill="{fill}"/>'


def width_of(words: str, size: float = 12) -> float:
    """About how wide a line of text is, a little on the wide side."""
    return (
        sum(0.34 if char in "iljtf.,:;'|![]()/ " else 0.92 if char in "mwMW%" else 0.61 for char in words)
        * size
    )


def picture(width: float, height: float, title: str, shapes: list[str]) -> str:
    """A whole drawing on its ground."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" font-family="Verdana, DejaVu Sans, Helvetica, sans-serif" role="img">'
    )
    ground = box(0, 0, width, height, PAPER, round_=8)
    return "\n".join([head, f"<title>{escape(title)}</title>", ground, *shapes, "</svg>"]) + "\n"
