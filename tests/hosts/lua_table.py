"""A small strict reader of Fusion's files (.setting, .comp), each one Lua table: what is none, it refuses by line.

`read_table(text)` gives a `Table`. Fusion's own constructors keep their class (`Loader { ... }`, `Fuse.Name { ... }`),
`ordered() { ... }` says so. Proven on the real files of footage `scripts_fusion_resolve`, against a real Lua as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

__all__ = ["Key", "LuaError", "Table", "Value", "read_table"]


class LuaError(Exception):
    """What is wrong, and the line on which it stands."""

    def __init__(self, what: str, line: int) -> None:
        super().__init__(f"line {line}: {what}")
        self.line = line


@dataclass(eq=False)
class Table:
    """One table. Items without a key have 1, 2, 3 and on, as Lua counts them."""

    cls: str = ""
    """The constructor's name; empty for a plain table."""

    is_ordered: bool = False
    items: dict[Key, Value] = field(default_factory=dict)
    line: int = 0

    def __getitem__(self, key: Key) -> Value:
        if key not in self.items:
            raise KeyError(f"{self.cls or 'the table'} of line {self.line} has no {key!r}")
        return self.items[key]

    def table(self, key: Key) -> Table:
        """The table under a key. Raises KeyError where something else stands there."""
        value = self[key]
        if not isinstance(value, Table):
            raise KeyError(f"{key!r} of line {self.line} is no table")
        return value

    def walk(self) -> Iterator[Table]:
        """This table and all within, in the order of the file."""
        yield self
        for value in self.items.values():
            if isinstance(value, Table):
                yield from value.walk()


Key = str | int | float
Value = Table | str | int | float | bool

_WORDS = frozenset(("and", "break", "do", "else", "elseif", "end", "for", "function", "goto", "if", "in")) | {
    *("local", "nil", "not", "or", "repeat", "return", "then", "until", "while")
}
_TRUTHS = {"true": True, "false": False}
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_TOKEN = re.compile(
    rf"""(?P<blank>[ \t\r\n\f\v]+)
    |(?P<comment>--)
    |(?P<long>\[(?P<level>=*)\[(?:\r\n|\n)?(?P<body>.*?)\](?P=level)\])
    |(?P<string>"(?:[^"\\\n]|\\(?:\r\n|.))*"|'(?:[^'\\\n]|\\(?:\r\n|.))*')
    |(?P<number>-?(?:0[xX][0-9A-Fa-f]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\w.]))
    |(?P<name>{_NAME}(?:\.{_NAME})*)
    |(?P<sign>[{{}}\[\]=,;()])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:(\d{1,3})|(\r\n|.))", re.DOTALL)
_ESCAPES = dict(zip("abfnrtv\\\"'\n", "\a\b\f\n\r\t\v\\\"'\n", strict=True)) | {"\r\n": "\n"}


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    line: int


def read_table(text: str) -> Table:
    """Read a whole file. Raises LuaError for anything that it does not understand."""
    # Fusion ends a saved composition with a zero byte.
    return _Reader(text.removesuffix("\0")).whole()


def _tokens(text: str) -> Iterator[_Token]:
    at, line = 0, 1
    while at < len(text):
        match = _TOKEN.match(text, at)
        if not match:
            raise LuaError(f"{text[at : at + 20]!r} is not understood", line)
        kind = match.lastgroup or ""
        kind = "long" if match["long"] is not None else kind
        if kind == "comment":
            raise LuaError("a comment, which Fusion does not write", line)
        if kind != "blank":
            yield _Token(kind, match["body"] if kind == "long" else match[0], line)
        line += match[0].count("\n")
        at = match.end()
    yield _Token("end", "the end", line)


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0

    @property
    def _now(self) -> _Token:
        return self._tokens[self._at]

    def whole(self) -> Table:
        value = self._value()
        if not isinstance(value, Table):
            self._refuse("a file holds one table")
        if self._now.kind != "end":
            self._refuse(f"{self._now.text!r} stands behind the table")
        return value

    def _refuse(self, what: str) -> NoReturn:
        raise LuaError(what, self._now.line)

    def _is(self, sign: str, ahead: int = 0) -> bool:
        token = self._tokens[min(self._at + ahead, len(self._tokens) - 1)]
        return token.kind == "sign" and token.text == sign

    def _take(self) -> _Token:
        token = self._now
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _want(self, sign: str) -> None:
        if not self._is(sign):
            self._refuse(f"{self._now.text!r} where {sign!r} is wanted")
        self._take()

    def _value(self) -> Value:
        now = self._now
        if self._is("{"):
            return self._table(Table(line=now.line))
        if now.kind in ("string", "long", "number"):
            return _plain(self._take())
        if now.kind != "name":
            self._refuse(f"{now.text!r} where a value is wanted")
        if now.text in _TRUTHS:
            self._take()
            return _TRUTHS[now.text]
        return self._constructed()

    def _constructed(self) -> Table:
        name = self._take()
        if name.text in _WORDS:
            raise LuaError(f"{name.text!r} is no value of a table", name.line)
        table = Table(line=name.line)
        if self._is("("):
            if name.text != "ordered" or not self._is(")", ahead=1):
                self._refuse(f"a call of {name.text}")
            self._take()
            self._take()
            table.is_ordered = True
        else:
            table.cls = name.text
        if not self._is("{"):
            self._refuse(f"{name.text!r} makes no table")
        return self._table(table)

    def _table(self, table: Table) -> Table:
        self._want("{")
        count = 0
        while not self._is("}") and self._now.kind != "end":
            line, key = self._now.line, self._key()
            if key is None:
                count += 1
                key = count
            if key in table.items:
                raise LuaError(f"the key {key!r} stands twice", line)
            table.items[key] = self._value()
            if not (self._is(",") or self._is(";")):
                break
            self._take()
        if self._now.kind == "end":
            raise LuaError("the table is not closed", table.line)
        if not self._is("}"):
            self._refuse(f"{self._now.text!r} after a value")
        self._take()
        return table

    def _key(self) -> Key | None:
        """The key of the next item; None where it has none."""
        if self._is("["):
            self._take()
            if self._now.kind not in ("string", "long", "number"):
                self._refuse(f"{self._now.text!r} as a key")
            key = _plain(self._take())
            self._want("]")
            self._want("=")
            return key
        name = self._now
        if name.kind != "name" or not self._is("=", ahead=1):
            return None
        if "." in name.text or name.text in _WORDS | set(_TRUTHS):
            self._refuse(f"{name.text!r} as a key")
        self._take()
        self._take()
        return name.text


def _plain(token: _Token) -> str | int | float:
    if token.kind == "long":
        return token.text.replace("\r\n", "\n")
    if token.kind == "string":
        return _ESCAPE.sub(lambda match: _escaped(match, token.line), token.text[1:-1])
    if token.text.lower().lstrip("-").startswith("0x"):
        return int(token.text, 16)
    return int(token.text) if token.text.lstrip("-").isdigit() else float(token.text)


def _escaped(match: re.Match[str], line: int) -> str:
    if match[1]:
        if int(match[1]) > 127:
            raise LuaError(f"{match[0]} is a byte, not a letter", line)
        return chr(int(match[1]))
    if match[2] not in _ESCAPES:
        raise LuaError(f"{match[0]!r} is no escape", line)
    return _ESCAPES[match[2]]
