"""What a plugin may ask, but for rendering: name -> keys of the request -> keys of the answer.

- `server`: -> `address`, `version`, `engines`, `workers`, `active_jobs`
- `reserve`: `files`, `exact` -> `files`, `version`, `folder` (`core.shot.exports.reserve`)
- `left`: `files` -> `folder`, the export folder of that very version where there is one, else empty
- `release`: `folder` -> nothing
- `check`: `shot`, a document that is yet to be written, `folder` -> nothing; before a long export
- `versions`: `files` -> `versions`, each with `version`, `files`, `first`, `last`, `missing`, oldest first
- `panel`: `document` -> nothing; the panel opens beside the host
- `render`: `document`, `mode` (`render` or `refinish`), `request` (a UUID: the same one is the same job), `resume`
  (follow that job again, keeping what is on disk) -> events, then the answer of `ui/rendering.py`
- `cancel`: `of`, the number of a render -> nothing; that render answers with the fault CANCELLED
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pai_studio.core.shot import document, exports
from pai_studio.core.shot.errors import BadInput
from pai_studio.ui.checks import check_colour
from pai_studio.ui.sidecar.panel import start as start_panel

if TYPE_CHECKING:
    from pai_studio.server.api.client import Mode

Asked = dict[str, Any]


def text(asked: Asked, key: str) -> str:
    """A key of a request. Raises BadInput where it is missing."""
    value = asked.get(key)
    if not isinstance(value, str | int) or value == "":
        raise BadInput(f"a request of {asked.get('do')} names no {key}")
    return str(value)


def render_mode(asked: Asked) -> Mode:
    """What is asked of the server. Raises BadInput."""
    mode = asked.get("mode", "render")
    modes: dict[str, Mode] = {"render": "render", "refinish": "refinish"}
    if mode not in modes:
        raise BadInput(f"a request of render has the mode {mode!r}", hint="ask for render or refinish")
    return modes[mode]


def server(_asked: Asked) -> dict[str, Any]:
    """The server that renders: this user's own is started for it."""
    from pai_studio.server.api.client import connect

    with connect() as client:
        info = client.info()
        return {
            "address": client.address,
            "version": info.version,
            "engines": list(info.engines),
            "workers": info.workers,
            "active_jobs": info.active_jobs,
        }


def reserve(asked: Asked) -> dict[str, Any]:
    """The next version, or an exact one, with its empty export folder."""
    export = exports.reserve(text(asked, "files"), exact=bool(asked.get("exact")))
    return {"files": export.files, "version": export.version, "folder": str(export.folder)}


def left(asked: Asked) -> dict[str, Any]:
    """What an earlier try at a version has left."""
    folder = exports.left(text(asked, "files"))
    return {"folder": "" if folder is None else str(folder)}


def release(asked: Asked) -> dict[str, Any]:
    """Give a reserved version up."""
    exports.release(Path(text(asked, "folder")))
    return {}


def check(asked: Asked) -> dict[str, Any]:
    """Refuse what no exported picture could mend: the document's keys and colour spaces, no server, no such engine."""
    from pai_studio.core.engines.registry import AUTO
    from pai_studio.server.api.client import connect

    folder = Path(text(asked, "folder"))
    shot = document.parse(json.dumps(asked.get("shot")), where="the shot")
    check_colour(shot.with_paths_from(folder))
    with connect() as client:
        engines = client.info().engines
    if shot.engine.name not in (AUTO, *engines):
        say = f"the server has no engine {shot.engine.name!r}"
        raise BadInput(say, where="engine.name", hint=f"it has {', '.join(engines)}")
    return {}


def versions(asked: Asked) -> dict[str, Any]:
    """What is on disk."""
    return {"versions": [asdict(version) for version in exports.versions(text(asked, "files"))]}


def panel(asked: Asked) -> dict[str, Any]:
    """Open the panel with a shot or a timeline; it outlives the host. Raises NotFound where no window opens."""
    start_panel(text(asked, "document"))
    return {}


REQUESTS: dict[str, Callable[[Asked], dict[str, Any]]] = {
    "server": server,
    "reserve": reserve,
    "left": left,
    "release": release,
    "check": check,
    "versions": versions,
    "panel": panel,
}
