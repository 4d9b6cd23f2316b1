"""What Fusion gets: the Comp script and the macro."""
