"""A script's shots and its comp as one Open Job Description job (`jobtemplate-2023-09`).

Generating is one task a shot, never one a frame: a shot's frames are made together, on the PAI-Studio server. The
comp's frames depend on it, and only read. Standard library, Python 3.9.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GENERATE = "Generate"
COMP = "Comp"
TEMPLATE = "template.json"
PARAMETERS = "parameters.json"
"""For the `openjd` command: an object of values by name."""

BUNDLE_PARAMETERS = "parameter_values.json"
"""The same for Deadline Cloud's job bundles: a list of names and values."""

_NAME_LENGTH = 128
_NOTICE_S = 120
"""Long enough for the task to cancel its job at the server and to give back the version that it had begun."""


@dataclass(frozen=True)
class Job:
    """What a farm is to do with a script."""

    name: str
    script: str
    """Absolute path of the saved Nuke script."""

    terminal: str
    """Absolute path of the plugin's `nuke/terminal.py`."""

    nodes: tuple[str, ...]
    """Full names of the nodes whose pinned version is yet to be made; empty where nothing is."""

    writes: tuple[str, ...]
    """Names of the Write nodes to render; empty where the comp is not rendered."""

    frames: str
    """The comp's frames as a range expression, such as `1001-1049`."""

    nuke: str = "nuke"
    """The command that starts Nuke on the farm's machines."""

    chunk: int = 10
    """Comp frames a task."""


def template(job: Job) -> dict[str, Any]:
    """The job template. Raises ValueError for a job with nothing to do."""
    steps = [_generate(job)] if job.nodes else []
    if job.writes:
        steps.append(_comp(job))
    if not steps:
        raise ValueError("neither a shot to generate nor a Write to render")
    definitions = _generate_parameters() + (_comp_parameters(job) if job.writes else [])
    return {
        "specificationVersion": "jobtemplate-2023-09",
        **({"extensions": ["TASK_CHUNKING"]} if job.writes else {}),
        "name": _job_name(job.name),
        "description": "PAI-Studio: the shots that a Nuke script pins, then the frames of its comp.",
        "parameterDefinitions": [d for d in definitions if job.nodes or d["name"] != "Terminal"],
        "jobEnvironments": [_path_mapping()],
        "steps": steps,
    }


def values(job: Job) -> dict[str, Any]:
    """The value of every parameter of the template."""
    found: dict[str, Any] = {"NukeScript": job.script, "NukeExecutable": job.nuke}
    if job.nodes:
        found["Terminal"] = job.terminal
    if job.writes:
        found.update(Frames=job.frames, WriteNodes=",".join(job.writes), ChunkSize=job.chunk)
    return found


def write_bundle(folder: Path, job: Job) -> Path:
    """Write template and values into a folder, which is made; returns the template. Raises OSError, ValueError."""
    given = values(job)
    contents = {
        TEMPLATE: template(job),
        PARAMETERS: given,
        BUNDLE_PARAMETERS: {"parameterValues": [{"name": n, "value": v} for n, v in given.items()]},
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return folder / TEMPLATE


_TELL_RULES = """\
# Nuke's own Python is the one that is sure to be here. No rules: nothing to tell.
if "{{Session.HasPathMappingRules}}" == "true":
    print("\\nopenjd_env: PAI_PATH_MAP=" + r"{{Session.PathMappingRulesFile}}", flush=True)
"""


def _path_mapping() -> dict[str, Any]:
    """The farm's rules for paths, told to every Nuke of a session.

    A variable of the environment itself may not name the file: it is not written yet when variables are set.
    """
    run = {"command": "{{Param.NukeExecutable}}", "args": ["-t", "{{Env.File.TellRules}}"]}
    return {
        "name": "PathMapping",
        "description": "Lets the plugin map the paths of the script as the farm does.",
        "script": {
            "embeddedFiles": [
                {"name": "TellRules", "type": "TEXT", "filename": "tell_rules.py", "data": _TELL_RULES}
            ],
            "actions": {"onEnter": run},
        },
    }


def _generate(job: Job) -> dict[str, Any]:
    # No timeout: how long a shot takes is for the server to judge, which ends a job that stands still.
    run = {
        "command": "{{Param.NukeExecutable}}",
        "args": [
            "-t",
            "{{Param.Terminal}}",
            "{{Param.NukeScript}}",
            "--node",
            "{{Task.Param.Node}}",
            "--version",
            "pinned",
        ],
        "cancelation": {"mode": "NOTIFY_THEN_TERMINATE", "notifyPeriodInSeconds": _NOTICE_S},
    }
    return {
        "name": GENERATE,
        "description": "One task a shot: makes the version that the script pins.",
        "parameterSpace": {
            "taskParameterDefinitions": [{"name": "Node", "type": "STRING", "range": list(job.nodes)}]
        },
        "script": {"actions": {"onRun": run}},
    }


def _comp(job: Job) -> dict[str, Any]:
    frames = {
        "name": "Frame",
        "type": "CHUNK[INT]",
        "range": "{{Param.Frames}}",
        # Contiguous, since a chunk is then `A-B`, which is how Nuke's own -F writes a range.
        "chunks": {"defaultTaskCount": "{{Param.ChunkSize}}", "rangeConstraint": "CONTIGUOUS"},
    }
    run = {
        "command": "{{Param.NukeExecutable}}",
        "args": [
            "-F",
            "{{Task.Param.Frame}}",
            "-X",
            "{{Param.WriteNodes}}",
            "-x",
            "{{Param.NukeScript}}",
        ],
    }
    return {
        "name": COMP,
        "description": "The comp's frames, which read the pinned versions.",
        **({"dependencies": [{"dependsOn": GENERATE}]} if job.nodes else {}),
        "parameterSpace": {"taskParameterDefinitions": [frames]},
        "script": {"actions": {"onRun": run}},
    }


def _generate_parameters() -> list[dict[str, Any]]:
    return [
        {
            "name": "NukeScript",
            "type": "PATH",
            "objectType": "FILE",
            "dataFlow": "IN",
            "userInterface": {
                "control": "CHOOSE_INPUT_FILE",
                "label": "Nuke script",
                "fileFilters": [{"label": "Nuke scripts", "patterns": ["*.nk"]}],
            },
        },
        {
            # Mapped like any path, and never uploaded: it is of use only where the whole plugin is installed.
            "name": "Terminal",
            "type": "PATH",
            "objectType": "FILE",
            "dataFlow": "NONE",
            "userInterface": {"control": "CHOOSE_INPUT_FILE", "label": "Plugin's terminal.py"},
        },
        {
            "name": "NukeExecutable",
            "type": "STRING",
            "default": "nuke",
            "userInterface": {"control": "LINE_EDIT", "label": "Nuke command"},
        },
    ]


def _comp_parameters(job: Job) -> list[dict[str, Any]]:
    return [
        {
            "name": "Frames",
            "type": "STRING",
            "default": job.frames,
            "userInterface": {"control": "LINE_EDIT", "label": "Comp frames"},
        },
        {
            "name": "WriteNodes",
            "type": "STRING",
            "default": ",".join(job.writes),
            "userInterface": {"control": "LINE_EDIT", "label": "Write nodes"},
        },
        {
            "name": "ChunkSize",
            "type": "INT",
            "minValue": 1,
            "default": job.chunk,
            "userInterface": {"control": "SPIN_BOX", "label": "Comp frames a task"},
        },
    ]


def _job_name(name: str) -> str:
    """A name that a template may have: no braces, which would begin an expression, and no control characters."""
    return re.sub(r"[{}\x00-\x1f\x7f]", "_", name)[:_NAME_LENGTH] or "PAI-Studio"
