"""Background references: one still of any format, upright, in the working space."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.exr import on_box, read_header, read_image
from pai_studio.core.media.exr_layers import find_layer
from pai_studio.core.media.frame import Array
from pai_studio.core.media.limits import LIMITS, Limits
from pai_studio.core.media.pictures import Look, kind_of, look, read_picture, rgb_of
from pai_studio.core.media.repairs import clean_pixels
from pai_studio.core.shot.errors import BadInput

# EXIF 2.32, tag 0x0112: what brings a picture that was stored so upright.
_UPRIGHT: dict[int, Callable[[Array], Array]] = {
    2: lambda p: p[:, ::-1],
    3: lambda p: p[::-1, ::-1],
    4: lambda p: p[::-1],
    5: lambda p: p.swapaxes(0, 1),
    6: lambda p: np.rot90(p, -1),
    7: lambda p: p[::-1, ::-1].swapaxes(0, 1),
    8: np.rot90,
}


def read_still(
    path: Path | str, colorspace: str, config: ColorConfig, limits: Limits = LIMITS
) -> tuple[Array, str, str]:
    """A still as (h, w, 3) in the working space, the space it was taken to be in, and a note, which may be empty.

    Without `colorspace` the file's own is used: that of an EXR's attributes, linear Rec.709 for Radiance, sRGB for
    JPEG, PNG and 8- or 16-bit TIFF. Raises UnreadableImage, or BadInput where the space is not known.
    """
    path = Path(path)
    if kind_of(path) == "openexr":
        return _exr_still(path, colorspace, config, limits)
    facts = look(path, limits)
    space = config.require(colorspace) if colorspace else require_space_of_picture(facts, config)
    image = read_picture(path, space, limits)
    rgb, replaced = _converted(upright(rgb_of(image), facts), space, config)
    notes = [_icc_note(facts), _square_note(facts.pixel_aspect), replaced]
    return rgb, space, "; ".join(note for note in notes if note)


def upright(pixels: Array, facts: Look) -> Array:
    """A picture that was stored lying or mirrored, as its camera saw it."""
    turn = _UPRIGHT.get(int(facts.attributes.get("Orientation", 1)))
    return np.ascontiguousarray(turn(pixels)) if turn else pixels


def space_of_exr(attributes: dict[str, Any], config: ColorConfig) -> str | None:
    """The space that an EXR's attributes name (`colorInteropID`, `chromaticities`, ...), where the config has it."""
    for key in ("colorInteropID", "oiio:ColorSpace"):
        if found := config.find(str(attributes.get(key, ""))):
            return found
    if attributes.get("acesImageContainerFlag") == 1:
        return config.first_of(("lin_ap0_scene", "lin_ap0", "ACES2065-1"))
    xy = attributes.get("chromaticities")
    return config.space_of_chromaticities(tuple(float(n) for n in xy)) if xy is not None else None


def _exr_still(path: Path, colorspace: str, config: ColorConfig, limits: Limits) -> tuple[Array, str, str]:
    header = read_header(path, limits)
    part = find_layer(header, "rgba").part
    space = config.require(colorspace) if colorspace else require_space_of_exr(path, part.attributes, config)
    image = read_image(path, colorspace=space, limits=limits)
    # A still is placed by its display window; overscan is not shown.
    shown = on_box(rgb_of(image), image.data_window, image.display_window)
    rgb, replaced = _converted(shown, space, config)
    notes = [replaced, _square_note(part.pixel_aspect)]
    return rgb, space, "; ".join(note for note in notes if note)


def _converted(rgb: Array, space: str, config: ColorConfig) -> tuple[Array, str]:
    """Into the working space without NaN and Inf, also such as arise where a log curve is undone; with a note."""
    rgb, found = clean_pixels(rgb)
    rgb, arisen = clean_pixels(config.convert(rgb, space, config.working))
    repairs = found + arisen
    return rgb, f"{repairs.nan} NaN and {repairs.inf} Inf replaced" if repairs else ""


def space_of_picture(facts: Look, config: ColorConfig) -> str | None:
    """The space that a format means, where it means one: linear Rec.709 for Radiance, sRGB for an integer PNG."""
    if facts.kind == "hdr":
        return config.linear_rec709
    if facts.kind in ("jpeg", "png", "tiff") and facts.file_type in ("uint8", "uint16"):
        return config.texture
    return None


def require_space_of_picture(facts: Look, config: ColorConfig) -> str:
    """As `space_of_picture`. Raises BadInput where the format means none."""
    space = space_of_picture(facts, config)
    if space is None:
        raise _unknown_space(facts.path)
    return space


def require_space_of_exr(path: Path, attributes: dict[str, Any], config: ColorConfig) -> str:
    """As `space_of_exr`. Raises BadInput where the file names none."""
    space = space_of_exr(attributes, config)
    if space is None:
        raise _unknown_space(path)
    return space


def _unknown_space(path: Path) -> BadInput:
    return BadInput(
        "does not say its colour space", where=str(path), hint='give the reference a "colorspace"'
    )


def _icc_note(facts: Look) -> str:
    profile = str(facts.attributes.get("ICCProfile:profile_description", ""))
    if not profile or "srgb" in profile.lower():
        return ""
    return f"its ICC profile {profile!r} is not used; give the reference that colorspace"


def _square_note(pixel_aspect: float) -> str:
    return "" if abs(pixel_aspect - 1) < 1e-3 else f"its pixel aspect {pixel_aspect:g} is not used"
