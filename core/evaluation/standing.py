"""`standing.json`: what reports say of the engines, brought down to what `auto` chooses by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pai_studio.core.engines.standing import SCHEMA, Row, Standing
from pai_studio.core.evaluation.aggregate import single
from pai_studio.core.evaluation.asked import Asked
from pai_studio.core.evaluation.contestants import NAIVE
from pai_studio.core.evaluation.kept import digest
from pai_studio.core.evaluation.metrics import METRICS
from pai_studio.core.media.files import write_file
from pai_studio.core.shot.errors import BadInput

_METRICS = {metric.key: metric for metric in METRICS}
_NEEDED = {"background_psnr_db": "background_psnr_db", "subject_psnr_db": "foreground_psnr_db"}
_FURTHER = {"anchors_off_frames": "anchor_offset_frames", "spill": "spill"}
_DIGITS = 6


def write_standing(reports: Sequence[Mapping[str, Any]], path: Path) -> Standing:
    """Write the table of some reports, of which a later one stands for an earlier one on the same clips.

    Raises BadInput for a report that does not tell what code it is of, or that was judged at a model's size.
    """
    found = {(row.trial, row.engine, row.digest): row for report in reports for row in rows(report)}
    ordered = sorted(found.values(), key=lambda row: (row.engine, row.model, row.set, row.references))
    table = Standing.model_validate({"schema": SCHEMA, "rows": ordered})
    write_file(path, (table.model_dump_json(by_alias=True, indent=1) + "\n").encode())
    return table


def rows(report: Mapping[str, Any]) -> list[Row]:
    """A report's rows: each engine over the clips of the same number of references of which it has both PSNR.

    One with options is not what a shot gets by itself, and has no row.
    """
    told = report["versions"]
    if report.get("at_model"):
        say = "was judged at a model's size, not by what is delivered"
        raise BadInput(say, where=f"the report of {report['set']}", hint="measure without --at-model")
    if "code" not in told:
        say = "does not tell what code it was measured by"
        raise BadInput(say, where=f"the report of {report['set']}", hint="measure again")
    counts = sorted({clip["tags"]["references"] for clip in report["per_clip"]})
    found = []
    for name in report["engines"]:
        asked = Asked.parse(name)
        if name in NAIVE or asked.options:
            continue
        who = {"set": report["set"], "code": told["code"], "engine": asked.engine}
        model = told.get("models", {}).get(name, {"name": "", "digest": ""})
        who |= {"version": told["engines"][name], "model": model["name"], "digest": model["digest"]}
        for count in counts:
            clips = [clip for clip in report["per_clip"] if clip["tags"]["references"] == count]
            values = _means(name, clips)
            if values is not None:
                found.append(Row.model_validate(who | {"references": count} | values))
    return found


def _means(engine: str, clips: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """What a row says of some clips; None where the engine has none of them."""

    def value(clip: Mapping[str, Any], key: str) -> float | None:
        return single(_METRICS[key], clip["engines"].get(engine, {}).get(key))

    judged = [clip for clip in clips if all(value(clip, key) is not None for key in _NEEDED.values())]
    if not judged:
        return None
    means: dict[str, float | None] = {}
    for name, key in (_NEEDED | _FURTHER).items():
        numbers = [number for clip in judged if (number := value(clip, key)) is not None]
        means[name] = round(sum(numbers) / len(numbers), _DIGITS) if numbers else None
    which = digest(*(f"{clip['clip']} {clip['inputs']}" for clip in judged))[:16]
    return {"clips": len(judged), "inputs": which, **means}
