"""Nodes as Python sees them."""

from __future__ import annotations

from typing import Any

from tests.hosts.fakes.evaluation import picture_of, root_format
from tests.hosts.fakes.guard import Guarded
from tests.hosts.fakes.kinds import KINDS, quoted, written
from tests.hosts.fakes.knob_faces import Format, Knob, Numbers, knob_face
from tests.hosts.fakes.model import KnobModel, NodeModel, max_inputs, refuse, unique_name
from tests.hosts.fakes.scripts import is_saved
from tests.hosts.fakes.tcl_eval import named_in_expressions, number


class Node(Guarded):
    """Any node; equal to itself alone."""

    __slots__ = ("_model",)

    def __init__(self, session: Any, model: NodeModel) -> None:
        self._session, self._model = session, model
        self._kind = {"Group": "Group", "Root": "Root"}.get(model.cls, "Node")

    def _alive(self) -> None:
        if self._model.is_gone():
            raise ValueError("A PythonObject is not attached to a node")

    def __repr__(self) -> str:
        return f"<{self._model.cls} {self._model.full_name()}>"

    def __getitem__(self, name: str) -> Knob:
        self._check("__getitem__", name)
        found = self.knob(name)
        if found is None:
            raise NameError(f"knob {name} does not exist")
        return found  # type: ignore[no-any-return]

    def Class(self) -> str:
        return self._model.cls

    def name(self) -> str:
        return "Root" if self._model.parent is None and not self._model.get("name") else self._name()

    def _name(self) -> str:
        return str(self._model.get("name"))

    def fullName(self) -> str:
        return self._model.full_name()

    def setName(self, name: str, uncollide: bool = True, updateExpressions: bool = False) -> None:
        group = self._model.parent
        assert group is not None
        if group.child(name) not in (None, self._model):
            if not uncollide:
                raise ValueError(f"{name} is taken")
            name = unique_name(group, name)
        self._model.knobs["name"].set(name)

    def knob(self, p: str, follow_link: bool = True) -> Knob | None:
        model = self._model.knobs.get(p)
        return knob_face(self._session, model) if model and model.exists() else None

    def knobs(self) -> dict[str, Knob]:
        return {
            model.name: knob_face(self._session, model)
            for model in self._model.knobs.values()
            if model.exists()
        }

    def input(self, index: int) -> Any:
        above_it = self._model.input(index)
        return self._session.face(above_it) if above_it else None

    def inputs(self) -> int:
        return len(self._model.inputs)

    def maxInputs(self) -> int:
        return max_inputs(self._model)

    maximumInputs = maxInputs

    def canSetInput(self, i: int, node: Any) -> bool:
        return 0 <= i < max_inputs(self._model) and not _loops(self._model, node._model if node else None)

    def setInput(self, i: int, node: Any) -> bool:
        if not self.canSetInput(i, node):
            return False
        self._model.connect(i, node._model if node else None)
        self._session.inputs_changed(self._model)
        return True

    connectInput = setInput

    def dependencies(self, mask: int = -1) -> list[Any]:
        found = [node for node in self._model.inputs if node and mask & self._session.constants["INPUTS"]]
        if mask & self._session.constants["EXPRESSIONS"]:
            found += named_in_expressions(self._model)
        return [self._session.face(node) for node in dict.fromkeys(found)]

    def parent(self) -> Any:
        return self._session.face(self._model.parent) if self._model.parent else None

    def setSelected(self, selected: bool) -> None:
        self._model.knobs["selected"].set(bool(selected))

    def selectOnly(self) -> None:
        assert self._model.parent is not None
        for node in self._model.parent.children:
            node.knobs["selected"].set(node is self._model)

    def xpos(self) -> int:
        return int(self._model.get("xpos"))

    def ypos(self) -> int:
        return int(self._model.get("ypos"))

    def setXYpos(self, x: int, y: int) -> None:
        self._model.knobs["xpos"].set(x)
        self._model.knobs["ypos"].set(y)

    def showControlPanel(self, forceFloat: bool = False) -> None:
        self._session.need_gui("showControlPanel")

    def firstFrame(self) -> int:
        return _range(self._model)[0]

    def lastFrame(self) -> int:
        return _range(self._model)[1]

    def frameRange(self) -> Numbers:
        first, last = _range(self._model)
        numbers = {"first": first, "last": last, "increment": 1, "frames": last - first + 1}
        return Numbers(self._session, "FrameRange", **numbers)

    def format(self) -> Format:
        return Format(self._session, _form(self._model))

    def width(self) -> int:
        return _form(self._model)[0]

    def height(self) -> int:
        return _form(self._model)[1]

    def pixelAspect(self) -> float:
        return _form(self._model)[2]

    def bbox(self) -> Numbers:
        picture = self._picture()
        x, y, width, height = picture.data
        bottom = picture.format[1] - (y + height)
        return Numbers(self._session, "Info", x=x, y=bottom, w=width, h=height)

    def channels(self) -> list[str]:
        return list(self._picture().planes)

    def metadata(self, key: str = "", time: float | None = None, view: str = "") -> Any:
        frame = self._session.frame if time is None else int(time)
        found = {name: item.value for name, item in picture_of(self._model, frame).metadata.items()}
        return found.get(key) if key else found

    def _picture(self) -> Any:
        return picture_of(self._model, self._session.frame)

    def hasError(self) -> bool:
        try:
            self._picture()
        except RuntimeError:
            return True
        return False

    error = hasError
    treeHasError = hasError

    def writeKnobs(self, flags: int = 0) -> str:
        constants = self._session.constants
        words: list[str] = []
        for model in self._model.knobs.values():
            if not KINDS[model.kind].stored or not model.exists():
                continue
            hidden = model.name in ("name", "xpos", "ypos", "selected")
            if hidden and not flags & constants["WRITE_ALL"]:
                continue
            if flags & constants["WRITE_NON_DEFAULT_ONLY"] and not is_saved(model):
                continue
            words.append(_written(model, flags, constants))
        return "\n".join(words)


