"""A path through a wood."""

from pai_studio.core.synth.places.forest.layout import ALLOWED, lay_out

__all__ = ["ALLOWED", "lay_out"]
