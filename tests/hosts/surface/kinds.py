"""What the walk knows a value to be, and what our own package and Python's library offer beside the host."""

from __future__ import annotations

import argparse
import ast
import collections
import hashlib
import importlib
import inspect
import io
import pathlib
import queue
import re
import subprocess
import sys
import threading
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.hosts.surface.table import Row

MODULE = "nuke"
FOREIGN = ("nukescripts", "nuke_internal", "_nuke", "hiero", "foundry")
"""Modules of the host that the table does not cover."""


@dataclass(frozen=True)
class Host:
    """The module `nuke` itself."""


@dataclass(frozen=True)
class Thing:
    """An instance of one of the table's classes (any of `classes`). `node` is its node class where that is known;
    `knobs` are the rows of the knob it may be."""

    classes: frozenset[str]
    node: str = ""
    knobs: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Class:
    """One of the table's classes itself."""

    name: str


@dataclass(frozen=True)
class Bound:
    """A function or method of the table, not called yet."""

    name: str
    row: Row
    of: Thing | None = None


@dataclass(frozen=True)
class Many:
    """A list, a tuple, an iterator, or the values of a dict: things of one kind."""

    of: Any
    is_dict: bool = False
    keys: Thing | None = None
    """The node whose knobs these are."""


@dataclass(frozen=True)
class Pair:
    """Several things of which each is known, as `items()` and `enumerate` give."""

    of: tuple[Any, ...]


@dataclass(frozen=True)
class Own:
    """An instance of a class of our package, or (`is_class`) the class; a module of it has the name `""`."""

    name: str = ""
    is_class: bool = False


@dataclass(frozen=True)
class Python:
    """A module, class or function of Python's library, or (`instance`) an instance of such a class."""

    what: Any
    instance: bool = False


@dataclass(frozen=True)
class Text:
    """A string that is one of these."""

    values: frozenset[str]


@dataclass(frozen=True)
class Told:
    """What a finding was said of already: nothing more is said of what comes after it."""


Kind = Any
"""One of the above, or None where nothing is known."""


def a(cls: str, node: str = "") -> Thing:
    """An instance of a table's class."""
    return Thing(frozenset({cls}), node)


_PYTHON_TYPES = (
    *(str, bytes, int, float, bool, list, tuple, dict, set, frozenset, type, BaseException, OSError, object),
    *(io.TextIOWrapper, io.BufferedReader, pathlib.Path, threading.Thread, threading.Event, subprocess.Popen),
    *(
        subprocess.CompletedProcess,
        re.Pattern,
        re.Match,
        argparse.ArgumentParser,
        queue.Queue,
        collections.Counter,
    ),
    *(types.FunctionType, types.ModuleType, types.GeneratorType, types.TracebackType, type(threading.Lock())),
    *(UnicodeError, subprocess.CalledProcessError, type(hashlib.sha256())),
)
PYTHON_NAMES = frozenset(name for kind in _PYTHON_TYPES for name in dir(kind)) | set(dir(sys.version_info))


def element(kind: Kind) -> Kind:
    """What a loop over it gives."""
    return kind.of if isinstance(kind, Many) and not kind.is_dict else None


def shown(node: ast.AST) -> str:
    """The code of a node, for a finding."""
    text = ast.unparse(node)
    return text if len(text) < 60 else f"{text[:57]}..."


def library(name: str) -> Kind:
    """A module of the standard library by its name; None for any other. Raises ImportError."""
    if name.partition(".")[0] not in sys.stdlib_module_names:
        return None
    return Python(importlib.import_module(name))


def attribute(of: Python, name: str) -> Kind:
    """An attribute of something of Python's library. Raises AttributeError."""
    if of.instance:
        # What only exists on an instance is the rule with these; their classes cannot tell.
        if name not in dir(of.what) and of.what in (str, int, float, bool, bytes, pathlib.Path, list, dict):
            raise AttributeError(name)
        return None
    found = getattr(of.what, name)
    return Python(found) if inspect.ismodule(found) or callable(found) else None
