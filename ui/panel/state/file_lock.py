"""A lock that ends with the process that holds it, however that ends: the system keeps it, no number in a file."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from pai_studio.core.media.files import as_pai_error


class FileLock:
    """On one file, for one process at a time. The file itself stays and says nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def take(self) -> bool:
        """Hold it from now on; False where somebody else does.

        Raises BadInput or OutOfResources where the file cannot be made or the disk knows of no locks.
        """
        if self._file is not None:
            return True
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = self._path.open("ab")
        except OSError as error:
            raise as_pai_error(error, self._path) from error
        try:
            _lock(file)
        except (BlockingIOError, PermissionError):  # how Unix and Windows say that it is held
            file.close()
            return False
        except OSError as error:
            file.close()
            raise as_pai_error(error, self._path) from error
        self._file = file
        return True

    def release(self) -> None:
        """Let somebody else have it."""
        if self._file is not None:
            with suppress(OSError):
                _unlock(self._file)
            self._file.close()
            self._file = None


if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO) -> None:
        file.seek(0)  # what is locked is one byte from here, which need not be there
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

    def _unlock(file: BinaryIO) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
