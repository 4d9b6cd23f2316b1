"""Which channels of an EXR make up a layer, as Nuke and others name them in channels, parts and views."""

from __future__ import annotations

from dataclasses import dataclass

from pai_studio.core.media.exr_header import Header, Part
from pai_studio.core.shot.errors import BadInput, UnreadableImage

_LETTERS = {
    "r": "R",
    "red": "R",
    "g": "G",
    "green": "G",
    "b": "B",
    "blue": "B",
    "a": "A",
    "alpha": "A",
    "y": "Y",
}
_PLAIN = ("", "rgba", "rgb", "beauty")


@dataclass(frozen=True)
class Layer:
    """A picture within an EXR: its part and its channels as the file names them, R, G, B and A where there is one."""

    part: Part
    prefix: str
    rgb: tuple[str, str, str]
    alpha: str | None

    @property
    def view(self) -> str:
        """The view that the layer is of, where its part names one."""
        return self.part.view

    @property
    def label(self) -> str:
        """What a person asks for to get it."""
        own = not self.prefix or self.prefix == _without_view(self.part)
        if self.part.name and (self.part.view or own):
            return self.part.name if own else f"{self.part.name}.{self.prefix}"
        return self.prefix or "rgba"

    def names(self) -> set[str]:
        """Everything that it answers to, in lower case."""
        part = self.part.name
        if not self.prefix:
            found = {part, _without_view(self.part), self.part.view if self.is_plain else ""}
        else:
            found = {self.label, self.prefix, f"{part}.{self.prefix}", f"{self.part.view}.{self.prefix}"}
        return {name.lower() for name in found if name}

    @property
    def is_plain(self) -> bool:
        """Whether it is a part's own R, G, B, in a part that is named for nothing else."""
        return not self.prefix and _without_view(self.part).lower() in (*_PLAIN, self.part.view.lower())


def layers_of(header: Header) -> list[Layer]:
    """Every layer that holds a colour picture, or a grey one (Y alone)."""
    return [layer for part in header.parts for layer in _in_part(part)]


def find_layer(header: Header, asked: str) -> Layer:
    """The layer that a document names; `rgba` is the unnamed one of the default view.

    Raises UnreadableImage where several views answer and none is the default, BadInput naming what there is otherwise.
    """
    layers = layers_of(header)
    if asked.lower() == "rgba":
        found = [layer for layer in layers if not layer.prefix]
        found = [layer for layer in found if layer.is_plain] or found
    else:
        found = [layer for layer in layers if asked.lower() in layer.names()]
    views = {layer.view for layer in found}
    if len(views) > 1 or (found and _is_grey_view(header, found[0])):
        raise _which_view(header, found)
    if not found:
        raise _no_layer(header, layers, asked)
    return found[0]


def _in_part(part: Part) -> list[Layer]:
    groups: dict[str, dict[str, str]] = {}
    for name in part.channels:
        prefix, _, last = name.rpartition(".")
        letter = _LETTERS.get(last.lower())
        if letter and part.channels[name] != "uint":
            groups.setdefault(prefix, {})[letter] = name
    found = []
    for prefix, channels in sorted(groups.items()):
        if {"R", "G", "B"} <= channels.keys():
            rgb = channels["R"], channels["G"], channels["B"]
        elif "Y" in channels:
            rgb = (channels["Y"],) * 3
        else:
            continue
        found.append(Layer(part, prefix, rgb, channels.get("A")))
    return found


def _without_view(part: Part) -> str:
    for mark in (".", "_"):
        if part.view and part.name.endswith(mark + part.view):
            return part.name[: -len(mark + part.view)]
    return part.name


def _is_grey_view(header: Header, layer: Layer) -> bool:
    """A multi-view file of luminance only: which view is meant by its one unnamed channel is a guess."""
    return len(header.views) > 1 and layer.rgb[0] == layer.rgb[1] and not layer.prefix


def _which_view(header: Header, found: list[Layer]) -> UnreadableImage:
    options = [layer.label for layer in found if layer.rgb[0] != layer.rgb[1]]
    hint = f"choose one as plate.layer: {', '.join(options[:8])}" if options else "write one view a file"
    say = f"is a multi-view EXR (views {', '.join(header.views)}) and names no default picture"
    return UnreadableImage(say, where=str(header.path), hint=hint)


def _no_layer(header: Header, layers: list[Layer], asked: str) -> BadInput:
    if layers:
        hint = f"it holds {', '.join(dict.fromkeys(layer.label for layer in layers[:12]))}"
    else:
        channels = [name for part in header.parts for name in part.channels]
        hint = f"it holds only the channels {', '.join(channels[:12])}"
    return BadInput(f"has no layer {asked!r}", where=str(header.path), hint=hint)
