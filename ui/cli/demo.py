"""make a green-screen shot with our own renderer, render it through the real server, and score it.

Writes DIR/input, the passes, DIR/contact.png and DIR/report.json with the metrics against the truth; what other engines
make of the same shot lies in DIR/ENGINE@MODEL.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pai_studio.core.evaluation.asked import Asked, file_stem, listed
from pai_studio.core.report import Progress
from pai_studio.core.shot import document
from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import AlreadyThere, BadInput
from pai_studio.core.shot.frames import FrameRange
from pai_studio.ui.cli.connection import add_server_arguments, connected
from pai_studio.ui.cli.console import Console, Eta, duration
from pai_studio.ui.cli.following import Follower

if TYPE_CHECKING:
    from pai_studio.server.api.types import Rendered

_FIRST_FRAME = 1001
_MARK = "demo.json"
RESULT = "result"
"""What the report calls the engine that was asked for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`demo --out DIR [--engine NAME] [--beside A,B] [--size WxH] [--frames N]`."""
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where everything is written")
    parser.add_argument(
        "--engine", default="draft", metavar="NAME", help="the engine to show (default draft)"
    )
    parser.add_argument(
        "--beside",
        metavar="A,B",
        help="engines beside it, as ENGINE or ENGINE@MODEL, or `none` (default: models of the package)",
    )
    parser.add_argument(
        "--size", type=size, default=(1280, 720), metavar="WxH", help="picture size (default 1280x720)"
    )
    parser.add_argument("--frames", type=int, default=48, metavar="N", help="length of the shot (default 48)")
    parser.add_argument(
        "--seed", type=int, default=12, metavar="N", help="another seed is another place and person"
    )
    parser.add_argument("--no-markers", action="store_true", help="leave the tracking markers off the screen")
    parser.add_argument("--film-only", action="store_true", help="film the shot and its stills, and stop")
    add_server_arguments(parser)


def size(text: str) -> tuple[int, int]:
    """Read `1280x720`."""
    across, _, down = text.partition("x")
    if not (across.isdigit() and down.isdigit() and int(across) >= 64 and int(down) >= 36):
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write it as 1280x720 (64x36 or more)")
    return int(across), int(down)


def run(asked: argparse.Namespace, console: Console) -> int:
    """Film, render, score, show."""
    if asked.frames < 3:
        raise BadInput(f"--frames {asked.frames} is too few for three references", hint="ask for 3 or more")
    beside = None if asked.beside is None else [] if asked.beside == "none" else list(listed(asked.beside))
    if "plate" in (asked.engine, *(beside or [])):
        raise BadInput("the engine plate returns the plate: there is nothing to score", hint="name another")
    out = asked.out.resolve()
    _make_room(out)
    steps = _Steps(asked, out, console)
    with steps.timed("film"):
        shot = steps.film()
    if asked.film_only:
        path = str(next((out / "input").glob("*.shot.json")))
        console.result({"document": path}, path)
        return 0
    with steps.timed("render"):
        made = steps.render(shot, beside)
    with steps.timed("score"):
        metrics = steps.score(shot, list(made))
    with steps.timed("contact"):
        steps.contact(shot, metrics, made)
    rendered = made[RESULT]
    report = {
        "engine": rendered.provenance["engine"]["name"],
        "frames": asked.frames,
        "size": list(asked.size),
        "timings_s": {phase: round(seconds, 2) for phase, seconds in steps.timings_s.items()},
        "render_timings_s": rendered.provenance["timings_s"],
        "beside": {name: other.provenance["timings_s"] for name, other in made.items() if name != RESULT},
        "camera": rendered.provenance["engine"]["notes"].get("camera", []),
        "metrics": metrics,
    }
    (out / "report.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    console.result(report, _text(report, out))
    return 0


def _make_room(out: Path) -> None:
    """An empty folder; an earlier demo there gives way, anything else is refused."""
    if out.is_dir() and any(out.iterdir()):
        if not (out / _MARK).is_file():
            raise AlreadyThere(
                "the folder holds something else than a demo", where=str(out), hint="name another --out"
            )
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / _MARK).write_text("{}\n", encoding="utf-8")


class _Steps:
    """The demo's steps, each timed."""

    def __init__(self, asked: argparse.Namespace, out: Path, console: Console) -> None:
        self.asked, self.out, self.console = asked, out, console
        self.timings_s: dict[str, float] = {}
        self._eta = Eta()

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """Time one step."""
        start = time.monotonic()
        yield
        self.timings_s[phase] = time.monotonic() - start

    def _report(self, progress: Progress) -> None:
        eta_s = self._eta(progress.phase, progress.done, progress.total)
        self.console.progress(progress.phase, progress.done, progress.total, eta_s=eta_s)

    def film(self) -> Shot:
        """Render the plate, the stills and the truth."""
        from pai_studio.core.synth.scene import write_shot

        path = write_shot(
            self.out / "input",
            size=self.asked.size,
            frames=FrameRange(_FIRST_FRAME, _FIRST_FRAME + self.asked.frames - 1),
            seed=self.asked.seed,
            markers=not self.asked.no_markers,
            place="street",
            move="gimbal",
            report=self._report,
        )
        shot = document.load(path)
        return shot.model_copy(update={"engine": shot.engine.model_copy(update={"name": self.asked.engine})})

    def render(self, shot: Shot, beside: list[str] | None) -> dict[str, Rendered]:
        """Send it through the server: `RESULT`, then the engines beside it; None for those that come with us."""
        made = {}
        with connected(self.asked) as client:
            others = _come_with_us(client.info().engines) if beside is None else beside
            for name in (RESULT, *others):
                asked = shot if name == RESULT else _asked_of(shot, name)
                self.console.line(f"engine {name if name != RESULT else asked.engine.name}")
                made[name] = client.render(asked, out=self._folder(name), on_event=Follower(self.console))
        return made

    def _folder(self, name: str) -> Path:
        return self.out if name == RESULT else self.out / file_stem(name)

    def score(self, shot: Shot, names: list[str]) -> dict[str, dict[str, object]]:
        """Hold the results and the two naive composites against the truth."""
        from pai_studio.core.evaluation.score import score
        from pai_studio.core.media.color import ColorConfig

        results = {name: self._folder(name) for name in names}
        return score(shot, results, self.out / "input" / "truth", ColorConfig.open(shot.ocio), self._report)

    def contact(
        self, shot: Shot, metrics: dict[str, dict[str, object]], made: Mapping[str, Rendered]
    ) -> None:
        """Draw the contact sheet."""
        from pai_studio.core.evaluation.sheet import write_contact_sheet
        from pai_studio.core.media.color import ColorConfig

        write_contact_sheet(
            self.out / "contact.png",
            shot,
            self.out,
            ColorConfig.open(shot.ocio),
            truth_folder=self.out / "input" / "truth",
            metrics=metrics,
            engine=made[RESULT].provenance["engine"]["name"],
            beside={name: self._folder(name) for name in made if name != RESULT},
        )


