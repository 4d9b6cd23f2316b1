"""The panel's pictures in the docs, by one command: `python -m tests.ui.panel.screenshots docs/images [--shot FILE]`.

The window, the server and the renders are the real ones, in a state folder of their own; the shot is the demo's, which
is filmed first unless `--shot` names one that is there. It needs no screen, and uses one that is there. A few
minutes on two cores.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QElapsedTimer, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDockWidget, QWidget

from pai_studio.core.shot import document
from pai_studio.core.shot.document import Shot
from pai_studio.server.local import stop_local
from pai_studio.ui.panel import style
from pai_studio.ui.panel.state.job_store import Item
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.state.versions import Version
from pai_studio.ui.panel.window import Window

NAMES = ("empty", "shot", "wipe", "queue", "error", "light", "double")
SIZE = QSize(1400, 800)
BROKEN = "SH040"
SHOTS = ("SH010", "SH020", "SH030", BROKEN)
LONG_MS = 600_000
STILL_MS = 1200
_QUALITY = 54
_WIDEST_PX = 1400


class Sitting:
    """One window, and the patience to wait for what it shows."""

    def __init__(self, out: Path) -> None:
        self.studio = Studio()
        self.window = Window(self.studio)
        self.window.resize(SIZE)
        self.window.show()
        self._out = out
        self._rest = QElapsedTimer()
        for signal in (self.studio.pictures.arrived, self.studio.converted.arrived):
            signal.connect(self._rest.restart)

    def until(self, what: str, condition: Callable[[], object]) -> None:
        """Let the window live until something is so. Raises TimeoutError."""
        clock = QElapsedTimer()
        clock.start()
        while not condition():
            if clock.elapsed() > LONG_MS:
                raise TimeoutError(f"in vain: {what}; {[one.line for one in self.studio.faults.all]}")
            QTest.qWait(20)

    def take(self, name: str) -> None:
        """Save the window once no picture has come for a moment."""
        self.rest()
        self.save(name, self.window)

    def rest(self) -> None:
        """Wait for all pictures."""
        self._rest.start()
        self.until("all pictures", lambda: self._rest.elapsed() > STILL_MS)
        self.until("the viewer", lambda: not self.window.viewer.feed.is_late)

    def save(self, name: str, widget: QWidget) -> None:
        """A picture of a widget as it is now."""
        path, image = self._out / f"panel-{name}.jpg", widget.grab().toImage()
        image.setDevicePixelRatio(1)
        if image.width() > _WIDEST_PX:
            image = image.scaledToWidth(_WIDEST_PX, Qt.TransformationMode.SmoothTransformation)
        if not image.save(str(path), quality=_QUALITY):
            raise OSError(f"{path} cannot be written")
        print(f"{path} ({path.stat().st_size / 1000:.0f} kB)", flush=True)

    def open(self, *files: Path) -> list[ShotState]:
        """The shots of some documents, in a quiet window."""
        self.window.open(list(files))
        shots = self.studio.project
        self.until("the shots", lambda: len(shots.shots) >= len(files))
        return list(shots.shots)

    def raise_dock(self, name: str) -> None:
        """Bring a tab to the front."""
        dock = self.window.findChild(QDockWidget, name)
        assert isinstance(dock, QDockWidget)
        dock.raise_()

    def look_at(self, state: ShotState, share: float) -> None:
        """Go to a shot, and some way into it."""
        self.studio.project.look_at(state)
        span = state.shot.all_frames
        state.go_to(span.first + round((span.last - span.first) * share))

    def wipe_newest(self, state: ShotState) -> None:
        """Plate on the left, the newest version on the right."""
        self.until("a version", lambda: self.versions(state))
        self.raise_dock("Versions")
        self.studio.view.set(compare="wipe", wipe=0.5, version=self.versions(state)[-1].pattern)

    def versions(self, state: ShotState) -> list[Version]:
        """What is on disk of a shot."""
        return list(self.studio.versions.of(state))

    def close(self) -> None:
        """Go home."""
        self.window.close()
        self.studio.close()


def dark(out: Path, files: list[Path]) -> None:
    """The greeting, a shot in work, its result, the queue, and what is wrong."""
    sitting = Sitting(out)
    sitting.take("empty")
    first, second, third, broken = sitting.open(*files)
    sitting.look_at(first, 0.5)
    first.select(first.shot.references[1])
    sitting.take("shot")
    jobs = sitting.studio.jobs
    (item,) = jobs.add([first])
    sitting.until("the render", lambda: item.has_ended)
    first.select(None)
    sitting.look_at(first, 0.6)
    sitting.wipe_newest(first)
    sitting.take("wipe")
    sitting.studio.view.set(compare="none", shows_plate=True)
    sitting.look_at(second, 0.3)
    sitting.raise_dock("Queue")
    sitting.rest()
    failed, running, *_ = jobs.add([broken, second, third, first])
    sitting.until("a failure", lambda: failed.has_ended)
    sitting.studio.faults.clear()
    sitting.until("progress", lambda: is_under_way(running))
    sitting.save("queue", sitting.window)
    for one in jobs.items:
        if not one.has_ended:
            jobs.cancel(one)
    jobs.retry(failed)
    sitting.until("all to end", lambda: all(one.has_ended for one in jobs.items))
    jobs.clear_ended()
    sitting.raise_dock("Shot")
    sitting.look_at(broken, 0.5)
    broken.select(broken.shot.references[1])
    sitting.take("error")
    sitting.close()


def is_under_way(item: Item) -> bool:
    """A third of the way, or over."""
    return item.has_ended or (item.state == "RUNNING" and item.done > item.total / 3)


def light(out: Path, files: list[Path]) -> None:
    """The result in the light, with the form beside it."""
    _result(Sitting(out), "light", files)


def double(out: Path, files: list[Path]) -> None:
    """The same at 200%."""
    _result(Sitting(out), "double", files)


def _result(sitting: Sitting, name: str, files: list[Path]) -> None:
    first, *_ = sitting.open(*files)
    sitting.look_at(first, 0.6)
    sitting.wipe_newest(first)
    sitting.raise_dock("Shot")
    sitting.take(name)
    sitting.close()


_LOOKS = {"dark": dark, "light": light, "double": double}


def documents(shot: Path, folder: Path) -> list[Path]:
    """A small cut of one shot: three that can be rendered, and one with a still that is no picture."""
    folder.mkdir()
    whole = document.load(shot)
    home = shot.parent
    bad = folder / "harbour_night_v2.exr"
    bad.write_bytes(b"this is no picture")
    files = []
    for name in SHOTS:
        file = folder / f"{name}.shot.json"
        file.write_text(_placed(whole, name, home, folder, bad if name == BROKEN else None).to_json())
        files.append(file)
    return files


def _placed(shot: Shot, name: str, home: Path, folder: Path, bad: Path | None) -> Shot:
    stills = [
        one.model_copy(update={"file": str(bad if bad is not None and at == 1 else home / one.file)})
        for at, one in enumerate(shot.references)
    ]
    files = str(folder / "out" / "v001" / f"{name}_v001.####.exr")
    return shot.model_copy(
        update={
            "name": name,
            "plate": shot.plate.model_copy(update={"files": str(home / shot.plate.files)}),
            "references": stills,
            "engine": shot.engine.model_copy(update={"name": "draft"}),
            "delivery": shot.delivery.model_copy(update={"files": files}),
        }
    )


def make(out: Path, shot: Path | None) -> None:
    """Every picture, each look in a process of its own since Qt reads its scaling once."""
    out.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="reel3-"))
    os.environ.update(PAI_STATE_DIR=str(folder / "state"), XDG_DATA_HOME=str(folder / "data"))
    try:
        files = documents(shot or _filmed(folder / "demo"), folder / "shots")
        for look in _LOOKS:
            scale = "2" if look == "double" else "1"
            own = {
                "QT_SCALE_FACTOR": scale,
                "PAI_PANEL_GL": "0",
                "PAI_STATE_DIR": os.environ["PAI_STATE_DIR"],
            }
            command = [sys.executable, "-m", __spec__.name, str(out), *map(str, files), "--look", look]
            subprocess.run(command, env=os.environ | _screen() | own, check=True)
            shutil.rmtree(folder / "state" / "panel", ignore_errors=True)  # the next look finds no memory
    finally:
        stop_local()
        shutil.rmtree(folder, ignore_errors=True)


def _screen() -> dict[str, str]:
    has_one = any(os.environ.get(one) for one in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
    return {} if has_one else {"QT_QPA_PLATFORM": "offscreen"}


def _filmed(folder: Path) -> Path:
    command = [sys.executable, "-m", "pai_studio.ui.cli.main", "demo", "--film-only"]
    subprocess.run([*command, "--size", "640x360", "--frames", "32", "--out", str(folder)], check=True)
    return next((folder / "input").glob("*.shot.json"))


def _look(name: str, out: Path, files: list[Path]) -> None:
    application = QApplication([])
    style.dress(application)
    style.choose_scheme(application, "light" if name == "light" else "dark")
    _LOOKS[name](out, files)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("out", type=Path, help="folder for panel-NAME.jpg")
    parser.add_argument("files", type=Path, nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--shot", type=Path, help="a filmed demo shot's document; without it one is filmed")
    parser.add_argument("--look", choices=_LOOKS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.look:
        _look(asked.look, asked.out, asked.files)
    else:
        make(asked.out.absolute(), asked.shot.absolute() if asked.shot else None)


if __name__ == "__main__":
    main()
