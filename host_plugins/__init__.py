"""Plugins for compositing and editing hosts: the standard library and the host's own API only."""
