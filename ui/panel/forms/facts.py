"""What the form asks disks and servers, away from the window: colour spaces, what files say, what renders."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from pai_studio.core import config as settings_of
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.exr_header import read_header
from pai_studio.core.media.exr_layers import find_layer
from pai_studio.core.media.pictures import look
from pai_studio.core.media.still import space_of_exr, space_of_picture
from pai_studio.core.media.video import MovieReader
from pai_studio.core.model.store import places
from pai_studio.core.shot.document import Ocio, Shot
from pai_studio.core.shot.errors import PaiError
from pai_studio.core.shot.frames import FramePattern
from pai_studio.core.shot.inputs import is_movie
from pai_studio.ui.panel.forms.current import Current
from pai_studio.ui.panel.state.cost import Machine, Model, Past, Size, past_of

if TYPE_CHECKING:
    from pai_studio.server.api.types import Job

LOCAL_ENGINES = ("draft", "plate", "pai", "vace")
"""What this version knows, where no server tells what it has."""

_JOBS_ASKED = 8
_MEMORY_QUERY = ("--query-gpu=memory.total", "--format=csv,noheader,nounits")
_QUERY_S = 5


@dataclass(frozen=True)
class Spaces:
    """A shot's colour config, opened, and the names of its spaces."""

    config: ColorConfig
    names: tuple[str, ...]


@dataclass(frozen=True)
class PictureFacts:
    """What a file says of itself: colour space (empty where it says none), size, and of a movie how many pictures."""

    space: str = ""
    size: Size | None = None
    count: int | None = None


_WITHOUT_MODEL = frozenset({"draft", "plate"})


@dataclass(frozen=True)
class Renderer:
    """What renders: its engines, the models of this machine, and what they have taken before."""

    engines: tuple[str, ...] = LOCAL_ENGINES
    models: tuple[Model, ...] = ()
    machine: Machine = field(default_factory=Machine)
    is_elsewhere: bool = False
    """Whether it is another machine, whose models nobody tells of."""

    absent: str = ""
    """Why the server has not been asked; empty where it has."""

    @property
    def auto(self) -> str:
        """What `auto` takes: draft where nothing else can run; else the server picks, and `auto` it stays."""
        can_run_models = bool(set(self.engines) - _WITHOUT_MODEL) and (self.is_elsewhere or bool(self.models))
        return "auto" if can_run_models else "draft"


