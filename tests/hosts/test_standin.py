"""The executable that stands in for Nuke, run as a farm and a terminal run it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.hosts.fake_shot import script, write_overscan
from tests.hosts.fakes.standin import UsageError, parse, wrapper


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    return write_overscan(tmp_path)


def nuke(folder: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    home = folder / "home"
    home.mkdir(exist_ok=True)
    surroundings = {**os.environ, "HOME": str(home), **env}
    command = [str(wrapper(folder)), *args]
    return subprocess.run(command, capture_output=True, text=True, env=surroundings, check=False)


def test_it_renders_what_a_farm_asks_of_it(plate: Path) -> None:
    (plate / "shot.nk").write_text(script(plate))
    done = nuke(plate, "-F", "1001-1002", "-X", "Write1", "-x", str(plate / "shot.nk"))
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (plate / "out").iterdir()) == ["p.1001.exr", "p.1002.exr"]
    failed = nuke(plate, "-F", "1003", "-x", str(plate / "missing.nk"))
    assert failed.returncode == 1


def test_a_missing_frame_fails_the_render(plate: Path) -> None:
    (plate / "plate.1002.exr").unlink()
    (plate / "shot.nk").write_text(script(plate))
    done = nuke(plate, "-x", str(plate / "shot.nk"))
    assert done.returncode == 1
    assert "1002" in done.stderr


def test_a_terminal_starts_with_the_plugins_and_takes_away_a_last_number(plate: Path) -> None:
    tools = plate / "tools"
    (tools / "more").mkdir(parents=True)
    (tools / "init.py").write_text(
        "import os\nnuke.pluginAddPath(os.path.join(os.path.dirname(__file__), 'more'))\n"
    )
    (tools / "more/init.py").write_text("import nuke\nnuke.tprint('more')\n")
    (tools / "menu.py").write_text("raise RuntimeError('a terminal has no menu')\n")
    (plate / "job.py").write_text(
        "import sys\nimport nuke\nnuke.tprint(sys.argv[1:], nuke.rawArgs[1], nuke.GUI)\nsys.exit(5)\n"
    )
    done = nuke(plate, "-t", str(plate / "job.py"), "--node", "A", "7", NUKE_PATH=str(tools))
    assert (done.returncode, done.stdout) == (5, "more\n['--node', 'A'] -t False\n"), done.stderr


def test_a_swallowed_refusal_still_fails(plate: Path) -> None:
    (plate / "job.py").write_text(
        "import sys\nimport nuke\ntry:\n    nuke.message('x')\nexcept Exception:\n    pass\nsys.exit(0)\n"
    )
    assert nuke(plate, "-t", str(plate / "job.py")).returncode == 1


@pytest.mark.parametrize(
    "args",
    [["--nukex", "-t", "a.py"], ["-F", "abc", "-x", "a.nk"], ["-x"], ["-F", "1", "-t", "a.py"], []],
)
def test_an_unknown_word_is_refused(args: list[str]) -> None:
    with pytest.raises(UsageError):
        parse(args)
