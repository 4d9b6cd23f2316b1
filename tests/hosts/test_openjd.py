"""The farm's job, checked and run by Open Job Description's own tools."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from openjd.model import (
    StepParameterSpaceIterator,
    create_job,
    decode_job_template,
    preprocess_job_parameters,
)

from pai_studio.host_plugins.farm import openjd
from pai_studio.host_plugins.farm.openjd import Job

OPENJD = Path(sys.executable).with_name("openjd")
JOB = Job(
    name="SH010_comp_v003",
    script="/show/SH010/SH010_comp_v003.nk",
    terminal="/tools/pai_studio_host/nuke/terminal.py",
    nodes=("PAIStudio1", "Group1.PAIStudio2"),
    writes=("Write1", "Write2"),
    frames="1001-1030",
)


def instantiated(job: Job, folder: Path):
    """The job as a farm makes it from the template and the values."""
    template = decode_job_template(template=openjd.template(job), supported_extensions=["TASK_CHUNKING"])
    given = preprocess_job_parameters(
        job_template=template,
        job_parameter_values={name: str(value) for name, value in openjd.values(job).items()},
        job_template_dir=folder,
        current_working_dir=folder,
    )
    return create_job(job_template=template, job_parameter_values=given)


def tasks(job: Job, folder: Path, step: str) -> list[dict[str, str]]:
    (found,) = [s for s in instantiated(job, folder).steps if s.name == step]
    space = StepParameterSpaceIterator(space=found.parameterSpace)
    return [{name: value.value for name, value in task.items()} for task in space]


def test_each_shot_is_one_task_and_the_comp_waits_for_all(tmp_path: Path) -> None:
    assert tasks(JOB, tmp_path, "Generate") == [{"Node": "PAIStudio1"}, {"Node": "Group1.PAIStudio2"}]
    assert tasks(JOB, tmp_path, "Comp") == [
        {"Frame": "1001-1010"},
        {"Frame": "1011-1020"},
        {"Frame": "1021-1030"},
    ]
    generate, comp = instantiated(JOB, tmp_path).steps
    assert not generate.dependencies
    assert [one.dependsOn for one in comp.dependencies] == ["Generate"]


def test_a_chunk_of_one_frame_is_still_a_range_for_nuke(tmp_path: Path) -> None:
    assert tasks(replace(JOB, frames="7,9-10", chunk=5), tmp_path, "Comp") == [
        {"Frame": "7-7"},
        {"Frame": "9-10"},
    ]


def test_what_has_nothing_to_generate_only_comps(tmp_path: Path) -> None:
    (comp,) = instantiated(replace(JOB, nodes=()), tmp_path).steps
    assert comp.name == "Comp"
    assert not comp.dependencies


def test_what_has_nothing_to_write_only_generates(tmp_path: Path) -> None:
    (generate,) = instantiated(replace(JOB, writes=()), tmp_path).steps
    assert generate.name == "Generate"
    with pytest.raises(ValueError, match="neither a shot"):
        openjd.template(replace(JOB, writes=(), nodes=()))


def test_generating_is_told_before_it_is_ended(tmp_path: Path) -> None:
    (generate, _) = instantiated(JOB, tmp_path).steps
    cancelation = generate.script.actions.onRun.cancelation
    assert cancelation.mode == "NOTIFY_THEN_TERMINATE"
    assert cancelation.notifyPeriodInSeconds == 120


@pytest.mark.parametrize("name", ["{{Param.Frames}}", "a\nb", "x" * 500, ""])
def test_any_name_of_a_script_names_a_job(tmp_path: Path, name: str) -> None:
    assert 0 < len(instantiated(replace(JOB, name=name), tmp_path).name) <= 128


def test_the_openjd_command_accepts_the_bundle(tmp_path: Path) -> None:
    template = openjd.write_bundle(tmp_path / "a bundle", JOB)
    checked = subprocess.run([OPENJD, "check", template], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    listed = json.loads((template.parent / "parameter_values.json").read_text())["parameterValues"]
    assert {row["name"]: row["value"] for row in listed} == openjd.values(JOB)
    declared = {row["name"] for row in json.loads(template.read_text())["parameterDefinitions"]}
    assert declared == set(openjd.values(JOB))


RECORDER = """#!{python}
import json, os, runpy, sys
if sys.argv[2].endswith("tell_rules.py"):
    sys.exit(runpy.run_path(sys.argv[2]) and 0)
file = os.environ.get("PAI_PATH_MAP")
rules = json.load(open(file)) if file else None
with open({log!r}, "a") as file:
    file.write(json.dumps({{"argv": sys.argv[1:], "rules": rules}}) + chr(10))
sys.exit({code})
"""
"""Stands where Nuke would, and writes down how it was called."""


def run_bundle(folder: Path, job: Job, *more: str, code: int = 0) -> tuple[int, list[dict]]:
    """Run the bundle's comp with all it depends on; the exit code, and the calls of `nuke`."""
    log, nuke = folder / "calls.jsonl", folder / "bin" / "nuke"
    nuke.parent.mkdir()
    nuke.write_text(RECORDER.format(python=sys.executable, log=str(log), code=code))
    nuke.chmod(0o755)
    template = openjd.write_bundle(folder / "bundle", job)
    done = subprocess.run(
        [OPENJD, "run", template,
         "-p", f"file://{template.parent / 'parameters.json'}", *more],
        env={**os.environ, "PATH": f"{nuke.parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    calls = log.read_text().splitlines() if log.exists() else []
    assert calls, done.stdout + done.stderr
    return done.returncode, [json.loads(line) for line in calls]


def test_the_commands_that_a_farm_runs(tmp_path: Path) -> None:
    code, calls = run_bundle(tmp_path, replace(JOB, script="/show/SH 010/ü.nk"))
    assert code == 0
    assert {call["rules"] for call in calls} == {None}
    common = ["-t", JOB.terminal, "/show/SH 010/ü.nk", "--node"]
    assert [call["argv"] for call in calls[:2]] == [
        [*common, "PAIStudio1", "--version", "pinned"],
        [*common, "Group1.PAIStudio2", "--version", "pinned"],
    ]
    assert [call["argv"] for call in calls[2:]] == [
        ["-F", chunk, "-X", "Write1,Write2", "-x", "/show/SH 010/ü.nk"]
        for chunk in ("1001-1010", "1011-1020", "1021-1030")
    ]


def test_a_generation_that_fails_stops_the_comp(tmp_path: Path) -> None:
    code, calls = run_bundle(tmp_path, JOB, code=1)
    assert code != 0
    assert [call["argv"][0] for call in calls] == ["-t"]


def test_the_farms_path_rules_reach_the_plugin_and_map_the_script(tmp_path: Path) -> None:
    rule = {"source_path_format": "POSIX", "source_path": "/studio/show", "destination_path": "/mnt/show"}
    rules = {"version": "pathmapping-1.0", "path_mapping_rules": [rule]}
    (tmp_path / "rules.json").write_text(json.dumps(rules))
    job = replace(JOB, script="/studio/show/SH010/comp.nk")
    code, calls = run_bundle(tmp_path, job, "--path-mapping-rules", f"file://{tmp_path / 'rules.json'}")
    assert code == 0
    assert calls[0]["argv"][2] == "/mnt/show/SH010/comp.nk"
    assert calls[-1]["argv"][-1] == "/mnt/show/SH010/comp.nk"
    assert [call["rules"] for call in calls] == [rules] * len(calls)
