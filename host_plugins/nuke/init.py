"""Nuke runs this at every start, with windows or without. It must never keep Nuke from starting."""

try:
    from importlib import import_module

    _startup = import_module("pai_studio_host.nuke.startup")
    _startup.guarded(_startup.init)
except Exception as error:  # noqa: BLE001 - Nuke's start goes on, whatever it is
    print(f"PAI-Studio is not available: {type(error).__name__}: {error}")  # noqa: T201 - Nuke's own console
