"""Which camera a shot was filmed with: several guesses are adjusted, and the one that explains most is taken."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from pai_studio.core.motion.bundle import Bundle, Guess, Known, PlaneMotion, Shared, State
from pai_studio.core.motion.homography import Matrix, Points, Size, corner_shift, inverse
from pai_studio.core.motion.inertia import Pace
from pai_studio.core.motion.pose import PARAMETERS, Lens, Poses, turned
from pai_studio.core.motion.track import Stretch

_PLACE_GRAIN, _STEP_GRAIN = 1.2, 0.1
"""How far a track errs in pixels that it was followed in: from its start, and from frame to frame."""

_MOST_MATCHES, _MOST_POINTS = 150, 3000
"""How many points tell of one pair of stills, and of all pairs together, whose number grows by the stills' square."""

_FEWEST_MATCHES = 24
_KEYS = 14
_ZOOM_GAIN = 150.0
_AGREEING = 0.6
_FINAL_ROUNDS = 6
_STILL_PX = 0.35
_OVER_TURN, _OVER_ZOOM, _OVER_STAND = 0.5, 0.6, 0.75
_MOST_NOISE, _MOST_SCREEN_NOISE = 12.0, 8.0
_LOCKED_GRAIN = 0.35

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Evidence:
    """What is known of a shot's camera: tracks of its screen, points that its stills share, and anchors.

    `motions[k]` is the homography that most of the stills at anchors k and k + 1 agree on.
    """

    size: Size
    stretches: Sequence[Stretch]
    shared: Sequence[Shared]
    anchors: Sequence[int]
    motions: Sequence[Matrix]
    progress: Sequence[Callable[[float], float]] = ()


def solve(evidence: Evidence) -> Poses | None:
    """The poses of every frame that the anchors and tracks span; None where no camera explains what is seen."""
    frames = [*evidence.anchors, *(f for s in evidence.stretches for f in (s.frames[0], s.frames[-1]))]
    first, last = min(frames), max(frames)
    if last - first < 2 or not (evidence.stretches or evidence.shared):
        return None
    if _locked(evidence):
        still = np.zeros((last - first + 1, PARAMETERS))
        return Poses(Lens(evidence.size, 0.0), first, still, np.array([0.0, 0.0, 1.0]))
    keys = sorted(
        {*evidence.anchors, *np.linspace(first, last, min(_KEYS, last - first + 1)).astype(int).tolist()}
    )
    found = _told_by_stills(evidence, keys) if evidence.shared else _told_by_screen(evidence, keys)
    if found is None:
        return None
    bundle, state = found
    everything = list(range(first, last + 1))
    poses = bundle.poses(state)
    if everything != keys:
        bundle = _bundle(evidence, everything, bundle.guess)
        near_it = State(state.lens, poses.frames, state.near)
        poses = bundle.poses(bundle.solve(near_it, _FINAL_ROUNDS, narrow=True)[0])
    return poses


def _told_by_stills(evidence: Evidence, keys: Sequence[int]) -> tuple[Bundle, State] | None:
    """The camera that most of the stills' points agree with, by a likely lens if one tells it."""
    for usual in (False, True):
        bundle, state, noise = _likeliest(evidence, keys, usual)
        if noise < _MOST_NOISE and _likely(state) and bundle.agreeing(state) >= _AGREEING:
            return bundle, state
    return None


def _likeliest(evidence: Evidence, keys: Sequence[int], usual: bool) -> tuple[Bundle, State, float]:
    """The better guess of one that zooms and one that does not, and the noise of the track that both are given."""
    guesses = [_cheapest(evidence, keys, Guess(zooms, usual=usual)) for zooms in (False, True)]
    noise = max(1.0, min(bundle.noise(state) for bundle, state in guesses))
    bundles = [_bundle(evidence, keys, replace(bundle.guess, noise=noise)) for bundle, _ in guesses]
    found = [b.solve(state, narrow=True) for b, (_, state) in zip(bundles, guesses, strict=True)]
    # A zoom has so much freedom that it must explain a good deal more.
    chosen = int(found[1][1] < found[0][1] - _ZOOM_GAIN)
    return bundles[chosen], found[chosen][0], noise


def _cheapest(evidence: Evidence, keys: Sequence[int], guess: Guess) -> tuple[Bundle, State]:
    """What a guess comes to from the best of all starts."""
    bundle = _bundle(evidence, keys, guess)
    found = [bundle.solve(start) for start in _starts(evidence, bundle, keys, guess.zooms)]
    return bundle, min(found, key=lambda pair: pair[1])[0]


def _told_by_screen(evidence: Evidence, keys: Sequence[int]) -> tuple[Bundle, State] | None:
    """A camera that only turns, if need be zooms, and goes from its place only where that explains clearly more.

    One plane tells a way from a turn by its foreshortening alone, and a way toward it from a zoom not at all.
    """
    costs, found = [], []
    for zooms, travels in ((False, False), (True, False), (False, True)):
        bundle = _bundle(evidence, keys, Guess(zooms, travels))
        state, cost = bundle.solve(bundle.start())
        costs.append(cost)
        found.append((bundle, state))
    chosen, gain = (1, _OVER_ZOOM) if costs[1] < _OVER_TURN * costs[0] else (0, _OVER_STAND)
    if costs[2] < gain * costs[chosen] and _likely(found[2][1]):
        chosen = 2
    bundle, state = found[chosen]
    return (bundle, state) if bundle.noise(state) < _MOST_SCREEN_NOISE else None


