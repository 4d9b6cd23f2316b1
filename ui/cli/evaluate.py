"""measure engines against the truth over a set of clips, with intervals, pictures and a page to read.

Writes DIR/report.json, report.md and index.html; run again, it computes only what is missing. Models and their device
are those of the settings.
"""

from __future__ import annotations

import argparse
import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pai_studio.core.config import load
from pai_studio.core.report import Progress
from pai_studio.core.shot.errors import BadInput
from pai_studio.ui.cli.console import Console, Eta
from pai_studio.ui.cli.jobs import count

if TYPE_CHECKING:
    from pai_studio.core.evaluation.at_model import ModelSize
    from pai_studio.core.evaluation.learned import LearnedJudge
    from pai_studio.core.evaluation.sets.catalogue import Wanted

_ENGINES = "draft,naive-static,naive-moved"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`evaluate --set DIR|NAME --out DIR [...]`, or `evaluate --docs FILE --standing FILE --reports REPORT...`."""
    parser.add_argument("--set", metavar="DIR|NAME", help="a folder, or synthetic, cine-juggle, hdri-pans")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where everything is written")
    parser.add_argument(
        "--engines",
        default=_ENGINES,
        metavar="A,B",
        help="engines and naive composites; with a model and options ENGINE@MODEL:OPTION=VALUE,... "
        f"(default {_ENGINES})",
    )
    parser.add_argument(
        "--size",
        choices=("quick", "full", "model"),
        default="quick",
        help="of the house's own sets (default quick)",
    )
    parser.add_argument("--footage", type=Path, metavar="DIR", help="the folder of the footage's folders")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="another seed is other clips, and other intervals"
    )
    parser.add_argument(
        "--references", type=count, metavar="N", help="synthetic: N stills for every clip (default 1 to 3)"
    )
    parser.add_argument("--clips", type=count, metavar="N", help="only the first N clips")
    parser.add_argument(
        "--at-model",
        metavar="AREA_PX[/GRID_PX]",
        help="judge at a model's own size: its raw pictures, and all others reduced as it sees the plate",
    )
    parser.add_argument("--workers", type=count, default=2, metavar="N", help="processes (default 2)")
    parser.add_argument(
        "--judge",
        action="append",
        default=[],
        metavar="NAME[:OPTION=VALUE,...]",
        help="a learned judge beside the metrics, once for each: lpips, dino:weights=DIR, "
        "vlm:endpoint=URL,model=NAME[,every=N] (sends frames there); none by default",
    )
    parser.add_argument(
        "--compare", type=Path, metavar="FILE", help="an earlier report.json: says what has moved"
    )
    parser.add_argument(
        "--keep-frames", action="store_true", help="keep the clips and all frames in DIR/work"
    )
    parser.add_argument("--docs", type=Path, metavar="FILE", help="write the figures as a page of Markdown")
    parser.add_argument(
        "--standing", type=Path, metavar="FILE", help="write the table that the engine auto chooses by"
    )
    parser.add_argument(
        "--reports",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="finished report.json for --docs and --standing",
    )


def run(asked: argparse.Namespace, console: Console) -> int:
    """Measure, and write pages. 1 where something failed on a clip, which the report names."""
    if asked.set is None and not ((asked.docs or asked.standing) and asked.reports):
        hint = "give --set and --out, or --docs or --standing and --reports"
        raise BadInput("there is nothing to do", hint=hint)
    reports = [(_earlier(path), path.parent) for path in asked.reports]
    report: dict[str, Any] | None = None
    if asked.set is not None:
        if asked.out is None:
            raise BadInput("--out is missing", hint="name the folder that everything is written to")
        report = _measured(asked, console)
        reports.append((report, asked.out))
    if asked.docs is not None:
        from pai_studio.core.evaluation.page import write_docs

        write_docs(reports, asked.docs, asked.docs.parent / "images")
        console.line(f"wrote {asked.docs}")
    if asked.standing is not None:
        from pai_studio.core.evaluation.standing import write_standing

        write_standing([document for document, _ in reports], asked.standing)
        console.line(f"wrote {asked.standing}")
    if report is None:
        written = {"docs": asked.docs, "standing": asked.standing}
        console.result({name: str(path) for name, path in written.items() if path is not None}, "")
        return 0
    console.result(report, _text(report, asked.out))
    return 1 if report["failures"] else 0


def _measured(asked: argparse.Namespace, console: Console) -> dict[str, Any]:
    from pai_studio.core.engines.registry import Models
    from pai_studio.core.evaluation import benchmark
    from pai_studio.core.evaluation.asked import listed
    from pai_studio.core.evaluation.at_model import ModelSize
    from pai_studio.core.evaluation.sets.catalogue import Wanted, open_set

    wanted = Wanted(
        name=asked.set,
        size=asked.size,
        seed=asked.seed,
        footage=asked.footage,
        references=asked.references,
        clips=asked.clips,
    )
    engines = listed(asked.engines)
    at = ModelSize.parse(asked.at_model) if asked.at_model is not None else None
    found = open_set(wanted)
    judges = _judges(asked.judge, console)
    settings = load().settings
    eta = Eta()

    def report(progress: Progress, /) -> None:
        left_s = eta(progress.phase, progress.done, progress.total)
        console.progress(progress.phase, progress.done, progress.total, eta_s=left_s, note=progress.message)

    return benchmark.run(
        benchmark.Request(
            set=found,
            engines=engines,
            out=asked.out.resolve(),
            seed=asked.seed,
            workers=asked.workers,
            keep_frames=asked.keep_frames,
            earlier=_earlier(asked.compare) if asked.compare else None,
            judges=judges,
            models=Models(Path(settings.models_dir), settings.device),
            at=at,
            command=_command(wanted, engines, judges, at),
        ),
        report,
    )


def _judges(asked: Sequence[str], console: Console) -> tuple[LearnedJudge, ...]:
    """The judges that were asked for, after what a person has to be told of them."""
    if not asked:
        return ()
    from pai_studio.core.evaluation.learned import learned_judge

    judges = tuple(learned_judge(text) for text in asked)
    for judge in judges:
        if judge.notice:
            console.line(f"judge {judge.name}: {judge.notice}")
    return judges


def _command(
    wanted: Wanted, engines: tuple[str, ...], judges: Sequence[LearnedJudge], at: ModelSize | None
) -> str:
    """What makes the same report on any machine."""
    parts = ["pai-studio", "evaluate", "--set", Path(wanted.name).name]
    if wanted.footage is not None:
        parts += ["--footage", wanted.footage.name]
    parts += ["--size", wanted.size, "--seed", str(wanted.seed)]
    if wanted.references is not None:
        parts += ["--references", str(wanted.references)]
    if wanted.clips is not None:
        parts += ["--clips", str(wanted.clips)]
    if at is not None:
        parts += ["--at-model", str(at)]
    parts += ["--engines", ",".join(engines)]
    for judge in judges:
        parts += ["--judge", _spelled(judge)]
    return shlex.join([*parts, "--out", "report"])


def _spelled(judge: LearnedJudge) -> str:
    """A judge as it was asked for, but of a folder its name alone."""
    texts = {key: str(value) for key, value in judge.options.items()}
    told = {key: Path(text).name if Path(text).is_dir() else text for key, text in texts.items()}
    return ":".join(filter(None, (judge.name, ",".join(f"{key}={text}" for key, text in told.items()))))


def _earlier(path: Path) -> dict[str, Any]:
    from pai_studio.core.evaluation.benchmark import SCHEMA

    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"cannot be read ({error})", where=str(path), hint="name a report.json") from None
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        hint = "name the report.json of `pai-studio evaluate`"
        raise BadInput("is no benchmark report", where=str(path), hint=hint)
    return found


def _text(report: Mapping[str, Any], out: Path) -> str:
    from pai_studio.core.evaluation.page.reading import Reading

    metrics = Reading(report).main
    width = max(len(name) for name in report["engines"]) + 2
    rows = ["".join([" " * width, *(f"{metric.label:>{_wide(metric.label)}}" for metric in metrics)])]
    for name, figures in report["engines"].items():
        cells = [
            f"{_figure(figures[metric.key], metric.mean_digits):>{_wide(metric.label)}}" for metric in metrics
        ]
        rows.append("".join([f"{name:<{width}}", *cells]))
    rows.append("means over the clips; ± is half the width of the bootstrapped 95% interval")
    rows += _learned(report, width)
    moved = [_moved(entry) for entry in report.get("changes", {}).get("moved", [])]
    if "changes" in report:
        rows += ["", f"against the earlier report: {report['changes']['note']}"]
        rows += moved or ["nothing has moved beyond chance"]
    failures = [_failure(entry) for entry in report["failures"]]
    if failures:
        rows += ["", f"{len(failures)} failed:", *failures]
    return "\n".join([*rows, f"see {out / 'index.html'}"])


def _learned(report: Mapping[str, Any], width: int) -> list[str]:
    """What learned judges say, as a table of its own."""
    if "judges" not in report:
        return []
    from pai_studio.core.evaluation.page.prose import JUDGES
    from pai_studio.core.evaluation.page.words import LEARNED_DIGITS

    told = report["judges"]
    keys = [key for judge in told["asked"] for key in judge["keys"]]
    rows = ["", JUDGES, "".join([" " * width, *(f"{key:>{_wide(key)}}" for key in keys)])]
    for name, figures in told["engines"].items():
        cells = (f"{_figure(figures[key], LEARNED_DIGITS):>{_wide(key)}}" for key in keys)
        rows.append("".join([f"{name:<{width}}", *cells]))
    return rows


def _wide(label: str) -> int:
    return max(len(label), 16) + 2


def _figure(figure: Mapping[str, Any], digits: int) -> str:
    if figure["mean"] is None:
        return "-"
    low, high = figure["ci95"]
    mean = f"{figure['mean']:.{digits}f}"
    return mean if figure["n"] == 1 else f"{mean} ±{(high - low) / 2:.{digits}f}"


def _moved(entry: Mapping[str, Any]) -> str:
    low, high = entry["ci95"]
    change = f"{entry['before']:g} -> {entry['after']:g} (95% interval {low:+g} to {high:+g})"
    return f"  {entry['engine']} {entry['metric']}: {change}, {entry['verdict']}"


def _failure(entry: Mapping[str, Any]) -> str:
    who = f"{entry['clip']} {entry['engine'] or ''}".strip()
    where = f"{entry['where']}: " if entry["where"] else ""
    hint = f"; {entry['hint']}" if entry["hint"] else ""
    return f"  {who}: {where}{entry['what']}{hint}"
