"""What comes back, where and how."""

from __future__ import annotations

import os
from pathlib import Path
from typing import get_args

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from pai_studio.core.shot.document import PASSES, Delivery
from pai_studio.ui.panel.forms import keys
from pai_studio.ui.panel.forms.choices import ChecksField, ChoiceField, SearchField
from pai_studio.ui.panel.forms.current import Current
from pai_studio.ui.panel.forms.facts import Facts
from pai_studio.ui.panel.forms.fields import TextField
from pai_studio.ui.panel.forms.plate import offer_spaces, say_declared
from pai_studio.ui.panel.forms.section import Section

_LAYOUTS = (("multilayer", "One file, all layers"), ("files", "A file a pass"))
_TYPES = (("half", "16-bit half"), ("float", "32-bit float"))
_COMPRESSIONS = tuple(
    (name, name.upper()) for name in get_args(Delivery.model_fields["compression"].annotation)
)
_PAUSE_MS = 300
"""How long a pattern is left alone before its folder is looked at."""


class DeliverySection(Section):
    """The pattern is relative to the document's folder."""

    def __init__(self, current: Current, facts: Facts, parent: QWidget | None = None) -> None:
        super().__init__("Delivery", current.studio.memory, is_open=False, parent=parent)
        self._current, self._facts = current, facts
        pattern = keys.of_part(
            "delivery", "files", "Files", "NAME.####.exr; empty: NAME/v001/NAME_v001.####.exr"
        )
        self.files = TextField(current, pattern)
        space = keys.of_part("delivery", "colorspace", "Colour space", "Of the beauty; empty: the plate's")
        self.space = SearchField(current, space, empty="the plate's")
        passes = keys.of_part("delivery", "passes", "Passes", "What is delivered beside the beauty")
        self.passes = ChecksField(current, passes, [(name, name.capitalize()) for name in PASSES])
        layout = keys.of_part("delivery", "layout", "Layout", "Whether passes are layers or files")
        self.layout_ = ChoiceField(current, layout, _LAYOUTS)
        compression = keys.of_part(
            "delivery", "compression", "Compression", "Of the EXR files; DWA loses a little"
        )
        self.compression = ChoiceField(current, compression, _COMPRESSIONS)
        kind = keys.of_part("delivery", "type", "Type", "Of the pixels")
        self.type = ChoiceField(current, kind, _TYPES)
        self.add(self.files)
        self.add(self.space)
        self.add_wide(self.passes)
        for field in (self.layout_, self.compression, self.type):
            self.add(field)
        self._timer = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._timer.timeout.connect(self._look)
        for signal in (current.shot_changed, current.replaced):
            signal.connect(self._soon)
            signal.connect(self._say_space)
        facts.spaces_changed.connect(self._offer_spaces)
        self._offer_spaces()
        self._soon()

    def _offer_spaces(self) -> None:
        offer_spaces(self.space, self._facts)
        self._say_space()

    def _say_space(self) -> None:
        if self._current.shot is not None:
            say_declared(self.space, self._facts, self._current.shot.delivery.colorspace)

    def _soon(self) -> None:
        shot = self._current.shot
        if shot is not None:
            self.files.line.setPlaceholderText(shot.delivery_files)
            self._timer.start()

    def _look(self) -> None:
        state = self._current.state
        if state is None:
            return
        files = state.path.parent / state.shot.delivery_files
        self._current.run(lambda: why_not_writable(files.parent), lambda why: self._said(files, why))

    def _said(self, files: Path, why: str) -> None:
        state = self._current.state
        if state is not None and files == state.path.parent / state.shot.delivery_files:
            self.files.say(why, "warn")


def why_not_writable(folder: Path) -> str:
    """Why nothing can be written into a folder that is there or is to be made; empty where it can. Looks at disks."""
    there = next(one for one in (folder, *folder.parents) if one.exists() or one == one.parent)
    if not there.is_dir():
        return f"{there} is no folder"
    return "" if os.access(there, os.W_OK | os.X_OK) else f"{there} cannot be written to"
