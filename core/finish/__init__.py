"""Finishing: layers and the beauty from an engine's generation."""
