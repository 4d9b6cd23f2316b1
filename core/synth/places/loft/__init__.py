"""An old factory floor under steel and brick."""
