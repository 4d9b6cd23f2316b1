"""Which libraries the engines with a model need beyond those that are always there, and whether they are here."""

from __future__ import annotations

from importlib.util import find_spec

from pai_studio.core.shot.errors import BadInput

LIBRARIES = ("torch", "diffusers", "transformers", "safetensors")


def missing() -> list[str]:
    """Those that are not installed; looked up, not loaded."""
    return [name for name in LIBRARIES if find_spec(name) is None]


def require(engine: str) -> None:
    """Raise BadInput where an engine's libraries are not installed."""
    lacking = missing()
    if lacking:
        say = f"the engine {engine!r} needs {', '.join(lacking)}"
        raise BadInput(say, where="engine.name", hint="needs the extra: pip install 'pai-studio[model]'")
