"""Open country: a desert among mesas, a rocky shore."""
