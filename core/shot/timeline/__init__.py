"""An edit opened: OTIO, EDL, FCP XML, FCPXML and AAF become the shots of a cut, in whole frames (docs/timelines.md).

`read` gives a `Cut`; OpenTimelineIO stays behind it, and is imported when a file is opened.
"""

from pai_studio.core.shot.timeline.cut import Cut, CutReference, CutShot, Note, is_offline, timecode
from pai_studio.core.shot.timeline.reading import SUFFIXES, read

__all__ = ["SUFFIXES", "Cut", "CutReference", "CutShot", "Note", "is_offline", "read", "timecode"]
