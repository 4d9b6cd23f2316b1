"""What the Comp script does, on the Fusion page and in Fusion Studio."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import record
from ...bridge import Bridge
from ...flow import RENDER, Flow
from ...host import Fault, Result
from .. import dialog
from ..app import App
from ..clips import fps_of, rate_text
from ..console import Console
from ..memory import ProjectMemory
from ..menu import MODES, has_windows, show
from ..running import Runs
from ..session import ResolveHost, Session
from . import macro, selftest
from .comp import FusionTarget, plate_of

if TYPE_CHECKING:
    from ..api import Composition

MEMORY = "fusion"


def main(names: Mapping[str, Any]) -> int:
    """The script of the menu; every error becomes one message. Gives 0, or 1 where something went wrong."""
    app: App | None = None
    try:
        app = App.of(names)
        app.require_version()
        return _run(app, names.get("comp") or app.fusion.GetCurrentComp())
    except Fault as fault:
        show(app, str(fault))
    except Exception as error:  # noqa: BLE001 - an error in a menu script is a message, not a silent end
        show(app, f"an error of PAI-Studio itself ({type(error).__name__}: {error}); please report it")
    return 1


def _run(app: App, comp: Composition) -> int:
    if comp is None:
        raise Fault("no composition is open", hint="open the Fusion page, or a composition")
    tool, memory = plate_of(comp), ProjectMemory(MEMORY)
    folder = (Path.home() / "PAI-Studio" / "Fusion").as_posix()
    wishes = dialog.wishes_of(memory.read().get("wishes", {}), folder)
    mode = RENDER
    if has_windows(app):
        buttons = (dialog.SELFTEST, dialog.CLOSE, *MODES)
        setup = dialog.Setup(app.fusion, app.bmd, buttons)
        answer = setup.ask([str(tool.Name)], wishes, asks_camera=True, note=_note(comp))
        wishes = answer.wishes
        memory.write(wishes=asdict(wishes))
        if answer.press == dialog.SELFTEST:
            show(app, selftest.run(app, comp, tool))
        if answer.press not in MODES:
            return 0
        mode = MODES[answer.press]
    windows = Runs(app.fusion, app.bmd, [str(tool.Name)]) if has_windows(app) else None
    session = Session(app, windows or Console())
    bridge = Bridge(record.read(host="fusion"), "fusion")
    target = FusionTarget(comp, tool, wishes, rate=_rate(app, comp), sidecar=bridge)
    host, done = ResolveHost(session, 0, "fusion"), []

    def render() -> None:
        try:
            made = Flow(host, bridge).render(target, mode)
            session.show(0, 1.0, f"v{made.version:03d} is loaded")
            done.append(made)
            session.say(_macro_of(made))
        except Fault as fault:
            host.warn(fault)
        except Exception as error:  # noqa: BLE001 - a thread's error would be seen by nobody
            host.warn(Fault(f"an error of PAI-Studio itself ({type(error).__name__}: {error})"))

    try:
        session.run([render])
        if windows is not None:
            windows.wait()
    finally:
        bridge.close()
        if windows is not None and app.is_there():
            windows.hide()
    return 0 if done else 1


def _macro_of(made: Result) -> str:
    """What is told of the macro for a result: that it is placed does not hang on it."""
    try:
        path = macro.write_filled(made)
    except Fault as fault:
        return str(fault)
    if path is None:
        return "the macro is not written: it needs the passes " + ", ".join(sorted(macro.PASSES))
    return f"to grade its layers drag {path} into the node editor"


def _note(comp: Composition) -> str:
    """What the Fusion page asks of whoever connects the result."""
    text = "References: the other Loaders that are selected, at the frame that is shown."
    if comp.FindToolByID("MediaOut") is None:
        return text
    return f"{text} What comes out at MediaOut must still descend from MediaIn, or this page renders nothing."


def _rate(app: App, comp: Composition) -> str:
    if app.resolve is not None:
        return rate_text(fps_of(app.timeline().GetSetting("timelineFrameRate")))
    return rate_text(fps_of(comp.GetPrefs("Comp.FrameFormat.Rate")))
