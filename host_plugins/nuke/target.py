"""One PAI-Studio node, as the flow sees it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import nuke

from ..host import Asked, Colour, Fault, Record, Result, State
from . import asked, colour, export, result, state
from .node import is_gone, text_of
from .session import unrecorded

_followed: list[Record] = []
"""Jobs that this session follows now; a second render of a node must not take over one of them."""


class NukeTarget:
    """A node that is rendered. Every method runs on the main thread."""

    def __init__(self, node: nuke.Node) -> None:
        self.node = node
        self.label = str(node.name())
        self._job: Record | None = None

    def asked(self) -> Asked:
        """What the knobs say. Raises Fault naming the one that cannot be used."""
        with self._there():
            return asked.read(self.node)

    def colour(self) -> Colour:
        """The working space. Raises Fault where neither the script nor the node says one."""
        with self._there():
            found = colour.read(self.node)
            colour.require(found, self.label)
            return found

    def state(self) -> State:
        """What the node is like now."""
        with self._there():
            return state.of(self.node, asked.read(self.node), colour.read(self.node))

    def export(self, source: str, files: str, first: int, last: int) -> None:
        """Write one input as EXR, in the working space."""
        with self._there():
            export.write(self.node, source, files, first, last)

    def place(self, made: Result) -> None:
        """Show a version, and pin it."""
        with self._there():
            result.place(self.node, made)

    def placed(self) -> Result | None:
        """The pinned version, or None."""
        with self._there():
            return result.placed(self.node)

    def keep(self, job: Record | None) -> None:
        """Remember the job of this render in the script, beside those of others; None forgets it."""
        with self._there():
            others = [other for other in self._jobs() if other != self._job]
            self.release()
            if job is not None:
                _followed.append(job)
                others.append(job)
            self._job = job
            with unrecorded():
                self.node["job"].setValue(json.dumps(others) if others else "")
            nuke.modified(True)

    def kept(self) -> Record | None:
        """This render's job; before it has one, a job that the script remembers and that no other render follows."""
        with self._there():
            if self._job is None:
                free = [job for job in self._jobs() if job not in _followed]
                self._job = free[-1] if free else None
                _followed.extend(free[-1:])
            return self._job

    def release(self) -> None:
        """Let a later render follow this one's job again. No call of Nuke's: it may run on any thread."""
        if self._job in _followed:
            _followed.remove(self._job)

    def _jobs(self) -> list[Record]:
        text = text_of(self.node, "job")
        try:
            jobs = json.loads(text) if text else []
        except ValueError:
            return []  # nothing that could be followed
        return [job for job in jobs if isinstance(job, dict)] if isinstance(jobs, list) else []

    @contextmanager
    def _there(self) -> Iterator[None]:
        """A node that was deleted meanwhile, as a fault."""
        try:
            self.node.name()
        except ValueError as error:
            if not is_gone(error):
                raise
            raise Fault(
                "is no longer in the script", where=self.label, hint="undo its deletion", code="NOT_FOUND"
            ) from None
        yield


class PinnedTarget(NukeTarget):
    """A node whose pinned version is made, and whose script stays as it is: the farm's way."""

    def __init__(self, node: nuke.Node) -> None:
        super().__init__(node)
        pin = result.pin_of(node)
        if pin is None:
            raise Fault(
                "no version is pinned",
                where=self.label,
                hint="write the farm job from Nuke, or use --version next",
                code="INVALID_INPUT",
            )
        self.pin = pin
        self.made: Result | None = None

    def asked(self) -> Asked:
        """What the knobs say, delivered as the pinned version."""
        said = super().asked()
        delivery = {**said.document["delivery"], "files": self.pin.result.files}
        return replace(said, document={**said.document, "delivery": delivery})

    def place(self, made: Result) -> None:
        """The script shows it already."""
        self.made = made

    def placed(self) -> Result | None:
        """The pinned version, made or not."""
        return self.pin.result

    def keep(self, job: Record | None) -> None:
        """Nothing is written into the script."""

    def kept(self) -> Record | None:
        """A farm's task starts afresh."""
        return None
