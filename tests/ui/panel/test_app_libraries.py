"""Qt's libraries of the system: the list is whole, `doctor` names the package of each, the pages name them too."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pai_studio.ui.cli import panel, qt_libraries

ROOT = Path(__file__).resolve().parents[3]
EVERYWHERE = (
    "libc.",
    "libm.",
    "libdl.",
    "libpthread.",
    "libresolv.",
    "libgcc_s.",
    "libstdc++.",
    "ld-linux",
    "libz.",
    "libzstd.",
)
"""Of what is in every Debian: its packages are essential, or needed by its package manager."""

ALWAYS = [
    f"lib/libQt6{name}.so.6"
    for name in ("Core", "Gui", "Widgets", "Network", "DBus", "OpenGL", "OpenGLWidgets")
]
X = ["lib/libQt6XcbQpa.so.6", "plugins/platforms/libqxcb.so", "plugins/xcbglintegrations/libqxcb-*.so"]
WAYLAND = [
    "lib/libQt6WaylandClient.so.6",
    "plugins/platforms/libqwayland*.so",
    "plugins/wayland-graphics-integration-client/libqt-plugin-wayland-egl.so",
]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Qt brings everything with it elsewhere")


def needs(patterns: list[str]) -> set[str]:
    """What Qt's files name as needed and does not come with them."""
    import PySide6

    qt = Path(PySide6.__file__).parent / "Qt"
    files = [str(file) for pattern in patterns for file in qt.glob(pattern)]
    assert len(files) >= len(patterns)
    said = subprocess.run(["readelf", "-d", *files], capture_output=True, text=True, check=True).stdout
    names = {line.split("[")[1].rstrip("]") for line in said.splitlines() if "(NEEDED)" in line}
    brought = {file.name for file in (qt / "lib").iterdir()}
    return {name for name in names - brought if not name.startswith(EVERYWHERE)}


@pytest.mark.skipif(shutil.which("readelf") is None, reason="readelf (binutils) is not installed")
def test_the_list_is_exactly_what_qt_s_files_name() -> None:
    assert needs(ALWAYS) == set(qt_libraries.ALWAYS)
    assert needs(X) - set(qt_libraries.ALWAYS) == set(qt_libraries.ON_X)
    assert needs(WAYLAND) - set(qt_libraries.ALWAYS) == set(qt_libraries.ON_WAYLAND)


@pytest.mark.parametrize(
    ("library", "package"), [("libxcb-cursor.so.0", "libxcb-cursor0"), ("libEGL.so.1", "libegl1")]
)
def test_doctor_names_the_package_of_each_library_that_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str, package: str
) -> None:
    (tmp_path / library).write_bytes(b"")  # found before the system's own, and no library
    monkeypatch.setenv("LD_LIBRARY_PATH", f"{tmp_path}:{os.environ.get('LD_LIBRARY_PATH', '')}")
    monkeypatch.setenv("DISPLAY", ":99")
    found = panel.check()
    assert not found.ok
    assert library in found.detail.removeprefix("Qt needs ").split(", ")
    assert package in found.remedy.removeprefix("on Debian: apt-get install ").split()


def test_without_a_screen_its_libraries_are_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert qt_libraries.needed() == qt_libraries.ALWAYS
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert qt_libraries.needed() == qt_libraries.ALWAYS | qt_libraries.ON_WAYLAND


@pytest.mark.parametrize("page", ["README.md", "docs/panel.md"])
def test_the_pages_name_packages_of_the_list_alone(page: str) -> None:
    lines = (ROOT / page).read_text(encoding="utf-8").splitlines()
    named = [
        {word for word in line.split("#")[0].split() if word.startswith("lib")}
        for line in lines
        if line.startswith("apt-get install")
    ]
    assert len(named) == 2
    for words, table in zip(named, (qt_libraries.ALWAYS, qt_libraries.ON_X), strict=True):
        assert words
        assert words <= set(table.values())
    assert " ".join(sorted(named[0])) == " ".join(sorted(_of_the_makefile()))


def _of_the_makefile() -> set[str]:
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    (line,) = [one for one in lines if "apt-get install" in one]
    return {word for word in line.split() if word.startswith("lib")}
