"""HTML by construction: whatever is not `Markup` already is escaped, so nothing from outside can become a tag."""

from __future__ import annotations

from html import escape

_VOID = {"br", "col", "hr", "img", "link", "meta"}
Attribute = str | int | float | bool | None


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def el(tag: str, *children: str | None, **attributes: Attribute) -> Markup:
    """An element. `cls` is its class, an underscore in a name is a hyphen; None and False leave an attribute out.

    Children that are no `Markup` are escaped, None is skipped.
    """
    opening = f"<{tag}{''.join(_attribute(name, value) for name, value in attributes.items())}>"
    if tag in _VOID:
        return Markup(opening)
    return Markup(f"{opening}{joined(*children)}</{tag}>")


def joined(*parts: str | None) -> Markup:
    """Parts one after another, those that are no `Markup` escaped."""
    return Markup("".join(p if isinstance(p, Markup) else escape(p) for p in parts if p is not None))


def hidden(text: str) -> Markup:
    """Text for screen readers alone."""
    return el("span", text, cls="unseen")


def _attribute(name: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = "class" if name == "cls" else name.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
