"""Knobs as Python sees them."""

from __future__ import annotations

from typing import Any

from tests.hosts.fakes.evaluation import parse_format
from tests.hosts.fakes.files import numbered
from tests.hosts.fakes.guard import Guarded
from tests.hosts.fakes.model import KnobModel, refuse
from tests.hosts.fakes.tcl_eval import evaluated, number


class Knob(Guarded):
    """Any knob."""

    __slots__ = ("_model",)

    def __init__(self, session: Any, model: KnobModel) -> None:
        self._session, self._model = session, model
        self._kind = session.surface.knob_class(model.type)

    def _alive(self) -> None:
        if self._model.node.is_gone():
            raise ValueError("A PythonObject is not attached to a node")

    def __repr__(self) -> str:
        return f"<{self._kind} {self._model.name}>"

    def Class(self) -> str:
        return str(self._kind)

    def name(self) -> str:
        return self._model.name

    def label(self) -> str:
        return self._model.label

    def tooltip(self) -> str:
        return self._model.tooltip

    def node(self) -> Any:
        return self._session.face(self._model.node)

    def visible(self) -> bool:
        return self._model.visible

    def enabled(self) -> bool:
        return self._model.enabled

    def setEnabled(self, enabled: bool) -> None:
        self._model.enabled = bool(enabled)

    def value(self, *args: Any) -> Any:
        model = self._model
        if model.kind == "none":
            return model.value
        if model.type == "Format":
            return Format(self._session, parse_format(model.value), model.value)
        if model.kind in ("whole", "number", "bool"):
            value = number(model)
            return {"whole": int, "number": float, "bool": bool}[model.kind](value)
        if model.kind == "array":
            return model.value[args[0] if args else 0]
        return model.value

    def getValue(self, channel: int = 0) -> Any:
        model = self._model
        if model.kind == "enum":
            return float([word.split("\t")[0] for word in model.choices()].index(model.value))
        if model.kind in ("whole", "number", "bool"):
            return number(model)
        return Knob.value(self, channel)

    def setValue(self, val: Any, chan: int = 0) -> bool:
        model = self._model
        if model.kind == "array" and chan:
            raise refuse("setting one component of an array")
        if model.type == "Format" and isinstance(val, Format):
            val = val._text
        if model.set(val):
            self._session.knob_changed(model)
        return True

    def hasExpression(self, index: int = 0) -> bool:
        return bool(self._model.expression)

    def setExpression(self, expression: str, index: int = 0, view: Any = None) -> bool:
        self._model.expression = expression
        self._session.knob_changed(self._model)
        return True


class EnumKnob(Knob):
    """A choice."""

    __slots__ = ()

    def values(self) -> list[str]:
        return list(self._model.choices())

    def setValues(self, items: list[str]) -> None:
        if not all(isinstance(item, str) for item in items):
            raise TypeError("setValues() takes strings")
        self._model.set_values(list(items))


class StringKnob(Knob):
    """Text, which may hold Tcl in brackets.

    `value` is documented as evaluated and `getText` as not, though a File's `value` is not either; which of them a
    plugin means has to be plain, so `value` refuses a text with Tcl.
    """

    __slots__ = ()

    def value(self, *args: Any) -> Any:
        text = self._model.value
        if self._model.type not in ("File", "PyScript") and isinstance(text, str) and set(text) & set("[$"):
            raise refuse(f"value() of {self._model.where()}, whose text has Tcl: say getText() or evaluate()")
        return Knob.value(self, *args)

    def getText(self, oc: Any = None) -> str:
        return str(self._model.value)

    def evaluate(self) -> str:
        text = evaluated(self._model.node, self._model.value)
        return numbered(text, self._session.frame) if self._model.type == "File" else text

    def getEvaluatedValue(self, oc: Any = None) -> str:
        return evaluated(self._model.node, self._model.value)

    def fromUserText(self, s: str) -> None:
        """A file, with its range behind it: `p.%04d.exr 1001-1010` sets first and last too."""
        name, _, frames = s.rpartition(" ")
        first, dash, last = frames.partition("-")
        knobs = self._model.node.knobs
        if name and dash and first.isdigit() and last.isdigit() and "first" in knobs:
            for knob, frame in (("first", first), ("last", last), ("origfirst", first), ("origlast", last)):
                if knob in knobs:
                    knobs[knob].set(int(frame))
            s = name
        Knob.setValue(self, s)


class ScriptKnob(StringKnob):
    """Python to be run: a button."""

    __slots__ = ()

    def command(self) -> str:
        return str(self._model.value)

    def execute(self) -> None:
        self._session.run_code(self._model)


class Format(Guarded):
    """Size and pixel aspect of pictures."""

    __slots__ = ("_form", "_text")

    def __init__(self, session: Any, form: tuple[int, int, float], text: str = "") -> None:
        self._session, self._kind = session, "Format"
        self._form, self._text = form, text

    def name(self) -> str | None:
        words = self._text.split(None, 7)
        return words[7] if len(words) > 7 else None

    def width(self) -> int:
        return self._form[0]

    def height(self) -> int:
        return self._form[1]

    def pixelAspect(self) -> float:
        return self._form[2]

    def x(self) -> int:
        return 0

    def y(self) -> int:
        return 0

    def r(self) -> int:
        return self._form[0]

    def t(self) -> int:
        return self._form[1]


class Numbers(Guarded):
    """A FrameRange or an Info: a few numbers by name."""

    __slots__ = ("_numbers",)

    def __init__(self, session: Any, kind: str, **numbers: Any) -> None:
        self._session, self._kind, self._numbers = session, kind, numbers

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("_"):
            return object.__getattribute__(self, name)
        self._check(name)
        return lambda: self._numbers[name]


def knob_face(session: Any, model: KnobModel) -> Knob:
    """The one object that stands for a knob."""
    if model.face is None:
        is_a, cls = session.surface.is_a, session.surface.knob_class(model.type)
        made = Knob
        for base, face in (
            ("Enumeration_Knob", EnumKnob),
            ("String_Knob", StringKnob),
            ("Script_Knob", ScriptKnob),
        ):
            made = face if is_a(cls, base) else made
        model.face = made(session, model)
    return model.face  # type: ignore[no-any-return]