def _come_with_us(engines: tuple[str, ...]) -> list[str]:
    """The package's own models, for those `engines` that the server has."""
    from pai_studio.core.model import store

    own = store.installed(store.BUILT_IN)
    return [f"{model.manifest.engine}@{model.name}" for model in own if model.manifest.engine in engines]


def _asked_of(shot: Shot, name: str) -> Shot:
    """The shot as one asks it of ENGINE@MODEL:OPTION=VALUE."""
    asked = Asked.parse(name)
    choice = asked.of(shot.engine).model_copy(update={"name": asked.engine, "model": asked.model})
    return shot.model_copy(update={"engine": choice})


def _text(report: dict[str, Any], out: Path) -> str:
    rows = [f"{'':<14}{'background':>12}{'foreground':>12}{'spill':>9}   anchors off by"]
    for name, found in report["metrics"].items():
        offsets = " ".join("-" if n is None else f"{n:+d}" for n in found["anchor_offset_frames"])
        db = (f"{found['background_psnr_db']:.2f} dB", f"{found['foreground_psnr_db']:.2f} dB")
        rows.append(f"{name:<14}{db[0]:>12}{db[1]:>12}{round(found['spill'], 4) + 0.0:>9.4f}   {offsets}")
    took = "  ".join(f"{phase} {duration(seconds)}" for phase, seconds in report["timings_s"].items())
    return "\n".join([*rows, f"took {took}", f"see {out / 'contact.png'}"])
