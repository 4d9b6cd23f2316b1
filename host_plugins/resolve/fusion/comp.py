"""A Loader or MediaIn of a composition, as the flow sees it: pictures go out by a Saver, the result comes in by a
Loader. Every change is made inside Lock and one step of undo."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...host import Asked, Colour, Fault, Record, Result, State, Still, result_of
from ...paths import Sequenced
from .. import colour, export, references
from ..finishing import asked_of, digest, parted
from ..target import Sidecar, Wishes, engine_of, shot_name

if TYPE_CHECKING:
    from ..api import Composition, Tool

DATA = "PAIStudio"
PLATES = ("Loader", "MediaIn")
_PLACE = ("GlobalIn", "GlobalOut", "ClipTimeStart", "ClipTimeEnd", "HoldFirstFrame", "HoldLastFrame")
_OFF_SCREEN = -32768


@contextmanager
def changing(comp: Composition, name: str, *, keep: bool = True) -> Iterator[None]:
    """Lock, so that nothing asks or renders, and one step of undo; `keep=False` leaves none."""
    comp.Lock()
    comp.StartUndo(name)
    try:
        yield
    finally:
        comp.EndUndo(keep)
        comp.Unlock()


def plate_of(comp: Composition) -> Tool:
    """The tool to be rendered: the active one. Raises Fault for what is neither a Loader nor a MediaIn."""
    tool = comp.ActiveTool
    if tool is None:
        found = list((comp.GetToolList(False, "MediaIn") or {}).values())
        tool = found[0] if len(found) == 1 else None
    if tool is None:
        raise Fault(
            "no tool is active", hint="click the Loader or MediaIn with the plate", code="INVALID_INPUT"
        )
    if tool.ID not in PLATES:
        what = f"is a {tool.ID}, and a plate comes from a Loader or MediaIn"
        raise Fault(what, where=str(tool.Name), hint="click that one", code="INVALID_INPUT")
    return tool


class FusionTarget:
    """A tool that is rendered. Every method runs on the script's own thread."""

    def __init__(self, comp: Composition, tool: Tool, wishes: Wishes, *, rate: str, sidecar: Sidecar) -> None:
        self._comp, self._tool, self._wishes = comp, tool, wishes
        self._rate, self._sidecar = rate, sidecar
        self.label = str(tool.Name)
        self._stills = self._selected_stills()

    def asked(self) -> Asked:
        """The comp's render range and the window's wishes as a document. Raises Fault."""
        if not self._stills:
            hint = "select the Loader of a still of the background as well, then the plate's tool"
            raise Fault("no background is selected", where=self.label, hint=hint, code="INVALID_INPUT")
        attrs: Any = self._comp.GetAttrs()
        first, last = int(attrs["COMPN_RenderStart"]), int(attrs["COMPN_RenderEnd"])
        name = shot_name(f"{Path(str(attrs['COMPS_Name'])).stem}_{self.label}", first)
        document: Record = {
            "name": name,
            "rate": self._rate,
            "frames": [first, last],
            "handles": 0,
            "plate": {"alpha": "none", "screen": self._wishes.screen},
            "prompt": {"caption": self._wishes.prompt},
            "engine": engine_of(self._wishes),
            **asked_of(self._wishes, f"{self._wishes.folder}/{name}/v001/{name}_v001.####.exr"),
        }
        return Asked(document, tuple(still for still, _ in self._stills))

    def colour(self) -> Colour:
        """What the window was told: a composition does not say. Raises Fault."""
        if not self._wishes.camera:
            what = "a composition does not say what its pictures are in"
            hint = "choose the space in PAI-Studio's window"
            raise Fault(what, where=self.label, hint=hint, code="UNKNOWN_COLORSPACE")
        return Colour(self._wishes.camera, colour.CONFIG)

    def state(self) -> State:
        """What tool and wishes are like now."""
        said, finish = parted(self.asked().document)
        names = ("Clip", *_PLACE) if self._tool.ID == "Loader" else ("MediaID", "GlobalIn", "GlobalOut")
        said["tool"] = [str(self._tool.GetInput(name)) for name in names]
        said["stills"] = [[still.frame, file] for still, file in self._stills]
        said["space"] = self._wishes.camera
        return State(digest(said), digest(finish))

    def export(self, source: str, files: str, first: int, last: int) -> None:
        """Write the plate by a Saver, or convert a reference's file."""
        if source == "plate":
            self._save(files, (first, last))
            return
        file = next(file for still, file in self._stills if still.name == source)
        space = self._wishes.camera if file.lower().endswith(".exr") else ""
        self._sidecar.ask(
            "still",
            file=file,
            space=space,
            files=files,
            frame=first,
            into=self._wishes.camera,
            config=colour.CONFIG,
        )

    def place(self, result: Result) -> None:
        """Load the result: in the Loader that showed the version before, else in a new one beside the plate."""
        with changing(self._comp, f"PAI-Studio v{result.version:03d}"):
            kept = self._kept()
            loader = self._comp.FindTool(kept["loader"]) if kept.get("loader") else None
            before = result_of(kept["result"]) if kept.get("result") else None
            same = before is not None and (before.first, before.last) == (result.first, result.last)
            place = {name: loader.GetInput(name) for name in _PLACE} if loader is not None and same else None
            if loader is None:
                active = self._comp.ActiveTool
                # Beside an active tool Fusion connects what it adds, a Loader by a Merge.
                self._comp.SetActiveTool(None)
                loader = self._comp.AddTool("Loader", _OFF_SCREEN, _OFF_SCREEN)
                self._comp.SetActiveTool(active)
                loader.SetAttrs({"TOOLS_Name": f"PAIStudio_{self.label}"})
            loader.SetInput("Clip", Sequenced.of(result.files).path(result.first))
            _lay(loader, place or whole(result))
            self._keep({**kept, "loader": str(loader.Name), "result": result.record()})

    def placed(self) -> Result | None:
        """The version that was placed last, or None."""
        kept = self._kept().get("result")
        return None if kept is None else result_of(kept)

    def keep(self, job: Record | None) -> None:
        """Remember the job with the tool."""
        self._keep({**self._kept(), "job": job})

    def kept(self) -> Record | None:
        """The job that the tool remembers."""
        found: Record | None = self._kept().get("job")
        return found

    def _kept(self) -> Record:
        if str(self._tool.Name or "") != self.label:
            raise Fault("is no longer in the composition", where=self.label, hint="undo its deletion")
        text = self._tool.GetData(DATA)
        return dict(json.loads(text)) if text else {}

    def _keep(self, said: Record) -> None:
        self._tool.SetData(DATA, json.dumps({key: value for key, value in said.items() if value is not None}))

    def _selected_stills(self) -> list[tuple[Still, str]]:
        """The other Loaders that are selected; each keeps the frame at which it was chosen first."""
        found: list[tuple[Still, str]] = []
        for tool in (self._comp.GetToolList(True, "Loader") or {}).values():
            if tool.Name == self.label or str(tool.Name).startswith(DATA):
                continue
            text = tool.GetData(DATA)
            frame = int(json.loads(text)["frame"]) if text else int(self._comp.CurrentTime)
            tool.SetData(DATA, json.dumps({"frame": frame}))
            file = references.here(str(self._comp.MapPath(str(tool.GetInput("Clip")))))
            found.append((Still(f"ref{len(found) + 1}", frame), file))
        return found

    def _save(self, files: str, span: tuple[int, int]) -> None:
        folder = Path(files).parent / f".plate-{uuid.uuid4().hex[:8]}"
        folder.mkdir()
        try:
            with changing(self._comp, "PAI-Studio export", keep=False):
                saver = self._comp.AddTool("Saver", _OFF_SCREEN, _OFF_SCREEN)
                try:
                    saver.SetInput("Clip", str(folder / "pai_0000.exr"))
                    saver.SetInput("OutputFormat", "OpenEXRFormat")
                    saver.ConnectInput("Input", self._tool)
                    done = self._comp.Render({"Start": span[0], "End": span[1], "Wait": True, "Tool": saver})
                finally:
                    saver.Delete()
            if not done:
                raise Fault("Fusion does not render it", where=self.label, hint="look at the console")
            export.take(folder, files, span)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def whole(result: Result) -> dict[str, float]:
    """Where a Loader lies that shows all of a result at its own frames."""
    end = float(result.last - result.first)
    ends = {"GlobalIn": float(result.first), "GlobalOut": float(result.last)}
    return {**ends, "ClipTimeStart": 0.0, "ClipTimeEnd": end, "HoldFirstFrame": 0.0, "HoldLastFrame": 0.0}


def _lay(loader: Tool, place: dict[str, float]) -> None:
    """Put a Loader where it belongs after its clip was changed, which moves it. Raises Fault."""
    # GlobalIn never passes GlobalOut, and moving it trims or holds: so the ends first, and far enough apart.
    loader.SetInput("GlobalOut", max(place["GlobalOut"], float(loader.GetInput("GlobalIn"))))
    for name in _PLACE:
        loader.SetInput(name, place[name])
    wrong = [name for name in _PLACE if float(loader.GetInput(name)) != float(place[name])]
    if wrong:
        what = f"Fusion does not keep {', '.join(wrong)} of the result's Loader"
        raise Fault(what, where=str(loader.Name), hint="set them by hand")
