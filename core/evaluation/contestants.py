"""Who is measured: the house's engines by name, and the two naive composites. Each delivers frames as EXRs.

An engine gets the shot document and nothing else: no truth, no camera. One that runs a model is asked for as ENGINE or
as ENGINE@MODEL, and only with a model that was trained; how it is asked of options stands with `asked`. The naive
composites share one cut-out, which no engine has a hand in (`cutout`), and have neither relight, wrap nor shadow.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

from pai_studio.core.engines import libraries, registry
from pai_studio.core.engines.registry import Models
from pai_studio.core.evaluation.asked import Asked
from pai_studio.core.evaluation.at_model import cut
from pai_studio.core.evaluation.cutout import CutOut, displayed_stills
from pai_studio.core.evaluation.naive import Matrix, motion_between, naive_moved, naive_static
from pai_studio.core.evaluation.sets.layout import OpenClip
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.exr import on_box, read_image, write_exr
from pai_studio.core.media.files import write_file
from pai_studio.core.media.frame import Array, Box, Image
from pai_studio.core.media.source import FileSource
from pai_studio.core.model import store
from pai_studio.core.model.store import Installed
from pai_studio.core.render import RenderRequest, render
from pai_studio.core.report import Progress, Report
from pai_studio.core.shot.document import SCHEMA, Delivery, EngineChoice, Shot
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.frames import FramePattern

NAIVE = ("naive-static", "naive-moved")
_FRAMES = "beauty.####.exr"
_NOTES = "notes.json"
_ANY_SHOT = Shot.model_validate(
    {
        "schema": SCHEMA,
        "name": "any",
        "rate": 24,
        "frames": [1, 1],
        "plate": {"files": "any.####.exr", "colorspace": "ACEScg"},
        "references": [{"file": "any.exr", "frame": 1}],
    }
)
"""What an engine is asked its version with."""

Notes = dict[str, Any]


class Contestant(Protocol):
    """Makes a whole clip."""

    @property
    def name(self) -> str:
        """What it is asked for by."""
        ...

    def version(self) -> str:
        """What its pictures change with."""
        ...

    def make(self, clip: OpenClip, folder: Path, report: Report) -> Notes:
        """Deliver every frame of the clip under `folder`; returns what is worth saying of how it was made."""
        ...


def names() -> tuple[str, ...]:
    """Every contestant that can be asked for."""
    return (*NAIVE, *registry.NAMES, *registry.MODEL_NAMES)


def contestant(name: str, models: Models | None = None, *, raw: bool = False) -> Contestant:
    """One by its name; `raw` is for a model's own pictures, where it is one that runs a model.

    Raises BadInput naming those that there are, for an option that cannot be, or for want of a trained model.
    """
    asked = Asked.parse(name)
    if asked.engine not in names() or (asked.model and asked.engine not in registry.MODEL_NAMES):
        hint = f"known here: {', '.join(names())}; of {' and '.join(registry.MODEL_NAMES)} also NAME@MODEL"
        raise BadInput(f"{name!r} is not a known engine", where="--engines", hint=hint)
    if asked.engine in NAIVE:
        if asked.options:
            raise BadInput(f"{asked.engine} takes no options", where=f"--engines {name}")
        return NaiveComposite(name)
    asked.of(_ANY_SHOT.engine)
    models = Models() if models is None else models
    model = model_of(name, models)
    kind = RawModel if raw and model is not None else HouseEngine
    return kind(name, models, model)


def model_of(name: str, models: Models) -> Installed | None:
    """The installed model that a contestant runs; None for one that has none.

    Raises BadInput where libraries are missing, and where there is no whole model that was trained: what random weights
    make must never look like a result.
    """
    asked = Asked.parse(name)
    if asked.engine not in registry.MODEL_NAMES:
        return None
    libraries.require(asked.engine)
    found = store.find(models.folder, asked.model, asked.engine)
    if found.manifest.trained_for == "none":
        say = f"the model {found.name!r} is untrained; random weights never enter a table"
        raise BadInput(say, where=f"--engines {name}", hint="train it, or name another as ENGINE@MODEL")
    for fault in store.check(found, contents=False):
        raise fault
    return found


@dataclass(frozen=True)
class Delivered:
    """The frames that a contestant has delivered in `folder`."""

    folder: Path

    def frame(self, number: int, config: ColorConfig) -> Array:
        """One frame (H, W, 3) in the working space. Raises UnreadableImage where it is not there or damaged."""
        image = read_image(FramePattern(str(self.folder / _FRAMES)).path(number))
        shown = on_box(image.pixels[..., :3], image.data_window, image.display_window)
        return config.convert_rgb(shown, config.working, config.working)

    def finish(self, mark: str, notes: Notes) -> None:
        """Say that every frame is there; `mark` names what they were made from."""
        content = json.dumps({"made_from": mark, "notes": notes}).encode()
        write_file(self.folder / _NOTES, content)

    def notes(self, mark: str) -> Notes | None:
        """The notes of a whole delivery that was made from `mark`; None where there is none."""
        path = self.folder / _NOTES
        if not path.is_file():
            return None
        said = json.loads(path.read_text(encoding="utf-8"))
        return dict(said["notes"]) if said["made_from"] == mark else None


@dataclass(frozen=True)
class HouseEngine:
    """An engine of the house through the house's own renderer, in this process."""

    name: str
    models: Models = field(default_factory=Models)
    model: Installed | None = None

    def version(self) -> str:
        """The engine's own, with the libraries that its model is computed by."""
        engine = registry.make_engine(
            _ANY_SHOT.model_copy(update={"engine": self._choice(_ANY_SHOT.engine)}), self.models
        )
        try:
            own = engine.version
        finally:
            engine.close()
        if self.model is None:
            return own
        return " ".join([own, *(f"{library}-{metadata.version(library)}" for library in libraries.LIBRARIES)])

    def _choice(self, clips: EngineChoice) -> EngineChoice:
        """What a clip asks of its engine, asked of this one."""
        asked, model = Asked.parse(self.name), self.model.name if self.model else ""
        return asked.of(clips.model_copy(update={"name": asked.engine, "model": model}))

    def make(self, clip: OpenClip, folder: Path, report: Report) -> Notes:
        """Render the clip; its generations lie beside the frames."""
        shot = self._asked(clip, ColorConfig.open(clip.shot.ocio).working)
        request = RenderRequest(
            shot=shot,
            out=folder,
            generations=folder / "generations",
            frames=clip.shot.frames,
            models=self.models,
        )
        found = render(request, report).provenance["engine"]["notes"]
        return {"camera": found["camera"]} if "camera" in found else {}

    def _asked(self, clip: OpenClip, working: str) -> Shot:
        """The clip's document with this engine, delivered as plain frames in the working space."""
        delivery = Delivery(
            files=_FRAMES, colorspace=working, passes=["beauty"], layout="files", compression="zips"
        )
        return clip.shot.model_copy(update={"engine": self._choice(clip.shot.engine), "delivery": delivery})


