"""Learned judges beside the metrics: which were asked for, what they say of a clip, and what is said of a set.

What one says of a contestant is kept in `clips/NAME/ENGINE.JUDGE.json`, with a digest of all that it follows from. The
metrics, and what is kept of them, know nothing of it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from pai_studio.core.evaluation.aggregate import figure
from pai_studio.core.evaluation.contestants import Delivered
from pai_studio.core.evaluation.faults import attempt
from pai_studio.core.evaluation.judged import Facts, Judged
from pai_studio.core.evaluation.judging import ClipScene
from pai_studio.core.evaluation.kept import Kept, digest
from pai_studio.core.evaluation.plugins import Judge, load, options_of
from pai_studio.core.evaluation.sets.base import code_digest
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.frame import Array
from pai_studio.core.report import Progress, Report
from pai_studio.core.shot.errors import BadInput, EngineFailed, PaiError

Said = dict[str, float | None]
_CODE = ("evaluation/learned.py", "evaluation/plugins")


@dataclass(frozen=True)
class LearnedJudge:
    """A judge that was asked for and is able to judge; plain data for another process."""

    name: str
    options: Mapping[str, Any]
    keys: tuple[str, ...]
    about: str
    notice: str
    version: str
    code: str
    """The digest of the judges' code, as it was when the run began."""

    def made_from(self, kept: Kept, engine: str, facts: Mapping[str, Any]) -> str:
        """The digest of all that its values for a contestant follow from."""
        options = json.dumps(self.options, sort_keys=True)
        return digest(kept.made_from(engine, facts), self.name, options, self.version, self.code)

    def said(self, kept: Kept, engine: str, facts: Mapping[str, Any]) -> Said | None:
        """What is kept of its values for a contestant; None where it is not there or would come out otherwise."""
        there = kept.read(self._file(engine))
        return (
            there["values"] if there and there["made_from"] == self.made_from(kept, engine, facts) else None
        )

    def keep(self, kept: Kept, engine: str, facts: Mapping[str, Any], said: Said) -> None:
        """Keep its values for a contestant."""
        kept.write(self._file(engine), {"made_from": self.made_from(kept, engine, facts), "values": said})

    def _file(self, engine: str) -> str:
        return f"{engine}.{self.name}"


def learned_judge(text: str) -> LearnedJudge:
    """The judge that `NAME` or `NAME:OPTION=VALUE,OPTION=VALUE` asks for, loaded once to see that it can judge.

    Raises BadInput or Unreachable where there is none of that name or option, or its package, weights or endpoint are
    missing.
    """
    name, _, rest = text.partition(":")
    parts = [part.partition("=") for part in re.split(r",(?=\w+=)", rest) if part]
    wrong = next((key for key, sign, _ in parts if not sign), None)
    if wrong is not None:
        raise BadInput(
            f"{wrong!r} gives no option a value", where=f"--judge {name}", hint="write OPTION=VALUE"
        )
    options = options_of(name, {key: value for key, _, value in parts})
    found = attempt(partial(_able, name, options))
    if isinstance(found, EngineFailed):  # packages that do not fit together, damaged weights
        hint = "check its packages and weights"
        raise BadInput(f"the judge {name} cannot be loaded ({found.what})", where=found.where, hint=hint)
    if isinstance(found, PaiError):
        raise found
    return found


def _able(name: str, options: Mapping[str, Any]) -> LearnedJudge:
    judge = load(name, Facts(config=ColorConfig.open()), **options)
    code = code_digest(*_CODE)
    return LearnedJudge(name, options, judge.keys, judge.about, judge.notice, judge.version(), code)


@dataclass
class _Sitting:
    """A judge at work on one contestant's clip; `error` is why it has stopped."""

    engine: str
    judge: LearnedJudge
    running: Judge | None = None
    error: PaiError | None = None

    def attempt(self, step: Callable[[], Any]) -> Any:
        """What a step gives, unless this one has failed already."""
        found = None if self.error is not None else attempt(step)
        if isinstance(found, PaiError):
            self.error = found
        return found


def judge_missing(
    judges: Sequence[LearnedJudge],
    kept: Kept,
    scene: ClipScene,
    delivered: Mapping[str, Delivered],
    *,
    facts: Mapping[str, Any],
    report: Report,
) -> list[tuple[str, PaiError]]:
    """Have every judge say what is not kept of the contestants yet, and keep it; returns by contestant what failed.

    One judge that fails on one contestant stops no other.
    """
    sittings = [_Sitting(e, j) for e in delivered for j in judges if j.said(kept, e, facts) is None]
    known = scene.facts()
    for s in sittings:
        s.running = s.attempt(partial(load, s.judge.name, known, **s.judge.options))
    total = len(scene.clip.shot.frames)
    for done, (frame, judged) in enumerate(scene.frames(), start=1):
        for s in sittings:
            picture = partial(delivered[s.engine].frame, frame.number, scene.config)
            s.attempt(partial(_show, s, judged, picture))
        report(Progress("judge", done, total, frame.number))
    for s in sittings:
        said = s.attempt(partial(_heard, s))
        if s.error is None:
            s.judge.keep(kept, s.engine, facts, said)
    return [(s.engine, _named(s.judge, s.error)) for s in sittings if s.error is not None]


def _show(sitting: _Sitting, judged: Callable[[Array], Judged], picture: Callable[[], Array]) -> None:
    assert sitting.running is not None
    sitting.running.add(judged(picture()))


def _heard(sitting: _Sitting) -> Said:
    """The values, if they can stand in a report."""
    assert sitting.running is not None
    said = sitting.running.values()
    if set(said) != set(sitting.judge.keys) or not all(v is None or math.isfinite(v) for v in said.values()):
        raise EngineFailed(f"gave {said}", hint="a judge gives a number or None for each of its keys")
    return {key: said[key] for key in sitting.judge.keys}


def _named(judge: LearnedJudge, error: PaiError) -> PaiError:
    return PaiError(f"the judge {judge.name}: {error.what}", where=error.where, hint=error.hint)


def clip_sayings(
    judges: Sequence[LearnedJudge], kept: Kept, engines: Sequence[str], facts: Mapping[str, Any]
) -> dict[str, Said]:
    """A clip's part of the report: by contestant what all judges say of it, as far as they do."""
    found = {}
    for engine in engines:
        sayings = (judge.said(kept, engine, facts) or {} for judge in judges)
        found[engine] = {key: value for said in sayings for key, value in said.items()}
    return found


def summary(
    judges: Sequence[LearnedJudge], clips: Sequence[Mapping[str, Said]], engines: Sequence[str], seed: int
) -> dict[str, Any]:
    """The `judges` of a report: who was `asked`, and by engine and key the mean, its 95% interval and `n`."""
    asked = [{"name": j.name, "version": j.version, "keys": list(j.keys), "about": j.about} for j in judges]
    keys = [key for judge in judges for key in judge.keys]
    return {
        "asked": asked,
        "engines": {name: {key: figure(_values(clips, name, key), seed) for key in keys} for name in engines},
    }


def _values(clips: Sequence[Mapping[str, Said]], engine: str, key: str) -> list[float]:
    found = (clip.get(engine, {}).get(key) for clip in clips)
    return [value for value in found if value is not None]
