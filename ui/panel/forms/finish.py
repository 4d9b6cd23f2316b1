"""The finishing controls: shares, which need no new generation."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from pai_studio.core.shot.document import Finish
from pai_studio.ui.panel.forms import keys
from pai_studio.ui.panel.forms.current import Current
from pai_studio.ui.panel.forms.fields import small_note
from pai_studio.ui.panel.forms.section import Section
from pai_studio.ui.panel.forms.sliders import ShareField

_WORDS = {
    "despill": ("Despill", "How much of the screen's light is taken off the subject"),
    "gain_mix": ("Relight", "How much of the background's light the subject takes on"),
    "wrap": ("Light wrap", "How much of the background's light spills over the subject's edge"),
    "shadow": ("Shadow", "How much of the shadow on the screen is carried over"),
    "grain": ("Grain", "How much of the plate's grain the background is given"),
}


class FinishSection(Section):
    """One slider a control, in the schema's order."""

    def __init__(self, current: Current, parent: QWidget | None = None) -> None:
        super().__init__("Finish", current.studio.memory, parent=parent)
        self.fields: dict[str, ShareField] = {}
        for name, info in Finish.model_fields.items():
            label, tip = _WORDS.get(name, (name.replace("_", " ").capitalize(), ""))
            self.fields[name] = ShareField(current, keys.of_part("finish", name, label, tip), info.default)
            self.add(self.fields[name])
        hint = small_note(self)
        hint.setText("These need no new generation: Re-finish is enough.")
        hint.show()
        self.add_beside(hint)
