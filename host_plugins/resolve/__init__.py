"""The plugin for DaVinci Resolve, and for Fusion on its page and by itself."""
