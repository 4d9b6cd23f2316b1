"""Windows, as far as a plugin meets them: messages, questions, menus and progress bars."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.hosts.fakes.errors import FakeGuiError
from tests.hosts.fakes.guard import Guarded


@dataclass
class Task:
    """What a progress bar has shown."""

    title: str
    progress: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    cancelled: bool = False
    is_open: bool = True


class ProgressTask(Guarded):
    """A bar with a cancel button, gone when nothing holds it. Only where there are windows; from any thread."""

    __slots__ = ("_task",)

    def __init__(self, session: Any, title: str) -> None:
        self._session, self._kind = session, "ProgressTask"
        self._task = Task(title)
        session.tasks.append(self._task)

    def __del__(self) -> None:
        self._task.is_open = False

    def setProgress(self, i: int) -> None:
        if not isinstance(i, int) or isinstance(i, bool):
            raise TypeError(f"setProgress() takes an int, not {type(i).__name__}")
        self._task.progress.append(i)
        self._session.loop.wake()

    def setMessage(self, s: str) -> None:
        if not isinstance(s, str):
            raise TypeError(f"setMessage() takes a string, not {type(s).__name__}")
        self._task.texts.append(s)
        self._session.loop.wake()

    def isCancelled(self) -> bool:
        return self._task.cancelled


@dataclass
class Entry:
    """A menu or one line of it."""

    name: str
    command: Any = None
    items: dict[str, Entry] = field(default_factory=dict)
    face: Any = None


class Menu(Guarded):
    """A menu, a submenu or a command in it."""

    __slots__ = ("_entry",)

    def __init__(self, session: Any, entry: Entry) -> None:
        self._session, self._kind, self._entry = session, "Menu", entry

    def name(self) -> str:
        return self._entry.name

    def addMenu(self, name: str, icon: Any = None, tooltip: Any = None, index: int = -1) -> Any:
        entry = self._entry.items.setdefault(name, Entry(name))
        return menu_face(self._session, entry)

    def addCommand(self, name: str, command: Any = None, *_more: Any, **_named: Any) -> Any:
        if not callable(command) and not isinstance(command, str):
            raise TypeError("a command is a callable or a string of Python")
        self._entry.items[name] = Entry(name, command)
        return menu_face(self._session, self._entry.items[name])

    def findItem(self, name: str) -> Any:
        entry = self._entry.items.get(name)
        return menu_face(self._session, entry) if entry else None

    menu = findItem

    def items(self) -> list[Any]:
        return [menu_face(self._session, entry) for entry in self._entry.items.values()]

    def setEnabled(self, enabled: bool, recursive: bool = False) -> None:
        pass


def menu_face(session: Any, entry: Entry) -> Menu:
    """The one object that stands for a menu's entry."""
    entry.face = entry.face or Menu(session, entry)
    return entry.face  # type: ignore[no-any-return]


def run_command(session: Any, entry: Entry) -> None:
    """Do what an entry does."""
    if isinstance(entry.command, str):
        exec(entry.command, session.namespace())
    else:
        command: Callable[[], Any] = entry.command
        command()


class Dialogs:
    """Messages that were shown, and answers that the test gives to questions."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.answers: list[Any] = []
        self.asked: list[str] = []

    def show(self, text: str) -> None:
        """A message that the user has to see; the test must take it."""
        if not isinstance(text, str):
            raise TypeError("a message is a string")
        self.messages.append(text)

    def ask(self, text: str) -> Any:
        """The test's answer to a question. Raises FakeGuiError where it has none."""
        self.asked.append(text)
        if not self.answers:
            raise FakeGuiError(f"the test has no answer to {text!r}")
        return self.answers.pop(0)

    def taken(self) -> list[str]:
        """The messages so far, which count as expected now."""
        messages, self.messages = self.messages, []
        return messages