def _likely(state: State) -> bool:
    """Whether a set would be hung and a lens chosen so."""
    return bool(np.abs(state.lens[1:]).max() < 0.3 and abs(state.lens[0] - np.log(1.15)) < 0.9)


def _locked(evidence: Evidence) -> bool:
    """Whether a camera that never moved explains all that is seen: a locked-off shot is not to tremble with noise."""
    errors = [
        np.square(corner_shift(stretch.pose(f) @ inverse(stretch.poses[0]), evidence.size)).mean()
        / (_LOCKED_GRAIN * stretch.grain_px) ** 2
        for stretch in evidence.stretches
        for f in stretch.frames[1:]
    ]
    apart = [np.median(np.abs(s.here - s.there)) for s in evidence.shared]
    return (not errors or float(np.mean(errors)) < 1) and max(apart, default=0.0) < _STILL_PX


def _bundle(evidence: Evidence, nodes: Sequence[int], guess: Guess) -> Bundle:
    paces = [
        Pace(a, b, p)
        for (a, b), p in zip(itertools.pairwise(evidence.anchors), evidence.progress, strict=False)
    ]
    planes = [m for stretch in evidence.stretches for m in _motions(stretch, nodes)]
    most = min(_MOST_MATCHES, _MOST_POINTS // max(1, len(evidence.shared)))
    known = Known(planes, [_thinned(s, most) for s in evidence.shared], paces)
    return Bundle(evidence.size, nodes, known, guess)


def _motions(stretch: Stretch, nodes: Sequence[int]) -> list[PlaneMotion]:
    """A stretch's motions from its first node, and from node to node."""
    poses = dict(zip(stretch.frames, stretch.poses, strict=True))
    inside = [n for n in nodes if stretch.frames[0] <= n <= stretch.frames[-1]]
    poses = {n: poses[n] if n in poses else stretch.pose(n) for n in inside}
    found = []
    for before, now in itertools.pairwise(inside):
        step = poses[now] @ inverse(poses[before])
        whole = poses[now] @ inverse(poses[inside[0]])
        found.append(PlaneMotion(before, now, step, _STEP_GRAIN * stretch.grain_px))
        found.append(PlaneMotion(inside[0], now, whole, _PLACE_GRAIN * stretch.grain_px))
    return found


def _thinned(shared: Shared, most: int) -> Shared:
    if len(shared.here) <= most:
        return shared
    chosen = np.random.default_rng(len(shared.here)).choice(len(shared.here), most, replace=False)
    return Shared(shared.one, shared.other, shared.here[chosen], shared.there[chosen])


def _starts(evidence: Evidence, bundle: Bundle, nodes: Sequence[int], zooms: bool) -> list[State]:
    """A camera that stands still; and those whose stills agree because they show what is far."""
    still = bundle.start()
    if not evidence.motions:
        return [still]
    return [
        still,
        *(_far(evidence, still, nodes, zoomed) for zoomed in ([False, True] if zooms else [False])),
    ]


def _far(evidence: Evidence, still: State, nodes: Sequence[int], zoomed: bool) -> State:
    """The camera turns (and zooms) as the stills' homographies do, and goes as the screen's track then tells."""
    lens = Lens(evidence.size, float(still.lens[0]))
    turn, zoom = np.eye(3), 0.0
    knots = [np.zeros(4)]
    for motion in evidence.motions:
        wider = zoom
        zoom += 0.5 * np.log(abs(np.linalg.det((motion / motion[2, 2])[:2, :2]))) if zoomed else 0.0
        left, _, right = np.linalg.svd(inverse(lens.matrix(zoom)) @ motion @ lens.matrix(wider))
        turn = left @ right * np.sign(np.linalg.det(left @ right)) @ turn
        knots.append(np.array([*Rotation.from_matrix(turn).as_rotvec(), zoom]))
    frames = still.frames.copy()
    for column, row in zip((0, 1, 2, 6), np.array(knots).T, strict=True):
        frames[:, column] = np.interp(nodes, evidence.anchors, row)
    for stretch in evidence.stretches:
        _carry(frames, stretch, lens, nodes)
    return State(still.lens, frames, still.near)


def _carry(frames: Floats, stretch: Stretch, lens: Lens, nodes: Sequence[int]) -> None:
    """Fill in the centres that make a frontal screen at distance 1 go as its track, given how the camera turns."""
    inside = [k for k, n in enumerate(nodes) if stretch.frames[0] <= n <= stretch.frames[-1]]
    if not inside:
        return
    base = inside[0]
    turns = turned(frames[:, :3])
    for k in inside[1:]:
        motion = stretch.pose(nodes[k]) @ inverse(stretch.pose(nodes[base]))
        flat = inverse(lens.matrix(frames[k, 6])) @ motion @ lens.matrix(frames[base, 6])
        left = turns[k].T @ flat @ turns[base]
        left = left / ((left[0, 0] + left[1, 1]) / 2)
        frames[k, 3:6] = frames[base, 3:6] + [-left[0, 2], -left[1, 2], 1 - left[2, 2]]


def shared_points(
    points: Mapping[tuple[int, int], tuple[Points, Points]], anchors: Sequence[int]
) -> list[Shared]:
    """Those of the stills' matches that are many enough to tell something, at their anchors in time."""
    return [
        Shared(anchors[i], anchors[j], here, there)
        for (i, j), (here, there) in points.items()
        if len(here) >= _FEWEST_MATCHES and anchors[i] != anchors[j]
    ]
