"""The selected still: its file, its anchor, its colour, and how it lies over the plate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from pai_studio.core.shot.document import Reference, Shot
from pai_studio.core.shot.errors import BadInput
from pai_studio.ui.panel import style
from pai_studio.ui.panel.forms import numbers
from pai_studio.ui.panel.forms.choices import ChoiceField, SearchField
from pai_studio.ui.panel.forms.current import Current
from pai_studio.ui.panel.forms.facts import Facts
from pai_studio.ui.panel.forms.fields import Key, NumberField, small_note
from pai_studio.ui.panel.forms.paths import FileField
from pai_studio.ui.panel.forms.picture import StillPicture
from pai_studio.ui.panel.forms.plate import offer_spaces, say_declared
from pai_studio.ui.panel.forms.section import Section
from pai_studio.ui.panel.opening import PICTURES
from pai_studio.ui.panel.state import edits

_FITS = (("fill", "Fill the plate"), ("fit", "Fit inside the plate"))
_CUSTOM = "custom"


class ReferenceSection(Section):
    """What is selected on the timeline or in the viewer; an empty state where nothing is."""

    def __init__(self, current: Current, facts: Facts, parent: QWidget | None = None) -> None:
        super().__init__("Still", current.studio.memory, parent=parent)
        self._current, self._facts = current, facts
        self.empty = small_note(self)
        self.empty.setText(
            "No still is selected: click one on the timeline, or press M to put one at the playhead."
        )
        self.add_wide(self.empty)
        self.file = FileField(current, self._key("File", "file", "The background still"), sorted(PICTURES))
        anchor = self._key("Frame", "frame", "The frame whose camera it was taken with; takes steps as +20")
        self.frame = NumberField(current, anchor, numbers.whole)
        own = "the file's own"
        space = self._key(
            "Colour space", "colorspace", "Of the still's file; empty: what the file says itself"
        )
        self.space = SearchField(current, space, empty=own)
        fit = Key("Fit", self._read_fit, self._write_fit, "How the still lies over the plate at its anchor")
        self.fit = ChoiceField(current, fit, _FITS)
        self.reset = QPushButton("Reset")
        self.reset.setToolTip("Fill the plate again")
        self.reset.setAccessibleName("Reset the still's framing")
        self.remove = QPushButton("Remove")
        self.remove.setToolTip("Take the still out of the shot (Delete)")
        self.remove.setAccessibleName("Remove the selected still")
        self.picture = StillPicture(current)
        self.add_beside(self.picture)
        self._fields = (self.file, self.frame, self.space, self.fit)
        for field in self._fields:
            self.add(field)
        self._buttons = QWidget()
        across = QHBoxLayout(self._buttons)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(style.grid(1))
        across.addWidget(self.reset)
        across.addStretch(1)
        across.addWidget(self.remove)
        self.add_beside(self._buttons)
        self.reset.clicked.connect(self._reset)
        self.remove.clicked.connect(self._remove)
        for signal in (current.selected_changed, current.replaced):
            signal.connect(self._show_selected)
        current.shot_changed.connect(self._show_state)
        facts.spaces_changed.connect(self._offer_spaces)
        facts.still_changed.connect(self._say_space)
        self._show_selected()
        self._offer_spaces()

    @property
    def _selected(self) -> Reference | None:
        return None if self._current.state is None else self._current.state.selected

    def _show_selected(self) -> None:
        there = self._selected is not None
        self.empty.setVisible(not there)
        for field in self._fields:
            field.setVisible(there)
            field.label.setVisible(there)
            field.show_again()
        self.picture.setVisible(there)
        self._buttons.setVisible(there)
        self._show_state()

    def _show_state(self) -> None:
        self.reset.setVisible(self._selected is not None and not isinstance(self._selected.fit, str))
        self._say_anchor()
        self._say_space()

    def _say_anchor(self) -> None:
        shot, selected = self._current.shot, self._selected
        if shot is not None and selected is not None:
            outside = selected.frame not in range(shot.all_frames.first, shot.all_frames.last + 1)
            self.frame.say(f"Outside the shot's {shot.all_frames}" if outside else "", "warn")

    def _offer_spaces(self) -> None:
        offer_spaces(self.space, self._facts)
        self._say_space()

    def _say_space(self) -> None:
        if self._selected is not None:
            say_declared(self.space, self._facts, self._selected.colorspace, self._facts.still.space)

    def _reset(self) -> None:
        self._current.edit("Reset a still's framing", lambda shot: self._changed(shot, fit="fill"))

    def _remove(self) -> None:
        selected = self._selected
        if selected is not None:
            self._current.edit("Remove a still", lambda shot: edits.remove_reference(shot, selected))

    def _key(self, label: str, name: str, tip: str) -> Key:
        return Key(label, self._reader(name), lambda shot, value: self._changed(shot, **{name: value}), tip)

    def _reader(self, name: str) -> Callable[[Shot], Any]:
        blank = Reference(file="-", frame=0)
        return lambda _shot: getattr(self._selected or blank, name)

    def _read_fit(self, _shot: Shot) -> str:
        fit = self._selected.fit if self._selected is not None else "fill"
        return fit if isinstance(fit, str) else _CUSTOM

    def _write_fit(self, shot: Shot, value: str) -> Shot:
        return shot if value == _CUSTOM else self._changed(shot, fit=value)

    def _changed(self, shot: Shot, **values: Any) -> Shot:
        selected = self._selected
        if selected is None:
            raise BadInput("no still is selected", hint="select one on the timeline")
        return edits.change_reference(shot, selected, **values)[0]
