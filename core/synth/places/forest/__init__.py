"""A path through a wood."""
