"""Real disks that are full, read-only or away, under the real panel: run by `test_saving_disks` in a mount namespace.

`python -m tests.ui.panel.small_disk FOLDER` mounts small disks below FOLDER, edits and saves, and prints what was seen
as one JSON object: a list of facts for each disk.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QElapsedTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from pai_studio.core.shot import document
from pai_studio.core.shot.saving import text_beside
from pai_studio.ui.panel.opening import open_paths
from pai_studio.ui.panel.shots import ShotList
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from tests.ui.panel.shots import a_shot

LONG = "a shore in the evening, " * 400
PATIENCE_MS = 20_000


class Sitting:
    """A shot on a disk of its own, opened in a real shot list."""

    def __init__(self, disk: Path) -> None:
        self.disk = disk
        path = disk / "SH010.shot.json"
        path.write_text(text_beside(a_shot(disk), disk))
        self.studio = Studio()
        self.list = ShotList(self.studio)
        self.list.show()
        self.state: ShotState = self.studio.project.add(open_paths([path]))[0]
        self.studio.watch.look()
        self.settle()

    def edit(self, caption: str) -> None:
        shot = self.state.shot
        self.state.edit("Type", edits.change(shot, "prompt", caption=caption))
        self.state.saving.now()
        self.settle()

    def settle(self) -> None:
        until(lambda: self.state.saving.kind not in ("waiting", "saving"))
        until(lambda: self.studio.work.is_idle)

    def look(self) -> None:
        self.studio.watch.look()
        self.settle()
        self.settle()

    def facts(self) -> dict[str, Any]:
        saving, path, strip = self.state.saving, self.state.path, self.list.strip
        copy = saving.copy
        return {
            "kind": saving.kind,
            "strip": strip.line.text() if strip.isVisible() else "",
            "buttons": [
                one.text()
                for one in (strip.retry, strip.overwrite, strip.save_as, strip.reload)
                if one.isVisible()
            ],
            "on_disk": document.load(path, unfinished=True).prompt.caption if path.is_file() else None,
            "in_hand": self.state.shot.prompt.caption,
            "copy": document.load(copy, unfinished=True).prompt.caption if copy is not None else None,
            "files": sorted(one.name for one in self.disk.iterdir()),
        }

    def close(self) -> None:
        self.list.close()
        self.studio.close()


def until(condition: Callable[[], object]) -> None:
    """Let the panel live until something is so. Raises TimeoutError."""
    clock = QElapsedTimer()
    clock.start()
    while not condition():
        if clock.elapsed() > PATIENCE_MS:
            raise TimeoutError("in vain")
        QTest.qWait(5)


def mount(disk: Path, *options: str) -> Path:
    """A disk of 64 KiB in memory."""
    disk.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", *(options or ("-o", "size=64k")), "tmpfs", str(disk)], check=True)
    return disk


def fill(disk: Path) -> Path:
    """Not a byte more goes onto this disk."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return filler


def full(folder: Path) -> list[dict[str, Any]]:
    """Full at an autosave, then there is room."""
    sitting = Sitting(mount(folder / "full"))
    sitting.edit("before")
    filler = fill(sitting.disk)
    sitting.edit(LONG)
    seen = [sitting.facts()]
    sitting.look()
    seen.append(sitting.facts())
    filler.unlink()
    sitting.look()
    seen.append(sitting.facts())
    sitting.close()
    return seen


def both_full(folder: Path) -> list[dict[str, Any]]:
    """The disk of the state folder is full, too."""
    own, state = mount(folder / "shots"), mount(folder / "states")
    os.environ["PAI_STATE_DIR"] = str(state)
    sitting = Sitting(own)
    fill(own)
    filler = fill(state)
    sitting.edit(LONG)
    seen = [sitting.facts()]
    filler.unlink()
    sitting.look()
    seen.append(sitting.facts())
    os.environ["PAI_STATE_DIR"] = str(folder / "state")
    sitting.close()
    return seen


def read_only(folder: Path) -> list[dict[str, Any]]:
    """May be read and not written for a while."""
    sitting = Sitting(mount(folder / "locked"))
    subprocess.run(["mount", "-o", "remount,ro", str(sitting.disk)], check=True)
    sitting.edit("after")
    seen = [sitting.facts()]
    subprocess.run(["mount", "-o", "remount,rw", str(sitting.disk)], check=True)
    sitting.look()
    seen.append(sitting.facts())
    sitting.close()
    return seen


def agreed(folder: Path) -> list[dict[str, Any]]:
    """Overwriting what another program wrote is agreed to once, though the disk lets nobody write just then."""
    sitting = Sitting(mount(folder / "agreed"))
    sitting.state.path.write_text("{}")
    sitting.edit("mine")
    seen = [{"kind": sitting.state.saving.kind, "strip": sitting.list.strip.line.text()}]
    subprocess.run(["mount", "-o", "remount,ro", str(sitting.disk)], check=True)
    sitting.list.strip.overwrite.click()
    sitting.settle()
    seen.append({"kind": sitting.state.saving.kind, "strip": sitting.list.strip.line.text()})
    subprocess.run(["mount", "-o", "remount,rw", str(sitting.disk)], check=True)
    sitting.look()
    seen.append(sitting.facts())
    sitting.close()
    return seen


def away(folder: Path) -> list[dict[str, Any]]:
    """Unmounted while its shot is edited, and mounted again."""
    real, disk = folder / "real", folder / "mounted"
    for one in (real, disk):
        one.mkdir()
    subprocess.run(["mount", "--bind", str(real), str(disk)], check=True)
    sitting = Sitting(disk)
    subprocess.run(["umount", str(disk)], check=True)
    sitting.look()
    seen = [sitting.facts()]
    sitting.edit("after")
    seen.append(sitting.facts())
    subprocess.run(["mount", "--bind", str(real), str(disk)], check=True)
    sitting.look()
    seen.append(sitting.facts())
    sitting.close()
    return seen


def main() -> None:
    """Every disk, one after another."""
    folder = Path(sys.argv[1])
    os.environ["PAI_STATE_DIR"] = str(folder / "state")
    application = QApplication([])
    seen = {call.__name__: call(folder) for call in (full, both_full, read_only, agreed, away)}
    print(json.dumps(seen))
    del application


if __name__ == "__main__":
    main()
