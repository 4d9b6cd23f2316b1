"""An old-town street after rain."""

from pai_studio.core.synth.places.street.layout import ALLOWED, lay_out

__all__ = ["ALLOWED", "lay_out"]
