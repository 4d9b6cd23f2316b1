"""Compositing of one frame: key, despill, relight, light wrap, grain and shadow."""
