"""list, pull, check and convert the models that engines run.

They lie in the settings' models_dir, each in a folder of its name.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pai_studio.core.config import load
from pai_studio.core.report import Progress, Report
from pai_studio.core.shot.errors import BadInput, NotFound
from pai_studio.ui.cli.console import Console, Eta

if TYPE_CHECKING:
    from pai_studio.core.model.catalogue import Entry
    from pai_studio.core.model.origins import Origin
    from pai_studio.core.model.store import Installed

_MIB = 1 << 20
_DTYPES = ("stored", "float32", "float16", "bfloat16")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`models list | pull NAME | check [NAME] | convert SOURCE NAME`."""
    common = argparse.ArgumentParser(add_help=False)
    for flag in ("--json", "--debug"):  # may also stand before the action
        common.add_argument(flag, action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    common.add_argument("--models-dir", metavar="DIR", help="where models lie (default: the settings')")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    def action(name: str, about: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, parents=[common], help=about, description=about)

    action("list", "show what is installed and what could be")
    pull = action("pull", "fetch a known model, check it and install it")
    pull.add_argument("name", help="its name, as `models list` shows it")
    origin = pull.add_mutually_exclusive_group()
    origin.add_argument("--mirror", default="", metavar="URL", help="a hub to take it from instead")
    origin.add_argument(
        "--from", dest="source", type=Path, metavar="DIR", help="a copied snapshot, without network"
    )
    pull.add_argument("--accept-licence", action="store_true", help="accept the model's licence unasked")
    check = action("check", "compare every file with the digest in its manifest")
    check.add_argument("name", nargs="?", default="", help="one model; without it all")
    convert = action("convert", "make a model of ours, still untrained, from Wan's weights")
    convert.add_argument("source", help="a diffusers folder, or the name of a model that was pulled")
    convert.add_argument("name", help="the new model's name")
    convert.add_argument("--licence", default="", metavar="ID", help="of weights whose folder does not tell")
    convert.add_argument(
        "--dtype", choices=_DTYPES, default="stored", help="type of the written weights (default: as stored)"
    )


def run(asked: argparse.Namespace, console: Console) -> int:
    """Do it; 1 where a check finds a fault."""
    folder = Path(load({"models_dir": asked.models_dir}).settings.models_dir)
    actions = {"list": _list, "pull": _pull, "check": _check, "convert": _convert}
    return actions[asked.action](asked, folder, console)


def _list(asked: argparse.Namespace, folder: Path, console: Console) -> int:
    del asked
    from pai_studio.core.model.catalogue import KNOWN
    from pai_studio.core.model.store import survey

    installed, faults = survey(folder)
    there = {model.name for model in installed}
    rows = [_told(model) for model in installed]
    rows += [_told_of(entry) for entry in KNOWN if entry.name not in there]
    document = {"folder": str(folder), "models": rows, "faults": [fault.to_json() for fault in faults]}
    console.result(document, "\n".join([*_table(rows), *(f"FAULT  {fault}" for fault in faults)]))
    return 0


def _told(model: Installed) -> dict[str, Any]:
    """An installed model as plain data."""
    told = model.manifest
    return {
        "name": model.name,
        "installed": True,
        "built_in": model.is_built_in,
        "engine": told.engine,
        "size_bytes": told.size,
        "licence": told.licence,
        "trained_for": told.trained_for,
        "about": told.trained_on,
        "source": told.source,
        "attribution": told.attribution,
        "digest": told.digest,
    }


def _told_of(entry: Entry) -> dict[str, Any]:
    """A model that could be pulled; its size is the most that its weights may take."""
    told = entry.manifest
    return {
        "name": entry.name,
        "installed": False,
        "engine": told.engine,
        "size_bytes": entry.most_bytes,
        "licence": told.licence,
        "licence_url": entry.licence_url,
        "trained_for": told.trained_for,
        "about": entry.about,
        "source": entry.repository,
        "attribution": told.attribution,
    }


def _table(rows: list[dict[str, Any]]) -> list[str]:
    lines = [
        f"{'MODEL':<24}{'ENGINE':<8}{'STATE':<12}{'SIZE':>9}  {'LICENCE':<14}{'TRAINED FOR':<24}".rstrip()
    ]
    for row in rows:
        state, most = ("installed", "") if row["installed"] else ("-", "<")
        state = "built in" if row.get("built_in") else state
        size = most + _size(row["size_bytes"])
        line = f"{row['name']:<24}{row['engine']:<8}{state:<12}{size:>9}  {row['licence']:<14}"
        purpose = "nothing yet" if row["trained_for"] == "none" else row["trained_for"]
        lines.append(f"{line}{purpose}")
    return lines


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def _pull(asked: argparse.Namespace, folder: Path, console: Console) -> int:
    from pai_studio.core.model.catalogue import known
    from pai_studio.core.model.hub import pull
    from pai_studio.core.model.store import survey

    entry = known(asked.name)
    there = next((model for model in survey(folder)[0] if model.name == entry.name), None)
    if there is not None:
        console.result({"pulled": False, "model": _told(there)}, f"{entry.name} is installed in {folder}")
        return 0
    origin = _origin(asked, entry, console)
    accepted = _accepted(asked, entry, console)
    try:
        made = pull(entry, origin, folder, licence_accepted=accepted, report=_reporter(console))
    except KeyboardInterrupt:
        console.line("what was fetched is kept: the same command goes on from there")
        raise
    says = f"installed {made.name} ({_size(made.manifest.size)}) in {made.folder}"
    console.result({"pulled": True, "model": _told(made)}, says)
    return 0


def _origin(asked: argparse.Namespace, entry: Entry, console: Console) -> Origin:
    from pai_studio.core.model.origins import Copied, Hub

    if asked.source is None:
        return Hub(asked.mirror)
    copied = Copied(asked.source)
    if not copied.offer(entry, "").stated:
        console.line(f"{asked.source} states no digests: its files are recorded as they are")
    return copied


def _accepted(asked: argparse.Namespace, entry: Entry, console: Console) -> bool:
    """Show the licence; whether it is accepted, by the flag or by a person at a terminal."""
    told = entry.manifest
    console.line(f"{entry.name}: {entry.about}; up to {_size(entry.most_bytes)}")
    console.line(f"by {told.attribution}, under {told.licence}: {entry.licence_url}")
    if asked.accept_licence or not sys.stdin.isatty():
        return bool(asked.accept_licence)
    console.line("Do you accept this licence? [y/N]")
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _check(asked: argparse.Namespace, folder: Path, console: Console) -> int:
    from pai_studio.core.model.store import check, survey

    models, faults = survey(folder)
    names = [model.name for model in models]
    if asked.name and asked.name not in names:
        for fault in faults:
            if Path(fault.where).parent.name == asked.name:
                raise fault
        say = f"no model {asked.name!r} is installed (there: {', '.join(names) or 'none'})"
        raise NotFound(say, where=str(folder), hint="`pai-studio models list` shows what could be")
    chosen = [model for model in models if asked.name in ("", model.name)]
    found = {model.name: check(model, _reporter(console)) for model in chosen}
    if not asked.name:
        found |= {Path(fault.where).parent.name: [fault] for fault in faults}
    rows = [
        {"name": name, "ok": not wrong, "faults": [fault.to_json() for fault in wrong]}
        for name, wrong in found.items()
    ]
    lines = [f"{'FAIL' if wrong else 'ok  '}  {name}" for name, wrong in found.items()]
    lines += [f"      {fault}" for wrong in found.values() for fault in wrong]
    console.result({"folder": str(folder), "models": rows}, "\n".join(lines) or f"no models in {folder}")
    return 1 if any(found.values()) else 0


def _convert(asked: argparse.Namespace, folder: Path, console: Console) -> int:
    from pai_studio.core.model.manifest import check_name

    check_name(asked.name)
    source = folder / asked.source if (folder / asked.source).is_dir() else Path(asked.source)
    if not source.is_dir():
        hint = f"name a folder, or a model in {folder}"
        raise NotFound("there is no such folder", where=str(source), hint=hint)
    try:
        from pai_studio.core.model.convert import convert
    except ImportError as error:
        hint = "pip install 'pai-studio[model]'"
        raise BadInput(f"weights are converted with {error.name}, which is missing", hint=hint) from None
    dtype = None if asked.dtype == "stored" else asked.dtype
    made = convert(source, folder / asked.name, licence=asked.licence, dtype=dtype, report=_reporter(console))
    says = f"made {made.name} ({_size(made.manifest.size)}) in {made.folder}: it has to be trained"
    console.result({"model": _told(made)}, says)
    return 0


def _reporter(console: Console) -> Report:
    """Bytes as MiB, with the time left; what an earlier run has done does not count for the pace."""
    eta = Eta()
    begun: dict[str, int] = {}

    def report(progress: Progress, /) -> None:
        before = begun.setdefault(progress.phase, progress.done)
        left = eta(progress.phase, progress.done - before, progress.total - before)
        done, total = progress.done // _MIB, max(progress.total // _MIB, 1)
        note = f"MiB  {progress.message}".rstrip()
        console.progress(progress.phase, done, total, eta_s=left, note=note)

    return report
