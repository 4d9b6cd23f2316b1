"""Expressions of number knobs and of the Expression node: arithmetic over names, nothing else."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.hosts.fakes.errors import FakeGap

Resolve = Callable[[str], Any]
_BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARE: dict[type, Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_CALLS: dict[str, Callable[..., Any]] = {"min": np.minimum, "max": np.maximum, "abs": np.abs}


def evaluate(text: str, resolve: Resolve) -> Any:
    """Reckon an expression; `resolve` gives what a dotted name stands for. Raises FakeGap for what it does not know."""
    python = re.sub(r"!(?!=)", " not ", text).replace("&&", " and ").replace("||", " or ")
    choice = re.fullmatch(r"([^?]+)\?([^:]+):(.+)", python)
    if choice:
        python = f"({choice[2]}) if ({choice[1]}) else ({choice[3]})"
    try:
        return _value(ast.parse(python.strip(), mode="eval").body, resolve)
    except SyntaxError:
        raise FakeGap(f"the fake does not understand the expression {text!r}") from None


def _value(node: ast.expr, resolve: Resolve) -> Any:
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.Name() | ast.Attribute():
            return resolve(ast.unparse(node))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _BINARY[type(op)](_value(left, resolve), _value(right, resolve))
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARE:
            return _COMPARE[type(op)](_value(left, resolve), _value(right, resolve)) * 1.0
        case ast.BoolOp(op=ast.Or(), values=values):
            return np.logical_or.reduce([np.not_equal(_value(one, resolve), 0) for one in values]) * 1.0
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, resolve)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return np.equal(_value(operand, resolve), 0) * 1.0
        case ast.IfExp(test=test, body=body, orelse=other):
            return np.where(_value(test, resolve), _value(body, resolve), _value(other, resolve))
        case ast.Call(func=ast.Name(id=name), args=args) if name in _CALLS:
            return _CALLS[name](*(_value(arg, resolve) for arg in args))
    raise FakeGap(f"the fake does not understand {ast.unparse(node)!r} in an expression")
