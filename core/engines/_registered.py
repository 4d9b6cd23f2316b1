"""Every still of a shot against every other: which of them show the same place, and how."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from pai_studio.core.media.frame import Box, Still
from pai_studio.core.motion.features import Described, describe, matched, registered
from pai_studio.core.motion.homography import Fit, Points, apply, inverse, translation
from pai_studio.core.report import Progress, Report

Links = dict[tuple[int, int], Fit]
Pairs = dict[tuple[int, int], tuple[Points, Points]]


def register_all(stills: Sequence[Still], display: Box, report: Report) -> tuple[Links, Pairs]:
    """Every pair of stills (i < j) that can be brought over each other, and what each pair shows.

    Both in plate pixels from the display window's corner on: the homography from still i, placed at its anchor, to
    still j at its own, and the matched places (N, 2) in either, of which some may be wrong.
    """
    described: list[Described] = []
    for still in stills:
        report(Progress("references", len(described), len(stills), still.frame, f"reading {still.name}"))
        described.append(describe(still.rgb))
    corner = translation(-display.x, -display.y)
    placed = [corner @ still.placement for still in stills]
    links: Links = {}
    points: Pairs = {}
    for i, j in itertools.combinations(range(len(stills)), 2):
        here, there = matched(described[i], described[j])
        found = registered(here, there, described[j].size)
        if found is not None:
            motion = placed[j] @ found.matrix @ inverse(placed[i])
            links[i, j] = Fit(motion, found.inliers, found.residual_px)
            points[i, j] = apply(placed[i], here), apply(placed[j], there)
    return links, points
