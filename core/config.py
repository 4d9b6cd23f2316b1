"""Settings: a flag wins over `PAI_*`, which wins over the user's TOML, which wins over the default.

`load()` also tells where each value came from, which `pai-studio doctor` shows.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from pai_studio.core.shot.errors import BadInput

ENVIRONMENT_PREFIX = "PAI_"
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
DEVICES = "auto, cpu, cuda, cuda:N, mps"
_DEVICE = re.compile(r"auto|cpu|cuda(:\d+)?|mps")


def _home(variable: str, fallback: str) -> Path:
    return Path(os.environ.get(variable) or Path.home() / fallback) / "pai-studio"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a person or a department sets once for all shots."""

    server: str = ""
    """Address of the server, HOST:PORT; empty means this user's own local server."""

    token: str = ""
    """Token of the server; prefer `token_file`, which other users cannot see in a process list."""

    token_file: str = ""
    """File that holds the server's token."""

    tls_ca: str = ""
    """PEM of the authority that signed the server's certificate; set, the connection is encrypted."""

    patience_s: int = 60
    """Seconds for which a client tries again while its server does not answer."""

    listen: str = "127.0.0.1:7345"
    """Where `serve` listens. Anything but loopback needs TLS and a token."""

    tls_cert: str = ""
    """The server's certificate (PEM)."""

    tls_key: str = ""
    """The server's private key (PEM)."""

    data_dir: str = field(default_factory=lambda: str(_home("XDG_DATA_HOME", ".local/share") / "server"))
    """Where the server keeps uploads, jobs and generations."""

    models_dir: str = field(default_factory=lambda: str(_home("XDG_DATA_HOME", ".local/share") / "models"))
    """Where models lie, each in a folder of its name."""

    device: str = "auto"
    """What models compute on: auto, cpu, cuda, cuda:N or mps."""

    roots: tuple[str, ...] = ()
    """Folders that clients may name by path instead of uploading (a shared filesystem)."""

    workers: int = 1
    """Worker processes of the server."""

    stall_s: int = 3600
    """Seconds without any progress after which a worker is taken for hung; 0 never takes one for that. One step of a
    large model takes minutes on a processor without a GPU."""

    max_pixels: int = 268_435_456
    """Largest picture that is decoded, in pixels (16384 x 16384)."""

    max_channels: int = 256
    """Most channels that a picture may have."""

    log_level: str = "INFO"
    """DEBUG, INFO, WARNING or ERROR."""


@dataclass(frozen=True)
class Loaded:
    """Settings with the origin of each: `flag`, `PAI_NAME`, the TOML's path, or `default`."""

    settings: Settings
    origins: Mapping[str, str]


def state_dir() -> Path:
    """`$PAI_STATE_DIR`, else `pai-studio` in the user's state folder; made for this user alone."""
    named = os.environ.get(ENVIRONMENT_PREFIX + "STATE_DIR")
    path = Path(named) if named else _home("XDG_STATE_HOME", ".local/state")
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.chmod(0o700)
    return path


def config_path() -> Path:
    """The user's TOML: `$PAI_CONFIG`, else `config.toml` in the platform's configuration folder."""
    named = os.environ.get(ENVIRONMENT_PREFIX + "CONFIG")
    return Path(named) if named else _home("XDG_CONFIG_HOME", ".config") / "config.toml"


def load(flags: Mapping[str, Any] | None = None, *, file: Path | None = None) -> Loaded:
    """Resolve every setting. `flags` holds those given on the command line (None: not given); `file` stands in
    for the user's TOML and must then exist.

    Raises BadInput naming the file or variable of a value that cannot be used.
    """
    if file is not None and not file.is_file():
        raise BadInput("there is no such settings file", where=str(file), hint="check the path")
    toml = file or config_path()
    values: dict[str, Any] = {}
    origins = {f.name: "default" for f in fields(Settings)}
    for found, origin in ((_from_toml(toml), str(toml)), (_from_environment(), "")):
        for name, value in found.items():
            values[name] = _coerce(name, value, origin or _variable(name))
            origins[name] = origin or _variable(name)
    for name, value in (flags or {}).items():
        if value is not None:
            values[name] = _coerce(name, value, "--" + name.replace("_", "-"))
            origins[name] = "flag"
    return Loaded(Settings(**values), origins)


def _variable(name: str) -> str:
    return ENVIRONMENT_PREFIX + name.upper()


def _from_environment() -> dict[str, str]:
    return {
        f.name: os.environ[_variable(f.name)] for f in fields(Settings) if os.environ.get(_variable(f.name))
    }


def _from_toml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"cannot be read ({error.strerror})", where=str(path), hint="check it") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"is no TOML ({error})", where=str(path), hint="mend that place") from None
    known = [f.name for f in fields(Settings)]
    for key in data:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
            raise BadInput(f"{key}: is not a known setting", where=str(path), hint=hint)
    return data


def _coerce(name: str, value: Any, origin: str) -> Any:
    """The value in its setting's type; text from the environment is read as such."""
    kind = next(f.type for f in fields(Settings) if f.name == name)
    if kind == "int":
        return _whole_number(name, value, origin)
    if kind == "tuple[str, ...]":
        found = value.split(os.pathsep) if isinstance(value, str) else value
        if not (isinstance(found, list | tuple) and all(isinstance(one, str) for one in found)):
            raise BadInput(f"{name}: {value!r} is no list of texts", where=origin)
        return tuple(found)
    if not isinstance(value, str | Path):
        raise BadInput(f"{name}: {value!r} is no text", where=origin, hint="put it in quotes")
    if name == "log_level" and value not in LOG_LEVELS:
        raise BadInput(f"log_level: {value!r} is none", where=origin, hint=f"one of {', '.join(LOG_LEVELS)}")
    if name == "device" and not _DEVICE.fullmatch(str(value)):
        raise BadInput(f"device: {str(value)!r} is none", where=origin, hint=f"one of {DEVICES}")
    return str(value)


def _whole_number(name: str, value: Any, origin: str) -> int:
    try:
        number = int(value) if isinstance(value, str) else value
    except ValueError:
        number = None
    if not isinstance(number, int) or isinstance(number, bool):
        raise BadInput(f"{name}: {value!r} is no whole number", where=origin)
    if number < 0:
        raise BadInput(f"{name}: {number} is below zero", where=origin)
    return number
