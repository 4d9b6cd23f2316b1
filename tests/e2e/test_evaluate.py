"""`pai-studio evaluate` from the outside: what it prints, writes and exits with."""

from __future__ import annotations

import json
import shutil
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

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


def test_at_a_models_size_the_table_has_what_means_something_there(pai, tiny_set, tmp_path):
    command = ("evaluate", "--set", tiny_set, "--out", tmp_path / "out", *NAIVE, "--at-model", "2304/4")

    code, out, _ = pai(*command)

    assert code == 0
    assert "PSNR" in out.splitlines()[0]
    assert "Camera" not in out
    report = json.loads((tmp_path / "out/report.json").read_text())
    assert report["size"] == [64, 36]
    assert "--at-model 2304/4" in report["command"]


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


def compared(pai, tiny_set, folder):
    """A run into `folder` that is to be compared with the report there."""
    earlier = folder / "earlier.json"
    return pai("evaluate", "--set", tiny_set, "--out", folder / "out", *NAIVE, "--compare", earlier)


def test_a_report_of_another_set_is_not_compared_with(pai, tiny_set, finished, tmp_path):
    earlier = json.loads((finished / "report.json").read_text()) | {"set": "large"}
    (tmp_path / "earlier.json").write_text(json.dumps(earlier))

    code, _, err = compared(pai, tiny_set, tmp_path)

    assert code == 2
    assert "is of the set large (restore), this one is of tiny (restore)" in err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("what", [{"schema": "pai-studio/benchmark/2"}, {"engines": {}, "per_clip": []}])
def test_what_is_no_report_of_this_version_is_named(pai, tiny_set, tmp_path, what):
    (tmp_path / "earlier.json").write_text(json.dumps(what))

    code, _, err = compared(pai, tiny_set, tmp_path)

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
        (("--set", "{set}", "--out", "{tmp}/out", "--judge", "lpip"), "did you mean 'lpips'"),
        (("--set", "{set}", "--out", "{tmp}/out", "--judge", "vlm"), "needs an endpoint"),
        (("--set", "{set}", "--out", "{tmp}/out", "--judge", "vlm:every"), "OPTION=VALUE"),
        (("--set", "{set}", "--out", "{tmp}/out", "--judge", "dino:depth=3"), "it has weights"),
    ],
)
def test_bad_input_is_named_with_exit_code_2(pai, tiny_set, tmp_path, arguments, say):
    filled = [text.format(set=tiny_set, tmp=tmp_path) for text in arguments]

    code, _, err = pai("evaluate", *filled)

    assert code == 2
    assert say in err
    assert "Traceback" not in err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("missing", [("lpips", "lpips"), ("dino", "transformers")])
def test_a_judge_whose_package_is_missing_stops_before_anything_is_done(
    pai, tiny_set, tmp_path, monkeypatch, missing
):
    name, package = missing
    monkeypatch.setitem(sys.modules, package, None)

    code, _, err = pai("evaluate", "--set", tiny_set, "--out", tmp_path / "out", *NAIVE, "--judge", name)

    assert code == 2
    assert err.splitlines() == [
        f"error: the judge {name} needs the package {package}; pip install torch {package}"
    ]
    assert not (tmp_path / "out").exists()


def test_an_endpoint_where_nobody_answers_stops_before_anything_is_done(pai, tiny_set, tmp_path):
    judge = "vlm:endpoint=http://127.0.0.1:9/v1,model=tiny"

    code, _, err = pai("evaluate", "--set", tiny_set, "--out", tmp_path / "out", *NAIVE, "--judge", judge)

    assert code == 3
    assert "does not answer" in err
    assert not (tmp_path / "out").exists()


class _Marks(BaseHTTPRequestHandler):
    """A model that answers every frame alike."""

    def do_GET(self):
        self.send_error(404)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.frames += 1
        told = {"choices": [{"message": {"content": '{"edge": 7, "fusion": 8.5, "illumination": 3}'}}]}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(told).encode())

    def log_message(self, *args):
        pass


@pytest.fixture
def model():
    server = HTTPServer(("127.0.0.1", 0), _Marks)
    server.frames = 0
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.long
def test_a_learned_judge_speaks_beside_the_metrics(pai, tiny_set, finished, tmp_path, model):
    """Through processes, over two clips of four frames: every second frame of two contestants is sent once."""
    out = shutil.copytree(finished, tmp_path / "out")
    endpoint = f"http://127.0.0.1:{model.server_port}/v1"
    asked = (
        "--set",
        tiny_set,
        "--out",
        out,
        *NAIVE,
        "--judge",
        f"vlm:endpoint={endpoint},model=tiny,every=2",
    )

    code, told, err = pai("evaluate", *asked)

    assert code == 0, told + err
    assert err.splitlines()[0] == f"judge vlm: frames leave this machine: one in 2 is sent to {endpoint}"
    table = told.partition("Learned judges: optional, not part of the ranking\n")[2].splitlines()
    assert table[0].split() == ["vlm_edge", "vlm_fusion", "vlm_illumination"]
    assert table[1].split() == ["naive-static", "7.000", "±0.000", "8.500", "±0.000", "3.000", "±0.000"]
    assert model.frames == 8
    report = json.loads((out / "report.json").read_text())
    assert report["command"].endswith(f"--judge vlm:endpoint={endpoint},model=tiny,every=2 --out report")
    assert report["engines"] == json.loads((finished / "report.json").read_text())["engines"]
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert pai("evaluate", *asked)[0] == 0
    assert model.frames == 8
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_a_report_names_no_folder_of_this_machine(tmp_path):
    from pai_studio.core.evaluation.learned import LearnedJudge
    from pai_studio.ui.cli.evaluate import _spelled

    (tmp_path / "dinov2-small").mkdir()
    told = {"keys": (), "about": "", "notice": "", "version": "", "code": ""}

    assert _spelled(LearnedJudge("lpips", {}, **told)) == "lpips"
    weights = {"weights": str(tmp_path / "dinov2-small")}
    assert _spelled(LearnedJudge("dino", weights, **told)) == "dino:weights=dinov2-small"


def test_the_table_of_auto_is_written_from_finished_reports(pai, finished, tmp_path):
    standing = tmp_path / "standing.json"
    code, out, err = pai("evaluate", "--standing", standing, "--reports", finished / "report.json", "--json")

    assert code == 0, err
    assert json.loads(out) == {"standing": str(standing)}
    assert json.loads(standing.read_text()) == {
        "schema": "pai-studio/standing/1",
        "rows": [],
    }  # naive ones alone


def test_the_models_of_the_settings_are_the_ones_that_are_measured(pai, tiny_set, tmp_path, monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.setenv("PAI_MODELS_DIR", str(tmp_path / "none-here"))
    code, _, err = pai("evaluate", "--set", tiny_set, "--out", tmp_path / "out", "--engines", "pai")

    assert code == 2
    assert "no trained model" in err
    assert "none-here" in err
    assert not (tmp_path / "out").exists()
