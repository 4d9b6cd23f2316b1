"""A file's attributes, with their types, from one file to another."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import OpenImageIO as oiio

COLOR_ATTRIBUTES = frozenset(
    {"chromaticities", "colorInteropID", "acesImageContainerFlag", "oiio:ColorSpace"}
)
"""Attributes that tell the colour space: none survives a change of space."""

# Written from the picture itself, or of the file that was read rather than of its picture.
_OWN_ATTRIBUTES = frozenset({"compression", "name", "view", "PixelAspectRatio", "openexr:lineOrder"})
_OWN_PREFIXES = ("oiio:", "openexr:", "ICCProfile", "thumbnail_")


class Attribute(NamedTuple):
    """A metadata value whose type Python's own do not tell: `type` as OpenImageIO writes it (`rational`, `matrix`)."""

    type: str
    value: Any


def metadata_of(spec: oiio.ImageSpec) -> dict[str, Any]:
    """All attributes of a file but those that are rewritten with the picture; odd types as `Attribute`."""
    found: dict[str, Any] = {}
    for item in spec.extra_attribs:
        if item.name in _OWN_ATTRIBUTES or (
            item.name.startswith(_OWN_PREFIXES) and item.name not in COLOR_ATTRIBUTES
        ):
            continue
        kind = str(item.type)
        found[item.name] = item.value if kind in ("string", "int", "float") else Attribute(kind, item.value)
    return found


def fitting(attributes: Mapping[str, Any], channels: tuple[str, ...]) -> dict[str, Any]:
    """Attributes that are true of this file: no views where no channel is of one."""
    views = attributes.get("multiView")
    if isinstance(views, Attribute):
        tokens = {token for name in channels for token in name.split(".")[:-1]}
        if not tokens & set(views.value):
            return {name: value for name, value in attributes.items() if name != "multiView"}
    return dict(attributes)


def set_attribute(spec: oiio.ImageSpec, name: str, value: Any) -> None:
    """Give a file an attribute; a Fraction becomes a rational, a sequence of numbers floats, None is left out."""
    if value is None or name in _OWN_ATTRIBUTES:
        return
    if isinstance(value, Attribute):
        spec.attribute(name, value.type, value.value)
    elif isinstance(value, Fraction):
        spec.attribute(name, "rational", (value.numerator, value.denominator))
    elif isinstance(value, str | int | float):
        spec.attribute(name, value)
    else:
        numbers = tuple(float(number) for number in value)
        spec.attribute(name, f"float[{len(numbers)}]", numbers)
