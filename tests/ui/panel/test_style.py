from __future__ import annotations

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from pai_studio.ui.panel import style


def luminance(colour: QColor) -> float:
    """WCAG 2's relative luminance."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.getRgbF()[:3]]
    return float(0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2])


def contrast(one: QColor, other: QColor) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("tokens", [style.DARK, style.LIGHT], ids=["dark", "light"])
def test_everything_that_is_read_can_be_read(tokens: style.Tokens) -> None:
    """WCAG 2 AA: 4.5 for text, 3 for marks."""
    for ground in (tokens.window, tokens.base, tokens.raised):
        for ink in (tokens.text, tokens.dim, tokens.good, tokens.warn, tokens.bad):
            assert contrast(ink, ground) >= 4.5, (ink.name(), ground.name())
        assert contrast(tokens.marker, ground) >= 3
    assert contrast(tokens.on_accent, tokens.accent) >= 4.5


@pytest.mark.parametrize("tokens", [style.DARK, style.LIGHT], ids=["dark", "light"])
def test_the_room_around_a_picture_is_neutral(tokens: style.Tokens) -> None:
    for ground in (tokens.window, tokens.base, tokens.raised, tokens.line, tokens.plate):
        assert ground.red() == ground.green() == ground.blue()


def test_light_and_dark_follow_what_was_chosen(qtbot: QtBot, qapp: QApplication) -> None:
    style.dress(qapp)
    style.choose_scheme(qapp, "light")
    assert qapp.palette().window().color() == style.LIGHT.window
    style.choose_scheme(qapp, "dark")
    assert qapp.palette().window().color() == style.DARK.window
    style.choose_scheme(qapp, "")
