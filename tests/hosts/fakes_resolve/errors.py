"""What the fake refuses. Each refusal is noted in the session too, so that a plugin cannot swallow it unseen."""

from __future__ import annotations

from tests.hosts.fakes.errors import FakeGap, FakeGuiError, FakeThreadError, UnknownName


class BadCall(TypeError):
    """Arguments that the documents do not tell of; the real host would give None or do something else."""


REFUSALS = (FakeThreadError, FakeGap, FakeGuiError, UnknownName, BadCall)

__all__ = ["REFUSALS", "BadCall", "FakeGap", "FakeGuiError", "FakeThreadError", "UnknownName"]
