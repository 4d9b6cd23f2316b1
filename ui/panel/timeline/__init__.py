"""One shot in time: ruler, filmstrip, stills."""

from pai_studio.ui.panel.timeline.view import TimelineView

__all__ = ["TimelineView"]
