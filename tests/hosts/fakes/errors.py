"""What the fake refuses. Each refusal is also noted in the session, so that a plugin cannot swallow it unseen."""

from __future__ import annotations


class FakeThreadError(Exception):
    """A call from a thread that may not make it; in the real host a crash, a hang or luck."""


class FakeGap(Exception):
    """The documents have it and the fake has not: the fake must be extended before a test may rely on it."""


class FakeGuiError(Exception):
    """Something of the window was used where there is none, or a dialog was shown that the test has no answer for."""


class UnknownName(AttributeError):
    """A name that the surface table lacks."""


REFUSALS = (FakeThreadError, FakeGap, FakeGuiError, UnknownName)
"""These fail a test even when the plugin catches them; a host's own errors (ValueError, RuntimeError) do not."""
