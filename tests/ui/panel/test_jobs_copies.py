"""The copies that renders are made of, and the versions that they are promised."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from pai_studio.core.shot import document
from pai_studio.core.shot.errors import NotFound
from pai_studio.ui.panel.state.copies import Promises, write_copy
from tests.ui.panel.files import picture
from tests.ui.panel.shots import a_shot


@pytest.fixture
def copies(tmp_path: Path) -> list[Path]:
    """Eight of one document."""
    made = [tmp_path / "state" / f"{number}.shot.json" for number in range(8)]
    for copy in made:
        write_copy(copy, a_shot(tmp_path, stills=1), tmp_path)
    return made


def number(pattern: str) -> str:
    return Path(pattern).parent.name


def test_threads_that_begin_together_are_promised_a_version_each(copies: list[Path]) -> None:
    promises, given, ready = Promises(), [], threading.Barrier(len(copies))

    def begin(copy: Path) -> None:
        ready.wait()
        given.append(promises.give(copy, copy, keep=False))

    threads = [threading.Thread(target=begin, args=(copy,)) for copy in copies]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(map(number, given)) == [f"v{n:03d}" for n in range(1, 9)]
    assert sorted(document.load(copy).delivery_files for copy in copies) == sorted(given)


def test_a_promise_ends_and_one_of_another_item_does_not(copies: list[Path], tmp_path: Path) -> None:
    promises = Promises()
    first = promises.give("a", copies[0], keep=False)
    assert number(promises.give("b", copies[1], keep=False)) == "v002"
    assert promises.give("again", copies[1], keep=True).endswith("SH010_v002.####.exr")
    promises.end("a")
    assert promises.give("c", copies[2], keep=False) == first
    promises.end("c")
    taken = frozenset({first})
    assert number(promises.give("d", copies[3], keep=False, taken=taken)) == "v003"
    picture(tmp_path / "SH010" / "v007" / "SH010_v007.1001.exr", np.zeros((2, 2, 3), np.float32))
    assert number(promises.give("e", copies[4], keep=False)) == "v008"


def test_a_copy_that_is_gone_is_said_in_one_line(copies: list[Path]) -> None:
    copies[0].unlink()
    with pytest.raises(NotFound, match="the queue's copy of the document is gone"):
        Promises().give("a", copies[0], keep=False)
