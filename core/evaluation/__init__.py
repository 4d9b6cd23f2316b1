"""Metrics, naive composites, scores and contact sheets: what says how good a result is."""
