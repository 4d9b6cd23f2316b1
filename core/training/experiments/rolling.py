"""Long shots of the films, window after window, by the same rollout that the engine uses.

    python -m pai_studio.core.training.experiments.rolling FOLDER SEED

makes one with the model of a run, in a process of its own, and prints as JSON the most memory that it has had by some
frames.
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from pai_studio.core.model.codec import PixelCodec
from pai_studio.core.model.keeping import Kept
from pai_studio.core.model.rollout import Manner, Rollout, Told
from pai_studio.core.model.transformer import PaiTransformer3DModel
from pai_studio.core.plan.windows import passes
from pai_studio.core.training.data.films import SPEEDS_PX, Films
from pai_studio.core.training.experiments.anchors import PATCH, SAMPLING, WINDOW, trained
from pai_studio.core.training.experiments.measures import SeamMeter, Seams, errors
from pai_studio.core.training.trainer import use_threads

FRAMES = 200
HISTORY = 3
AHEAD = 2
"""Latents that a window makes behind its end and throws away."""
REACH = 12
"""How far outside its window, in frames, a reference is drawn in training."""
STILL_EVERY = 16
"""Frames from still to still of a long shot: close enough that one is always in reach."""
EARLY = 50


def rollout(
    model: PaiTransformer3DModel,
    films: Films,
    film: int,
    folder: Path,
    *,
    history: int = HISTORY,
    ahead: int = AHEAD,
    seed: int = 0,
) -> Rollout:
    """A shot of `FRAMES` frames of a film that begins where its cylinder does, whose windows are kept in `folder`."""
    anchors = tuple(range(0, FRAMES, STILL_EVERY))
    which, start = torch.tensor([film]), torch.zeros(1)
    stills = films.background(which, start, torch.tensor(anchors, dtype=torch.float32))
    null = films.null_text
    return Rollout(
        model,
        PixelCodec(),
        shot=Told(stills, anchors, null, null, prompted=False),
        manner=Manner(sampling=SAMPLING, seed=seed, references_most=2, reach=REACH),
        passes=passes(FRAMES, WINDOW, history, ahead=ahead),
        frame_count=FRAMES,
        kept=Kept(folder, {"film": film, "history": history, "ahead": ahead, "seed": seed}),
    )


def make(made: Rollout, films: Films, film: int, through_frame: int) -> None:
    """Make a shot's windows up to a frame."""
    which, hung = torch.tensor([film]), torch.zeros(1)

    def frames(numbers: Sequence[int]) -> Iterator[tuple[Tensor, Tensor]]:
        for number in numbers:
            at = torch.tensor([float(number)])
            yield films.plate(which, hung, at)[0, :, 0], films.matte(which, 1)[0, :, 0]

    made.make(made.window_of(through_frame), frames, lambda _: None)


def truth(films: Films, film: int, frame: int) -> Tensor:
    """The true frame (3, H, W)."""
    return films.composite(torch.tensor([film]), torch.zeros(1), torch.tensor([float(frame)]))[0, :, 0]


def seams_of(made: Rollout, films: Films, film: int) -> tuple[Seams, float]:
    """What a finished shot's seams show, and the mean squared error of its background, codes 0..1."""
    where = films.matte(torch.tensor([film]), 1)[0, 0, 0] == 0
    begins = {span.first for span in made.passes.whole[1:]}
    meter, error = SeamMeter(where, SPEEDS_PX[film]), 0.0
    for frame in range(FRAMES):
        shown, wanted = made.composite(frame)[0], truth(films, film, frame)
        meter.add(shown, wanted, seam=frame in begins)
        error += float(errors(shown[:, None], wanted, where)) / FRAMES
    return meter.found(), error


def memory(folder: Path, seed: int) -> dict[str, int]:
    """Peak resident memory of this process in KiB, and bytes of all tensors alive, by frame `EARLY` and by the last."""
    use_threads(1)
    films, model = Films(seed, PATCH), trained(folder)
    found = {}
    with tempfile.TemporaryDirectory() as kept:
        made = rollout(model, films, 0, Path(kept))
        for frame in (EARLY - 1, FRAMES - 1):
            make(made, films, 0, frame)
            gc.collect()
            found[f"peak_kib_by_{frame + 1}"] = _peak_kib()
            found[f"tensor_bytes_by_{frame + 1}"] = _tensor_bytes()
    return found


def _peak_kib() -> int:
    """The most resident memory of this program. What `getrusage` tells begins with that of the process it came from."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


def _tensor_bytes() -> int:
    """Of all tensors alive; none of them is held on to here, which the next count would find."""
    return sum(each.nbytes for each in gc.get_objects() if isinstance(each, Tensor))


if __name__ == "__main__":
    print(json.dumps(memory(Path(sys.argv[1]), int(sys.argv[2]))))  # noqa: T201 - a process's answer
