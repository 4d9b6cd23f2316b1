"""Which pictures the view asks for: plate or result, one or two of them, or what lies between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pai_studio.core.media.color import ColorConfig
from pai_studio.core.shot.document import Shot
from pai_studio.ui.panel.pictures.shown import PictureSource
from pai_studio.ui.panel.pictures.sources import pass_of, plate_of
from pai_studio.ui.panel.state.versions import Version
from pai_studio.ui.panel.state.view import View
from pai_studio.ui.panel.viewer.derived import DIFFERENCE_GAIN, Difference
from pai_studio.ui.panel.viewer.mix import Mix

MIX = "mix"


@dataclass(frozen=True)
class Wanted:
    """A picture to show, and what it is called."""

    source: PictureSource
    label: str


def result_of(view_version: str, results: Sequence[Version]) -> Version | None:
    """The chosen version, else the newest; `results` has the newest last."""
    chosen = next((one for one in results if one.pattern == view_version), None)
    return chosen or (results[-1] if results else None)


def wanted(
    shot: Shot, view: View, results: Sequence[Version], config: ColorConfig | None
) -> tuple[Wanted, ...]:
    """One picture, or two with what is on the left first.

    Without a result it is the plate; until the config is open, one of the two where both would be needed.
    """
    plate = Wanted(plate_of(shot), "Plate")
    result = result_of(view.version, results)
    if result is None:
        return (plate,)
    working = config.working if config is not None else "scene_linear"
    new = Wanted(_picture(shot, view.layer, result, working), _name(result, view.layer))
    old = _against(shot, view, results, working) or plate
    left, right = (old, new) if view.shows_plate else (new, old)
    if view.compare == "wipe":
        return left, right
    if view.compare == "difference" and config is not None:
        label = f"Difference of {old.label} and {new.label} in luminance, x{DIFFERENCE_GAIN}"
        return (Wanted(Difference(old.source, new.source, config), label),)
    return (left,)


def needs_refinish(shot: Shot, result: Version) -> str:
    """What of the finishing cannot be mixed live, as a line; empty where all of it can."""
    now, made = shot.finish, result.finish
    names = [name for name in ("despill", "grain") if getattr(now, name) != getattr(made, name)]
    names += [
        name.replace("_", " ")
        for name in ("gain_mix", "wrap", "shadow")
        if getattr(made, name) == 0 and getattr(now, name) != 0
    ]
    return f"Re-finish to see {' and '.join(names)}" if names else ""


def _against(shot: Shot, view: View, results: Sequence[Version], working: str) -> Wanted | None:
    other = next((one for one in results if one.pattern == view.against), None)
    return Wanted(_picture(shot, view.layer, other, working), _name(other, view.layer)) if other else None


def _picture(shot: Shot, layer: str, result: Version, working: str) -> PictureSource:
    def source(name: str) -> PictureSource:
        return pass_of(
            result.pattern,
            name,
            result.frames,
            layout=result.delivery.layout,
            space=result.space,
            working=working,
        )

    if layer != MIX:
        return source(layer)
    parts = {name: source(name) for name in Mix.PARTS}
    return Mix(tuple(parts.items()), working, result.finish, shot.finish)


def _name(result: Version, layer: str) -> str:
    return f"{result.label} {layer}"
