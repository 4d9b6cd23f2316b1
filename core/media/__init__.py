"""Pixels in, pixels out: files, colour spaces, geometry, movies."""