class Facts(QObject):
    """Asks whenever the shot needs it; answers that come too late for the shot are not told."""

    spaces_changed = Signal()
    plate_changed = Signal()
    still_changed = Signal()
    renderer_changed = Signal()

    def __init__(self, current: Current, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._current = current
        self.spaces: Spaces | None = None
        self.config_fault = ""
        self.plate = PictureFacts()
        self.still = PictureFacts()
        self.renderer = Renderer()
        self._asked: dict[str, object] = {}
        for signal in (current.replaced, current.shot_changed, current.selected_changed):
            signal.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Ask what is not known of the shot as it is now."""
        shot = self._current.shot
        if shot is None:
            return
        ocio = (shot.ocio.config, shot.ocio.digest, tuple(sorted(shot.ocio.context.items())))
        self._ask("spaces", ocio, lambda: _spaces(shot.ocio), self._got_spaces, self._no_spaces)
        if self.spaces is None:
            return
        config, selected = self.spaces.config, self._current.state.selected if self._current.state else None
        plate = (shot.plate.files, shot.frames.first, ocio)
        if self._asked.get("plate") != plate:
            self.plate = PictureFacts()
        self._ask("plate", plate, lambda: _facts(_first_file(shot), config), self._got_plate)
        if selected is not None:
            file, still = Path(selected.file), (selected.file, ocio)
            if self._asked.get("still") != still:
                self.still = PictureFacts()
            self._ask("still", still, lambda: _facts(file, config), self._got_still)

    def ask_renderer(self) -> None:
        """Ask the server and this machine's models anew."""
        self._current.run(_renderer, self._got_renderer, self._current.studio.faults.tell, lane="net")

    def _ask(
        self,
        what: str,
        about: object,
        call: Callable[[], object],
        done: Callable[[Any], None],
        failed: Callable[[PaiError], None] | None = None,
    ) -> None:
        if self._asked.get(what) == about:
            return
        self._asked[what] = about

        def still_wanted(then: Callable[[Any], None]) -> Callable[[Any], None]:
            return lambda value: then(value) if self._asked.get(what) == about else None

        self._current.run(
            call, still_wanted(done), still_wanted(failed or (lambda _error: done(PictureFacts())))
        )

    def _got_spaces(self, spaces: Spaces) -> None:
        self.spaces, self.config_fault = spaces, ""
        self.spaces_changed.emit()
        self.refresh()

    def _no_spaces(self, error: PaiError) -> None:
        self.spaces, self.config_fault = None, str(error)
        self.spaces_changed.emit()

    def _got_plate(self, facts: PictureFacts) -> None:
        self.plate = facts
        self.plate_changed.emit()

    def _got_still(self, facts: PictureFacts) -> None:
        self.still = facts
        self.still_changed.emit()

    def _got_renderer(self, renderer: Renderer) -> None:
        self.renderer = renderer
        self.renderer_changed.emit()


def _spaces(ocio: Ocio) -> Spaces:
    config = ColorConfig.open(ocio)
    return Spaces(config, config.spaces)


def _first_file(shot: Shot) -> Path:
    pattern = FramePattern(shot.plate.files)
    return pattern.path(shot.frames.first) if pattern.has_padding else Path(shot.plate.files)


def _facts(path: Path, config: ColorConfig) -> PictureFacts:
    """What a file says; a missing one says nothing here: the shot's state tells of it."""
    if not path.is_file():
        return PictureFacts()
    if is_movie(path):
        with MovieReader(path) as movie:
            return PictureFacts("", movie.size, movie.count)
    if path.suffix.lower() == ".exr":
        part = find_layer(read_header(path), "rgba").part
        window = part.display_window
        return PictureFacts(space_of_exr(part.attributes, config) or "", (window.width, window.height))
    said = look(path)
    return PictureFacts(space_of_picture(said, config) or "", (said.window.width, said.window.height))


def _renderer() -> Renderer:
    """The server's engines and its last jobs, this machine's models and memory. A local server is not started."""
    own = settings_of.load().settings
    models = _models(Path(own.models_dir))
    try:
        engines, past = _server(own.server)
    except PaiError as error:
        return Renderer(models=models, is_elsewhere=bool(own.server), absent=str(error))
    if own.server:
        return Renderer(engines, models, Machine(own.server, past), is_elsewhere=True)
    if not engines:
        absent = "The local server is not running: it starts with the first render."
        return Renderer(models=models, machine=_here(own.device, ()), absent=absent)
    return Renderer(engines, models, _here(own.device, past))


def _server(address: str) -> tuple[tuple[str, ...], tuple[Past, ...]]:
    """Engines and earlier renders of the named server, else of the local one; nothing where that does not run."""
    from pai_studio.server.api.client import Client, connect

    if address:
        client = connect()
    else:
        from pai_studio.server.local import running

        local = running()
        if local is None:
            return (), ()
        client = Client(local.address, local.token)
    with client:
        newest = client.jobs(4 * _JOBS_ASKED)
        done = [one for one in newest if one.state == "SUCCEEDED" and one.mode == "render"][:_JOBS_ASKED]
        past = [_past(client.job(one.name)) for one in done]
        return client.info().engines, tuple(one for one in past if one is not None)


def _past(job: Job) -> Past | None:
    if job.started is None or job.ended is None:
        return None
    return past_of(job.result, (job.ended - job.started).total_seconds())


def _models(folder: Path) -> tuple[Model, ...]:
    """The models that are installed; one whose files say too little is left out: `models list` tells of it."""
    found = []
    try:
        there = places(folder)
    except PaiError:
        return ()
    for place in there:
        try:
            manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
            config = place / "transformer" / "config.json"
            told = json.loads(config.read_text(encoding="utf-8")) if config.is_file() else None
            weights = (place / "transformer").glob("*.safetensors")
            model = Model.of(manifest, told, sum(one.stat().st_size for one in weights))
        except (OSError, ValueError, KeyError, TypeError):
            continue
        found.append(model)
    return tuple(one for one in found if one.engine != "none")


def _here(device: str, past: tuple[Past, ...]) -> Machine:
    """This machine's memory: its GPU's where it has one and the settings do not say CPU, else its own."""
    tool = shutil.which("nvidia-smi") if device != "cpu" else None
    if tool is not None:
        try:
            said = subprocess.run(
                [tool, *_MEMORY_QUERY], capture_output=True, text=True, timeout=_QUERY_S, check=True
            )
            return Machine("this machine's GPU", past, max(map(int, said.stdout.split())) << 20)
        except (OSError, subprocess.SubprocessError, ValueError):
            return Machine("this machine", past)
    if not hasattr(os, "sysconf"):  # Windows
        return Machine("this machine", past)
    return Machine("this machine", past, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
