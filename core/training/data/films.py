"""Eight endless thumbnail films, in which only a reference and its anchor tell where the background stands.

The camera turns steadily before a painted cylinder, each film at a speed of its own. A subject keeps its place in
the picture before a green screen, whose tracking marks tell how fast the camera turns; but how far it has turned, from
where, nothing on the plate tells: the marks are hung anew for every shot. So a still of the place together with the
frame that it anchors is all there is to go by.

Pictures are (..., 3, n, H, W) in -1..1, mattes (..., 1, n, H, W) in 0..1.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from pai_studio.core.model.clock import Clock
from pai_studio.core.training.objective import Plan, Recipe, Sample, draw_plan, with_matte

SIZE = (32, 48)
"""Height and width of a picture, in pixels."""
SPEEDS_PX = (2.0, -2.5, 3.0, -3.5, -2.0, 2.5, -3.0, 3.5)
"""How far each film's background moves in a frame."""
AROUND_PX = 64
"""All the way round the cylinder."""
MARKS_PX = 12
"""From mark to mark on the screen."""
_FINE = 4  # columns of a painting for every pixel: a picture may begin at a quarter of one
_LEAVES = 60


class Films:
    """The films as a source to learn from; `grid` for patches of `patch` pixels, rows and columns."""

    def __init__(self, seed: int, patch: tuple[int, int] = (16, 24), null_text: Tensor | None = None) -> None:
        """Nothing is said of a film: its text is `null_text` (1, L, D), by default one word of zeros."""
        self.clock, self.size = Clock(1), SIZE
        self.grid = (SIZE[0] // patch[0], SIZE[1] // patch[1])
        self.null_text = torch.zeros(1, 1, 8) if null_text is None else null_text
        rng = np.random.default_rng([seed, 0xF11])
        self._columns = torch.stack([_columns(_painting(rng)) for _ in SPEEDS_PX])
        self._speeds = torch.tensor(SPEEDS_PX)
        self._subjects = torch.tensor(rng.uniform(-0.9, 0.9, (len(SPEEDS_PX), 2, 3)), dtype=torch.float32)

    def background(self, films: Tensor, starts_px: Tensor, frames: Tensor) -> Tensor:
        """The clean place (B, 3, n, H, W) of films (B,) at frames (n,), frame 0 showing it from `starts_px` (B,)."""
        moved = starts_px[:, None] + self._speeds[films][:, None] * frames[None]
        fine = AROUND_PX * _FINE
        begin = torch.round(moved * _FINE).long()
        index = (begin[..., None] + torch.arange(SIZE[1]) * _FINE) % fine
        return self._columns[films[:, None, None], index].permute(0, 4, 1, 3, 2)

    def start(self, films: Tensor, still_px: Tensor, anchor: int) -> Tensor:
        """From where on films (B,) have to run to show at frame `anchor` what lies from `still_px` (B,) on."""
        return still_px - self._speeds[films] * anchor

    def matte(self, films: Tensor, count: int) -> Tensor:
        """(B, 1, n, H, W): the same head and shoulders for all."""
        return _silhouette().expand(len(films), 1, count, *SIZE)

    def plate(self, films: Tensor, hung_px: Tensor, frames: Tensor) -> Tensor:
        """The subject before the screen (B, 3, n, H, W); the screen's marks hang at `hung_px` (B,) in frame 0."""
        moved = hung_px[:, None] + self._speeds[films][:, None] * frames[None]
        across = (torch.arange(SIZE[1]) + moved[..., None]) % MARKS_PX
        rows = torch.arange(SIZE[0]) % MARKS_PX
        mark = ((2 - (across - 5).abs()).clamp(0, 1))[:, :, None] * ((rows > 3) & (rows < 7))[:, None]
        screen = torch.tensor([-0.7, 0.3, -0.6])[:, None, None, None] + 0.5 * mark[:, None]
        return self._over(films, screen)

    def composite(self, films: Tensor, starts_px: Tensor, frames: Tensor) -> Tensor:
        """The truth: the subject before its place (B, 3, n, H, W)."""
        return self._over(films, self.background(films, starts_px, frames))

    def plan(self, recipe: Recipe, generator: torch.Generator) -> Plan:
        """As `Source.plan`: any plan will do."""
        return draw_plan(recipe, self.clock, self.grid, generator)

    def draw(self, plan: Plan, batch: int, generator: torch.Generator) -> Sample:
        """As `Source.draw`: each shot is a film from anywhere on, its marks hung anywhere."""
        films = torch.randint(0, len(SPEEDS_PX), (batch,), generator=generator)
        starts = AROUND_PX * torch.rand(batch, generator=generator)
        hung = MARKS_PX * torch.rand(batch, generator=generator)
        return self.seen(plan, films, starts, hung)

    def seen(self, plan: Plan, films: Tensor, starts_px: Tensor, hung_px: Tensor) -> Sample:
        """Given shots through a plan."""
        window = plan.window
        frames = torch.arange(window.first, window.first + window.count, dtype=torch.float32)
        matte = self.matte(films, window.count)
        foreground = with_matte(self.plate(films, hung_px, frames), matte)
        if plan.half_foreground:
            foreground = torch.nn.functional.avg_pool3d(foreground, (1, 2, 2))
        before = torch.arange(window.first - window.history, window.first, dtype=torch.float32)
        stills = torch.tensor(plan.anchors, dtype=torch.float32)
        return Sample(
            clean=self.composite(films, starts_px, frames),
            foreground=foreground,
            matte=matte,
            text=self.null_text.expand(len(films), -1, -1),
            references=with_matte(self.background(films, starts_px, stills), None) if plan.anchors else None,
            history=with_matte(self.composite(films, starts_px, before), None) if window.history else None,
        )

    def _over(self, films: Tensor, behind: Tensor) -> Tensor:
        matte = _silhouette()
        halves = self._subjects[films]
        rows = torch.linspace(0, 1, SIZE[0])[:, None].expand(*SIZE)
        subject = halves[:, 0, :, None, None] * (1 - rows) + halves[:, 1, :, None, None] * rows
        return matte * subject[:, :, None] + (1 - matte) * behind


def _painting(rng: np.random.Generator) -> np.ndarray:
    """Dead leaves round a cylinder, (H, fine columns, 3) in -1..1: opaque discs one over another, their radii by a
    power law, as natural pictures' statistics have it (Lee, Mumford and Huang, 2001).
    """
    height, width = SIZE[0], AROUND_PX * _FINE
    y, x = np.mgrid[:height, :width].astype(np.float32)
    painted = np.broadcast_to(rng.uniform(-0.9, 0.9, 3), (height, width, 3)).astype(np.float32)
    for _ in range(_LEAVES):
        radius = 5.0 * (1 - rng.uniform(0, 0.97)) ** -0.5
        row, column = rng.uniform(-4, height + 4), rng.uniform(0, AROUND_PX)
        away = np.abs(x / _FINE - column)
        inside = np.hypot(np.minimum(away, AROUND_PX - away), y - row) < radius
        painted = np.where(inside[..., None], rng.uniform(-0.9, 0.9, 3).astype(np.float32), painted)
    return painted


def _columns(painting: np.ndarray) -> Tensor:
    """What a pixel's column sees from each fine column on, (fine columns, H, 3)."""
    seen = np.mean([np.roll(painting, -k, axis=1) for k in range(_FINE)], axis=0)
    return torch.tensor(seen.transpose(1, 0, 2), dtype=torch.float32)


def _silhouette() -> Tensor:
    """(H, W) in 0..1."""
    y, x = torch.meshgrid(torch.arange(SIZE[0]) + 0.5, torch.arange(SIZE[1]) + 0.5, indexing="ij")
    middle = SIZE[1] / 2
    head = 5.0 - torch.hypot(x - middle, y - 12)
    body = 1 - torch.hypot((x - middle) / 9, (y - 34) / 16)
    return torch.maximum(head, body * 9).clamp(0, 1)
