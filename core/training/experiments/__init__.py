"""Runs that show what a part of model or recipe is worth, and the measures that tell."""
