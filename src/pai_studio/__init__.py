"""PAI-Studio: replaces the background of a shot, relit, in layers, at plate resolution."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pai_studio.server.api.client import Client, connect

__version__ = "0.1.0"
__all__ = ["Client", "__version__", "connect"]


def __getattr__(name: str) -> object:
    # Loaded on first use: `import pai_studio` must stay free of grpc for those who only read shots.
    if name in ("Client", "connect"):
        return getattr(import_module("pai_studio.server.api.client"), name)
    raise AttributeError(name)
