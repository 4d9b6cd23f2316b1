"""Where a shot may take place, and the light there."""
