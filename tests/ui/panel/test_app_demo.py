"""The demo's shot from the empty window: one film at a time, cancelled, found, refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLockFile, Qt
from pytestqt.qtbot import QtBot

from pai_studio.core import config
from pai_studio.core.shot import document
from pai_studio.core.shot.saving import text_beside
from pai_studio.ui.panel.demo import DemoFilm
from pai_studio.ui.panel.empty import EmptyState
from pai_studio.ui.panel.state.studio import Studio
from tests.ui.panel.shots import a_shot


@pytest.fixture
def film(studio: Studio) -> Iterator[DemoFilm]:
    film = DemoFilm(studio.work)
    yield film
    film.close()


@pytest.fixture
def place(studio: Studio) -> Path:
    """Where the demo lies."""
    folder = config.state_dir() / "panel" / "demo"
    (folder / "input").mkdir(parents=True)
    return folder


def test_two_clicks_film_once_and_a_third_cancels(qtbot: QtBot, studio: Studio, film: DemoFilm) -> None:
    empty = EmptyState(studio)
    qtbot.addWidget(empty)
    empty.show()
    empty.demo_wanted.connect(film.start)
    empty.demo_cancelled.connect(film.cancel)
    film.changed.connect(lambda: empty.show_demo(is_under_way=film.is_under_way, share=film.share))
    ended: list[object] = []
    film.filmed.connect(ended.append)
    film.failed.connect(ended.append)
    qtbot.mouseClick(empty.demo, Qt.MouseButton.LeftButton)
    film.start()
    qtbot.waitUntil(lambda: film._process is not None and film._process.processId() > 0)
    process = film._process
    assert empty.bar.isVisible()
    qtbot.waitUntil(lambda: studio.work.is_idle)  # filming holds nothing of the panel's own
    assert film.is_under_way
    empty.demo.click()  # by its own call: the bar that has come moves it
    assert process is not None
    qtbot.waitUntil(lambda: not film.is_under_way)
    assert film._process is None
    assert ended == []
    assert empty.demo.text() == "Try the demo shot"
    assert not empty.bar.isVisible()
    qtbot.waitUntil(lambda: studio.work.is_idle)
    lock = QLockFile(str(config.state_dir() / "panel" / "demo.lock"))
    assert lock.tryLock(0)


def test_what_is_filmed_is_opened_at_once_and_delivers_versions(
    qtbot: QtBot, studio: Studio, place: Path, film: DemoFilm
) -> None:
    file = place / "input" / "demo.shot.json"
    shot = a_shot(place / "input", stills=1, delivery={"files": "beauty.####.exr"})
    file.write_text(text_beside(shot, file.parent))
    with qtbot.waitSignal(film.filmed) as heard:
        film.start()
    assert heard.args == [file]
    assert not film.is_under_way
    assert document.load(file).delivery_files == "SH010/v001/SH010_v001.####.exr"
    assert document.load(file).references == shot.references


def test_another_window_that_films_it_is_said(
    qtbot: QtBot, studio: Studio, place: Path, film: DemoFilm
) -> None:
    lock = QLockFile(str(place.parent / "demo.lock"))
    assert lock.tryLock(0)
    with qtbot.waitSignal(film.failed) as heard:
        film.start()
    assert "another window is filming" in str(heard.args[0])


def test_how_far_it_is_stands_on_the_empty_window(qtbot: QtBot, studio: Studio, film: DemoFilm) -> None:
    empty = EmptyState(studio)
    qtbot.addWidget(empty)
    empty.show_demo(is_under_way=True, share=0.5)
    assert empty.filming.text() == "Filming the demo shot: 50%"
    assert empty.bar.value() == 50


@pytest.mark.long
def test_a_film_that_fails_is_said_in_its_own_words(
    qtbot: QtBot, studio: Studio, place: Path, film: DemoFilm
) -> None:
    (place / "input" / "mine.txt").write_text("")
    with qtbot.waitSignal(film.failed, timeout=60_000) as heard:
        film.start()
    assert "holds something else than a demo" in str(heard.args[0])
