"""The windows, made with the UI manager: what to render and how, then how it goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from ..host import Record
from . import place
from .colour import CAMERAS
from .finishing import FINISHES, LAYERS
from .target import Wishes

if TYPE_CHECKING:
    from .api import ComboBox, Fusion, UIDispatcher, UIManager, Window, bmd

_SETUP, _RUNS = "org.pai-studio.setup", "org.pai-studio.runs"
SCREENS = ("auto", "green", "blue", "none")
ENGINES = ("auto", "draft", "pai", "vace", "plate")
QUALITIES = ("final", "preview")
PLACES = {place.TAKE: "as a take of the clip", place.TRACK: "on a track above"}
NOT_SAID = "not said yet"
RENDER, REFINISH, REFERENCE, STILL, PANEL, BRING, SELFTEST, CLOSE = (
    *("render", "refinish", "reference", "still", "panel", "bring", "selftest", "close"),
)
BUTTONS = {
    REFERENCE: "Media pool selection as reference",
    STILL: "Viewer frame as reference",
    PANEL: "Open panel",
    BRING: "Bring finished shots",
    SELFTEST: "Self-test",
    CLOSE: "Close",
    REFINISH: "Re-finish",
    RENDER: "Render",
}


@dataclass(frozen=True)
class Answer:
    """What was pressed, and what the fields say."""

    press: str
    wishes: Wishes


def wishes_of(kept: Record, folder: str) -> Wishes:
    """What the window said last time, as far as it still has a meaning."""
    start = Wishes(folder=folder)
    known = {
        key: value
        for key, value in kept.items()
        if key in asdict(start) and isinstance(value, type(asdict(start)[key]))
    }
    return replace(start, **known)


class Setup:
    """Asks what to do with the clips that were chosen."""

    def __init__(self, fusion: Fusion, module: bmd, buttons: Sequence[str] = tuple(BUTTONS)) -> None:
        self._buttons = buttons
        self._ui: UIManager = fusion.UIManager
        self._loop: UIDispatcher = module.UIDispatcher(self._ui)

    def ask(self, clips: Sequence[str], wishes: Wishes, *, asks_camera: bool, note: str = "") -> Answer:
        """Show the window until a button is pressed."""
        window: Window = self._window(clips, asks_camera, note)
        items: Any = window.GetItems()
        self._fill(items, wishes, asks_camera)
        for name in self._buttons:
            window.On[name].Clicked = self._ends_with(name)
        window.On[_SETUP].Close = self._ends_with(CLOSE)
        window.Show()
        try:
            press = str(self._loop.RunLoop())
            return Answer(press, self._read(items, wishes, asks_camera))
        finally:
            window.Hide()

    def _ends_with(self, press: str) -> Any:
        return lambda _event: self._loop.ExitLoop(press)

    def _window(self, clips: Sequence[str], asks_camera: bool, note: str) -> Window:
        ui: UIManager = self._ui
        rows = [
            ui.Label({"ID": "clips", "Text": "\n".join(clips), "WordWrap": True}),
            ui.Label({"ID": "note", "Text": note, "WordWrap": True}),
            *([self._row("Clips are in", ui.ComboBox({"ID": "camera"}))] if asks_camera else []),
            self._row("Background", ui.LineEdit({"ID": "prompt"})),
            self._row("Screen", ui.ComboBox({"ID": "screen"})),
            self._row("Engine", ui.ComboBox({"ID": "engine"})),
            self._row("Quality", ui.ComboBox({"ID": "quality"})),
            self._row("Handles", ui.SpinBox({"ID": "handles", "Minimum": 0, "Maximum": 1000})),
            self._row("Place it", ui.ComboBox({"ID": "place"})),
            self._row("Folder", ui.LineEdit({"ID": "folder"})),
            ui.HGroup([self._row(text, self._percent(name)) for name, text in FINISHES.items()]),
            self._row("Passes", ui.HGroup([ui.CheckBox({"ID": f"pass_{n}", "Text": n}) for n in LAYERS])),
            ui.HGroup([ui.Button({"ID": name, "Text": BUTTONS[name]}) for name in self._buttons]),
        ]
        return self._loop.AddWindow({"ID": _SETUP, "WindowTitle": "PAI-Studio"}, ui.VGroup(rows))

    def _row(self, text: str, element: Any) -> Any:
        return self._ui.HGroup([self._ui.Label({"Text": text}), element])

    def _percent(self, name: str) -> Any:
        return self._ui.SpinBox({"ID": name, "Minimum": 0, "Maximum": 100})

    def _fill(self, items: Any, wishes: Wishes, asks_camera: bool) -> None:
        _offer(items["engine"], ENGINES, wishes.engine)
        _offer(items["screen"], SCREENS, wishes.screen)
        _offer(items["quality"], QUALITIES, wishes.quality)
        _offer(items["place"], list(PLACES.values()), PLACES[wishes.place])
        if asks_camera:
            _offer(items["camera"], [NOT_SAID, *CAMERAS], wishes.camera or NOT_SAID)
        items["handles"].Value = wishes.handles
        for name in FINISHES:
            items[name].Value = getattr(wishes, name)
        for name in LAYERS:
            items[f"pass_{name}"].Checked = name in wishes.layers.split()
        items["prompt"].Text = wishes.prompt
        items["folder"].Text = wishes.folder

    def _read(self, items: Any, wishes: Wishes, asks_camera: bool) -> Wishes:
        chosen = _chosen(items["camera"]) if asks_camera else wishes.camera
        shown = _chosen(items["place"])
        return replace(
            wishes,
            camera="" if chosen == NOT_SAID else chosen,
            screen=_chosen(items["screen"]),
            engine=_chosen(items["engine"]),
            quality=_chosen(items["quality"]),
            place=next((key for key, text in PLACES.items() if text == shown), wishes.place),
            handles=int(items["handles"].Value),
            layers=" ".join(name for name in LAYERS if items[f"pass_{name}"].Checked),
            **{name: int(items[name].Value) for name in FINISHES},
            prompt=str(items["prompt"].Text),
            folder=str(items["folder"].Text).strip().rstrip("/\\") or wishes.folder,
        )


def _chosen(box: ComboBox) -> str:
    return str(box.CurrentText)


def _offer(box: ComboBox, entries: Sequence[str], chosen: str) -> None:
    box.AddItems(list(entries))
    box.CurrentIndex = list(entries).index(chosen) if chosen in entries else 0


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


def tell(fusion: Fusion, module: bmd, text: str) -> None:
    """One message with a button."""
    ui: UIManager = fusion.UIManager
    loop: UIDispatcher = module.UIDispatcher(ui)
    name = "org.pai-studio.message"
    window: Window = loop.AddWindow(
        {"ID": name, "WindowTitle": "PAI-Studio"},
        ui.VGroup(
            [ui.Label({"ID": "text", "Text": text, "WordWrap": True}), ui.Button({"ID": "ok", "Text": "OK"})]
        ),
    )
    window.On["ok"].Clicked = lambda _event: loop.ExitLoop()
    window.On[name].Close = lambda _event: loop.ExitLoop()
    window.Show()
    loop.RunLoop()
    window.Hide()
