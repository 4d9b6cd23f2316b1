"""Words of a Tcl script, as saved Nuke scripts use them: bare, "quoted" with escapes, {braced}, [bracketed]."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{1,4}|x[0-9A-Fa-f]{1,2}|[0-7]{1,3}|\n[ \t]*|[^0-7])?", re.DOTALL)
_END_OF_WORD = {"bare": "", "quoted": '"', "braced": "}", "bracketed": "]"}


class NkError(Exception):
    """A script that cannot be read; the message names the line."""

    def __init__(self, what: str, line: int) -> None:
        super().__init__(f"line {line}: {what}")
        self.what, self.line = what, line


@dataclass(frozen=True)
class Word:
    """One word, as written between its delimiters."""

    kind: str
    """`bare`, `quoted`, `braced` or `bracketed`."""

    raw: str
    line: int

    @property
    def text(self) -> str:
        """What the word means: escapes are resolved, but not between braces."""
        return self.raw if self.kind in ("braced", "bracketed") else unescaped(self.raw, self.line)

    def plain(self, what: str) -> str:
        """The text of a word that has to be bare. Raises NkError naming `what` it should be."""
        if self.kind != "bare":
            raise NkError(f"a {self.kind} word stands where {what} should be", self.line)
        return self.text


def unescaped(raw: str, line: int) -> str:
    """Resolve backslashes. Raises NkError for an escape that is none of Tcl's."""

    def one(match: re.Match[str]) -> str:
        code = match[1]
        if not code:
            raise NkError("a backslash escapes nothing", line)
        if code[0] == "\n":
            return " "
        if code[0] in "ux" and len(code) > 1:
            return chr(int(code[1:], 16))
        if code[0] in "01234567":
            return chr(int(code, 8))
        if code.isalpha() and code not in _ESCAPES:
            raise NkError(f"\\{code} is no escape", line)
        return _ESCAPES.get(code, code)

    return _ESCAPE.sub(one, raw)


class Lexer:
    """Walks through a text word by word, and knows in which line it is."""

    def __init__(self, text: str, line: int = 1) -> None:
        self._text, self._at, self._line = text, 0, line

    def commands(self) -> Iterator[list[Word]]:
        """The commands of a script: words up to the end of a line or a semicolon; comments are left out."""
        words: list[Word] = []
        while self._skip(" \t\r"):
            char = self._text[self._at]
            if char in "\n;":
                if words:
                    yield words
                words = []
                self._step(1)
            elif char == "#" and not words:
                self._comment()
            else:
                words.append(self._word(ends=" \t\r\n;", brackets=True))
        if words:
            yield words

    def items(self) -> Iterator[Word]:
        """The words of a list, in which line ends, `$` and `[` mean nothing."""
        while self._skip(" \t\r\n"):
            yield self._word(ends=" \t\r\n", brackets=False)

    def _skip(self, chars: str) -> bool:
        while self._at < len(self._text) and self._text[self._at] in chars:
            self._step(1)
        return self._at < len(self._text)

    def _step(self, count: int) -> None:
        self._line += self._text.count("\n", self._at, self._at + count)
        self._at += count

    def _comment(self) -> None:
        end = self._text.find("\n", self._at)
        self._step((end if end >= 0 else len(self._text)) - self._at)

    def _word(self, ends: str, *, brackets: bool) -> Word:
        line = self._line
        opening = self._text[self._at]
        kinds = {"{": "braced", '"': "quoted"} | ({"[": "bracketed"} if brackets else {})
        kind = kinds.get(opening, "bare")
        if kind == "bare":
            raw = self._bare(ends)
        else:
            self._step(1)
            raw = self._quoted(line) if kind == "quoted" else self._nested(opening, _END_OF_WORD[kind], line)
            if self._at < len(self._text) and self._text[self._at] not in ends:
                raise NkError(f"characters follow the end of a {kind} word", self._line)
        return Word(kind, raw, line)

    def _bare(self, ends: str) -> str:
        start = self._at
        while self._at < len(self._text) and self._text[self._at] not in ends:
            if self._text[self._at] == "}":
                raise NkError("a } closes nothing", self._line)
            self._step(2 if self._text[self._at] == "\\" else 1)
        return self._text[start : self._at]

    def _quoted(self, line: int) -> str:
        start = self._at
        while self._at < len(self._text):
            if self._text[self._at] == '"':
                raw = self._text[start : self._at]
                self._step(1)
                return raw
            self._step(2 if self._text[self._at] == "\\" else 1)
        raise NkError("a quoted word has no end", line)

    def _nested(self, opening: str, closing: str, line: int) -> str:
        start, depth = self._at, 1
        while self._at < len(self._text):
            char = self._text[self._at]
            depth += (char == opening) - (char == closing)
            if depth == 0:
                raw = self._text[start : self._at]
                self._step(1)
                return raw
            self._step(2 if char == "\\" else 1)
        raise NkError(f"a {opening} is never closed", line)


def split_list(text: str, line: int = 1) -> list[Word]:
    """The words of a list. Raises NkError."""
    return list(Lexer(text, line).items())