def _written(model: KnobModel, flags: int, constants: dict[str, int]) -> str:
    if flags & constants["WRITE_USER_KNOB_DEFS"] and model.definition is not None:
        raise refuse("writeKnobs with definitions of user knobs")
    if flags & constants["TO_SCRIPT"]:
        return f"{quoted(model.name)} {model.script()}"
    if flags & constants["TO_VALUE"]:
        value = number(model) if model.expression else model.value
        return f"{quoted(model.name)} {written(model.kind, value)}"
    return quoted(model.name)


def _loops(node: NodeModel, above_it: NodeModel | None) -> bool:
    if above_it is None:
        return False
    return above_it is node or any(_loops(node, further) for further in above_it.inputs if further)


def _range(node: NodeModel) -> tuple[int, int]:
    at = node
    while at.cls not in _WITH_RANGE:
        at = _above(at) or at.root()
    first, last = _WITH_RANGE[at.cls]
    return int(number(at.knobs[first])), int(number(at.knobs[last]))


_WITH_RANGE = {"Root": ("first_frame", "last_frame"), "Read": ("first", "last")}


def _above(node: NodeModel) -> NodeModel | None:
    """What gives a node its range. A loop asks, for scripts may be deep."""
    if node.cls == "Input":
        return node.parent.input(int(number(node.knobs["number"]))) if node.parent else None
    if node.cls == "Group" and not number(node.knobs["disable"]):
        return next((child for child in node.children if child.cls == "Output"), None)
    return node.input(0)


def _form(node: NodeModel) -> tuple[int, int, float]:
    if node.cls == "Root":
        return root_format(node)
    try:
        return picture_of(node, _range(node)[0]).format
    except RuntimeError:
        return root_format(node)
