"""The models of this machine: each a folder of its name under the setting `models_dir`, with a manifest, and those that
come with the package. One of `models_dir` counts where both have its name.

Weights are safetensors only: what needs unpickling can run anything, and is refused by its name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pai_studio.core.model import catalogue, manifest
from pai_studio.core.model.manifest import Manifest, Weighed
from pai_studio.core.report import Progress, Report, silent
from pai_studio.core.shot.errors import BadInput

_PICKLES = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"}
_CHUNK_BYTES = 8 << 20
BUILT_IN = Path(__file__).with_name("built_in")
"""Where the models lie that come with the package."""

_BEST_FIRST = ("background-replacement", "video-editing", "none")


@dataclass(frozen=True)
class Installed:
    """A model and where it lies; its name is its folder's."""

    folder: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        """The name by which a shot asks for it."""
        return self.folder.name

    @property
    def is_built_in(self) -> bool:
        """Whether it came with the package."""
        return self.folder.parent == BUILT_IN


def survey(folder: Path) -> tuple[list[Installed], list[BadInput]]:
    """The models under a folder by name, then those of the package, and what is wrong with those whose manifest cannot
    be used.
    """
    found, faults = [], []
    for place in places(folder):
        try:
            if (place / manifest.FILE).is_file():
                found.append(Installed(place, manifest.read(place)))
        except BadInput as fault:
            faults.append(fault)
        except OSError as error:  # a folder of somebody else's, as a disk's lost+found
            faults.append(_unreadable(place, error))
    return found, faults


def places(folder: Path) -> list[Path]:
    """What may be models: under a folder by name, then those of the package. Raises BadInput where one cannot be
    listed.
    """
    own = _within(folder)
    names = {place.name for place in own}
    return [*own, *(place for place in _within(BUILT_IN) if place.name not in names)]


def _within(folder: Path) -> list[Path]:
    try:
        there = sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        raise _unreadable(folder, error) from error
    return [place for place in there if not place.name.startswith(".")]


def _unreadable(path: Path, error: OSError) -> BadInput:
    return BadInput(f"cannot be read ({error.strerror})", where=str(path), hint="check who may read it")


def installed(folder: Path) -> list[Installed]:
    """The models that can be used, in the order of `survey`."""
    return survey(folder)[0]


def find(folder: Path, name: str, engine: str) -> Installed:
    """The model of that name for an engine; without a name the one that was trained for most of its work, of several
    the first of `survey`.

    Raises BadInput that says what is installed and how to get more.
    """
    if name:
        return _named(folder, name, engine)
    there = installed(folder)
    trained = [m for m in there if m.manifest.engine == engine and m.manifest.trained_for != "none"]
    if trained:
        return min(trained, key=lambda m: _BEST_FIRST.index(m.manifest.trained_for))
    say = f"no trained model for the engine {engine!r} is installed (there: {_listed(there)})"
    raise BadInput(say, where=str(folder), hint=_how_to_get(engine))


def _named(folder: Path, name: str, engine: str) -> Installed:
    place = next((each for each in places(folder) if each.name == name), None)
    if place is None or not (place / manifest.FILE).is_file():
        say = f"no model {name!r} is installed (there: {_listed(installed(folder))})"
        raise BadInput(say, where=str(folder), hint=_how_to_get(engine, name))
    model = Installed(place, manifest.read(place))
    if model.manifest.engine == engine:
        return model
    if model.manifest.engine == "none":
        hint = f"make one of it: `pai-studio models convert {name} NAME`, then train it"
        raise BadInput(f"{name!r} is no engine's model", where=str(model.folder), hint=hint)
    say = f"{name!r} is a model for the engine {model.manifest.engine!r}, not {engine!r}"
    raise BadInput(say, where=str(model.folder), hint="name that engine, or another model")


def _listed(models: list[Installed]) -> str:
    def about(model: Installed) -> str:
        untrained = ", untrained" if model.manifest.trained_for == "none" else ""
        return f"{model.name} ({model.manifest.engine}{untrained})"

    return ", ".join(map(about, models)) or "none"


def _how_to_get(engine: str, name: str = "") -> str:
    of_engine = [entry.name for entry in catalogue.KNOWN if entry.manifest.engine == engine]
    if name in of_engine or (not name and of_engine):
        return f"`pai-studio models pull {name or of_engine[0]}` gets it"
    if engine == "pai":
        return "tiny comes with the package; `pai-studio models convert` makes one to train, which runs by its name"
    return "`pai-studio models list` shows what there is, `pai-studio models pull NAME` gets it"


def weigh(folder: Path, report: Report = silent) -> dict[str, Weighed]:
    """Size and SHA-256 of every file of a model's folder but its manifest, by path.

    Raises BadInput for a file of pickled weights.
    """
    refuse_pickles(folder)
    files = _files(folder)
    total = sum(path.stat().st_size for path in files.values())
    found, done = {}, 0
    for name, path in files.items():
        size = path.stat().st_size
        found[name] = Weighed(sha256=sha256(path, report, done, total), size=size)
        done += size
    return found


def check(model: Installed, report: Report = silent, *, contents: bool = True) -> list[BadInput]:
    """What is wrong with a model's files against its manifest: one that is missing, has changed, or nobody named; and
    a folder that is a link, as nobody looks at what is behind it.

    Without `contents` sizes are compared and no digest, which reads nothing.
    """
    return list(_faults(model, report, contents=contents))


def refuse_pickles(folder: Path) -> None:
    """Raise BadInput naming the first file that would have to be unpickled."""
    for path in _files(folder).values():
        if path.suffix.lower() in _PICKLES:
            hint = "only safetensors are read; remove it, or get the weights as safetensors"
            raise BadInput("pickled weights can run any code", where=str(path), hint=hint)


def sha256(path: Path, report: Report = silent, done: int = 0, total: int = 0) -> str:
    """A file's digest; `done` of `total` bytes were read before, where many are."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            done += len(chunk)
            report(Progress("check", done, total, message=path.name))
    return digest.hexdigest()


def _faults(model: Installed, report: Report, *, contents: bool) -> Iterator[BadInput]:
    told: Mapping[str, Weighed] = model.manifest.files
    there = _files(model.folder)
    hint = "get the model anew: remove its folder, then `pai-studio models pull`"
    if model.is_built_in:
        hint = "install pai-studio anew: the model comes with it"
    done = 0
    for name, weighed in sorted(told.items()):
        path = model.folder / name
        try:
            if name not in there:
                yield BadInput("is missing", where=str(path), hint=hint)
            elif (size := path.stat().st_size) != weighed.size:
                yield BadInput(f"has {size} bytes, not {weighed.size}", where=str(path), hint=hint)
            elif contents and (found := sha256(path, report, done, model.manifest.size)) != weighed.sha256:
                say = f"has the SHA-256 {found[:12]}..., not {weighed.sha256[:12]}..."
                yield BadInput(say, where=str(path), hint=hint)
        except OSError as error:
            yield _unreadable(path, error)
        done += weighed.size
    for name in sorted(there.keys() - told.keys()):
        yield BadInput("is no file of this model", where=str(model.folder / name), hint="remove it")
    for path in sorted(model.folder.rglob("*")):
        if path.is_symlink() and path.is_dir():
            yield BadInput("is a link to a folder", where=str(path), hint="put the folder itself there")


def _files(folder: Path) -> dict[str, Path]:
    """Every file of a model's folder but its manifest and hidden ones, by path with slashes, in order."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    own = {name: path for name, path in found.items() if not any(p.startswith(".") for p in name.split("/"))}
    return {name: own[name] for name in sorted(own) if name != manifest.FILE}