@dataclass(frozen=True)
class RawModel(HouseEngine):
    """The same of an engine that runs a model, but the model's own pictures, at its size, before any finishing."""

    def make(self, clip: OpenClip, folder: Path, report: Report) -> Notes:
        """Generate the clip; the windows that were made lie beside the frames."""
        config = ColorConfig.open(clip.shot.ocio)
        source = FileSource(clip.shot, config)
        engine = registry.make_engine(self._asked(clip, config.working), self.models)
        numbers = list(clip.shot.frames)
        try:
            engine.prepare(source, report, folder / "state")
            for done, made in enumerate(engine.generate(source.stream(numbers), report), start=1):
                assert made.model is not None, "an engine that runs a model gives its pictures"
                _write(folder, made.number, cut(made.model.frame, made.model.composite))
                report(Progress("frames", done, len(numbers), made.number))
        finally:
            engine.close()
            source.close()
        return {}


@dataclass(frozen=True)
class NaiveComposite:
    """The first still behind the cut-out subject: held, or moved as the place's far plane does.

    The motion is the truth's, where there is one: a better track than any. Without it the still follows the plate's
    own track, and is held where the plate's screen cannot be followed, as its notes then say.
    """

    name: str

    def version(self) -> str:
        """Raised when its pictures change."""
        return "2"

    def make(self, clip: OpenClip, folder: Path, report: Report) -> Notes:
        """Compose every frame."""
        config = ColorConfig.open(clip.shot.ocio)
        source = FileSource(clip.shot, config)
        try:
            cut_out = CutOut(source)
            motion, how = self._motion(clip, cut_out)
            still = displayed_stills(source)[0]
            numbers = list(clip.shot.frames)
            for done, frame in enumerate(source.stream(numbers), start=1):
                matte = cut_out.matte(frame)
                subject = cut_out.despilled(frame, matte)
                if motion is None:
                    picture = naive_static(subject, matte, still)
                else:
                    between = motion_between(motion, still.frame, frame.number)
                    picture = naive_moved(subject, matte, still, between)
                _write(folder, frame.number, picture)
                report(Progress("frames", done, len(numbers), frame.number))
        finally:
            source.close()
        return {"motion": how}

    def _motion(self, clip: OpenClip, cut_out: CutOut) -> tuple[Mapping[int, Matrix] | None, str]:
        if self.name == "naive-static":
            return None, "held"
        true = clip.truth.cameras() if clip.truth else None
        if true is not None:
            return true, "the truth's"
        tracked = cut_out.motion()
        return tracked, "held: the plate could not be followed" if tracked is None else "the plate's track"


def _write(folder: Path, number: int, picture: Array) -> None:
    height, width = picture.shape[:2]
    box = Box(0, 0, width, height)
    image = Image(picture, ("R", "G", "B"), "", box, box, file_types=("half",) * 3)
    write_exr(FramePattern(str(folder / _FRAMES)).path(number), image, compression="zips")
