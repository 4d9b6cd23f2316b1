"""The list of the open shots."""

from __future__ import annotations

from pai_studio.ui.panel.shots.shotlist import ShotList

__all__ = ["ShotList"]
