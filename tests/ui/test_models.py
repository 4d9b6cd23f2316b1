"""`pai-studio models` from the outside: what it prints, asks and exits with."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest

from pai_studio.core.model import manifest, store
from pai_studio.core.model.catalogue import KNOWN, known
from pai_studio.ui.cli.main import main

NAME = "wan2.1-vace-1.3b"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `pai-studio models ...` on a folder of the test's own: exit code, stdout, stderr."""
    monkeypatch.setenv("PAI_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("PAI_CONFIG", str(tmp_path / "none.toml"))
    monkeypatch.setattr(sys, "stdin", StringIO())

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = main(["models", *(str(argument) for argument in arguments)])
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    """A copied repository of empty weights."""
    header = b"{}"
    empty = len(header).to_bytes(8, "little") + header
    for file in ("transformer/a.safetensors", "vae/a.safetensors", "text_encoder/a.safetensors"):
        path = tmp_path / "copy" / file
        path.parent.mkdir(parents=True)
        path.write_bytes(empty)
    (tmp_path / "copy" / "model_index.json").write_text("{}")
    return tmp_path / "copy"


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_what_could_be_is_listed_with_size_licence_and_what_it_was_trained_for(models: Run) -> None:
    code, out, _ = models("list")
    assert code == 0
    rows = out.splitlines()
    assert [row.split()[0] for row in rows] == ["MODEL", *(entry.name for entry in KNOWN)]
    assert rows[1].split() == [NAME, "vace", "-", "<20.5", "GB", "Apache-2.0", "video-editing"]
    document = json.loads(models("list", "--json")[1])
    assert document == json.loads(models("--json", "list")[1])
    assert [row["installed"] for row in document["models"]] == [False] * len(KNOWN)


def test_a_pulled_model_is_listed_once_and_checked(models: Run, snapshot: Path) -> None:
    code, out, err = models("pull", NAME, "--from", snapshot, "--accept-licence", "--json")
    assert code == 0, err
    assert "under Apache-2.0: https://www.apache.org/licenses/LICENSE-2.0" in err
    assert "states no digests: its files are recorded as they are" in err
    made = json.loads(out)
    assert (made["pulled"], made["model"]["name"], made["model"]["trained_for"]) == (
        True,
        NAME,
        "video-editing",
    )
    listed = json.loads(models("list", "--json")[1])["models"]
    assert [row["installed"] for row in listed if row["name"] == NAME] == [True]
    assert models("check")[:2] == (0, f"ok    {NAME}\n")
    code, out, _ = models("pull", NAME, "--json")
    assert (code, json.loads(out)["pulled"]) == (0, False)


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("YES\n", 0), ("n\n", 2), ("\n", 2), ("", 2)])
def test_a_person_is_asked_for_the_licence(
    models: Run, snapshot: Path, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    found, _, err = models("pull", NAME, "--from", snapshot)
    assert "Do you accept this licence? [y/N]" in err
    assert found == code


def test_a_script_has_to_accept_the_licence_by_the_flag(models: Run, snapshot: Path, tmp_path: Path) -> None:
    code, out, err = models("pull", NAME, "--from", snapshot)
    assert (code, out) == (2, "")
    assert "Do you accept" not in err
    assert "which was not accepted; read it, then add --accept-licence" in err.splitlines()[-1]
    assert not (tmp_path / "models").exists()


def test_faults_are_found_told_and_counted(models: Run, snapshot: Path, tmp_path: Path) -> None:
    models("pull", NAME, "--from", snapshot, "--accept-licence")
    place = tmp_path / "models" / NAME
    (place / "vae" / "a.safetensors").write_bytes(b"")
    broken = tmp_path / "models" / "broken"
    broken.mkdir()
    (broken / manifest.FILE).write_text("{")
    code, out, _ = models("check", NAME)
    assert code == 1
    assert f"FAIL  {NAME}\n      {place}/vae/a.safetensors: has 0 bytes, not 10" in out
    code, out, _ = models("check", "--json")
    assert code == 1
    assert {row["name"]: row["ok"] for row in json.loads(out)["models"]} == {NAME: False, "broken": False}
    code, out, _ = models("list")
    assert code == 0
    assert f"FAULT  {broken}/manifest.json: is no JSON" in out
    code, _, err = models("check", "broken")
    assert (code, "manifest.json: is no JSON" in err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("pull", "wan2.1-vace-1.3B"), "is no model that can be pulled; did you mean 'wan2.1-vace-1.3b'?"),
        (("pull", NAME, "--mirror", "hub", "--accept-licence"), "'hub' is no URL"),
        (("pull", NAME, "--from", "/nowhere", "--accept-licence"), "/nowhere: there is no model_index.json"),
        (("check", "none"), "no model 'none' is installed (there: none)"),
        (("convert", "/nowhere", "mine"), "/nowhere: there is no such folder"),
        (("convert", "/nowhere", "../mine"), "'../mine' cannot name a model"),
        (("pull", NAME, "--mirror", "http://a", "--from", "b"), "not allowed with argument"),
        ((), "the following arguments are required: ACTION"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(models: Run, arguments: tuple[str, ...], says: str) -> None:
    code, out, err = models(*arguments)
    assert code == 2
    assert out == ""
    assert says in err


def test_another_folder_may_be_named(models: Run, snapshot: Path, tmp_path: Path) -> None:
    there = tmp_path / "elsewhere"
    assert models("pull", NAME, "--from", snapshot, "--accept-licence", "--models-dir", there)[0] == 0
    assert [model.name for model in store.installed(there)] == [NAME]
    assert store.installed(tmp_path / "models") == []


def test_wans_weights_become_a_model_of_ours(models: Run, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    diffusers = pytest.importorskip("diffusers")
    from pai_studio.core.model.prompt import TextEncoder

    source = tmp_path / "models" / "wan2.2-ti2v-5b"
    torch.manual_seed(0)
    diffusers.WanTransformer3DModel(
        num_attention_heads=2, attention_head_dim=24, in_channels=4, out_channels=4, text_dim=32, freq_dim=32,
        ffn_dim=64, num_layers=1,
    ).save_pretrained(source / "transformer")  # fmt: skip
    diffusers.AutoencoderKLWan(
        base_dim=8,
        z_dim=4,
        dim_mult=[1, 1, 1, 1],
        num_res_blocks=1,
        latents_mean=[0.0] * 4,
        latents_std=[1.0] * 4,
    ).save_pretrained(source / "vae")
    TextEncoder.small(0, dim=32, length=16).save(source)
    told = known("wan2.2-ti2v-5b").manifest.model_copy(update={"files": store.weigh(source)})
    (source / manifest.FILE).write_text(told.to_json())

    code, out, err = models("convert", "wan2.2-ti2v-5b", "mine", "--dtype", "bfloat16", "--json")
    assert code == 0, err
    made = json.loads(out)["model"]
    assert (made["name"], made["engine"], made["licence"]) == ("mine", "pai", "Apache-2.0")
    assert made["trained_for"] == "none"
    assert models("check", "mine")[0] == 0
