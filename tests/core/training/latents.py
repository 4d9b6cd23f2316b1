"""Shots that are nothing but noise in latents, of the shapes that Wan's codec gives: only shapes are learned from."""

from __future__ import annotations

import torch

from pai_studio.core.model.clock import Clock
from pai_studio.core.training.objective import Sample, draw_plan, with_matte


class Latents:
    """A source of `channels` latent channels on a grid of tokens, two by two latent pixels each."""

    def __init__(self, channels=48, grid=(2, 4), text_dim=32, words=6):
        self.clock, self.grid = Clock(4), grid
        self.channels, self.size = channels, (2 * grid[0], 2 * grid[1])
        self.null_text = torch.zeros(1, words, text_dim)

    def plan(self, recipe, generator):
        return draw_plan(recipe, self.clock, self.grid, generator)

    def draw(self, plan, batch, generator):
        count = plan.window.count
        half = 2 if plan.half_foreground else 1

        def noise(channels, frames, part=1):
            shape = (batch, channels, frames, *(side // part for side in self.size))
            return torch.randn(shape, generator=generator)

        clean = noise(self.channels, count)
        matte = (noise(1, count, half) > 0).float()
        given, history = len(plan.anchors), plan.window.history
        return Sample(
            clean=clean,
            foreground=with_matte(noise(self.channels, count, half), matte),
            matte=(noise(1, count) > 0).float(),
            text=torch.randn((batch, *self.null_text.shape[1:]), generator=generator),
            references=with_matte(noise(self.channels, given), None) if given else None,
            history=with_matte(noise(self.channels, history), None) if history else None,
        )
