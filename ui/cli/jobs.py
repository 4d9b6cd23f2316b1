"""list the server's jobs, follow one, or cancel one."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pai_studio.core.shot.errors import BadInput
from pai_studio.ui.cli.connection import add_server_arguments, connected
from pai_studio.ui.cli.console import Console, duration
from pai_studio.ui.cli.following import Follower

if TYPE_CHECKING:
    from pai_studio.server.api.types import Job


_EXIT_CODES = {"FAILED": 1, "CANCELLED": 130}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`jobs [NAME] [--watch | --cancel]`; watching ends as the job did: 0 done, 1 failed, 130 cancelled."""
    parser.add_argument("name", nargs="?", help="one job, as jobs/ID or its ID; without it all are listed")
    parser.add_argument("--limit", type=count, default=20, metavar="N", help="list the newest N (default 20)")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--watch", action="store_true", help="follow the job to its end")
    choice.add_argument("--cancel", action="store_true", help="ask the job to stop")
    add_server_arguments(parser)


def count(text: str) -> int:
    """Read a number of 1 or more."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of 1 or more")
    return int(text)


def run(asked: argparse.Namespace, console: Console) -> int:
    """List, show, follow or cancel."""
    if (asked.watch or asked.cancel) and not asked.name:
        raise BadInput("--watch and --cancel need the job's name", hint="`pai-studio jobs` lists them")
    with connected(asked) as client:
        if not asked.name:
            jobs = client.jobs(limit=asked.limit)
            console.result({"jobs": [_plain(job) for job in jobs]}, "\n".join(_table(jobs)))
            return 0
        name = asked.name if asked.name.startswith("jobs/") else f"jobs/{asked.name}"
        if asked.cancel:
            client.cancel(name)
        if asked.watch:
            follow = Follower(console)
            for event in client.watch(name):
                follow(event)
        job = client.job(name)
        console.result({"job": _plain(job)}, "\n".join(_table([job])))
        return _EXIT_CODES.get(job.state, 0) if asked.watch else 0


def _plain(job: Job) -> dict[str, Any]:
    return asdict(job) | {"error": job.error.to_json() if job.error else None}


def _table(jobs: list[Job]) -> list[str]:
    if not jobs:
        return ["no jobs"]
    rows = [f"{'JOB':<40}{'SHOT':<20}{'STATE':<11}{'DONE':>16}  {'TIME':>8}"]
    for job in jobs:
        done = f"{job.phase} {job.done}/{job.total}" if job.total else "-"
        rows.append(f"{job.name:<40}{job.shot_name:<20}{job.state:<11}{done:>16}  {_took(job):>8}")
        if job.error:
            rows.append(f"    {job.error}")
    return rows


def _took(job: Job) -> str:
    return duration((job.ended - job.started).total_seconds()) if job.started and job.ended else "-"
