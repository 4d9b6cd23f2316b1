"""Processes that work side by side: results in any order, one that dies takes only its task, and all end in time."""

from __future__ import annotations

import os
import signal
import sys
import textwrap
from collections import deque

import cv2
import numpy as np
import pytest

from pai_studio.core.evaluation.workers import _Worker, each
from pai_studio.core.shot.errors import BadInput, Cancelled, EngineFailed, PaiError


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A module that another process can import as well."""
    folder = tmp_path_factory.mktemp("work")
    (folder / "pai_test_work.py").write_text(
        textwrap.dedent("""
        import os
        import signal
        import time

        import cv2

        from pai_studio.core.report import Progress
        from pai_studio.core.shot.errors import BadInput


        def doubled(task, report):
            report(Progress("double", 1, 2))
            if task == 3:
                raise BadInput("three", where="here", hint="no threes")
            if task == 5:
                os.kill(os.getpid(), signal.SIGKILL)
            return 2 * task


        def threads(task, report):
            return cv2.getNumThreads(), os.environ["OMP_NUM_THREADS"]


        def endless(task, report):
            while True:
                report(Progress("wait", task, 9))
                time.sleep(0.01)
        """)
    )
    sys.path.insert(0, str(folder))
    import pai_test_work

    yield pai_test_work
    sys.path.remove(str(folder))


def test_every_task_is_answered_and_a_death_is_only_its_tasks_own(work):
    heard = []

    found = dict(
        each([1, 5, 3, 4], work.doubled, 2, lambda index, progress: heard.append((index, progress.phase)))
    )

    assert (found[0], found[3]) == (2, 8)
    assert isinstance(found[1], EngineFailed)
    assert "signal 9" in found[1].what
    assert isinstance(found[2], BadInput)
    assert (found[2].what, found[2].where, found[2].hint) == ("three", "here", "no threes")
    assert {index for index, _ in heard} == {0, 1, 2, 3}


def test_a_process_computes_on_one_thread_and_leaves_ours_alone(work, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    before = cv2.getNumThreads()

    ((_, found),) = each([0], work.threads, 1, lambda *_: None)

    assert found == (1, "1")
    assert cv2.getNumThreads() == before
    assert "OMP_NUM_THREADS" not in __import__("os").environ


def test_what_hears_may_stop_it_all(work):
    def stop(index, progress):
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        list(each([1, 2], work.endless, 2, stop))


def test_in_this_process_errors_are_results_but_a_cancel_is_not():
    def work(task, report):
        if task == "bad":
            raise PaiError("bad")
        if task == "stop":
            raise Cancelled("stop")
        return np.sqrt(task)

    assert [type(found).__name__ for _, found in each([4.0, "bad"], work, 0, lambda *_: None)] == [
        "float64",
        "PaiError",
    ]
    with pytest.raises(Cancelled):
        list(each(["stop"], work, 0, lambda *_: None))


def test_a_process_that_dies_while_it_waits_costs_one_task_and_no_more(work):
    """It may have died between two tasks, when nobody was listening: the next one cannot even be sent."""
    worker = _Worker(work.doubled)
    worker.take(deque([(0, 4)]))
    while worker.hear(lambda *_: None) is None:
        pass
    os.kill(worker.process.pid, signal.SIGKILL)
    worker.process.join()
    worker.process.is_alive = lambda: True  # as it was when we last looked

    worker.take(deque([(1, 2)]))
    index, ended = worker.hear(lambda *_: None)

    assert index == 1
    assert isinstance(ended, EngineFailed)
