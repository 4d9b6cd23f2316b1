"""A modern street at night, in the rain's shine."""

from pai_studio.core.synth.places.downtown.layout import ALLOWED, lay_out

__all__ = ["ALLOWED", "lay_out"]
