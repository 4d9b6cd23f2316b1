"""Jobs, their events and outputs, in SQLite: what is acknowledged is on disk."""

from __future__ import annotations

import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pai_studio.core.shot.errors import AlreadyThere, BadInput, NotFound, OutOfResources, PaiError
from pai_studio.server.api import studio_pb2 as pb
from pai_studio.server.api.wire import error_to_pb
from pai_studio.server.preview import Previews

_LAYOUT = 1
_TABLES = """
CREATE TABLE jobs (
  ord INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
  request_id TEXT NOT NULL UNIQUE, spec BLOB NOT NULL, shot_name TEXT NOT NULL, mode INTEGER NOT NULL,
  state INTEGER NOT NULL, crashes INTEGER NOT NULL DEFAULT 0, cancel INTEGER NOT NULL DEFAULT 0,
  created REAL NOT NULL, started REAL, ended REAL,
  phase TEXT NOT NULL DEFAULT '', done INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0, eta_s REAL,
  error BLOB, result BLOB, last_seq INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX jobs_by_state ON jobs (state, ord);
CREATE TABLE events (job TEXT NOT NULL, seq INTEGER NOT NULL, event BLOB NOT NULL, PRIMARY KEY (job, seq))
  STRICT, WITHOUT ROWID;
CREATE TABLE outputs (
  ord INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL, path TEXT NOT NULL, digest TEXT NOT NULL,
  size INTEGER NOT NULL, frame INTEGER, UNIQUE (job, path)) STRICT;
"""
ENDED = (pb.SUCCEEDED, pb.FAILED, pb.CANCELLED)
_ACTIVE = (pb.QUEUED, pb.RUNNING)


@dataclass(frozen=True)
class Claim:
    """A job that a worker takes on."""

    id: str
    spec: pb.JobSpec
    crashes: int


