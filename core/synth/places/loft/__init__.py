"""An old factory floor under steel and brick."""

from pai_studio.core.synth.places.loft.layout import ALLOWED, lay_out

__all__ = ["ALLOWED", "lay_out"]
