"""What runs in our own environment in front of a person: the command line (and, later, the panel)."""
