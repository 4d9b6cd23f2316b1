"""Where plugins were installed, for `install`, `uninstall` and `doctor`.

The list lies in the user's state folder: it says what is on this machine, not what the user wants, and losing it costs
`doctor` no more than the installs that are not in the host's own folder.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pai_studio
from pai_studio.core.shot.errors import PaiError, from_json
from pai_studio.host_plugins import install
from pai_studio.host_plugins.host import Fault
from pai_studio.ui.cli.check import Check

_FILE = "hosts.json"
_ANSWER_S = 60


def error_of(fault: Fault) -> PaiError:
    """A plugin's fault as an error of the command line."""
    return from_json({"code": fault.code, "what": fault.what, "where": fault.where, "hint": fault.hint})


def remembered(host: str) -> list[Path]:
    """Folders in which the plugin may be: the host's own first, then those it was installed in."""
    own = install.default_dest(host)
    return [own, *(path for path in _listed(host) if path != own)]


def remember(host: str, dest: Path) -> None:
    """Put a folder on the list."""
    _write(host, sorted({*_listed(host), dest}))


def forget(host: str, dest: Path) -> None:
    """Take a folder off the list."""
    _write(host, [path for path in _listed(host) if path != dest])


def checks() -> Iterator[Check]:
    """One row for every plugin that is installed; one that says so where none is."""
    found = [
        (host, dest)
        for host in install.HOSTS
        for dest in remembered(host)
        if install.is_in(dest) or dest in _listed(host)
    ]
    for number, (host, dest) in enumerate(found, start=1):
        yield _check(host if number == 1 else f"{host} {number}", host, dest)
    if not found:
        some = ", ".join(install.HOSTS)
        yield Check(
            "hosts", True, f"no plugin is installed; `pai-studio install nuke` installs one (of {some})"
        )


def _check(name: str, host: str, dest: Path) -> Check:
    again = f"pai-studio install {host} --dest '{dest}'"
    if not install.is_in(dest):
        gone = f"{install.folder_in(dest)} is gone"
        return Check(
            name, False, gone, f"{again}, or to forget it: pai-studio uninstall {host} --dest '{dest}'"
        )
    try:
        found = install.survey(host, dest)
    except Fault as fault:
        return Check(name, False, str(fault), again)
    told = found.installed
    faults = []
    if told.version != pai_studio.__version__:
        faults.append(f"it is version {told.version}, this is {pai_studio.__version__}")
    faults += _of_python(told.python, told.version)
    faults += [f"{file} is missing" for file in found.missing]
    faults += [f"{file} was changed" for file in found.changed]
    if faults:
        return Check(name, False, f"{dest}: {'; '.join(faults)}", again)
    if not found.loads:
        return Check(name, False, f"{found.init} does not load it", f"{again} --write-init")
    says = f"version {told.version}, {len(told.files)} files unchanged, {told.python} answers"
    return Check(name, True, f"{dest}: {says}")


def _of_python(python: str, version: str) -> list[str]:
    """What is wrong with the interpreter that the plugin starts."""
    if not Path(python).is_file():
        return [f"its Python {python} is gone"]
    ask = [python, "-I", "-c", "import pai_studio; print(pai_studio.__version__)"]
    try:
        done = subprocess.run(ask, capture_output=True, text=True, timeout=_ANSWER_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return [f"its Python {python} does not answer ({error})"]
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        return [f"its Python {python} cannot load pai_studio ({last})"]
    found = done.stdout.strip()
    return [] if found == version else [f"its Python {python} has version {found}, the plugin {version}"]


def _path() -> Path:
    from pai_studio.core.config import state_dir

    return state_dir() / _FILE


def _read() -> dict[str, list[str]]:
    try:
        said = json.loads(_path().read_text(encoding="utf-8"))
        return {host: [str(path) for path in paths] for host, paths in said.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError, TypeError) as error:
        raise PaiError(f"cannot be read ({error})", where=str(_path()), hint="remove it") from None


def _listed(host: str) -> list[Path]:
    return [Path(path) for path in _read().get(host, [])]


def _write(host: str, dests: list[Path]) -> None:
    path = _path()
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps({**_read(), host: [str(dest) for dest in dests]}), encoding="utf-8")
    beside.replace(path)
