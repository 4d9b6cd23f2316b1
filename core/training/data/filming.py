"""Filming for a run: takes as its model will see them, of places that the house paints and of panoramas."""

from __future__ import annotations

from pathlib import Path

from pai_studio.core.evaluation.sets.synthetic import HELD_OUT
from pai_studio.core.model.manifest import Manifest
from pai_studio.core.report import Report
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.training.data.shards import EACH, film_shards
from pai_studio.core.training.data.takes import Filming, panoramas_in, rolls_in
from pai_studio.core.training.settings import read


def film_for(
    path: Path,
    folder: Path,
    first: int,
    takes: int,
    report: Report,
    *,
    panoramas: Path | None = None,
    rolls: Path | None = None,
    sizes: tuple[tuple[int, int], ...] = (),
) -> list[Path]:
    """Film `takes` takes from the seed `first` on, for the model of some settings; gives their shards.

    Both are brought to whole shards. `sizes` are those of plates, none for the usual one. Raises BadInput for seeds
    that are held out, and a folder without panoramas or keyed subjects.
    """
    settings = read(path)
    shards = range(first // EACH, -(-(first + takes) // EACH))
    if first < 0 or shards.stop * EACH > HELD_OUT:
        say = f"seeds {first} to {first + takes} are not for training"
        raise BadInput(say, where="--first", hint=f"take seeds from 0 to {HELD_OUT - 1}")
    manifest = Manifest(
        name="film", engine="pai", preset=settings.model.preset, licence="-", **settings.preset.manifest
    )
    filming = Filming(
        sizes=sizes or Filming.sizes,
        panoramas=panoramas_in(panoramas) if panoramas else (),
        rolls=rolls_in(rolls) if rolls else (),
    )
    film_shards(folder, shards, filming, manifest, report)
    return [folder / f"takes-{number * EACH:06d}.safetensors" for number in shards]
