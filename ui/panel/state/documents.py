"""A shot document on its disk: what is there, and how another takes its place. Never in the window's thread."""

from __future__ import annotations

import errno
import hashlib
from pathlib import Path

from pai_studio.core.media.files import as_pai_error, write_file
from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import AlreadyThere, BadInput, NotFound, OutOfResources
from pai_studio.core.shot.saving import text_beside


def digest_on_disk(path: Path) -> str:
    """The digest of a document on disk; empty where there is none. Raises BadInput where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        hint = "check the disk; or save it elsewhere"
        raise BadInput(f"cannot be read ({error.strerror})", where=str(path), hint=hint) from None


def write_document(shot: Shot, path: Path, known: str) -> str:
    """Write a shot whole and give its digest. `known` is the digest that may be replaced; empty: there is no file.

    A link stays one: what it leads to is written. No folder is made: an absent one is a disk that is not mounted.
    Raises AlreadyThere where another program has changed the file, NotFound where it has been taken away,
    OutOfResources and BadInput where it cannot be written.
    """
    path = path.resolve()
    if not path.parent.is_dir():
        hint = "bring its folder back: it is saved by itself then; or save it elsewhere"
        raise BadInput("its folder is not there", where=str(path), hint=hint)
    there = digest_on_disk(path)
    if known and not there:
        hint = "save it here again, or under another name"
        raise NotFound("the document was deleted or moved away", where=str(path), hint=hint)
    if there not in ("", known):
        raise changed_elsewhere(path)
    content = text_beside(shot, path.parent).encode()
    try:
        write_file(path, content)
    except OutOfResources as error:
        is_full = isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.ENOSPC
        hint = "make room: it is saved by itself then; or save it elsewhere"
        what = "the disk is full" if is_full else error.what
        raise OutOfResources(what, where=str(path), hint=hint) from None
    except BadInput as error:
        hint = f"{error.hint}: it is saved by itself then; or save it elsewhere"
        raise BadInput(error.what, where=str(path), hint=hint) from None
    except OSError as error:  # a disk that went while its half-written file was taken away
        raise as_pai_error(error, path) from None
    return hashlib.sha256(content).hexdigest()


def changed_elsewhere(path: Path) -> AlreadyThere:
    """The error of a document that others have written meanwhile."""
    hint = "save this one under another name, or load that one"
    return AlreadyThere("was changed by another program", where=str(path), hint=hint)
