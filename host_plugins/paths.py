"""Files as a host names them: numbered sequences on disk, and rules that lead from one machine's paths to another's.

Paths are text here, since a host may be asked about the paths of another operating system; `/` and `\\` both part
components where the path is one of Windows.

Standard library, Python 3.9: this file runs inside the host.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .host import Fault

PATH_MAP = "PAI_PATH_MAP"
"""Names the file with the rules."""

OWN_RULES = "pai-studio/paths/1"
OPENJD_RULES = "pathmapping-1.0"
_PADDING = re.compile(r"#+|@+|%(?:0?(\d+))?d")
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True)
class Sequenced:
    """A file name with one frame number in it: `####`, `@@@@` or `%04d`, all of which mean C's `%04d`."""

    before: str
    digits: int
    after: str

    @classmethod
    def of(cls, pattern: str) -> Sequenced:
        """Read a pattern. Raises Fault where its file name holds no frame number, or several."""
        start = _name_at(pattern)
        found = list(_PADDING.finditer(pattern, start))
        if len(found) != 1:
            what = "holds no frame number" if not found else "holds more than one frame number"
            raise Fault(what, where=pattern, hint="name it once, as NAME.####.exr", code="INVALID_INPUT")
        mark = found[0]
        digits = int(mark[1] or 1) if mark[0].startswith("%") else len(mark[0])
        return cls(pattern[: mark.start()], digits, pattern[mark.end() :])

    @property
    def hashes(self) -> str:
        """The pattern with `####`."""
        return f"{self.before}{'#' * self.digits}{self.after}"

    @property
    def printf(self) -> str:
        """The pattern with `%04d`."""
        return f"{self.before}%0{self.digits}d{self.after}"

    def path(self, frame: int) -> str:
        """The file of one frame."""
        return f"{self.before}{frame:0{self.digits}d}{self.after}"

    def on_disk(self) -> list[int]:
        """The frames whose files are there and hold something, in order."""
        start = _name_at(self.before)
        folder = Path(self.before[:start] or ".")
        if not folder.is_dir():
            return []
        shape = re.compile(re.escape(self.before[start:]) + r"(-?\d+)" + re.escape(self.after))
        found = []
        for entry in os.scandir(folder):
            named = shape.fullmatch(entry.name)
            if named and f"{int(named[1]):0{self.digits}d}" == named[1] and entry.stat().st_size > 0:
                found.append(int(named[1]))
        return sorted(found)

    def missing(self, first: int, last: int) -> list[int]:
        """The frames of a range that are not on disk."""
        there = set(self.on_disk())
        return [frame for frame in range(first, last + 1) if frame not in there]

    def stamps(self, first: int, last: int) -> list[list[int]]:
        """Size and time of change of the files of a range: what tells that one is another now. Raises OSError."""
        stats = [Path(self.path(frame)).stat() for frame in range(first, last + 1)]
        return [[stat.st_size, stat.st_mtime_ns] for stat in stats]


def _name_at(path: str) -> int:
    """Where the file's name begins."""
    separators = "/\\" if os.sep == "\\" or is_windows(path) else "/"
    return max(path.rfind(one) for one in separators) + 1


def is_windows(path: str) -> bool:
    """Whether a path is one of Windows by its looks: a drive, or a share, which Nuke writes as `//server/show`."""
    return bool(_DRIVE.match(path)) or path.startswith(("\\\\", "//"))


@dataclass(frozen=True)
class Rule:
    """What begins with `source` is found at `target`."""

    source: str
    target: str

    def apply(self, path: str) -> str | None:
        """The path by this rule, or None where the rule is not about it."""
        windows = is_windows(self.source)
        head, whole = _parts(self.source, windows=windows), _parts(path, windows=windows)
        if windows != is_windows(path):
            return None
        same = [_key(part, windows=windows) for part in whole[: len(head)]]
        if not head or same != [_key(part, windows=windows) for part in head]:
            return None
        rest = whole[len(head) :]
        separator = "\\" if "\\" in self.target and is_windows(self.target) else "/"
        if not rest:
            return self.target
        return (
            self.target.rstrip("/\\" if is_windows(self.target) else "/") + separator + separator.join(rest)
        )


def _parts(path: str, *, windows: bool) -> list[str]:
    """A path's components, its root among them."""
    text = path.replace("\\", "/") if windows else path
    root = "//" if windows and text.startswith("//") else "/" if text.startswith("/") else ""
    return ([root] if root else []) + [part for part in text.split("/") if part]


def _key(part: str, *, windows: bool) -> str:
    return part.casefold() if windows else part


class PathMap:
    """Rules in order: the first one that is about a path decides."""

    def __init__(self, rules: Sequence[Rule] = ()) -> None:
        self.rules = tuple(rules)

    def __bool__(self) -> bool:
        return bool(self.rules)

    def __call__(self, path: str) -> str:
        """Where a path lies on this machine; itself where no rule is about it."""
        for rule in self.rules:
            mapped = rule.apply(path)
            if mapped is not None:
                return mapped
        return path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> PathMap:
        """The rules in the file that `$PAI_PATH_MAP` names; none where it names none. Raises Fault."""
        named = environment.get(PATH_MAP)
        return cls.load(Path(named)) if named else cls()

    @classmethod
    def load(cls, path: Path) -> PathMap:
        """Read rules: ours, `{"version": "pai-studio/paths/1", "rules": [{"from": ..., "to": ...}]}` in their order,
        or OpenJD's `pathmapping-1.0`, whose longest source comes first. Raises Fault."""
        try:
            return cls(_rules(json.loads(path.read_text(encoding="utf-8"))))
        except FileNotFoundError:
            what = "there is no such file of path rules"
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            what = f"holds no path rules that can be used ({error!r})"
        raise Fault(what, where=str(path), hint=f"mend {PATH_MAP}", code="INVALID_INPUT")


def _rules(said: Any) -> list[Rule]:
    if said["version"] == OPENJD_RULES:
        rules = [_rule(one["source_path"], one["destination_path"]) for one in said["path_mapping_rules"]]
        return sorted(rules, key=lambda rule: -len(_parts(rule.source, windows=is_windows(rule.source))))
    if said["version"] == OWN_RULES:
        return [_rule(one["from"], one["to"]) for one in said["rules"]]
    raise ValueError(f"version {said['version']!r} is neither {OWN_RULES} nor {OPENJD_RULES}")


def _rule(source: Any, target: Any) -> Rule:
    if not (isinstance(source, str) and isinstance(target, str) and source and target):
        raise ValueError(f"{source!r} to {target!r} is no rule")
    return Rule(source, target)
