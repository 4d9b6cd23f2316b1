"""Where each host looks for its user's plugins, on each system.

Runs in our own environment, for `install.py`. Standard library, Python 3.9.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_MAC, _WINDOWS, _ELSE = "darwin", "win32", "linux"
_BLACKMAGIC = {_MAC: "Library/Application Support/Blackmagic Design", _WINDOWS: "Blackmagic Design"}
_PLACES = {
    "nuke": {_MAC: ".nuke", _WINDOWS: ".nuke", _ELSE: ".nuke"},
    "resolve": {
        _MAC: f"{_BLACKMAGIC[_MAC]}/DaVinci Resolve/Fusion",
        _WINDOWS: f"{_BLACKMAGIC[_WINDOWS]}/DaVinci Resolve/Support/Fusion",
        _ELSE: ".local/share/DaVinciResolve/Fusion",
    },
    "fusion": {
        _MAC: f"{_BLACKMAGIC[_MAC]}/Fusion",
        _WINDOWS: f"{_BLACKMAGIC[_WINDOWS]}/Fusion",
        _ELSE: ".fusion/BlackmagicDesign/Fusion",
    },
}
"""By host and system; on Windows those of Blackmagic are below %APPDATA%, all others below the user's home."""


def folder_of(host: str) -> Path:
    """The host's own folder for this user, be it there or not."""
    system = sys.platform if sys.platform in (_MAC, _WINDOWS) else _ELSE
    base = Path.home()
    if system == _WINDOWS and host != "nuke":
        base = Path(os.environ.get("APPDATA") or base / "AppData" / "Roaming")
    return base / _PLACES[host][system]
