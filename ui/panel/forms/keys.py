"""Keys of the document's parts, for the sections that list them."""

from __future__ import annotations

from pai_studio.ui.panel.forms.fields import Key
from pai_studio.ui.panel.state import edits


def of_part(part: str, name: str, label: str, tip: str = "") -> Key:
    """A key of `plate`, `engine`, `prompt`, ..."""
    return Key(
        label,
        lambda shot: getattr(getattr(shot, part), name),
        lambda shot, value: edits.set_keys(shot, part, **{name: value}),
        tip,
    )


def of_shot(name: str, label: str, tip: str = "") -> Key:
    """A key of the shot itself."""
    return Key(
        label,
        lambda shot: getattr(shot, name),
        lambda shot, value: edits.set_keys(shot, **{name: value}),
        tip,
    )


def of_matte(matte: str, name: str, label: str, tip: str = "") -> Key:
    """A key of one matte."""
    return Key(
        label,
        lambda shot: getattr(getattr(shot.mattes, matte), name),
        lambda shot, value: edits.set_matte(shot, matte, **{name: value}),
        tip,
    )
