# ruff: noqa: N999 - Resolve shows the file's name in its menu
"""The Comp script: finds the package and hands over. A script does not learn where it lies: install does."""

import importlib
import sys
import traceback

# `pai-studio install resolve` writes the folder of `pai_studio_host` here.
PLACE = ""


def _start() -> None:
    if PLACE and PLACE not in sys.path:
        sys.path.insert(0, PLACE)
    importlib.import_module("pai_studio_host.resolve.fusion.script").main(globals())


try:
    _start()
except Exception:  # noqa: BLE001 - whatever it is, Resolve shows it nowhere else
    sys.stderr.write("PAI-Studio cannot start; run: pai-studio install fusion\n")
    traceback.print_exc()
