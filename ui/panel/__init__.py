"""The panel: shots, a viewer, a timeline with references, in front of a person (docs/adr/018-the-panel.md).

`state` holds what is so, in observable objects without widgets; `pictures` reads and converts what is shown, away from
the window's thread; the other modules are widgets that show state and ask it to change.
"""

IS_OPEN = "the panel is open"
"""What `pai-studio panel` prints as soon as there is a window: the sidecar waits for it."""

LOG_VARIABLE = "PAI_PANEL_LOG"
"""Names the file that takes the panel's words where a host has started it: the panel keeps it small."""
