"""Real plates through finishing, to be looked at: `python -m tests.core.finish.real_footage FOLDER`.

No model knows these films, and their truth is not known. So the draft engine's layers under a light of our own are the
picture that a model would have had in mind; it errs as in `simulated`, and finishing gives it back to the plate. What
is written are crops at 100%: hair, hands and edges, the plate beside the generation beside the beauty.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from pai_studio.core.comp.filters import as_f32
from pai_studio.core.comp.lift import lift
from pai_studio.core.delivery.generations import quantised
from pai_studio.core.engines._modelled import at_model
from pai_studio.core.engines._subject import Subject, sample_frames
from pai_studio.core.engines.draft import DraftEngine
from pai_studio.core.finish.finisher import Finisher
from pai_studio.core.finish.layers import beauty
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.exr import LIMITS
from pai_studio.core.media.frame import Array, Generated, Layers, ModelPicture, PlateFrame
from pai_studio.core.media.geometry import ModelFrame
from pai_studio.core.media.modelspace import ModelSpace, ModelView
from pai_studio.core.media.source import FileSource
from pai_studio.core.report import silent
from pai_studio.core.shot.document import EngineChoice, Shot
from tests.conftest import FOOTAGE
from tests.core.finish.simulated import MODEL_GRID, MODEL_SIZE, Faults, Model, eight_bits, through_codec

_KEY = np.array([0.02, 0.3, 0.04], np.float32)
_TURN = np.array([[0.45, 0.1, -0.25], [-0.55, -0.35, -0.05]], np.float32)
"""The light, as logarithms: warm on the left, dim and cooler on the right."""
_GAP = 8


@dataclass(frozen=True)
class Look:
    """A shot of the footage, the frame that is looked at, and where: (left, top, width, height) of each crop."""

    name: str
    shot: dict[str, object]
    number: int
    crops: tuple[tuple[int, int, int, int], ...]


def looks(folder: Path) -> list[Look]:
    """The three sets that are looked at; `folder` takes what has to be renamed for them."""
    petra = FOOTAGE / "bgref_petra_arches"
    two = folder / "plate.1001.jpg"
    two.write_bytes((FOOTAGE / "gs_still_two_people" / "greenscreen.jpg").read_bytes())
    handheld = {
        "rate": "30000/1001",
        "frames": [1001, 1013],
        "plate": {
            "files": str(FOOTAGE / "gs_mdn_handheld/frames/mdn.####.png"),
            "colorspace": "sRGB - Texture",
        },
        "references": [{"file": str(petra / "JDW_9518.jpg"), "frame": 1001}],
    }
    people = {
        "rate": "24",
        "frames": [1001, 1001],
        "plate": {"files": str(folder / "plate.####.jpg"), "colorspace": "sRGB - Texture"},
        "references": [
            {"file": str(FOOTAGE / "gs_still_two_people" / "forest_background.jpg"), "frame": 1001}
        ],
    }
    juggle = {
        "rate": "24",
        "frames": [1005, 1017],
        "plate": {
            "files": str(FOOTAGE / "cine_juggle/05_default_juggle.mp4"),
            "colorspace": "sRGB - Texture",
            "screen": "none",
            "start": 1001,
        },
        "mattes": {"alpha": {"files": str(FOOTAGE / "cine_juggle/mattes/matte.####.png")}},
        "references": [{"file": str(petra / "DFM_4209.jpg"), "frame": 1005}],
    }
    return [
        Look("handheld", handheld, 1007, ((0, 0, 320, 192),)),
        Look("people", people, 1001, ((310, 30, 130, 130), (150, 60, 130, 130), (250, 180, 240, 190))),
        Look("juggle", juggle, 1011, ((600, 30, 260, 320), (560, 560, 300, 160), (0, 0, 260, 200))),
    ]


def finished(look: Look) -> tuple[PlateFrame, Generated, Layers]:
    """The plate, what a model would have made of it, and the layers of the frame that is looked at."""
    head = {"schema": "pai-studio/shot/1", "name": look.name, "delivery": {"files": "x.####.exr"}}
    shot = Shot.model_validate(head | look.shot)
    source = FileSource(shot, ColorConfig.open(""), LIMITS, depth=2)
    made = _made(source)
    plates = [plate for plate, _ in made.values()]
    finisher = Finisher(
        source.stills, source.display, shot.finish, 7, gives_layers=False, plates=lambda: plates
    )
    seen = {n: finisher.see(plate, one) for n, (plate, one) in made.items()}
    plate, one = made[look.number]
    return plate, one, finisher.finish(plate, one, {n: s for n, s in seen.items() if s is not None})


def _made(source: FileSource) -> dict[int, tuple[PlateFrame, Generated]]:
    """Every frame's plate and generation."""
    subject = Subject.find(sample_frames(source), source.shot.plate.screen)
    at = ModelFrame.fitting(source.display, 1.0, MODEL_SIZE, MODEL_GRID)
    view = ModelView(source.config, ModelSpace.named("display-16"))
    model = Model(5, at, Faults())
    plates = list(source.stream(source.frames))
    shown, seen, keyed = [], [], []
    for index, (plate, drawn) in enumerate(zip(plates, _drawn(source, plates), strict=True)):
        shown.append(model.shown(view, at.to_model(_lit(plate, drawn)), index))
        small = at_model(plate, at)
        codes, _ = view.to_codes(subject.on_key(small, *subject.matte(small), _KEY))
        seen.append(eight_bits(codes))
        keyed.append(subject.matte(plate))
    pictures = zip(through_codec(shown, Faults()), through_codec(seen, Faults()), strict=True)
    found = {}
    for plate, (matte, screen), (composite, conditioning) in zip(plates, keyed, pictures, strict=True):
        picture = ModelPicture(view.to_working(composite), view.to_working(conditioning), at, view.white)
        one = Generated(plate.number, matte, None, screen=screen, model=picture)
        found[plate.number] = plate, quantised(one)
    return found


