"""`python -m pai_studio.ui.sidecar`: keeps the plugin's pipe to itself, then listens."""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Be the sidecar until the input ends. Returns the exit code."""
    # Before anything native is imported: what a library prints must not get between two messages.
    pipe = os.dup(1)
    os.dup2(2, 1)

    from pai_studio.ui.sidecar.loop import Loop, Wire

    return Loop(Wire(os.fdopen(pipe, "wb"))).run(sys.stdin.buffer)


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # renders that go on in other threads are the server's from here on
