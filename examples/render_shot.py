"""Render one shot and show how far it is: `python render_shot.py SHOT.json OUT`.

The server is the one in PAI_SERVER, else your own local one, started as needed.
"""

from __future__ import annotations

import sys

import pai_studio
from pai_studio.core.shot.errors import PaiError
from pai_studio.server.api.types import JobEvent


def show(event: JobEvent) -> None:
    """One line for each step that has a count or something to say."""
    state = event.state.lower()
    count = f"{event.done}/{event.total}" if event.total else ""
    if event.state == "UPLOADING":  # counts bytes
        count = f"{event.done / 2**20:.0f}/{event.total / 2**20:.0f} MiB"
    left = f"{event.eta_s:.0f} s left" if event.eta_s else ""
    message = event.message if event.message != state else ""
    made = f"made {event.output.path}" if event.output else ""
    print(*filter(None, (state, event.phase, count, left, message, made)))


def main(shot: str, out: str) -> int:
    """Render `shot` into `out`; returns the exit code."""
    try:
        with pai_studio.connect() as client:
            rendered = client.render(shot, out=out, on_event=show)
    except PaiError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(
        f"{len(rendered.files)} files, {rendered.qc['frames']} frames by {rendered.provenance['engine']['name']}"
    )
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python render_shot.py SHOT.json OUT")
    sys.exit(main(*sys.argv[1:]))
