"""The window that asks what to render and how, and the one with a message; made with the UI manager."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from ..host import Record
from . import mattes, place
from .colour import CAMERAS
from .finishing import FINISHES, LAYERS
from .target import Wishes

if TYPE_CHECKING:
    from .api import ComboBox, Fusion, UIDispatcher, UIManager, Window, bmd

_SETUP = "org.pai-studio.setup"
SCREENS = ("auto", "green", "blue", "none")
ENGINES = ("auto", "draft", "pai", "vace", "plate")
QUALITIES = ("final", "preview")
PLACES = {place.TAKE: "as a take of the clip", place.TRACK: "on a track above"}
_NUMBERS = ("seed", "steps")
NOT_SAID = "not said yet"
RENDER, REFINISH, REFERENCE, STILL, PANEL, BRING, SELFTEST, CLOSE = (
    *("render", "refinish", "reference", "still", "panel", "bring", "selftest", "close"),
)
ADVANCED = "advanced"
SEED_END, STEPS_END = 2**31, 1000
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
    mattes: Record
    """Those of the clip, as its record keeps them."""


@dataclass(frozen=True)
class _Asked:
    """What one window shows."""

    so_far: Answer
    clips: tuple[str, ...]
    note: str
    asks_camera: bool
    asks_mattes: bool

    @property
    def is_advanced(self) -> bool:
        return self.so_far.wishes.advanced

    @property
    def has_mattes(self) -> bool:
        return self.asks_mattes and self.is_advanced


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

    def ask(
        self,
        clips: Sequence[str],
        wishes: Wishes,
        *,
        asks_camera: bool,
        note: str = "",
        mattes: Record | None = None,
    ) -> Answer:
        """Show the window until a button is pressed; it asks for mattes where `mattes` are those of one clip."""
        answer = Answer("", wishes, mattes or {})
        while True:
            asked = _Asked(answer, tuple(clips), note, asks_camera, mattes is not None)
            answer = self._answered(asked)
            if answer.press != ADVANCED:
                return answer
            answer = replace(answer, wishes=replace(answer.wishes, advanced=not answer.wishes.advanced))

    def _answered(self, asked: _Asked) -> Answer:
        window: Window = self._window(asked)
        items: Any = window.GetItems()
        self._fill(items, asked)
        for name in (*self._buttons, ADVANCED):
            window.On[name].Clicked = self._ends_with(name)
        window.On[_SETUP].Close = self._ends_with(CLOSE)
        window.Show()
        try:
            press = str(self._loop.RunLoop())
            return Answer(press, self._read(items, asked), self._read_mattes(items, asked))
        finally:
            window.Hide()

    def _ends_with(self, press: str) -> Any:
        return lambda _event: self._loop.ExitLoop(press)

    def _window(self, asked: _Asked) -> Window:
        ui: UIManager = self._ui
        more = "Less" if asked.is_advanced else "Advanced"
        rows = [
            ui.Label({"ID": "clips", "Text": "\n".join(asked.clips), "WordWrap": True}),
            ui.Label({"ID": "note", "Text": asked.note, "WordWrap": True}),
            *([self._row("Clips are in", ui.ComboBox({"ID": "camera"}))] if asked.asks_camera else []),
            self._row("Background", ui.LineEdit({"ID": "prompt"})),
            self._row("Screen", ui.ComboBox({"ID": "screen"})),
            self._row("Engine", ui.ComboBox({"ID": "engine"})),
            self._row("Quality", ui.ComboBox({"ID": "quality"})),
            self._row("Handles", ui.SpinBox({"ID": "handles", "Minimum": 0, "Maximum": 1000})),
            self._row("Place it", ui.ComboBox({"ID": "place"})),
            self._row("Folder", ui.LineEdit({"ID": "folder"})),
            ui.HGroup([self._row(text, self._percent(name)) for name, text in FINISHES.items()]),
            self._row("Passes", ui.HGroup([ui.CheckBox({"ID": f"pass_{n}", "Text": n}) for n in LAYERS])),
            *(self._advanced(asked) if asked.is_advanced else []),
            ui.Button({"ID": ADVANCED, "Text": more, "Flat": True}),
            ui.HGroup([ui.Button({"ID": name, "Text": BUTTONS[name]}) for name in self._buttons]),
        ]
        return self._loop.AddWindow({"ID": _SETUP, "WindowTitle": "PAI-Studio"}, ui.VGroup(rows))

    def _advanced(self, asked: _Asked) -> list[Any]:
        ui: UIManager = self._ui
        rows = [
            self._row("Model", ui.LineEdit({"ID": "model", "PlaceholderText": "the engine's own"})),
            self._row("Seed", ui.SpinBox({"ID": "seed", "Minimum": 0, "Maximum": SEED_END - 1})),
            self._row("Steps", ui.SpinBox({"ID": "steps", "Minimum": 1, "Maximum": STEPS_END})),
        ]
        for name, text in mattes.NAMES.items() if asked.asks_mattes else ():
            fields = [
                ui.LineEdit({"ID": f"{name}_files", "PlaceholderText": "none, or matte.####.exr"}),
                self._row("channel", ui.LineEdit({"ID": f"{name}_channel"})),
                ui.CheckBox({"ID": f"{name}_invert", "Text": "invert"}),
            ]
            rows.append(self._row(text, ui.HGroup(fields)))
        return rows

    def _row(self, text: str, element: Any) -> Any:
        return self._ui.HGroup([self._ui.Label({"Text": text}), element])

    def _percent(self, name: str) -> Any:
        return self._ui.SpinBox({"ID": name, "Minimum": 0, "Maximum": 100})

    def _fill(self, items: Any, asked: _Asked) -> None:
        wishes = asked.so_far.wishes
        _offer(items["engine"], ENGINES, wishes.engine)
        _offer(items["screen"], SCREENS, wishes.screen)
        _offer(items["quality"], QUALITIES, wishes.quality)
        _offer(items["place"], list(PLACES.values()), PLACES[wishes.place])
        if asked.asks_camera:
            _offer(items["camera"], [NOT_SAID, *CAMERAS], wishes.camera or NOT_SAID)
        for name in ("handles", *FINISHES, *(_NUMBERS if asked.is_advanced else ())):
            items[name].Value = getattr(wishes, name)
        for name in LAYERS:
            items[f"pass_{name}"].Checked = name in wishes.layers.split()
        for name in ("prompt", "folder", *(("model",) if asked.is_advanced else ())):
            items[name].Text = getattr(wishes, name)
        for name in mattes.NAMES if asked.has_mattes else ():
            said = asked.so_far.mattes.get(name, {})
            items[f"{name}_files"].Text = said.get("files", "")
            items[f"{name}_channel"].Text = said.get("channel", mattes.CHANNEL)
            items[f"{name}_invert"].Checked = said.get("invert", False)

    def _read(self, items: Any, asked: _Asked) -> Wishes:
        wishes = asked.so_far.wishes
        chosen = _chosen(items["camera"]) if asked.asks_camera else wishes.camera
        shown = _chosen(items["place"])
        said: Record = {name: int(items[name].Value) for name in ("handles", *FINISHES)}
        if asked.is_advanced:
            said.update({name: int(items[name].Value) for name in _NUMBERS}, model=_typed(items["model"]))
        return replace(
            wishes,
            camera="" if chosen == NOT_SAID else chosen,
            screen=_chosen(items["screen"]),
            engine=_chosen(items["engine"]),
            quality=_chosen(items["quality"]),
            place=next((key for key, text in PLACES.items() if text == shown), wishes.place),
            layers=" ".join(name for name in LAYERS if items[f"pass_{name}"].Checked),
            prompt=str(items["prompt"].Text),
            folder=_typed(items["folder"]).rstrip("/\\") or wishes.folder,
            **said,
        )

    def _read_mattes(self, items: Any, asked: _Asked) -> Record:
        if not asked.has_mattes:
            return asked.so_far.mattes
        return {
            name: {
                "files": _typed(items[f"{name}_files"]),
                "channel": _typed(items[f"{name}_channel"]) or mattes.CHANNEL,
                "invert": bool(items[f"{name}_invert"].Checked),
            }
            for name in mattes.NAMES
            if _typed(items[f"{name}_files"])
        }


def _typed(field: Any) -> str:
    return str(field.Text).strip()


def _chosen(box: ComboBox) -> str:
    return str(box.CurrentText)


def _offer(box: ComboBox, entries: Sequence[str], chosen: str) -> None:
    box.AddItems(list(entries))
    box.CurrentIndex = list(entries).index(chosen) if chosen in entries else 0


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
