"""EXR in and out through OpenImageIO, which never converts colour here.

Reading judges the header first (`exr_header`), so that nothing is allocated for a file that lies. Half and float
channels come as float32, which holds both exactly; `uint` channels are left out, since float32 cannot hold them.

What is written holds no NaN, no Inf and nothing beyond half in a half channel (`repairs` has the policy).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio

from pai_studio.core.media.exr_header import Header, Part, read_header
from pai_studio.core.media.exr_layers import Layer, find_layer
from pai_studio.core.media.files import sweep_temps, whole_file, write_fault, write_file
from pai_studio.core.media.frame import Array, Box, Image
from pai_studio.core.media.limits import LIMITS, Limits
from pai_studio.core.media.metadata import COLOR_ATTRIBUTES, Attribute, fitting, metadata_of, set_attribute
from pai_studio.core.media.repairs import HALF_MAX, Repairs, clamp_halves, clean, clean_pixels
from pai_studio.core.shot.errors import OutOfResources, UnreadableImage

__all__ = [
    "COLOR_ATTRIBUTES",
    "HALF_MAX",
    "LIMITS",
    "Attribute",
    "Header",
    "Limits",
    "Repairs",
    "clean",
    "on_box",
    "read_channels",
    "read_header",
    "read_image",
    "read_layer",
    "read_plane",
    "sweep_temps",
    "write_exr",
    "write_file",
]

# A decoder is chosen by the file's name; no other one gets to see a damaged file.
oiio.attribute("try_all_readers", 0)

_STRIP_ROWS = 256
"""Rows that are joined and written at once: a whole number of every compression's blocks of scanlines."""


def read_image(
    path: Path | str, *, layer: str = "rgba", colorspace: str = "", limits: Limits = LIMITS
) -> Image:
    """One layer as R, G, B and, where it has one, A: over its data window, in the file's own values.

    Raises UnreadableImage for a damaged, deep, ambiguous multi-view or oversized file, BadInput for an absent layer.
    """
    header = read_header(path, limits)
    return read_layer(header, find_layer(header, layer), colorspace=colorspace)


def read_layer(
    header: Header, layer: Layer, *, prefix: str = "", others: bool = False, colorspace: str = ""
) -> Image:
    """A layer under the names `prefix` + R, G, B, A; with `others`, the part's other channels after it."""
    wanted = (*layer.rgb, *([layer.alpha] if layer.alpha else []))
    names = tuple(prefix + letter for letter in "RGBA"[: len(wanted)])
    return _read(header, layer.part, dict(zip(names, wanted, strict=True)), colorspace, others=others)


def read_channels(path: Path | str, *, colorspace: str = "", limits: Limits = LIMITS) -> Image:
    """Every half and float channel of a file's first part under its own name. Raises as `read_image`."""
    header = read_header(path, limits)
    return _read(header, header.parts[0], {}, colorspace, others=True)


def read_plane(path: Path | str, channel: str, limits: Limits = LIMITS) -> tuple[Image, str]:
    """One channel by its name (`A`, `matte.A`), whatever case, or the only one there is; and the name that it has.

    Raises as `read_image`, and UnreadableImage, naming the channels, where there is no such one.
    """
    header = read_header(path, limits)
    found = [
        (part, name) for part in header.parts for name in part.channels if name.lower() == channel.lower()
    ]
    every = [(part, name) for part in header.parts for name in part.channels]
    if not found and len(every) == 1:
        found = every
    if not found:
        hint = f"it holds {', '.join(name for _, name in every[:20])}"
        raise UnreadableImage(f"has no channel {channel!r}", where=str(path), hint=hint)
    part, name = found[0]
    return _read(header, part, {name: name}, ""), name


def _read(header: Header, part: Part, wanted: dict[str, str], space: str, *, others: bool = False) -> Image:
    """Channels under the names that `wanted` gives them; with `others`, then the rest that float32 can hold."""
    where = str(header.path)
    source = oiio.ImageInput.open(where)
    if source is None:
        raise _unreadable(where, oiio.geterror())
    try:
        if source.format_name() != "openexr" or not source.seek_subimage(part.index, 0):
            raise _unreadable(where, source.geterror())
        spec = source.spec()
        taken = [*wanted.values()]
        rest = [n for n in spec.channelnames if others and n not in taken and part.channels.get(n) != "uint"]
        taken += rest
        try:
            pixels = _planes(source, part, spec, taken, where)
        except MemoryError:
            say = f"needs more memory than there is ({part.data_window.width}x{part.data_window.height})"
            raise OutOfResources(say, where=where) from None
        return Image(
            pixels=pixels,
            channels=(*wanted, *rest),
            colorspace=space,
            data_window=part.data_window,
            display_window=part.display_window,
            pixel_aspect=part.pixel_aspect,
            metadata=metadata_of(spec),
            file_types=tuple(part.channels[name] for name in taken),
        )
    finally:
        source.close()


def _planes(
    source: oiio.ImageInput, part: Part, spec: oiio.ImageSpec, wanted: list[str], where: str
) -> Array:
    """The wanted channels, (H, W, C) float32, read in one run of neighbours."""
    there = {name: index for index, name in enumerate(spec.channelnames)}
    if not there.keys() >= set(wanted) or (spec.width, spec.height) != (
        part.data_window.width,
        part.data_window.height,
    ):
        raise _unreadable(where, "its header contradicts itself")
    places = [there[name] for name in wanted]
    first, last = min(places), max(places) + 1
    pixels = source.read_image(part.index, 0, first, last, "float")
    fault = source.geterror()
    if pixels is None or fault:
        raise _unreadable(where, fault)
    order = [place - first for place in places]
    if order != list(range(pixels.shape[2])):
        pixels = np.ascontiguousarray(pixels[..., order])
    return pixels


