"""The words of a report, the same on the page and in Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pai_studio.core.evaluation.contestants import NAIVE
from pai_studio.core.evaluation.page import words
from pai_studio.core.evaluation.page.paper import NOT_COMPARABLE
from pai_studio.core.evaluation.page.reading import Reading

_ABOUT = {
    "restore": (
        "Restore: the truth is known. The subject is given on a screen and in another light than its place's; the "
        "stills show the place that it really stands in. An engine is asked for the whole composite, and its frames "
        "are held against the true ones."
    ),
    "replace": (
        "Replace: the subject is put into a new place, of which nobody has the true composite. Only what can be "
        "measured without a truth is measured."
    ),
}

_AT_MODEL = (
    "Judged at the own resolution of a model of {area} pixels on a grid of {grid}: an engine that runs such a model by "
    "the pictures that the model gave, before finishing; all others, made and delivered at the plate's size, were "
    "reduced in scene-linear light as the plate is for the model, and so were stills and truth. Left out, since they "
    "count in pixels of larger pictures: {left}."
)

TABLE = (
    "Means over the clips, with bootstrapped 95% intervals. An arrow says which way is better; a dash stands for what "
    "is not defined. Where 0 is right the mean is of sizes, so that opposite faults do not cancel. Where a number of "
    "clips stands with a mean, the others gave no value."
)
BEST = " is the best mean of a row, among those over as many clips."
MARKDOWN_BEST = f"**Bold**{BEST}"
FAILURES = "What failed is named here and left out of every figure; the rest of the set went on."
GROUPS = "The same figures over parts of the set: means, with 95% intervals below them."
CHANGES = (
    "Against an earlier report. A figure has moved where the 95% interval of its difference keeps clear of 0 and the "
    "difference shows in the digits that are printed."
)
NOTHING_MOVED = "No figure has moved."
DIFFERENCES = (
    "Each clip is its own control: the difference of two engines is taken clip by clip, and only then averaged. "
    "An interval that keeps clear of 0 is a difference that this set can tell."
)
BASELINE = (
    "Differences clip by clip, with their 95% intervals, over all clips and over parts of them. Where 0 is right they "
    "are differences of sizes. Bold is better and italic worse, where the interval keeps clear of 0 and the difference "
    "shows in its digits."
)
FOREST = (
    "Small dots are clips, the large one is their mean, the whisker its 95% interval; the mean is filled where the "
    "interval keeps clear of 0 and the difference shows in its digits. The shaded side of 0 is the better one. Every "
    "row has its own scale."
)
AS_FIRST = "Drawn as Figure 1."
JUDGES = "Learned judges: optional, not part of the ranking"
JUDGES_ARE = (
    "Named by whoever made this report. They stand beside the metrics: no mean is marked as the best, nothing else "
    "follows from them, and they compare only with those of the same judge and version."
)
CLIPS = (
    "Pictures and movies are reduced, in display view, and compressed: for looking, not for measuring. Differences to "
    "the truth are the largest of the three channels' and end at a quarter of white."
)
REPRODUCE = (
    "With the versions named below. The same seed gives the same figures to the last digit on the same machine; "
    "another processor, or other versions of the libraries, may change the last digits."
)


def facts(reading: Reading) -> str:
    """The set in one line: `8 clips, 200 frames, 512 x 288 pixels, seed 900000. Engines: naive-moved and draft.`"""
    report = reading.report
    parts = [words.counted(report["clips"], "clip")]
    if report.get("frames"):
        parts.append(words.counted(report["frames"], "frame"))
    if report.get("size"):
        parts.append(f"{report['size'][0]} × {report['size'][1]} pixels")
    if report.get("seed") is not None:
        parts.append(f"seed {report['seed']}")
    return f"{', '.join(parts)}. Engines: {words.listed(reading.engines)}."


def about(reading: Reading) -> str:
    """What kind of set it is."""
    parts = [reading.report.get("about"), _ABOUT[reading.kind]]
    at = reading.report.get("at_model")
    if at:
        parts.append(_AT_MODEL.format(area=at["area_px"], grid=at["grid_px"], left=", ".join(at["left_out"])))
    return " ".join(part for part in parts if part)


def compared(reading: Reading) -> list[str]:
    """What besides the figures differs from the earlier report: clips, engines, versions."""
    told = reading.changes or {}
    found = [f"{_sentence(told['note'])}"] if told.get("note") else []
    clips, engines = told.get("clips") or {}, told.get("engines") or {}
    for noun, group in (("Clips", clips), ("Engines", engines)):
        for key, verb in (("came", "new"), ("went", "no longer there"), ("changed", "with other inputs")):
            if group.get(key):
                found.append(f"{noun} {verb}: {', '.join(group[key])}.")
    for name, (before, now) in (engines.get("versions") or {}).items():
        found.append(f"{name} was version {before}, and is {now}.")
    return found


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def versions(reading: Reading) -> str:
    """Which versions made the figures."""
    told = reading.report.get("versions") or {}
    parts = [f"PAI-Studio {told['pai_studio']}"] if told.get("pai_studio") else []
    parts += [f"code {told['code']}"] if told.get("code") else []
    parts += [f"{name} {version}" for name, version in (told.get("engines") or {}).items()]
    return f"Made with {', '.join(parts)}." if parts else ""


def judges(reading: Reading) -> list[str]:
    """Each learned judge: what its values are, and what made them."""
    asked = (reading.judges or {"asked": []})["asked"]
    return [f"{judge['name']}: {judge['about']}. Made by {judge['version']}." for judge in asked]


def of_clip(clip: Mapping[str, Any]) -> list[str]:
    """What a clip is: its tags, its length, its seed."""
    found = words.tags(clip.get("tags"))
    if clip.get("frames"):
        found.append(words.counted(clip["frames"], "frame"))
    if clip.get("seed") is not None:
        found.append(f"seed {clip['seed']}")
    return found


def notes(clip: Mapping[str, Any]) -> list[str]:
    """What the engines say of how they made a clip: `naive-moved: motion the truth's`."""
    return [
        f"{engine}: {', '.join(f'{key} {words.note(value)}' for key, value in told.items())}"
        for engine, told in (clip.get("notes") or {}).items()
    ]


def caveats(reading: Reading) -> list[str]:
    """What a reader should not forget."""
    found = [
        "The intervals are bootstrapped over clips: they tell how far the means would move with other clips of the "
        "same kind, and nothing of other kinds of clips.",
        "Percentile intervals of few clips are too narrow: of normally distributed values they hold the true mean "
        "94 times in 100 where there are 64, 90 times where there are 8, 79 where there are 4, and 51 of 2.",
        "There are many metrics and pairs, and no interval is widened for that: of twenty differences that are none, "
        "one or more will keep clear of 0.",
        "None of these metrics has learned weights. They measure distance to a truth, or steadiness; none of them "
        "says whether a picture is beautiful.",
    ]
    if set(NAIVE) & set(reading.engines):
        found.append(
            "The naive composites are what a hasty artist would make: the first still behind the keyed subject, held "
            "(naive-static) or moved as the place's far plane truly moves (naive-moved; without a truth, as the "
            "plate's screen does). They set the bar, not the state of the art."
        )
    if reading.kind == "restore":
        found.append(
            "A background that moves with parallax has one truth; a plausible invention where no still shows the place "
            "scores badly and may look well."
        )
    return [*found, NOT_COMPARABLE]