def _drawn(source: FileSource, plates: list[PlateFrame]) -> list[Generated]:
    engine = DraftEngine(EngineChoice(name="draft"))
    engine.prepare(source, silent, Path())
    return list(engine.generate(iter(plates), silent))


def _lit(plate: PlateFrame, drawn: Generated) -> Array:
    """The draft's picture (H, W, 3), its subject in our light."""
    assert drawn.background is not None
    height, width = drawn.matte.shape
    across = np.linspace(0, 1, width, dtype=np.float32)[:, None]
    light = np.exp(_TURN[0] * (1 - across) + _TURN[1] * across)
    shadow = np.ones((height, width), np.float32) if drawn.shadow is None else drawn.shadow
    return beauty(
        foreground=lift(plate, drawn.matte, drawn.screen, 1.0),
        gain=as_f32(np.broadcast_to(light, (height, width, 3))),
        background=drawn.background,
        shadow=shadow,
        matte=drawn.matte,
        wrap=np.zeros((height, width, 3), np.float32),
    )


def _written(look: Look, folder: Path) -> None:
    plate, one, layers = finished(look)
    assert one.model is not None
    window = plate.display.slices_in(plate.canvas)
    generation = np.maximum(one.model.frame.to_plate(one.model.composite), 0)
    config = ColorConfig.open("")
    pictures = [plate.rgb[window], generation, layers.beauty[window]]
    whole = [
        np.clip(config.srgb(as_f32(p)) * 255 + 0.5, 0, 255).astype(np.uint8)[..., ::-1] for p in pictures
    ]
    height, width = whole[0].shape[:2]
    for index, (x, y, wide, high) in enumerate(look.crops or ((0, 0, width, height),)):
        gap = np.zeros((high, _GAP, 3), np.uint8)
        crops = [w[y : y + high, x : x + wide] for w in whole]
        row = np.hstack([crops[0], gap, crops[1], gap, crops[2]])
        cv2.imwrite(str(folder / f"{look.name}.{index}.png"), row)


def main(folder: Path) -> None:
    """Write every crop into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for look in looks(folder):
        _written(look, folder)
        print(f"{look.name}: frame {look.number}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