def _unreadable(where: str, why: str) -> UnreadableImage:
    first = why.strip().splitlines()[0].replace(where, "").strip()[:160] if why.strip() else "no reason given"
    return UnreadableImage(
        f"cannot be read ({first})", where=where, hint="the file is damaged; write it again"
    )


def write_exr(
    path: Path | str,
    image: Image | Iterable[Image],
    *,
    compression: str = "zip",
    metadata: Mapping[str, Any] | None = None,
    color: Mapping[str, Any] | None = None,
) -> Repairs:
    """Write one EXR part, whole or not at all; returns what could not be kept.

    Several images (layers) are joined: the first gives the windows, the others are cropped or filled with 0 to its
    data window. `file_types` other than `float` become half. `metadata` replaces the first image's. `color`, the new
    space's attributes (`ColorConfig.attributes`), replaces all that tell of the old space.
    Raises OutOfResources where the disk is full, BadInput where the folder cannot be written.
    """
    images = [image] if isinstance(image, Image) else list(image)
    first = images[0]
    channels = tuple(name for part in images for name in part.channels)
    if len(set(channels)) != len(channels):
        raise ValueError(f"channels are named twice: {sorted(c for c in channels if channels.count(c) > 1)}")
    types = tuple(kind for part in images for kind in _types(part))
    spec = _spec(first, channels, types)
    spec.attribute("compression", compression)
    attributes = dict(first.metadata if metadata is None else metadata)
    if color is not None:
        attributes = {k: v for k, v in attributes.items() if k not in COLOR_ATTRIBUTES} | dict(color)
    for name, value in fitting(attributes, channels).items():
        set_attribute(spec, name, value)
    path = Path(path)
    with whole_file(path) as temp:
        return _write(temp, path, spec, _strips(images, types))


def _types(image: Image) -> tuple[str, ...]:
    kinds = image.file_types or ("half",) * len(image.channels)
    return tuple("float" if kind in ("float", "double", "uint16", "uint32") else "half" for kind in kinds)


def _strips(images: list[Image], types: tuple[str, ...]) -> Iterator[tuple[Array, Repairs]]:
    """All channels interleaved over the first image's data window, fit to be written, some rows at a time."""
    window = images[0].data_window
    for top in range(0, window.height, _STRIP_ROWS):
        strip = Box(window.x, window.y + top, window.width, min(_STRIP_ROWS, window.height - top))
        joined = np.empty((*strip.shape, len(types)), np.float32)
        at, repairs = 0, Repairs()
        for image in images:
            plane, found = clean_pixels(_rows(image, strip))
            repairs += found
            joined[..., at : at + plane.shape[2]] = plane
            at += plane.shape[2]
        joined, clamped = clamp_halves(joined, types, owned=True)
        yield joined, repairs + clamped


def _rows(image: Image, strip: Box) -> Array:
    box = image.data_window
    is_inside = box.y <= strip.y and strip.y + strip.height <= box.y + box.height
    if is_inside and (box.x, box.width) == (strip.x, strip.width):
        return image.pixels[strip.slices_in(box)]
    return on_box(image.pixels, box, strip)


def on_box(pixels: Array, box: Box, target: Box) -> Array:
    """(H, W, ...) pixels of `box` as they lie in `target`, 0 where there are none; the same array where it fits."""
    if box == target:
        return pixels
    out = np.zeros((*target.shape, *pixels.shape[2:]), pixels.dtype)
    left, top = max(box.x, target.x), max(box.y, target.y)
    right = min(box.x + box.width, target.x + target.width)
    bottom = min(box.y + box.height, target.y + target.height)
    if right > left and bottom > top:
        shared = Box(left, top, right - left, bottom - top)
        out[shared.slices_in(target)] = pixels[shared.slices_in(box)]
    return out


def _spec(image: Image, channels: tuple[str, ...], types: tuple[str, ...]) -> oiio.ImageSpec:
    data, display = image.data_window, image.display_window
    same = len(set(types)) == 1
    spec = oiio.ImageSpec(data.width, data.height, len(channels), types[0] if same else "float")
    spec.x, spec.y = data.x, data.y
    spec.full_x, spec.full_y = display.x, display.y
    spec.full_width, spec.full_height = display.width, display.height
    spec.channelnames = channels
    if not same:
        spec.channelformats = types
    spec.attribute("PixelAspectRatio", float(image.pixel_aspect))
    return spec


def _write(temp: Path, path: Path, spec: oiio.ImageSpec, strips: Iterator[tuple[Array, Repairs]]) -> Repairs:
    output = oiio.ImageOutput.create("openexr")
    assert output is not None
    if not output.open(str(temp), spec):
        raise write_fault(temp, path, output.geterror())
    written, row, repairs = True, spec.y, Repairs()
    for pixels, found in strips:
        written = written and output.write_scanlines(row, row + len(pixels), spec.z, pixels)
        row, repairs = row + len(pixels), repairs + found
    why = output.geterror()
    if not output.close() or not written or why:
        raise write_fault(temp, path, why or output.geterror())
    return repairs
