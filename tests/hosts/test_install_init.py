"""The start-up file of the host: ours, or the user's, who is asked first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pai_studio.host_plugins import initfile, install
from tests.hosts.test_install import ODD, put

USERS = [b"", b"a = 1", b"a = 1\n", b"a = 1\r\nb = 2\r\n", b"a = 1\r\nb = 2", b"# caf\xe9\n\n\n"]


@pytest.mark.parametrize("content", USERS)
def test_the_users_init_is_left_alone_unless_it_is_asked_for(tmp_path: Path, content: bytes) -> None:
    init = tmp_path / "init.py"
    init.write_bytes(content)
    init.chmod(0o640)
    done = put(tmp_path)
    assert init.read_bytes() == content
    assert not done.loads
    assert not install.survey("nuke", tmp_path).loads

    done = put(tmp_path, write_init=True)
    assert done.loads
    assert install.survey("nuke", tmp_path).loads
    written = init.read_bytes()
    assert written.startswith(content)
    assert (b"\r\n" in written) == (b"\r\n" in content)
    put(tmp_path, write_init=True)
    put(tmp_path)
    assert init.read_bytes() == written

    assert install.uninstall("nuke", tmp_path).init == "restored"
    assert init.read_bytes() == content
    assert init.stat().st_mode & 0o777 == 0o640


def test_lines_that_the_user_wrote_around_ours_stay(tmp_path: Path) -> None:
    init = tmp_path / "init.py"
    put(tmp_path)
    init.write_bytes(b"before\n" + init.read_bytes() + b"after\n")
    assert install.uninstall("nuke", tmp_path).init == "restored"
    assert init.read_bytes() == b"before\nafter\n"


def test_a_moved_folder_gets_its_own_line(tmp_path: Path) -> None:
    put(tmp_path / "one")
    (tmp_path / "one").rename(tmp_path / "two")
    put(tmp_path / "two")
    content = (tmp_path / "two/init.py").read_bytes()
    assert content.count(b"pluginAddPath") == 1
    assert str(tmp_path / "two").encode() in content


def test_the_users_own_line_counts_and_a_comment_does_not(tmp_path: Path) -> None:
    line = initfile.line_for(tmp_path)
    (tmp_path / "init.py").write_text(f"# {line}\n")
    assert not put(tmp_path).loads
    (tmp_path / "init.py").write_text(f"{line}\n")
    assert put(tmp_path, write_init=True).loads
    assert (tmp_path / "init.py").read_text() == f"{line}\n"


def test_the_init_that_we_make_adds_the_plugin(tmp_path: Path) -> None:
    """Run by Python with a `nuke` that takes what Nuke's own pluginAddPath takes."""
    dest = tmp_path / ODD
    put(dest)
    code = (
        "import sys, types\n"
        "nuke = types.ModuleType('nuke'); sys.modules['nuke'] = nuke; added = []\n"
        "def pluginAddPath(args, addToSysPath=True): added.append((args, addToSysPath))\n"
        "nuke.pluginAddPath = pluginAddPath\n"
        f"exec(compile(open({str(dest / 'init.py')!r}, 'rb').read(), 'init.py', 'exec'), {{}})\n"
        f"assert added == [({(dest / 'pai_studio_host/nuke').as_posix()!r}, False)], added\n"
        "import pai_studio_host.host\n"
    )
    ran = subprocess.run([sys.executable, "-I", "-S", "-B", "-c", code], capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()
