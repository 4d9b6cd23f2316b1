"""The plate and its mattes."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from pai_studio.core.shot.document import Mattes, Shot
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.frames import FrameRange
from pai_studio.core.shot.inputs import MOVIES, is_movie
from pai_studio.ui.panel.forms import keys, numbers
from pai_studio.ui.panel.forms.choices import CheckField, ChoiceField, SearchField
from pai_studio.ui.panel.forms.current import Current
from pai_studio.ui.panel.forms.facts import Facts
from pai_studio.ui.panel.forms.fields import Key, NumberField, TextField, Tone
from pai_studio.ui.panel.forms.paths import FileField
from pai_studio.ui.panel.forms.section import Section
from pai_studio.ui.panel.opening import PICTURES
from pai_studio.ui.panel.state import edits

_RATES = ("23.976", "24", "25", "29.97", "30", "47.952", "48", "50", "59.94", "60")
_ALPHAS = (("none", "None"), ("straight", "Straight"), ("premultiplied", "Premultiplied"))
_SCREENS = (("auto", "Find it"), ("green", "Green"), ("blue", "Blue"), ("none", "None"))
_MATTES = {
    "alpha": ("Alpha", "The subject's matte: the screen is not keyed then"),
    "garbage": ("Garbage", "What is taken away whatever the key says"),
    "core": ("Core", "What is kept whatever the key says"),
}


class PlateSection(Section):
    """Files, colour, time, and how the subject is to be cut out."""

    def __init__(self, current: Current, facts: Facts, parent: QWidget | None = None) -> None:
        super().__init__("Plate", current.studio.memory, parent=parent)
        self._current, self._facts = current, facts
        moving = sorted(PICTURES | MOVIES)
        files = keys.of_part("plate", "files", "Files", "The foreground: numbered pictures or a movie")
        self.files = FileField(current, files, moving, is_range=True)
        space = keys.of_part("plate", "colorspace", "Colour space", "Of the plate's files; type to search")
        self.space = SearchField(current, space)
        rate = keys.of_shot("rate", "Rate", "Frames a second, as 23.976 or 24000/1001")
        self.rate = SearchField(current, rate, parse=numbers.rate, text=numbers.rate_text)
        self.rate.offer(_RATES)
        self.start = NumberField(current, _START, _typed_start, text=_start_text)
        self.first = NumberField(current, _end("first"), numbers.whole)
        self.last = NumberField(current, _end("last"), numbers.whole)
        handles = keys.of_shot("handles", "Handles", "Frames before and after that are rendered as well")
        self.handles = NumberField(current, handles, numbers.whole)
        layer = keys.of_part(
            "plate", "layer", "Layer", "The layer that holds the picture; rgba is the unnamed one"
        )
        self.layer = TextField(current, layer)
        self.alpha = ChoiceField(
            current,
            keys.of_part("plate", "alpha", "Alpha", "What the plate's own alpha is, if it has one"),
            _ALPHAS,
        )
        self.screen_ = ChoiceField(
            current,
            keys.of_part("plate", "screen", "Screen", "The colour of the screen behind the subject"),
            _SCREENS,
        )
        exposure = keys.of_part(
            "plate", "exposure", "Exposure", "Stops that the model sees the plate brighter"
        )
        self.exposure = NumberField(
            current,
            exposure,
            numbers.number,
            text=_stops,
            step=0.25,
        )
        for field in (
            self.files,
            self.space,
            self.rate,
            self.start,
            self.first,
            self.last,
            self.handles,
            self.layer,
            self.alpha,
            self.screen_,
            self.exposure,
        ):
            self.add(field)
        facts.spaces_changed.connect(self._offer_spaces)
        for signal in (facts.plate_changed, current.shot_changed, current.replaced):
            signal.connect(self._say_space)
            signal.connect(self._say_start)
        self._offer_spaces()
        self._say_start()

    def _offer_spaces(self) -> None:
        offer_spaces(self.space, self._facts)
        self._say_space()

    def _say_space(self) -> None:
        shot = self._current.shot
        if shot is not None:
            say_declared(self.space, self._facts, shot.plate.colorspace, self._facts.plate.space)

    def _say_start(self) -> None:
        """A movie alone has a first picture to be numbered, and an end beyond which there is none."""
        shot, count = self._current.shot, self._facts.plate.count
        has_start = shot is not None and is_movie(shot.plate.files)
        self.start.setVisible(has_start)
        self.start.label.setVisible(has_start)
        if shot is not None and has_start:
            self.start.say(*_movie_said(_start_of(shot), count, shot.all_frames))


class MattesSection(Section):
    """Mattes that the artist gives."""

    def __init__(self, current: Current, parent: QWidget | None = None) -> None:
        super().__init__("Mattes", current.studio.memory, is_open=False, parent=parent)
        self.files: dict[str, FileField] = {}
        self.channels: dict[str, TextField] = {}
        self.inverts: dict[str, CheckField] = {}
        for name in Mattes.model_fields:
            label, tip = _MATTES.get(name, (name.capitalize(), ""))
            self.files[name] = FileField(
                current,
                keys.of_matte(name, "files", label, tip),
                sorted(PICTURES),
                is_range=True,
                can_be_none=True,
            )
            channel = keys.of_matte(name, "channel", "Channel", f"{label}: the channel that holds it")
            self.channels[name] = TextField(current, channel)
            invert = keys.of_matte(name, "invert", "", f"{label}: white for black")
            self.inverts[name] = CheckField(current, invert, text="Invert")
            self.inverts[name].control.setAccessibleName(f"{label}: invert")
            self.channels[name].control.setAccessibleName(f"{label}: channel")
            self.add(self.files[name])
            self.add(self.channels[name])
            self.add(self.inverts[name])


def offer_spaces(field: SearchField, facts: Facts) -> None:
    """The config's spaces in a field, or why there are none."""
    if facts.spaces is not None:
        config = facts.spaces.config
        field.offer(facts.spaces.names, lambda name: config.find(name) is not None)
        field.show_again()
    elif facts.config_fault:
        field.refuse(facts.config_fault)


