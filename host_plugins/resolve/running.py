"""The window that shows how renders go; made with the UI manager."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import Fusion, UIDispatcher, UIManager, Window, bmd

_RUNS = "org.pai-studio.runs"


class Runs:
    """Shows renders under way, each with its own button to stop it."""

    def __init__(self, fusion: Fusion, module: bmd, labels: Sequence[str]) -> None:
        self._labels = list(labels)
        self._ui: UIManager = fusion.UIManager
        self._loop: UIDispatcher = module.UIDispatcher(self._ui)
        self._stopped: set[int] = set()
        self._texts: dict[int, str] = {}
        self._lines: list[str] = []
        self._is_closed = False
        self._window: Window = self._made()
        self._items: Any = self._window.GetItems()
        for index in range(len(self._labels)):
            self._window.On[f"stop{index}"].Clicked = self._stops(index)
        self._window.On[_RUNS].Close = lambda _event: self._stop_all()
        self._window.On["done"].Clicked = lambda _event: self._close()
        self._items["done"].Enabled = False
        self._window.Show()

    def _made(self) -> Window:
        ui: UIManager = self._ui
        rows = [
            ui.HGroup(
                [
                    ui.Label({"ID": f"row{index}", "Text": label, "WordWrap": True}),
                    ui.Button({"ID": f"stop{index}", "Text": "Cancel"}),
                ]
            )
            for index, label in enumerate(self._labels)
        ]
        said = ui.Label({"ID": "said", "Text": "", "WordWrap": True})
        window: Window = self._loop.AddWindow(
            {"ID": _RUNS, "WindowTitle": "PAI-Studio"},
            ui.VGroup([*rows, said, ui.Button({"ID": "done", "Text": "Close"})]),
        )
        return window

    def _stops(self, index: int) -> Any:
        return lambda _event: self._stopped.add(index)

    def _stop_all(self) -> None:
        self._stopped |= set(range(len(self._labels)))

    def _close(self) -> None:
        self._is_closed = True
        self._loop.ExitLoop()

    def row(self, index: int, share: float, text: str) -> None:
        """Show how one render goes."""
        line = f"{self._labels[index]}   {100 * share:3.0f} %   {text}"
        if self._texts.get(index) != line:
            self._texts[index] = line
            self._items[f"row{index}"].Text = line

    def turn(self) -> None:
        """One turn of the loop."""
        self._loop.StepLoop()

    def is_cancelled(self, index: int) -> bool:
        """Whether its button was pressed."""
        return index in self._stopped

    def say(self, text: str) -> None:
        """A line below the renders; what stands there already is not said again."""
        self._lines += [text] if text not in self._lines else []
        self._items["said"].Text = "\n".join(self._lines)

    def wait(self) -> None:
        """Leave the window until it is closed."""
        self._items["done"].Enabled = True
        for index in range(len(self._labels)):
            self._items[f"stop{index}"].Enabled = False
        self._window.On[_RUNS].Close = lambda _event: self._close()
        self._loop.RunLoop()

    def hide(self) -> None:
        """Take it away."""
        self._window.Hide()
