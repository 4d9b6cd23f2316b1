"""Render several shots, then finish the first again with half the despill: `python batch.py OUT SHOT.json...`.

Each is delivered as its next free version, side by side as far as the server has workers. Finishing again takes
the stored generation: it needs no engine, and the uploaded files are not sent twice.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pai_studio
from pai_studio.core.shot import document
from pai_studio.core.shot.errors import PaiError
from pai_studio.server.api.client import Client


def refinished(client: Client, shot: document.Shot, out: Path, despill: float) -> list[Path]:
    """Deliver the shot as its next version, finished with another despill."""
    finish = shot.finish.model_copy(update={"despill": despill})
    changed = shot.model_copy(update={"finish": finish})
    return client.render(changed, out=out, mode="refinish", new_version=True).files


def main(out: Path, documents: list[Path]) -> int:
    """Render all; returns the exit code: 1 when a shot failed."""
    shots = [document.load(path) for path in documents]
    failed = 0
    with pai_studio.connect() as client, ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(client.render, shot, out=out, new_version=True) for shot in shots]
        for shot, future in zip(shots, waiting, strict=True):
            try:
                print(f"{shot.name}: {len(future.result().files)} files")
            except PaiError as error:
                failed += 1
                print(f"{shot.name}: {error}", file=sys.stderr)
        if not failed:
            files = refinished(client, shots[0], out, despill=0.5)
            print(f"{shots[0].name} again with half the despill: {files[0]}")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: python batch.py OUT SHOT.json...")
    try:
        sys.exit(main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]]))
    except PaiError as problem:
        print(problem, file=sys.stderr)
        sys.exit(problem.exit_code)
