"""What fails for one clip or one contestant, as an error that can be told, while the others go on."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pai_studio.core.shot.errors import Cancelled, EngineFailed, PaiError

T = TypeVar("T")


def attempt(step: Callable[[], T]) -> T | PaiError:
    """What a step gives, or why it gives nothing. Raises Cancelled, which is nobody's fault."""
    try:
        return step()
    except Cancelled:
        raise
    except PaiError as error:
        return error
    except Exception as error:  # noqa: BLE001 - whatever goes wrong here, the others go on
        return _told(error)


def _told(error: Exception) -> EngineFailed:
    """A programming fault as an error for a person: what it was, and the line that it came from."""
    line = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(line.filename).name}:{line.lineno}"
    return EngineFailed(
        f"{type(error).__name__}: {error}", where=where, hint="this is a fault of the program"
    )
