"""What the user sees of a script's windows, and does; a test steers it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.hosts.fakes_resolve.errors import FakeGuiError

Act = Callable[[], Any] | tuple[str, str]
"""What the user does: `("Cancel", "Clicked")` for an event of an element, or a call."""


class Widget:
    """An element as it is shown: its properties, and what is in it."""

    def __init__(self, kind: str, props: dict[str, Any], children: list[Widget]) -> None:
        self.kind, self.props, self.children = kind, props, children
        self.items: list[str] = []
        self.shown = False
        self.handlers: dict[tuple[str, str], Callable[[Any], Any]] = {}

    def walk(self) -> Iterator[Widget]:
        """It and all that is in it."""
        yield self
        for child in self.children:
            yield from child.walk()

    def find(self, name: str) -> Widget | None:
        """What has this id."""
        return next((one for one in self.walk() if one.props.get("ID") == name), None)


class Screen:
    """What the user sees and does; a test steers it."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.windows: list[Widget] = []
        self.plan: list[Act] = []
        """What the user does next where a window waits for it: one after the other, in RunLoop."""

        self.at_step: dict[int, Act] = {}
        """What the user does at the n-th step of the loop, counted from 1 over the session."""

        self.steps = 0
        self.texts: list[str] = []
        """Every text that was put on a label, in order."""

        self.exit: Any = None
        self.is_over = False

    def open(self) -> list[Widget]:
        """The windows that are shown."""
        return [window for window in self.windows if window.shown]

    def widget(self, name: str) -> Widget:
        """What is shown under an id. Raises AssertionError."""
        found = next((one for window in self.open() if (one := window.find(name))), None)
        assert found is not None, f"no element {name} is shown: {[w.props.get('ID') for w in self.open()]}"
        return found

    def all_texts(self) -> list[str]:
        """What the elements of the windows that are shown say."""
        return [
            str(one.props["Text"]) for window in self.open() for one in window.walk() if "Text" in one.props
        ]

    def choose(self, name: str, text: str) -> None:
        """Choose an entry of a menu. Raises AssertionError."""
        box = self.widget(name)
        assert text in box.items, f"{name} has no entry {text!r}: {box.items}"
        box.props["CurrentIndex"] = box.items.index(text)
        self._send(name, "CurrentIndexChanged")

    def type(self, name: str, text: str) -> None:
        """Type into a field."""
        self.widget(name).props["Text"] = text
        self._send(name, "TextChanged")

    def press(self, name: str) -> None:
        """Press a button. Raises AssertionError where it is not to be pressed."""
        assert self.widget(name).props.get("Enabled", True), f"{name} is switched off"
        self._send(name, "Clicked")

    def do(self, act: Act) -> None:
        """What the user does."""
        if not isinstance(act, tuple):
            act()
            return
        name, event = act
        self.press(name) if event == "Clicked" else self._send(name, event)

    def _send(self, name: str, event: str) -> None:
        for window in self.open():
            handler = window.handlers.get((name, event))
            if handler is not None:
                handler({"who": name, "what": event, "when": 0.0, "window": None})
                return

    def step(self) -> None:
        """One turn of the loop."""
        self.steps += 1
        if self.steps in self.at_step:
            self.do(self.at_step[self.steps])

    def run(self) -> Any:
        """Until ExitLoop. Raises FakeGuiError where no user is left who could end it."""
        self.is_over = False
        while not self.is_over:
            if not self.plan:
                raise self._session.refuse(
                    FakeGuiError(f"a window waits and the test has no answer: {self.all_texts()}")
                )
            self.do(self.plan.pop(0))
        return self.exit
