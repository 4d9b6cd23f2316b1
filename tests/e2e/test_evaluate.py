"""`pai-studio evaluate` from the outside: what it prints, writes and exits with."""

from __future__ import annotations

import json
import shutil

import pytest

NAIVE = ("--engines", "naive-static,naive-moved", "--workers", "1")


@pytest.fixture(scope="module")
def finished(tiny_set, tmp_path_factory):
    """The output folder of one run of the command."""
    from pai_studio.ui.cli.main import main

    out = tmp_path_factory.mktemp("evaluate") / "out"
    assert main(["evaluate", "--set", str(tiny_set), "--out", str(out), *NAIVE]) == 0
    return out


def test_a_table_is_printed_and_pages_are_written(pai, tiny_set, finished):
    code, out, err = pai("evaluate", "--set", tiny_set, "--out", finished, *NAIVE)

    assert code == 0
    rows = out.splitlines()
    assert "PSNR" in rows[0]
    assert [row.split()[0] for row in rows[1:3]] == ["naive-static", "naive-moved"]
    assert "±" in rows[1]
    assert str(finished / "index.html") in rows[-1]
    assert "evaluate" in err
    assert {p.name for p in finished.iterdir()} >= {"report.json", "report.md", "index.html", "timings.json"}


def test_json_is_the_report_itself(pai, tiny_set, finished):
    code, out, _ = pai("evaluate", "--set", tiny_set, "--out", finished, *NAIVE, "--json")

    assert code == 0
    assert json.loads(out) == json.loads((finished / "report.json").read_text())


def test_what_fails_is_named_and_the_exit_code_is_1(pai, tiny_set, tmp_path):
    folder = shutil.copytree(tiny_set, tmp_path / "tiny")
    shutil.rmtree(folder / "b/truth")

    code, out, err = pai("evaluate", "--set", folder, "--out", tmp_path / "out", *NAIVE)

    assert code == 1
    assert "1 failed:" in out
    assert "has no truth" in out
    assert "Traceback" not in out + err
    assert json.loads((tmp_path / "out/report.json").read_text())["failures"][0]["clip"] == "b"


def test_an_earlier_report_is_compared_with(pai, tiny_set, finished, tmp_path):
    earlier = json.loads((finished / "report.json").read_text())
    for clip in earlier["per_clip"]:
        clip["engines"]["naive-static"]["background_psnr_db"] -= 2
    (tmp_path / "earlier.json").write_text(json.dumps(earlier))
    out = shutil.copytree(finished, tmp_path / "out")

    code, told, _ = pai(
        "evaluate", "--set", tiny_set, "--out", out, *NAIVE, "--compare", tmp_path / "earlier.json"
    )

    assert code == 0
    assert "the same 2 clips" in told
    assert [line for line in told.splitlines() if "background_psnr_db" in line and "better" in line]


def test_a_report_of_another_set_is_not_compared_with(pai, tiny_set, finished, tmp_path):
    earlier = json.loads((finished / "report.json").read_text()) | {"set": "large"}
    (tmp_path / "earlier.json").write_text(json.dumps(earlier))

    code, _, err = pai(
        "evaluate",
        "--set",
        tiny_set,
        "--out",
        tmp_path / "out",
        *NAIVE,
        "--compare",
        tmp_path / "earlier.json",
    )

    assert code == 2
    assert "is of the set large (restore), this one is of tiny (restore)" in err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("what", [{"schema": "pai-studio/benchmark/2"}, {"engines": {}, "per_clip": []}])
def test_what_is_no_report_of_this_version_is_named(pai, tiny_set, tmp_path, what):
    (tmp_path / "earlier.json").write_text(json.dumps(what))

    code, _, err = pai(
        "evaluate",
        "--set",
        tiny_set,
        "--out",
        tmp_path / "out",
        *NAIVE,
        "--compare",
        tmp_path / "earlier.json",
    )

    assert code == 2
    assert "is no benchmark report" in err


def test_the_table_is_no_surer_than_its_clips(pai, tiny_set, finished, tmp_path):
    """Of one clip there is no interval; and a mean offset is told in tenths of a frame."""
    out = shutil.copytree(finished, tmp_path / "out")
    code, told, _ = pai("evaluate", "--set", tiny_set, "--out", out, *NAIVE, "--clips", "1")
    report = json.loads((out / "report.json").read_text())
    offset = report["engines"]["naive-static"]["anchor_offset_frames"]["mean"]

    assert code == 0
    rows = told.splitlines()
    assert not [row for row in rows[1:3] if "±" in row]
    assert "±" in rows[3]  # what it means
    assert f" {offset:.1f} " in rows[1]


def test_docs_are_written_from_finished_reports(pai, finished, tmp_path):
    code, _, err = pai(
        "evaluate", "--docs", tmp_path / "docs/benchmark.md", "--reports", finished / "report.json"
    )

    assert code == 0, err
    text = (tmp_path / "docs/benchmark.md").read_text()
    assert "naive-moved" in text
    assert "arXiv 2606.01399" in text
    assert str(tmp_path) not in text


@pytest.mark.parametrize(
    ("arguments", "say"),
    [
        ((), "nothing to do"),
        (("--set", "synthetic"), "--out"),
        (("--set", "no-such-set", "--out", "{tmp}/out"), "no such set"),
        (("--set", "{set}", "--out", "{tmp}/out", "--engines", "magic"), "not a known engine"),
        (("--set", "{set}", "--out", "{tmp}/out", "--compare", "{tmp}/none.json"), "none.json"),
        (("--set", "cine-juggle", "--out", "{tmp}/out"), "--footage"),
        (("--set", "synthetic", "--out", "{tmp}/out", "--seed", "-1"), "below zero"),
        (("--set", "{set}", "--out", "{tmp}/out", "--clips", "0"), "--clips"),
    ],
)
def test_bad_input_is_named_with_exit_code_2(pai, tiny_set, tmp_path, arguments, say):
    filled = [text.format(set=tiny_set, tmp=tmp_path) for text in arguments]

    code, _, err = pai("evaluate", *filled)

    assert code == 2
    assert say in err
    assert "Traceback" not in err
    assert not (tmp_path / "out").exists()
