"""The shaders of the looks that are wanted, made away from the window."""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtCore import QObject, Signal

from pai_studio.core.media.display import Look, Screen
from pai_studio.core.media.shader import Shader
from pai_studio.core.shot.errors import PaiError
from pai_studio.ui.panel.work import Work

_MOST = 32


class Shaders(QObject):
    """What is asked for comes at once if it is held; else the last one of that space until it comes."""

    arrived = Signal()
    failed = Signal(object)

    def __init__(self, work: Work, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work = work
        self._held: OrderedDict[tuple[int, str, Look], Shader] = OrderedDict()
        self._last: dict[str, Shader] = {}
        self._asked: set[tuple[int, str, Look]] = set()

    def get(self, screen: Screen, space: str, look: Look) -> tuple[Shader | None, bool]:
        """A shader for a space through a look, and whether it is the wanted one."""
        key = id(screen), space, look
        if key in self._held:
            self._held.move_to_end(key)
            self._last[space] = self._held[key]
            return self._held[key], True
        if key not in self._asked:
            self._asked.add(key)
            self._work.run(
                lambda: screen.shader(space, look),
                done=lambda shader: self._take(key, shader),
                failed=lambda error: self._fail(key, error),
            )
        return self._last.get(space), False

    def _take(self, key: tuple[int, str, Look], shader: Shader) -> None:
        self._asked.discard(key)
        self._held[key] = shader
        while len(self._held) > _MOST:
            self._held.popitem(last=False)
        self.arrived.emit()

    def _fail(self, key: tuple[int, str, Look], error: PaiError) -> None:
        self._asked.discard(key)
        self.failed.emit(error)