class Store:
    """The only owner of the database; every method is one transaction and may be called from any thread."""

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._lock = threading.RLock()
        self.changed = threading.Condition()
        """Notified after every new event."""
        self._previews = Previews()
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._lay_out(path)
        except sqlite3.DatabaseError as error:
            hint = "restore it, or choose another data folder"
            raise BadInput(f"the database cannot be used ({error})", where=str(path), hint=hint) from None

    def _lay_out(self, path: Path) -> None:
        layout = self._db.execute("PRAGMA user_version").fetchone()[0]
        if layout > _LAYOUT:
            raise BadInput("the database is of a newer version", where=path.name, hint="update PAI-Studio")
        if layout == 0:
            self._db.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {_LAYOUT}; COMMIT;")

    def close(self) -> None:
        """Close the database; nothing may be called after."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """One durable transaction. Raises OutOfResources when the disk is full."""
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except BaseException as error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                if (
                    isinstance(error, sqlite3.OperationalError)
                    and error.sqlite_errorcode == sqlite3.SQLITE_FULL
                ):
                    hint = "free some space on the server"
                    raise OutOfResources("the server's disk is full", hint=hint) from error
                raise
        with self.changed:
            self.changed.notify_all()

    def _read(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    # Jobs

    def create(
        self, request_id: str, spec: pb.JobSpec, shot_name: str, max_queued: int
    ) -> tuple[pb.Job, bool]:
        """Commit a job, or find the one that this request made before; tells whether it is new.

        Raises AlreadyThere when the request id came with another spec, OutOfResources when the queue is full.
        """
        body = spec.SerializeToString(deterministic=True)
        with self._write() as db:
            row = db.execute("SELECT * FROM jobs WHERE request_id = ?", (request_id,)).fetchone()
            if row is not None:
                if row["spec"] != body:
                    hint = "make a new request id for another job"
                    raise AlreadyThere("the request id belongs to another job", where=request_id, hint=hint)
                return _job(row), False
            if (
                db.execute("SELECT count(*) FROM jobs WHERE state = ?", (pb.QUEUED,)).fetchone()[0]
                >= max_queued
            ):
                raise OutOfResources(
                    f"{max_queued} jobs are waiting already", hint="wait until some are done"
                )
            job_id = secrets.token_hex(8)
            db.execute(
                "INSERT INTO jobs (id, request_id, spec, shot_name, mode, state, created) VALUES (?,?,?,?,?,?,?)",
                (job_id, request_id, body, shot_name, spec.mode, pb.QUEUED, self._now()),
            )
            self._append(db, job_id, pb.JobEvent(state=pb.QUEUED, message="queued"))
            return _job(db.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()), True

    def _row(self, name: str) -> sqlite3.Row:
        rows = self._read("SELECT * FROM jobs WHERE id = ?", name.removeprefix("jobs/"))
        if not rows or not name.startswith("jobs/"):
            raise NotFound("there is no such job", where=name[:80], hint="list them with `pai-studio jobs`")
        return rows[0]

    def job(self, name: str) -> pb.Job:
        """One job with its result. Raises NotFound."""
        row = self._row(name)
        job = _job(row)
        job.result = row["result"] or b""
        return job

    def jobs(self, page_size: int, page_token: str) -> tuple[list[pb.Job], str]:
        """A page of jobs, newest first, and the token of the next page."""
        size, before = _page(page_size, page_token, first=2**62)
        rows = self._read("SELECT * FROM jobs WHERE ord < ? ORDER BY ord DESC LIMIT ?", before, size + 1)
        return [_job(row) for row in rows[:size]], str(rows[size - 1]["ord"]) if len(rows) > size else ""

    def active(self) -> int:
        """How many jobs are queued or running."""
        return len(self.active_ids())

    def has_queued(self) -> bool:
        """Whether a job waits."""
        return bool(self._read("SELECT 1 FROM jobs WHERE state = ? LIMIT 1", pb.QUEUED))

    def claim(self) -> Claim | None:
        """Take the oldest queued job for running, or None."""
        if not self.has_queued():
            return None
        with self._write() as db:
            row = db.execute(
                "SELECT * FROM jobs WHERE state = ? ORDER BY ord LIMIT 1", (pb.QUEUED,)
            ).fetchone()
            if row is None:
                return None
            db.execute(
                "UPDATE jobs SET started = coalesce(started, ?) WHERE id = ?", (self._now(), row["id"])
            )
            self._append(db, row["id"], pb.JobEvent(state=pb.RUNNING, message="started"))
            return Claim(row["id"], pb.JobSpec.FromString(row["spec"]), row["crashes"])

    def progress(self, job_id: str, event: pb.JobEvent) -> None:
        """Record how far a running job is; its preview is kept beside the database, until the job's next one."""
        event.state = pb.RUNNING
        picture = event.preview
        event.ClearField("preview")
        with self._write() as db:
            eta_s = event.eta_s if event.HasField("eta_s") else None
            values = (event.phase, event.done, event.total, eta_s, job_id)
            db.execute("UPDATE jobs SET phase = ?, done = ?, total = ?, eta_s = ? WHERE id = ?", values)
            self._append(db, job_id, event)
            if picture:
                self._previews.keep(job_id, event.seq, picture)

    def output(self, job_id: str, output: pb.Output) -> None:
        """Record a finished file; the same file once more makes no second event."""
        frame = output.frame if output.HasField("frame") else None
        with self._write() as db:
            old = db.execute(
                "SELECT digest FROM outputs WHERE job = ? AND path = ?", (job_id, output.path)
            ).fetchone()
            if old is not None and old["digest"] == output.digest:
                return
            db.execute("DELETE FROM outputs WHERE job = ? AND path = ?", (job_id, output.path))
            db.execute(
                "INSERT INTO outputs (job, path, digest, size, frame) VALUES (?,?,?,?,?)",
                (job_id, output.path, output.digest, output.size, frame),
            )
            self._append(db, job_id, pb.JobEvent(state=pb.RUNNING, output=output))

    def requeue(self, job_id: str, message: str, *, crashed: bool) -> None:
        """Put a running job back; `crashed` counts against it."""
        with self._write() as db:
            db.execute(
                "UPDATE jobs SET crashes = crashes + ?, eta_s = NULL WHERE id = ?", (int(crashed), job_id)
            )
            self._append(db, job_id, pb.JobEvent(state=pb.QUEUED, message=message))

    def end(
        self, job_id: str, state: pb.State, *, error: PaiError | None = None, result: bytes = b""
    ) -> None:
        """Record a job's end."""
        event = pb.JobEvent(state=state, message=pb.State.Name(state).lower())
        if error is not None:
            event.error.CopyFrom(error_to_pb(error))
        with self._write() as db:
            said = event.error.SerializeToString() if error is not None else None
            sql = "UPDATE jobs SET ended = ?, error = ?, result = ?, eta_s = NULL WHERE id = ?"
            db.execute(sql, (self._now(), said, result, job_id))
            self._append(db, job_id, event)

    def ask_cancel(self, name: str) -> pb.Job:
        """Note the wish; a queued job ends at once, a running one when its worker has stopped. Raises NotFound."""
        job_id = self._row(name)["id"]
        with self._write() as db:
            row = db.execute("SELECT state, cancel FROM jobs WHERE id = ?", (job_id,)).fetchone()
            if row["state"] == pb.RUNNING and not row["cancel"]:
                db.execute("UPDATE jobs SET cancel = 1 WHERE id = ?", (job_id,))
                self._append(db, job_id, pb.JobEvent(state=pb.RUNNING, message="cancelling"))
            if row["state"] == pb.QUEUED:
                db.execute("UPDATE jobs SET ended = ? WHERE id = ?", (self._now(), job_id))
                self._append(db, job_id, pb.JobEvent(state=pb.CANCELLED, message="cancelled"))
        return self.job(name)

    def cancel_asked(self, job_id: str) -> bool:
        """Whether a job's cancel was asked for."""
        return bool(self._read("SELECT cancel FROM jobs WHERE id = ?", job_id)[0]["cancel"])

    def recover(self) -> int:
        """After a restart: what ran is queued again, or cancelled if that was asked for. Returns the queue's length."""
        for row in self._read("SELECT id, cancel FROM jobs WHERE state = ?", pb.RUNNING):
            if row["cancel"]:
                self.end(row["id"], pb.CANCELLED)
            else:
                self.requeue(row["id"], "the server was restarted", crashed=False)
        return self.active()

    # Events and outputs

    def _append(self, db: sqlite3.Connection, job_id: str, event: pb.JobEvent) -> None:
        db.execute("UPDATE jobs SET state = ?, last_seq = last_seq + 1 WHERE id = ?", (event.state, job_id))
        event.seq = db.execute("SELECT last_seq FROM jobs WHERE id = ?", (job_id,)).fetchone()[0]
        event.time.FromNanoseconds(int(self._now() * 1e9))
        db.execute("INSERT INTO events VALUES (?,?,?)", (job_id, event.seq, event.SerializeToString()))

    def events(self, name: str, after_seq: int, limit: int = 256) -> list[pb.JobEvent]:
        """A job's next events in order. Raises NotFound."""
        job_id = self._row(name)["id"]
        sql = "SELECT event FROM events WHERE job = ? AND seq > ? ORDER BY seq LIMIT ?"
        with self._lock:
            rows = self._read(sql, job_id, after_seq, limit)
            found = [pb.JobEvent.FromString(row["event"]) for row in rows]
            for event in found:
                event.preview = self._previews.at(job_id, event.seq)
        return found

    def outputs(self, parent: str, page_size: int, page_token: str) -> tuple[list[pb.Output], str]:
        """A page of a job's files in the order of making, and the token of the next page. Raises NotFound."""
        job_id = self._row(parent)["id"]
        size, after = _page(page_size, page_token, first=-1)
        sql = "SELECT * FROM outputs WHERE job = ? AND ord > ? ORDER BY ord LIMIT ?"
        rows = self._read(sql, job_id, after, size + 1)
        return [_output(row) for row in rows[:size]], str(rows[size - 1]["ord"]) if len(rows) > size else ""

    def active_ids(self) -> set[str]:
        """The jobs that are queued or running."""
        return {row["id"] for row in self._read("SELECT id FROM jobs WHERE state IN (?, ?)", *_ACTIVE)}

    def output_paths(self, job_id: str) -> set[str]:
        """The relative paths of all files that a job has made."""
        return {row["path"] for row in self._read("SELECT path FROM outputs WHERE job = ?", job_id)}


def _page(size: int, token: str, *, first: int) -> tuple[int, int]:
    if size < 0:
        raise BadInput("is below zero", where="page_size", hint="leave it out for the default")
    if token and not (token.isdigit() and len(token) < 19):
        raise BadInput("is none of ours", where="page_token", hint="pass on what the last page gave")
    return min(size or 100, 1000), int(token) if token else first


def _output(row: sqlite3.Row) -> pb.Output:
    return pb.Output(path=row["path"], digest=row["digest"], size=row["size"], frame=row["frame"])


def _job(row: sqlite3.Row) -> pb.Job:
    job = pb.Job(
        name=f"jobs/{row['id']}",
        state=row["state"],
        shot_name=row["shot_name"],
        mode=row["mode"],
        phase=row["phase"],
        done=row["done"],
        total=row["total"],
        eta_s=row["eta_s"],
        error=pb.Error.FromString(row["error"]) if row["error"] else None,
        last_seq=row["last_seq"],
        cancel_requested=bool(row["cancel"]),
    )
    for column, stamp in (("created", job.create_time), ("started", job.start_time), ("ended", job.end_time)):
        if row[column] is not None:
            stamp.FromNanoseconds(int(row[column] * 1e9))
    return job
