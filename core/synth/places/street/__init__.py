"""An old-town street after rain."""
