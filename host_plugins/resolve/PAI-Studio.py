# ruff: noqa: N999 - Resolve shows the file's name in its menu
"""The menu's script: finds the package and hands over. Resolve does not say where a script lies, so install does."""

import importlib
import sys
import traceback

# `pai-studio install resolve` writes the folder of `pai_studio_host` here.
PLACE = ""


def _start() -> int:
    if PLACE and PLACE not in sys.path:
        sys.path.insert(0, PLACE)
    code: int = importlib.import_module("pai_studio_host.resolve.menu").main(globals())
    return code


CODE = 1
try:
    CODE = _start()
except Exception:  # noqa: BLE001 - whatever it is, Resolve shows it nowhere else
    sys.stderr.write("PAI-Studio cannot start; run: pai-studio install resolve\n")
    traceback.print_exc()
# In a script of the menu Resolve's names stand ready, and its process may be Resolve's own: that one is not ended.
if CODE and "resolve" not in dir():
    sys.exit(CODE)
