"""The working space of a script: what the pictures are in that we write and take back.

Nuke looks for its OCIO config in this order: `$OCIO`, the project's custom config, the stock one that ships with Nuke.
"""

from __future__ import annotations

import os
from pathlib import Path

import nuke

from ..host import Colour, Fault
from .node import path_of

MANAGED_BY_OCIO = "OCIO"


def read(node: nuke.Node) -> Colour:
    """The working space and its config. Raises Fault where neither the script nor the node says one."""
    root = nuke.root()
    named = str(node["working_space"].value()).strip()
    if root["colorManagement"].value() != MANAGED_BY_OCIO:
        if named:
            return Colour(named)
        raise Fault(
            "the script is managed by Nuke's own colours, which name no working space",
            where=node.name(),
            hint="set Project Settings, Color, color management to OCIO; or name the space on the Plate tab",
            code="UNKNOWN_COLORSPACE",
        )
    space = named or _working_space(root)
    if not space:
        raise Fault(
            "the project names no working space",
            where=node.name(),
            hint="set Project Settings, Color, working space; or name the space on the Plate tab",
            code="UNKNOWN_COLORSPACE",
        )
    return Colour(space, _config(root, node))


def require(found: Colour, label: str) -> None:
    """Raise Fault where the config is a file that is not there. It looks at the disk: never for a status line."""
    if found.config and "://" not in found.config and not Path(found.config).is_file():
        raise Fault(
            f"the project's OCIO config is not there: {found.config}",
            where=label,
            hint="look at Project Settings, Color, OCIO config",
            code="UNKNOWN_COLORSPACE",
        )


def _working_space(root: nuke.Node) -> str:
    """The project's, without the further names that a menu's entry may carry behind a tab."""
    return str(root["workingSpaceLUT"].value() or "").split("\t")[0].strip()


def _config(root: nuke.Node, node: nuke.Node) -> str:
    if os.environ.get("OCIO"):
        return ""  # the sidecar inherits it
    is_custom = root["OCIO_config"].value() == "custom"
    knob = "customOCIOConfigPath" if is_custom else "OCIOConfigPath"
    path = path_of(root, knob)
    if not path:
        raise Fault(
            f"the project's OCIO config has no path ({knob})",
            where=node.name(),
            hint="set Project Settings, Color, OCIO config; or the variable OCIO",
            code="UNKNOWN_COLORSPACE",
        )
    return path
