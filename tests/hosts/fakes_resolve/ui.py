"""The UI manager, its dispatcher and its elements, as a plugin sees them."""

from __future__ import annotations

from typing import Any

from tests.hosts.fakes_resolve.errors import FakeGuiError, UnknownName
from tests.hosts.fakes_resolve.guard import Face
from tests.hosts.fakes_resolve.screen import Widget


class Element(Face):
    """An element. What it is given is its own property; the table says which there are."""

    _kind = "Element"

    @property
    def _widget(self) -> Widget:
        widget: Widget = self._model
        return widget

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("_") or not self._is_property(name):
            return super().__getattribute__(name)
        self._session.check_thread(name)
        return self._read(name)

    def _is_property(self, name: str) -> bool:
        row = self._session.surface.method(self._kind, name)
        return row is not None and row.signature is None and name != "On"

    def _read(self, name: str) -> Any:
        props = self._widget.props
        if name == "CurrentText":
            index = props.get("CurrentIndex", 0)
            return self._widget.items[index] if 0 <= index < len(self._widget.items) else ""
        defaults = {
            "Text": "",
            "PlainText": "",
            "Enabled": True,
            "Visible": True,
            "CurrentIndex": 0,
            "Checked": False,
        }
        return props.get(name, defaults.get(name, 0 if name == "Value" else ""))

    def __setattr__(self, name: str, value: Any) -> None:
        row = None if name.startswith("_") else self._session.surface.method(self._kind, name)
        if row is None or not row.settable:
            super().__setattr__(name, value)
            return
        self._session.check_thread(name)
        self._widget.props[name] = value
        if name in ("Text", "PlainText", "HTML"):
            self._session.screen.texts.append(str(value))

    def Show(self) -> None:
        self._widget.shown = True

    def Hide(self) -> None:
        self._widget.shown = False

    def Close(self) -> bool:
        self._widget.shown = False
        return True

    def Raise(self) -> None: ...

    def Update(self) -> None: ...

    def Repaint(self) -> None: ...

    def RecalcLayout(self) -> None: ...

    def Find(self, name: str) -> Any:
        found = self._widget.find(name)
        return self._session.element(found) if found else None

    def GetItems(self) -> dict[str, Any]:
        return {
            one.props["ID"]: self._session.element(one) for one in self._widget.walk() if "ID" in one.props
        }

    def AddItem(self, text: str) -> None:
        self._widget.items.append(str(text))

    def AddItems(self, items: list[str]) -> None:
        self._widget.items += [str(item) for item in items]

    def Count(self) -> int:
        return len(self._widget.items)

    def Clear(self) -> None:
        self._widget.items.clear()
        self._widget.props.pop("Text", None)

    def Append(self, text: str) -> None:
        self._widget.props["PlainText"] = f"{self._read('PlainText')}{text}\n"

    def Click(self) -> None:
        self._session.screen.press(self._widget.props["ID"])

    def SetRange(self, low: int, high: int) -> None:
        self._widget.props.update(Minimum=low, Maximum=high)

    @property
    def On(self) -> Any:
        return Events(self._session, self._model)


class Events(Face):
    """`window.On`: `window.On[id].Event = handler`."""

    _kind = "Events"

    def __getitem__(self, name: str) -> Any:
        self._check("__getitem__", name)
        return self._handlers(name)

    def __getattribute__(self, name: str) -> Any:
        return super().__getattribute__(name) if name.startswith("_") else self._handlers(name)

    def _handlers(self, name: str) -> Any:
        return Handlers(self._session, (self._model, name))


class Handlers(Face):
    """The events of one element."""

    _kind = "Handlers"

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            object.__setattr__(self, name, value)
            return
        window, element = self._model
        found = window.find(element)
        if found is None:
            raise self._session.refuse(UnknownName(f"window.On[{element!r}]: the window has no such element"))
        if name not in self._session.surface.part("events", found.kind):
            raise self._session.refuse(UnknownName(f"{found.kind} has no event {name!r} in the table"))
        window.handlers[element, name] = value


class UIManager(Face):
    """Makes elements."""

    _kind = "UIManager"

    def _element(self, kind: str, given: tuple[Any, ...]) -> Any:
        props: dict[str, Any] = {}
        children: list[Widget] = []
        for part in given:
            props.update(part if isinstance(part, dict) else {})
            children += [one._model for one in part] if isinstance(part, (list, tuple)) else []
            children += [part._model] if isinstance(part, Element) else []
        unknown = set(props) - set(self._session.surface.part("elements", kind))
        if unknown:
            self._session.refuse(UnknownName(f"{kind} has no properties {sorted(unknown)} in the table"))
        if "Text" in props:
            self._session.screen.texts.append(str(props["Text"]))
        return self._session.element(Widget(kind, dict(props), children))

    def VGroup(self, *given: Any) -> Any:
        return self._element("VGroup", given)

    def HGroup(self, *given: Any) -> Any:
        return self._element("HGroup", given)

    def Label(self, *given: Any) -> Any:
        return self._element("Label", given)

    def Button(self, *given: Any) -> Any:
        return self._element("Button", given)

    def CheckBox(self, *given: Any) -> Any:
        return self._element("CheckBox", given)

    def ComboBox(self, *given: Any) -> Any:
        return self._element("ComboBox", given)

    def SpinBox(self, *given: Any) -> Any:
        return self._element("SpinBox", given)

    def DoubleSpinBox(self, *given: Any) -> Any:
        return self._element("DoubleSpinBox", given)

    def Slider(self, *given: Any) -> Any:
        return self._element("Slider", given)

    def LineEdit(self, *given: Any) -> Any:
        return self._element("LineEdit", given)

    def TextEdit(self, *given: Any) -> Any:
        return self._element("TextEdit", given)

    def HGap(self, *_size: Any) -> Any:
        return self._element("HGap", ())

    def VGap(self, *_size: Any) -> Any:
        return self._element("VGap", ())

    def FindWindow(self, name: str) -> Any:
        found = next((one for one in self._session.screen.windows if one.props.get("ID") == name), None)
        return self._session.element(found) if found else None


class UIDispatcher(Face):
    """Shows windows and runs the loop."""

    _kind = "UIDispatcher"

    def AddWindow(self, *given: Any) -> Any:
        made = UIManager(self._session)._element("Window", given)
        window = made._model
        ids = [one.props["ID"] for one in window.walk() if "ID" in one.props]
        if "ID" not in window.props or len(ids) != len(set(ids)):
            raise self._session.refuse(
                FakeGuiError(f"a window needs an ID, and each ID is there once: {ids}")
            )
        self._session.screen.windows.append(window)
        return made

    AddDialog = AddWindow

    def RunLoop(self) -> Any:
        return self._session.screen.run()

    def StepLoop(self) -> None:
        self._session.screen.step()

    def ExitLoop(self, code: Any = None) -> None:
        self._session.screen.exit, self._session.screen.is_over = code, True
