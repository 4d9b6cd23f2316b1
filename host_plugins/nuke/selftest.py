"""`nuke -t .../pai_studio_host/nuke/selftest.py [OUT.json]`, and the menu's "Send self-test...".

Writes what this Nuke really has. This file only finds its package and hands over to `survey`.
"""

import importlib
import sys
from pathlib import Path


def run() -> str:
    """From the menu: write the file into the home folder; gives what to tell the artist."""
    return str(importlib.import_module(".survey", __package__).run())


if __name__ == "__main__":
    # The first argument is this file, and its package lies two folders above.
    sys.path.insert(0, str(Path(sys.argv[0]).resolve().parents[2]))
    sys.exit(importlib.import_module("pai_studio_host.nuke.survey").main(sys.argv[1:]))
