"""The prompt's keys, made from the document's schema, and the camera's move measured from the plate."""

from __future__ import annotations

import threading

from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from pai_studio.core.motion.told import Told
from pai_studio.core.shot.document import Prompt, Shot
from pai_studio.core.shot.errors import Cancelled, PaiError
from pai_studio.ui.panel import style
from pai_studio.ui.panel.forms import keys
from pai_studio.ui.panel.forms.current import Current
from pai_studio.ui.panel.forms.fields import Field, ProseField, TextField, small_note
from pai_studio.ui.panel.forms.section import Section
from pai_studio.ui.panel.state import camera, edits

_WORDS: dict[str, tuple[str, str]] = {
    "foreground_content": ("Subject", "Who or what is before the screen: a man in a grey suit"),
    "background_content": ("Background", "What is to be behind: an old-town street after rain"),
    "foreground_motion": ("Subject's motion", "What the subject does: walks toward the camera"),
    "background_motion": ("Background's motion", "What moves behind: a light moves; still"),
    "camera_motion_analysis": ("Camera's motion", "How the camera moves: locked off; a pan from a tripod"),
    "camera_angle": ("Camera's angle", "From where it looks: eye level"),
    "focal_length": ("Focal length", "Of the lens: normal, 45 mm"),
    "caption": ("Caption", "The whole picture in a sentence or two"),
}
"""Label and example by key; one that the schema gains later is labelled by its own name."""

_PROSE = frozenset(
    {"foreground_content", "background_content", "foreground_motion", "background_motion", "caption"}
)
_CAMERA = "camera_motion_analysis"


class PromptSection(Section):
    """The eight keys in the schema's order."""

    def __init__(self, current: Current, parent: QWidget | None = None) -> None:
        super().__init__("Prompt", current.studio.memory, parent=parent)
        self.fields: dict[str, Field] = {}
        for name in Prompt.model_fields:
            label, hint = _WORDS.get(name, (name.replace("_", " ").capitalize(), ""))
            key = keys.of_part("prompt", name, label, hint)
            if name in _PROSE:
                self.fields[name] = ProseField(current, key, hint=_example(hint))
                self.add_wide(self.fields[name])
            else:
                self.fields[name] = TextField(current, key, hint=_example(hint))
                self.add(self.fields[name])
            if name == _CAMERA:
                self.suggestion = CameraSuggestion(current)
                self.add_beside(self.suggestion)


class CameraSuggestion(QWidget):
    """Measures the plate's camera when asked to, and offers its words: they are used only when somebody says so."""

    def __init__(self, current: Current, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._current = current
        self._stop: threading.Event | None = None
        self.measure = QPushButton("Measure camera")
        self.measure.setToolTip(
            "Follow the set or the screen's markers through the plate, and suggest words for it"
        )
        self.use = QPushButton("Use")
        self.use.setToolTip("Write the suggestion into the prompt")
        self.said = QLabel()
        self.said.setWordWrap(True)
        self.said.setProperty("dim", True)
        self.note = small_note(self)
        self.use.setAccessibleName("Use the measured camera motion")
        self.offered = QWidget()
        across = QHBoxLayout(self.offered)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(style.grid(1))
        across.addWidget(self.said, 1)
        across.addWidget(self.use)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(style.grid(1))
        column.addWidget(self.offered)
        column.addWidget(self.measure)
        column.addWidget(self.note)
        self.measure.clicked.connect(self._start_or_stop)
        self.use.clicked.connect(self._use)
        current.replaced.connect(self._start_anew)
        self._start_anew()

    @property
    def is_measuring(self) -> bool:
        """Whether frames are looked at now."""
        return self._stop is not None

    def _start_or_stop(self) -> None:
        if self._stop is not None:
            self._stop.set()
            self._idle("Stopped")
        elif self._current.shot is not None:
            self._start(self._current.shot)

    def _start(self, shot: Shot) -> None:
        self._stop = stop = threading.Event()
        self.measure.setText("Stop")
        self._offer(None)
        self._note("Measuring…")
        work = self._current.studio.work

        def on_frame(done: int, total: int) -> None:
            work.here(lambda: self._hear(stop, done, total))

        self._current.run(
            lambda: camera.measure(shot, stop, on_frame),
            done=lambda told: self._measured(told) if stop is self._stop else None,
            failed=lambda error: self._failed(error) if stop is self._stop else None,
        )

    def _hear(self, stop: threading.Event, done: int, total: int) -> None:
        if isValid(self) and stop is self._stop:
            self._note(f"Measuring: {done + 1} of {total}")

    def _measured(self, told: Told) -> None:
        self._idle(f"Measured from the plate; {told.also}" if told.also else "Measured from the plate")
        self._offer(told)

    def _failed(self, error: PaiError) -> None:
        self._idle("" if isinstance(error, Cancelled) else str(error))

    def _use(self) -> None:
        words = self.said.text()
        self._current.end_gesture()
        self._current.edit(
            "Use the measured camera motion",
            lambda shot: edits.set_keys(shot, "prompt", camera_motion_analysis=words),
        )
        self._offer(None)
        self._note("")

    def _idle(self, note: str) -> None:
        self._stop = None
        self.measure.setText("Measure camera")
        self._note(note)

    def _offer(self, told: Told | None) -> None:
        self.said.setText(told.sentence if told else "")
        self.offered.setVisible(told is not None)

    def _note(self, text: str) -> None:
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def _start_anew(self) -> None:
        if self._stop is not None:
            self._stop.set()
        self._idle("")
        self._offer(None)
        self.measure.setEnabled(self._current.shot is not None)


def _example(hint: str) -> str:
    """What stands in an empty field: no value, and not to be taken for one."""
    return f"e.g. {hint.rsplit(': ', maxsplit=1)[-1]}" if ": " in hint else hint
