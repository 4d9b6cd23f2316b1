"""The files that make up an OpenColorIO config: their digest, and the archive that travels."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import PyOpenColorIO as ocio

from pai_studio.core.shot.errors import BadInput

Members = dict[str, bytes]
"""An archive's files by name; the config itself is `config.ocio`."""

_CONFIG = "config.ocio"
_MAX_BYTES = 512 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)


def config_members(name: str) -> Members:
    """The files of a config that is named by path (`.ocio`, `.ocioz`) or as `ocio://...`.

    Raises BadInput where it is not there, damaged, or unpacks to more than 512 MiB.
    """
    try:
        if name.startswith("ocio://"):
            return {_CONFIG: _builtin(name)}
        path = Path(name)
        if zipfile.is_zipfile(path):
            return _unpacked(path)
        members = {_CONFIG: path.read_bytes()}
        config = ocio.Config.CreateFromFile(name)
        if config.isArchivable():
            members = _archived(config) | members
        return members
    except (OSError, ocio.Exception, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        # An encrypted archive is a RuntimeError, an unknown compression a NotImplementedError; some say nothing.
        why = (str(error).strip() or type(error).__name__).splitlines()[0]
        say = f"cannot be read as an OCIO config ({why[:200]})"
        raise BadInput(say, where=name, hint="check ocio.config or $OCIO") from None


@cache
def _builtin(name: str) -> bytes:
    """A config that the library itself holds, written out: the same for as long as the process runs."""
    written: str = ocio.Config.CreateFromFile(name).serialize()
    return written.encode()


def _unpacked(path: Path) -> Members:
    with zipfile.ZipFile(path) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        if sum(entry.file_size for entry in entries) > _MAX_BYTES:
            raise BadInput(
                f"unpacks to more than {_MAX_BYTES >> 20} MiB", where=str(path), hint="take out unused LUTs"
            )
        return {entry.filename: archive.read(entry) for entry in entries}


def _archived(config: ocio.Config) -> Members:
    with tempfile.TemporaryDirectory(prefix="pai-ocio-") as folder:
        packed = Path(folder) / "config.ocioz"
        config.archive(str(packed))
        return _unpacked(packed)


def digest_of(members: Members) -> str:
    """SHA-256 over names and contents: the same for a config in files and for its archive."""
    digest = hashlib.sha256()
    for name, content in sorted(members.items()):
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def write_archive(members: Members, path: str | os.PathLike[str]) -> None:
    """Write an `.ocioz`: sorted, without compression choices or times that differ between runs."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in sorted(members.items()):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