def say_declared(field: SearchField, facts: Facts, named: str, declared: str = "") -> None:
    """Under a space: that the config has none of that name, or that the file says another one of itself."""
    if facts.spaces is None:
        return
    find = facts.spaces.config.find
    if named and find(named) is None:
        field.say(f"The config has no {named!r}", "bad")
    else:
        field.say(f"The file says {declared}" if declared and find(declared) != find(named) else "")


def _end(which: str) -> Key:
    def write(shot: Shot, value: int) -> Shot:
        ends = {"first": shot.frames.first, "last": shot.frames.last} | {which: value}
        try:
            frames = FrameRange(ends["first"], ends["last"], shot.frames.step)
        except ValueError as error:
            raise BadInput(str(error)) from None
        return edits.set_keys(shot, frames=frames)

    label = "First frame" if which == "first" else "Last frame"
    return Key(
        label, lambda shot: getattr(shot.frames, which), write, "A frame, or a step from where it is: +20, -8"
    )


def _start_of(shot: Shot) -> int:
    """The frame number of a movie's first picture."""
    return shot.all_frames.first if shot.plate.start is None else shot.plate.start


_START = Key(
    "Movie begins at",
    _start_of,
    lambda shot, value: edits.set_keys(shot, "plate", start=value),
    "The frame number of the movie's first picture; empty: the shot's first frame",
)


def _typed_start(text: str, now: int) -> int | None:
    return numbers.whole(text, now) if text.strip() else None


def _start_text(value: int | None) -> str:
    return "" if value is None else str(value)


def _movie_said(start: int, count: int | None, shot: FrameRange) -> tuple[str, Tone]:
    """Which frames a movie of `count` pictures holds, and whether the shot goes beyond them."""
    if count is None:
        return "", "dim"
    last = start + count - 1
    if start <= shot.first and shot.last <= last:
        return f"It holds {start} - {last}", "dim"
    return (
        f"It holds {start} - {last}, the shot is {shot.first} - {shot.last}: move its beginning, or trim",
        "bad",
    )


def _stops(value: float) -> str:
    return f"{value:+g}" if value else "0"
