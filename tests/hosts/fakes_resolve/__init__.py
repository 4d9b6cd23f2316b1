"""A strict stand-in for DaVinci Resolve and Fusion."""
