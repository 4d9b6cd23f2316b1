"""The errors that reach a person: one line that says what, where, and what to do next."""

from __future__ import annotations

from typing import ClassVar


class PaiError(Exception):
    """Base of every error with a message for the user.

    `what` is the fault, `where` the file, frame or key, `hint` the next step. `str(error)` is the
    one line that the command line prints. `code` travels over the wire, `exit_code` is the shell's.
    """

    code: ClassVar[str] = "FAILED"
    exit_code: ClassVar[int] = 1
    retryable: ClassVar[bool] = False

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        line = f"{self.where}: {self.what}" if self.where else self.what
        return f"{line}; {self.hint}" if self.hint else line

    def to_json(self) -> dict[str, str]:
        """The error as plain data, for a worker's pipe or the wire; `from_json` brings it back."""
        return {"code": self.code, "what": self.what, "where": self.where, "hint": self.hint}


class BadInput(PaiError):
    """What was given cannot be used: a document, a file, an argument."""

    code = "INVALID_INPUT"
    exit_code = 2


class MissingFrames(BadInput):
    """A range names frames that are not on disk."""

    code = "MISSING_FRAMES"


class UnreadableImage(BadInput):
    """An image that is damaged, over the limits, or of a kind we refuse (deep, multi-view, interlaced)."""

    code = "UNREADABLE_IMAGE"


class UnknownColorSpace(BadInput):
    """A colour space that the config does not have."""

    code = "UNKNOWN_COLORSPACE"


class AlreadyThere(BadInput):
    """A version, or a request id with another body, that exists and is never overwritten."""

    code = "ALREADY_EXISTS"


class NotFound(BadInput):
    """A job, blob or file that was named and is not there."""

    code = "NOT_FOUND"


class NotAllowed(BadInput):
    """A path outside the server's allowed roots."""

    code = "PERMISSION_DENIED"


class Unreachable(PaiError):
    """No server answers at the address."""

    code = "UNAVAILABLE"
    exit_code = 3
    retryable = True


class NotAuthenticated(PaiError):
    """The server answers, but not to this token or certificate."""

    code = "UNAUTHENTICATED"
    exit_code = 3


class VersionMismatch(PaiError):
    """Client and server are more than one minor version apart."""

    code = "VERSION_MISMATCH"
    exit_code = 3


class OutOfResources(PaiError):
    """Disk, memory or a stated limit ran out."""

    code = "RESOURCE_EXHAUSTED"


class EngineFailed(PaiError):
    """The engine or its process died; the job may be tried again."""

    code = "ENGINE_FAILED"
    retryable = True


class Cancelled(PaiError):
    """Somebody asked for the work to stop."""

    code = "CANCELLED"
    exit_code = 130


def _kinds(base: type[PaiError] = PaiError) -> dict[str, type[PaiError]]:
    found = {base.code: base}
    for kind in base.__subclasses__():
        found |= _kinds(kind)
    return found


def from_json(data: dict[str, str]) -> PaiError:
    """Rebuild an error from `PaiError.to_json`; an unknown code becomes a plain `PaiError`."""
    kind = _kinds().get(data.get("code", ""), PaiError)
    return kind(data.get("what", "failed"), where=data.get("where", ""), hint=data.get("hint", ""))
