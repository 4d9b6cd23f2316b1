"""Films the demo's shot for somebody who has none: a process of its own, one at a time, which can be cancelled."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, QProcess, Signal

from pai_studio.core import config
from pai_studio.core.media.files import write_file
from pai_studio.core.shot import document, naming
from pai_studio.core.shot.errors import AlreadyThere, PaiError
from pai_studio.core.shot.saving import text_beside
from pai_studio.ui.panel.opening import DOCUMENT
from pai_studio.ui.panel.work import Work

_SIZE = ("--size", "480x270", "--frames", "24")
_PROGRESS = re.compile(r"^film\s+(\d+)/(\d+)", re.MULTILINE)
_KILL_MS = 2000


class DemoFilm(QObject):
    """The renderer is no part of the panel: the command line's is started. What is there is not filmed again."""

    changed = Signal()
    """It has begun, come on, or ended."""

    filmed = Signal(object)
    """The Path of the document."""

    failed = Signal(object)
    """A PaiError."""

    def __init__(self, work: Work, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work = work
        self._folder = Path()
        self._lock: QLockFile | None = None
        self._process: QProcess | None = None
        self._is_cancelled = False
        self._said = ""
        self.is_under_way = False
        self.share: float | None = None
        """How much is filmed; None while that is not known."""

    def start(self) -> None:
        """Film, unless that is under way."""
        if not self.is_under_way:
            self.is_under_way, self._is_cancelled, self.share, self._said = True, False, None, ""
            self.changed.emit()
            self._work.run(_find, done=self._found, failed=self._fail)

    def cancel(self) -> None:
        """Give it up. What is half made is cleared away by the next try."""
        self._is_cancelled = True
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """The panel ends: nothing may go on for nobody."""
        self.cancel()
        if self._process is not None:
            self._process.waitForFinished(_KILL_MS)

    def _found(self, found: Path | tuple[Path, QLockFile]) -> None:
        if isinstance(found, Path):
            self._end()
            self.filmed.emit(found)
            return
        self._folder, self._lock = found
        if self._is_cancelled:
            self._end()
            return
        self._process = QProcess(self)
        self._process.setStandardInputFile(QProcess.nullDevice())
        self._process.readyReadStandardError.connect(self._hear)
        self._process.finished.connect(self._finish)
        self._process.errorOccurred.connect(self._break)
        arguments = (
            "-m",
            "pai_studio.ui.cli.main",
            "demo",
            "--film-only",
            *_SIZE,
            "--out",
            str(self._folder),
        )
        self._process.start(sys.executable, arguments)

    def _hear(self) -> None:
        if self._process is not None:
            self._said += bytes(self._process.readAllStandardError().data()).decode(errors="replace")
            steps = _PROGRESS.findall(self._said)
            if steps:
                self.share = int(steps[-1][0]) / max(int(steps[-1][1]), 1)
                self.changed.emit()

    def _finish(self, code: int, how: QProcess.ExitStatus) -> None:
        if self._is_cancelled:
            self._end()
        elif code or how != QProcess.ExitStatus.NormalExit:
            why = (self._said.strip().splitlines() or ["it ended without a word"])[-1]
            self._fail(PaiError(f"the demo shot cannot be filmed ({why})"))
        else:
            self._work.run(lambda: _document(self._folder), done=self._take, failed=self._fail)

    def _break(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:
            self._fail(PaiError(f"the demo shot cannot be filmed ({self._process.errorString()})"))

    def _take(self, filmed: Path | None) -> None:
        if filmed is None:
            self._fail(PaiError("the demo shot was filmed and has no document", where=str(self._folder)))
        else:
            self._end()
            self.filmed.emit(filmed)

    def _fail(self, error: PaiError) -> None:
        self._end()
        self.failed.emit(error)

    def _end(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            self._work.run(lock.unlock, lane="disk")
        if self._process is not None:
            self._process.deleteLater()
            self._process = None
        self.is_under_way = False
        self.changed.emit()


def _find() -> Path | tuple[Path, QLockFile]:
    """The demo's document; else the folder to film it in, held against other panels. Raises AlreadyThere, PaiError."""
    try:
        above = config.state_dir() / "panel"
        above.mkdir(exist_ok=True)
    except OSError as error:
        say = f"the demo shot cannot be filmed ({error.strerror})"
        raise PaiError(say, where=str(error.filename or "")) from None
    folder = above / "demo"
    lock = QLockFile(str(above / "demo.lock"))
    lock.setStaleLockTime(0)  # as long as its process lives
    if not lock.tryLock(0):
        hint = "it opens there; try again here in a minute"
        raise AlreadyThere("another window is filming the demo shot", hint=hint)
    found = _document(folder)
    if found is None:
        return folder, lock
    lock.unlock()
    return found


def _document(folder: Path) -> Path | None:
    """The document, delivering versions: the command line's demo delivers one picture range beside itself."""
    path = next(iter(sorted((folder / "input").glob(f"*{DOCUMENT}"))), None)
    if path is not None:
        shot = document.load(path, unfinished=True)
        if naming.version_of(shot.delivery_files) is None:
            delivery = shot.delivery.model_copy(update={"files": ""})
            whole = shot.model_copy(update={"delivery": delivery})
            write_file(path, text_beside(whole, path.parent).encode())
    return path
