"""What the viewer shows at this moment: which pictures, how far they have come, what went wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from pai_studio.core.media.display import Look, Screen
from pai_studio.core.media.shader import Shader
from pai_studio.core.shot.errors import PaiError
from pai_studio.ui.panel.pictures.converted import screen_of
from pai_studio.ui.panel.pictures.shown import Proxy
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.state.versions import Version
from pai_studio.ui.panel.viewer.ahead import around, beside
from pai_studio.ui.panel.viewer.shaders import Shaders
from pai_studio.ui.panel.viewer.wanted import Wanted, wanted

SCALES = (1, 2, 4, 8)
_REST_MS = 120
_AHEAD_MS = 200


@dataclass
class Side:
    """One picture on the screen: the wanted one, or the last one until it comes."""

    wanted: Wanted
    proxy: Proxy | None = None
    image: QImage | None = None
    image_of: Proxy | None = None
    """The proxy that `image` was made from."""

    shader: Shader | None = None
    """What a GPU shows `proxy` with."""

    is_late: bool = False
    fault: PaiError | None = None


class Feed(QObject):
    """Asks for what the state says, again at each change and each arrival. Never waits.

    `makes_images` is off where the GPU converts: proxies are all that is needed then.
    """

    changed = Signal()

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.sides: tuple[Side, ...] = ()
        self.screen: Screen | None = None
        self.makes_images = True
        self.shaders = Shaders(studio.work, self)
        self._zoom = 1.0
        self._state: ShotState | None = None
        self._ocio = ""
        self._view_fault: PaiError | None = None
        self._is_at_rest = True
        self._rest = self._timer(_REST_MS, self._come_to_rest)
        self._ahead = self._timer(_AHEAD_MS, self._prefetch)
        self._soon = self._timer(0, self._settle)
        studio.project.current_changed.connect(self._follow)
        studio.view.changed.connect(self._look_changed)
        studio.player.changed.connect(self.update)
        studio.versions.changed.connect(self.update)
        studio.pictures.arrived.connect(self._arrived)
        studio.pictures.failed.connect(self._arrived)
        studio.pictures.forgotten.connect(self._forgotten)
        studio.converted.arrived.connect(self._soon.start)
        studio.converted.failed.connect(self._not_converted)
        self.shaders.arrived.connect(self.update)
        self.shaders.failed.connect(self._cannot_show)
        self._follow()

    # What it is told

    def set_zoom(self, zoom: float) -> None:
        """How large the pictures are seen; `auto` reads no more pixels than that shows."""
        before, self._zoom = self.scale, zoom
        if self.scale != before:
            self.update()

    def forget(self) -> None:
        """Try again what could not be read."""
        for side in self.sides:
            self._studio.pictures.forget(side.wanted.source.key)
        self._view_fault = None
        self._open_config()
        self.update()

    def _forgotten(self, key: str) -> None:
        """Read again what is shown: its files are others now."""
        if any(side.wanted.source.key == key for side in self.sides):
            self._soon.start()

    # What it is asked

    @property
    def state(self) -> ShotState | None:
        """The shot that is looked at."""
        return self._state

    @property
    def results(self) -> Sequence[Version]:
        """Its versions on disk, the newest last."""
        return self._studio.versions.of(self._state)

    @property
    def look(self) -> Look:
        """How pictures are to look."""
        view = self._studio.view.now
        return Look(view.display, view.view, view.exposure_stops, view.gamma, view.channel)

    @property
    def scale(self) -> int:
        """Pixels of a picture for one that is read, now."""
        return self.scale_at_rest if self._is_at_rest else self.scale_in_motion

    @property
    def scale_at_rest(self) -> int:
        """As many as the zoom shows, or as somebody has chosen."""
        chosen = self._studio.view.now.scale
        return chosen or max((one for one in SCALES if one * self._zoom <= 1), default=1)

    @property
    def scale_in_motion(self) -> int:
        """So many that memory holds all frames: to play, and to scrub. What somebody has chosen stays."""
        finest = self.scale_at_rest
        if self._state is None or not self.sides or self._studio.view.now.scale:
            return finest
        marks, step = self._state.marks, self._state.shot.all_frames.step
        count = len(range(marks.first, marks.last + 1, step)) * len(self.sides)
        return self._studio.pictures.scale_for(self.sides[0].wanted.source, count, finest)

    @property
    def is_late(self) -> bool:
        """Whether something else is shown than what is wanted."""
        return any(side.is_late and side.fault is None for side in self.sides)

    @property
    def fault(self) -> PaiError | None:
        """Why nothing can be shown."""
        return self._view_fault or next((side.fault for side in self.sides if side.fault is not None), None)

    # How it goes

    def update(self) -> None:
        """Ask for everything anew, and tell what has come."""
        state = self._state
        if state is None:
            self.sides = ()
        else:
            config = self.screen.config if self.screen is not None else None
            now = wanted(state.shot, self._studio.view.now, self.results, config)
            self.sides = tuple(self._side(one, index, state) for index, one in enumerate(now))
            if not self._ahead.isActive():  # each frame that plays would put it off anew
                self._ahead.start()
        self.changed.emit()

    def _side(self, want: Wanted, index: int, state: ShotState) -> Side:
        before = self.sides[index] if index < len(self.sides) else None
        pictures, frame, scale = self._studio.pictures, state.frame, self.scale
        side = Side(want)
        found = None
        if not self._studio.player.is_playing:  # a sharp frame among others would flicker in play
            found = pictures.peek(want.source, frame, self.scale_at_rest)
        found = found or pictures.get(want.source, frame, scale)
        side.fault = pictures.fault(want.source, frame, scale)
        if found is None and side.fault is None:
            side.is_late = True
            found = pictures.nearest(want.source, frame, scale)
            if found is None and before is not None and before.wanted.source.key == want.source.key:
                found = before.proxy
        side.proxy = found
        if found is not None and self.makes_images:
            self._convert(side, before, state)
        elif found is not None:
            self._find_shader(side)
        return side

    def _convert(self, side: Side, before: Side | None, state: ShotState) -> None:
        assert side.proxy is not None
        converted, look, ocio = self._studio.converted, self.look, state.shot.ocio
        # A sampled view comes sooner: the exact one takes its place when nothing moves.
        is_fast = not self._is_at_rest or not converted.is_held(side.proxy, look, ocio)
        ready = None
        if self.screen is not None and self._view_fault is None:
            ready = converted.get(side.proxy, look, ocio, fast=is_fast, rough=not self._is_at_rest)
        if ready is not None:
            side.image, side.image_of = ready.image, side.proxy
        elif before is not None and before.image is not None:
            side.image, side.image_of, side.is_late = before.image, before.image_of, True
        else:
            side.is_late = True

    def _find_shader(self, side: Side) -> None:
        assert side.proxy is not None
        is_wanted = False
        if self.screen is not None and self._view_fault is None:
            side.shader, is_wanted = self.shaders.get(self.screen, side.proxy.space, self.look)
        side.is_late |= not is_wanted

    def _follow(self) -> None:
        """Another shot is looked at."""
        if self._state is not None:
            self._state.frame_changed.disconnect(self._moved)
            self._state.shot_changed.disconnect(self._shot_changed)
        self._state = self._studio.project.current
        self.sides, self._view_fault = (), None
        if self._state is not None:
            self._state.frame_changed.connect(self._moved)
            self._state.shot_changed.connect(self._shot_changed)
        self._open_config()
        self.update()

    def _shot_changed(self) -> None:
        self._view_fault = None
        self._open_config()
        self.update()

    def _open_config(self) -> None:
        """Unless it is open, or on its way. One that could not be opened is tried again."""
        if self._state is None or self._state.shot.ocio.model_dump_json() == self._ocio:
            return
        ocio = self._state.shot.ocio
        asked = self._ocio = ocio.model_dump_json()
        self.screen = None
        self._studio.work.run(
            lambda: screen_of(ocio),
            done=lambda screen: self._opened(asked, screen),
            failed=lambda error: self._not_opened(asked, error),
        )

    def _opened(self, asked: str, screen: Screen) -> None:
        if asked == self._ocio:  # else another shot is looked at by now
            self.screen = screen
            self.update()

    def _not_opened(self, asked: str, error: PaiError) -> None:
        if asked == self._ocio:
            self._ocio = ""
            self._cannot_show(error)

    def _moved(self, _frame: int) -> None:
        self._stir()
        self.update()

    def _look_changed(self) -> None:
        self._view_fault = None
        self._open_config()
        self._stir()
        self.update()

    def _stir(self) -> None:
        self._is_at_rest = False
        self._rest.start()

    def _come_to_rest(self) -> None:
        if self._studio.player.is_playing:
            self._rest.start()
            return
        self._is_at_rest = True
        self.update()

    def _arrived(self, key: str, _frame: int, _error: object = None) -> None:
        if any(side.wanted.source.key == key and (side.is_late or side.proxy is None) for side in self.sides):
            self._soon.start()

    def _settle(self) -> None:
        if any(side.is_late or side.proxy is None for side in self.sides) or self._is_at_rest:
            self.update()

    def _not_converted(self, proxy: Proxy, look: Look, error: PaiError) -> None:
        """It may be a thumbnail of somebody else's, or a frame or a view that has been left."""
        if look == self.look and any(side.proxy is proxy for side in self.sides):
            self._cannot_show(error)

    def _cannot_show(self, error: PaiError) -> None:
        self._view_fault = error
        self.update()

    def _prefetch(self) -> None:
        state = self._state
        if state is None:
            return
        backwards, span = self._studio.player.speed < 0, state.shot.all_frames
        fine, coarse = self.scale_at_rest, self.scale_in_motion
        for side in self.sides:
            frames = around(state.frame, state.marks, span, backwards=backwards)
            self._studio.pictures.prefetch(side.wanted.source, frames, coarse)
        if fine != coarse and self._is_at_rest:
            for side in self.sides:
                source, pictures = side.wanted.source, self._studio.pictures
                count = max(pictures.spare_for(source, fine) // len(self.sides), 1)
                pictures.prefetch(source, beside(state.frame, span)[:count], fine)

    def _timer(self, milliseconds: int, call: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(call)
        return timer
