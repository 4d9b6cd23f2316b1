"""The plugin for Nuke: one node, its actions, and a way to run them without windows."""
