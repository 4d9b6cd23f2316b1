"""The viewer's two bars: what is shown, above the picture; how it is shown, below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QToolButton, QWidget

from pai_studio.core.media.display import Look, Screen
from pai_studio.core.shot.document import PASSES
from pai_studio.ui.panel import style
from pai_studio.ui.panel.folding import FoldingBar
from pai_studio.ui.panel.rows import Elided
from pai_studio.ui.panel.state.versions import Version
from pai_studio.ui.panel.state.view import Channel, ViewState
from pai_studio.ui.panel.viewer.controls import Choice, Number, tip, toggle
from pai_studio.ui.panel.viewer.wanted import MIX, result_of

_CHANNELS: dict[Channel, tuple[str, str, str]] = {
    "rgb": ("RGB", "Colour", "channel_rgb"),
    "R": ("R", "Red alone", "channel_red"),
    "G": ("G", "Green alone", "channel_green"),
    "B": ("B", "Blue alone", "channel_blue"),
    "A": ("A", "Alpha alone", "channel_alpha"),
    "luminance": ("Y", "Luminance", "channel_luminance"),
}
_COMPARE = (("none", "One picture"), ("wipe", "Wipe"), ("difference", "Difference"))
_SCALES = (("0", "Auto"), ("1", "Full"), ("2", "Half"), ("4", "Quarter"))
_ZOOMS = (("fit", "Fit"), *((f"{z:g}", f"{z:.0%}") for z in (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)))
_SEPARATOR = " / "


class SourceBar(FoldingBar):
    """What is shown: the picture's name and space, plate or result, pass, version, comparison."""

    def __init__(self, view: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._results: Sequence[Version] = ()
        self.name = Elided(self)
        self.space = QLabel(self)
        self.space.setProperty("dim", True)
        self.space.setContentsMargins(0, 0, style.grid(2), 0)
        self.plate = toggle("Plate", "Show the plate", tip("Show the plate", "toggle"), self)
        self.result = toggle("Result", "Show the result", tip("Show the result", "toggle"), self)
        self._which = QButtonGroup(self)
        for button in (self.plate, self.result):
            self._which.addButton(button)
        self.layer = Choice(
            "Pass", "Which pass of the result; Mix puts the passes together live", self._layer, self
        )
        self.version = Choice("Version", "Which version of the result", self._version, self)
        self.compare = Choice(
            "Compare",
            f"{tip('Compare by wipe', 'wipe')}, {tip('by difference', 'difference')}",
            self._compare,
            self,
        )
        self.against = Choice("Compare with", "What the result is compared with", self._against, self)
        self.add(self.name, stretch=1)
        self.add(self.space, "File's space", fold=1)
        self.add(self.plate)
        self.add(self.result)
        self.add(self.layer, "Pass", fold=2)
        self.add(self.version, "Version", fold=3)
        self.add(self.compare, "Compare", fold=4)
        self.add(self.against, "With", fold=5)
        self._which.buttonClicked.connect(self._choose_side)
        view.changed.connect(self.refresh)
        self.refresh()

    def show_source(self, name: str, space: str) -> None:
        """Name what is on the screen, and the space of its file."""
        if (name, space) == (self.name.text(), self.space.text()):  # as at each frame that plays
            return
        self.name.setText(name)
        self.space.setText(space)
        self.space.setAccessibleName(f"Colour space {space}")
        self.space.setToolTip("The colour space of the file that is shown")

    def set_results(self, results: Sequence[Version]) -> None:
        """The versions that can be shown."""
        if results != self._results:
            self._results = results
            self.refresh()

    def refresh(self) -> None:
        """Show what is chosen."""
        now, result = self._view.now, result_of(self._view.now.version, self._results)
        (self.plate if now.shows_plate else self.result).setChecked(True)
        has_result = result is not None
        for widget in (self.plate, self.result, self.layer, self.version, self.compare):
            widget.setEnabled(has_result)
        self.result.setToolTip(
            tip("Show the result", "toggle") if has_result else "Nothing has been rendered yet"
        )
        passes = [
            (name, name.capitalize())
            for name in PASSES
            if result is None or name in (result.passes or PASSES)
        ]
        self.layer.offer([*passes, (MIX, "Mix, live")], now.layer)
        versions = [(one.pattern, one.label) for one in reversed(self._results)]
        self.version.offer([("", "Newest"), *versions], now.version, result.label if result else "No version")
        self.compare.offer(_COMPARE, "none" if now.compare == "toggle" else now.compare)
        others = [(pattern, text) for pattern, text in versions if result and pattern != result.pattern]
        self.against.offer([("", "With the plate"), *others], now.against)
        self.against.setVisible(now.compare != "none" and bool(others))

    def _choose_side(self) -> None:
        self._view.set(shows_plate=self.plate.isChecked())

    def _layer(self, value: str) -> None:
        self._view.set(layer=value, shows_plate=False)

    def _version(self, value: str) -> None:
        self._view.set(version=value, shows_plate=False)

    def _compare(self, value: str) -> None:
        self._view.set(compare=value)

    def _against(self, value: str) -> None:
        self._view.set(against=value)


class LookBar(FoldingBar):
    """How it is shown: display and view, exposure, gamma, channels, pixels read, zoom."""

    zoom_wanted = Signal(float)
    """0 is to fit."""

    def __init__(self, view: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._screen: Screen | None = None
        self.look = Choice("Display and view", "Display and view of the colour config", self._look, self)
        up, down = tip("", "exposure_up").strip(), tip("", "exposure_down").strip()
        self.exposure = Number(
            "Exposure in stops",
            self,
            span=(-20, 20),
            start=0.0,
            step=1 / 3,
            hint=f"Exposure in stops {up} {down}",
        )
        self.exposure.setPrefix("EV ")
        self.gamma = Number("Gamma", self, span=(0.1, 5.0), start=1.0, step=0.05, hint="Gamma of the display")
        self.gamma.setPrefix("γ ")
        self._channels = QButtonGroup(self)
        self.channels = {name: self._channel(name) for name in get_args(Channel)}
        self.scale = Choice("Pixels read", "How many of the picture's pixels are read", self._scale, self)
        self.zoom = Choice(
            "Zoom", f"{tip('Zoom: fit', 'fit')}, {tip('one to one', 'one_to_one')}", self._zoom, self
        )
        self.path = QLabel(self)
        self.path.setProperty("dim", True)
        self.path.setContentsMargins(0, 0, style.grid(1), 0)
        self.add(self.look)
        self.add(self.exposure)
        self.add(self.gamma, "Gamma", fold=2)
        self.add(self._row_of_channels(), "Channels", fold=1)
        self.add(QWidget(self), stretch=1)
        self.add(self.path, "Drawn by", fold=4)
        self.add(self.scale, "Pixels read", fold=3)
        self.add(self.zoom)
        self.exposure.valueChanged.connect(self._expose)
        self.gamma.valueChanged.connect(self._bend)
        self._channels.buttonClicked.connect(self._choose_channel)
        view.changed.connect(self.refresh)
        self.show_zoom(1.0, is_fitted=True)
        self.refresh()

    def set_screen(self, screen: Screen | None) -> None:
        """The displays and views that there are."""
        if screen is not self._screen:
            self._screen = screen
            self.refresh()

    def show_path(self, reason: str) -> None:
        """Whether the GPU draws, or why it does not."""
        self.path.setText("CPU" if reason else "GPU")
        self.path.setToolTip(f"Drawn by the CPU: {reason}" if reason else "Drawn by the GPU through OpenGL")
        self.path.setAccessibleName(self.path.toolTip())

    def show_zoom(self, zoom: float, *, is_fitted: bool) -> None:
        """How large it is seen."""
        self.zoom.offer(_ZOOMS, "fit" if is_fitted else f"{zoom:g}", f"{zoom:.0%}")

    def refresh(self) -> None:
        """Show what is chosen."""
        now = self._view.now
        self.exposure.show_value(now.exposure_stops)
        self.gamma.show_value(now.gamma)
        self.channels[now.channel].setChecked(True)
        self.scale.offer(_SCALES, str(now.scale))
        self.look.setEnabled(self._screen is not None)
        if self._screen is None:
            self.look.offer([], "", "Reading the config")
            return
        screen = self._screen
        look = screen.settled(Look(now.display, now.view))
        pairs = [(display, view) for display in screen.displays for view in screen.views(display)]
        options = [(display, _SEPARATOR.join((display, view)), view) for display, view in pairs]
        self.look.offer_groups(options, _SEPARATOR.join((look.display, look.view)), look.view)

    def _channel(self, name: Channel) -> QToolButton:
        text, words, shortcut = _CHANNELS[name]
        button = toggle(text, words, tip(words, shortcut), self)
        button.setProperty("channel", name)
        self._channels.addButton(button)
        return button

    def _row_of_channels(self) -> QWidget:
        """They fold as one."""
        whole = QWidget(self)
        row = QHBoxLayout(whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(style.grid(0.5))
        for button in self.channels.values():
            row.addWidget(button)
        return whole

    def _choose_channel(self, button: QWidget) -> None:
        self._view.set(channel=button.property("channel"))

    def _look(self, value: str) -> None:
        display, _, view = value.partition(_SEPARATOR)
        self._view.set(display=display, view=view)

    def _expose(self, value: float) -> None:
        self._view.set(exposure_stops=value)

    def _bend(self, value: float) -> None:
        self._view.set(gamma=value)

    def _scale(self, value: str) -> None:
        self._view.set(scale=int(value))

    def _zoom(self, value: str) -> None:
        self.zoom_wanted.emit(0.0 if value == "fit" else float(value))
