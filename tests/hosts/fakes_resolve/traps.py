"""What a test may switch on: the ways in which the real host is known, or must be feared, to disappoint a plugin."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Traps:
    """Each is off, or as documented, unless a test says otherwise."""

    settings_not_kept: set[str] = field(default_factory=set)
    """Keys whose SetSetting says True and changes nothing."""

    settings_refused: set[str] = field(default_factory=set)
    """Keys whose SetSetting says False."""

    render_settings_not_kept: set[str] = field(default_factory=set)
    """Keys that SetRenderSettings takes without a word and forgets."""

    new_items_remote: bool = False
    """New items have their media's remote grade, as a setting of the project says."""

    new_items_group: str = ""
    """The colour group that new items are in."""

    versions_refused: bool = False
    """AddVersion gives False."""

    grades_stay: bool = False
    """ResetAllGrades gives False."""

    groups_stay: bool = False
    """RemoveFromColorGroup gives False."""

    presets_refused: bool = False
    """SaveAsNewRenderPreset gives False."""

    ghost_items: bool = False
    """AppendToTimeline gives items that are nowhere in the timeline."""

    individual_frames: bool = False
    """Media Storage shows individual frames: a sequence is imported as one clip a frame."""

    gallery_open: bool = False
    """The gallery's panel is open on the colour page; without it ExportStills gives False."""

    language: str = "en"
    """Of the interface: `zh` shows words of status and type in Chinese, as Resolve does."""

    source_frames_low: bool = False
    """GetSourceStartFrame is one too low, as it is now and then (it floors a number that is a hair short)."""

    source_end_inclusive: bool = True
    """Whether GetSourceEndFrame names the last frame, or the one after it: no document tells."""

    take_end_inclusive: bool = False
    """Whether AddTake's endFrame is the last frame of the take: no document tells."""

    frames_per_poll: int = 2
    """How many frames a render gets on with between two questions about it."""

    render_fails_at: int | None = None
    """The frame of the timeline at which a render fails."""

    frames_left_out: set[int] = field(default_factory=set)
    """Numbers of files that a render leaves out, and says Complete."""

    clips_at_one: bool = False
    """A render cuts what is above 1, whatever the settings."""

    digits: int = 8
    """Of the number in a rendered file's name."""

    clip_start_frame_ignored: bool = False
    """A render numbers its files by the timeline, whatever ClipStartFrame says."""

    codecs: tuple[str, ...] | None = None
    """The ids of EXR's codecs that this machine has; None for all that are known."""

    live_comps_render: bool = False
    """Whether what a script adds to an item's composition is rendered; as it is, only what was imported is."""

    comps_need_media_in: bool = True
    """Whether a composition whose MediaOut has no MediaIn above it is left out of a render."""
