"""Strict stand-ins for hosts that cannot be installed where the tests run."""
