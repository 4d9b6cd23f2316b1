"""Makes `studio_pb2*.py` from `studio.proto`: `python server/api/generate.py [SRC]`, with grpcio-tools at its pin.

SRC is the folder that holds `pai_studio/`, so that the generated code imports itself by its full name.
"""

from __future__ import annotations

import sys
from pathlib import Path

from grpc_tools import protoc  # type: ignore[import-untyped]

PROTO = "pai_studio/server/api/studio.proto"


def generate(src: Path, out: Path) -> list[Path]:
    """Write the generated files below `out` and return them. Raises RuntimeError when protoc refuses."""
    include = Path(protoc.__file__).parent / "_proto"
    where = [f"--{kind}_out={out}" for kind in ("python", "pyi", "grpc_python")]
    if protoc.main(["protoc", f"-I{src}", f"-I{include}", *where, PROTO]) != 0:
        raise RuntimeError(f"protoc refused {PROTO}")
    return sorted((out / PROTO).parent.glob("studio_pb2*"))


if __name__ == "__main__":
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2] / "src"
    generate(root, root)
