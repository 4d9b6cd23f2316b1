"""A bright gallery with pictures, sculptures and a polished floor."""

from pai_studio.core.synth.places.gallery.layout import ALLOWED, lay_out

__all__ = ["ALLOWED", "lay_out"]
