"""`nuke -t .../pai_studio_host/nuke/terminal.py SCRIPT.nk ...`: finds its package and hands over to `batch`."""

import importlib
import sys
from pathlib import Path

if __name__ == "__main__":
    # The first argument is this file, and its package lies two folders above.
    sys.path.insert(0, str(Path(sys.argv[0]).resolve().parents[2]))
    sys.exit(importlib.import_module("pai_studio_host.nuke.batch").main(sys.argv[1:]))
