"""`train CONFIG.toml`, `train --film` and `train --export`: a run from its configuration, its data, and its model."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pai_studio.core.evaluation.asked import listed
from pai_studio.core.report import Progress, Report
from pai_studio.core.shot.errors import BadInput
from pai_studio.ui.cli.console import Console, Eta
from pai_studio.ui.cli.demo import size
from pai_studio.ui.cli.jobs import count

if TYPE_CHECKING:
    from pai_studio.core.config import Settings

_DTYPES = ("float16", "bfloat16", "float32")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--film DIR`, `--export MODEL_DIR`, and what goes with them."""
    parser.add_argument(
        "--film", type=Path, metavar="DIR", help="CONFIG.toml: film takes for it into DIR, and train nothing"
    )
    parser.add_argument(
        "--takes", type=count, default=512, metavar="N", help="with --film: how many (default 512)"
    )
    parser.add_argument(
        "--first", type=int, default=0, metavar="SEED", help="with --film: the first one's seed"
    )
    parser.add_argument(
        "--panoramas", type=Path, metavar="DIR", help="with --film: EXR or HDR panoramas to be places too"
    )
    parser.add_argument(
        "--rolls", type=Path, metavar="DIR", help="with --film: keyed subjects to be filmed too"
    )
    parser.add_argument(
        "--plates",
        type=_sizes,
        default=(),
        metavar="WxH,WxH",
        help="with --film: sizes of the plates, dealt by lot (default 256x144)",
    )
    parser.add_argument(
        "--encode",
        type=Path,
        metavar="SHOTS",
        help="CONFIG.toml: a folder of clips as latents, into --out DIR",
    )
    parser.add_argument(
        "--export", type=Path, metavar="DIR", help="a run's folder: its averaged weights as a model, in DIR"
    )
    parser.add_argument("--name", default="", help="with --export: the model's name (default: DIR's)")
    parser.add_argument(
        "--dtype", choices=_DTYPES, default="float16", help="with --export: of its weights (default float16)"
    )
    parser.add_argument(
        "--sampled-in",
        type=count,
        default=0,
        metavar="STEPS",
        help="with --export: what a shot is sampled in that does not say (default: as the run began)",
    )


def _sizes(text: str) -> tuple[tuple[int, int], ...]:
    return tuple(size(each) for each in listed(text))


def train(asked: argparse.Namespace, path: Path, settings: Settings, console: Console) -> int:
    """Train, or go on where an earlier run stopped; 130 where it was interrupted, after a checkpoint."""
    from pai_studio.core.training.run import Asked, train
    from pai_studio.core.training.trainer import use_threads

    if asked.out is None:
        raise BadInput("nothing tells where to write", hint="give --out DIR")
    use_threads(asked.threads)
    told = Asked(asked.out, Path(settings.models_dir), on_cpu=settings.device == "cpu")
    with interrupted() as is_interrupted:
        trainer = train(path, told, reporting(console), asked_to_stop=is_interrupted)
    total = trainer.training.steps
    if not trainer.machine.is_first:
        return 0 if trainer.done == total else 130
    document = {
        "done": trainer.done,
        "steps": total,
        "loss": trainer.losses[-1] if trainer.losses else None,
        "seconds": round(trainer.seconds, 1),
        "samples": trainer.done * trainer.samples,
        "out": str(asked.out),
    }
    if trainer.done < total:
        text = f"stopped after step {trainer.done} of {total}; the same command goes on from there"
        console.result(document, text)
        return 130
    hint = f"pai-studio train {asked.out} --export MODEL_DIR"
    console.result(
        document,
        f"{total} steps in {trainer.seconds / 60:.1f} minutes, loss {trainer.losses[-1]:.4f}\n{hint}",
    )
    return 0


def film(asked: argparse.Namespace, path: Path, console: Console) -> int:
    """Film the takes that are not there yet."""
    from pai_studio.core.training.data.filming import film_for

    made = film_for(
        path,
        asked.film,
        asked.first,
        asked.takes,
        reporting(console),
        panoramas=asked.panoramas,
        rolls=asked.rolls,
        sizes=asked.plates,
    )
    console.result({"shards": [str(each) for each in made]}, f"{len(made)} shards in {asked.film}")
    return 0


def encode(asked: argparse.Namespace, path: Path, settings: Settings, console: Console) -> int:
    """Encode the shots that are not there yet."""
    from pai_studio.core.training.run import encode

    if asked.out is None:
        raise BadInput("nothing tells where to write", hint="give --out DIR")
    made = encode(path, asked.encode, asked.out, Path(settings.models_dir), reporting(console))
    console.result({"files": [str(each) for each in made]}, f"{len(made)} shots in {asked.out}")
    return 0


def export(asked: argparse.Namespace, folder: Path, settings: Settings, console: Console) -> int:
    """Write the model."""
    from pai_studio.core.training.run import export

    name = asked.name or asked.export.name
    told = export(
        folder,
        asked.export,
        Path(settings.models_dir),
        name=name,
        dtype=asked.dtype,
        steps=asked.sampled_in,
    )
    document = told.model_dump(mode="json", by_alias=True)
    console.result(document, f"{name}: {told.size / 1e6:.1f} MB in {asked.export}")
    return 0


def reporting(console: Console) -> Report:
    """Shows how far each phase has come, and when it will be done."""
    eta = Eta()
    first: dict[
        str, int
    ] = {}  # what of a phase was done before: a run that goes on has not taken time for it

    def report(progress: Progress) -> None:
        begun = first.setdefault(progress.phase, progress.done - 1)
        eta_s = eta(progress.phase, progress.done - begun, progress.total - begun)
        console.progress(progress.phase, progress.done, progress.total, eta_s=eta_s, note=progress.message)

    return report


@contextmanager
def interrupted() -> Iterator[Stopping]:
    """Whether Ctrl-C (or a scheduler's SIGTERM) was met; the second one ends the process as ever."""
    stopping = Stopping()
    earlier = {number: signal.signal(number, stopping) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopping
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


class Stopping:
    """Hears of the first signal, and says so when it is asked."""

    def __init__(self) -> None:
        self._is_asked = False

    def __call__(self, number: int | None = None, frame: object = None) -> bool:
        """As a signal's handler it takes note; without arguments it tells."""
        del frame
        if number is not None:
            if self._is_asked:
                raise KeyboardInterrupt
            self._is_asked = True
        return self._is_asked
