"""Panoramas to film takes in: photographed HDR environments (Poly Haven, CC0-1.0) out of an npm package.

    npm pack @pmndrs/assets@1.7.0
    python examples/train/panoramas.py pmndrs-assets-1.7.0.tgz panoramas --without FOOTAGE/hdri_cc0

Each becomes an EXR that names its space (linear Rec.709, as Poly Haven states), which the package's own files do not.
Those that a benchmark is filmed in, by their names in `--without`, are left out.
"""

from __future__ import annotations

import argparse
import base64
import re
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import OpenImageIO as oiio

_MEMBER = re.compile(r"package/hdri/([a-z0-9_]+)\.exr\.js")
_CONTENT = re.compile(rb"base64,([A-Za-z0-9+/=]+)")
_SPACE = "lin_rec709_scene"


def environments(package: Path) -> Iterator[tuple[str, bytes]]:
    """The environments of the package by their names, each as the bytes of an EXR."""
    with tarfile.open(package) as archive:
        for member in archive:
            found = _MEMBER.fullmatch(member.name)
            file = archive.extractfile(member) if found else None
            if found is None or file is None:
                continue
            content = _CONTENT.search(file.read())
            if content is not None:
                yield found[1], base64.b64decode(content[1])


def write(name: str, content: bytes, folder: Path) -> None:
    """Write one with its space named."""
    with tempfile.NamedTemporaryFile(suffix=".exr") as temp:
        temp.write(content)
        temp.flush()
        picture = oiio.ImageBuf(temp.name)
        picture.specmod().attribute("colorInteropID", _SPACE)
        picture.specmod().attribute("compression", "zip")
        if not picture.write(str(folder / f"{name}.exr")):
            sys.exit(f"error: {name}: {picture.geterror()}")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("package", type=Path, help="what `npm pack` wrote")
    parser.add_argument("out", type=Path, help="a folder, made where it is missing")
    parser.add_argument("--without", type=Path, metavar="DIR", help="leave out what has a namesake there")
    asked = parser.parse_args()
    kept_apart = {path.stem for path in asked.without.iterdir()} if asked.without else set()
    asked.out.mkdir(parents=True, exist_ok=True)
    names = []
    for name, content in environments(asked.package):
        if name not in kept_apart:
            write(name, content, asked.out)
            names.append(name)
    if not names:
        sys.exit(f"error: {asked.package}: holds no environments that are not left out")
    print(f"{len(names)} panoramas in {asked.out}: {', '.join(names)}")


if __name__ == "__main__":
    main()
