from __future__ import annotations

import json
from pathlib import Path

import pytest

from pai_studio.core.model import manifest
from pai_studio.core.model.manifest import Manifest, Weighed
from pai_studio.core.shot.errors import BadInput

GIVEN = {
    "schema": "pai-studio/model/1",
    "name": "first-light",
    "engine": "pai",
    "preset": "tiny",
    "licence": "Apache-2.0",
    "prediction": "sample",
    "codec": "pixel",
    "window_latents": 13,
    "references_most": 5,
    "area_px": 36864,
    "grid_px": 16,
    "files": {"transformer/a.safetensors": {"sha256": "0" * 64, "size": 3}},
}


def refused(**changes) -> str:
    given = {key: value for key, value in (GIVEN | changes).items() if value is not None}
    with pytest.raises(BadInput) as caught:
        manifest.parse(json.dumps(given), where="m.json")
    return str(caught.value)


def test_what_is_written_is_read_again() -> None:
    made = manifest.parse(json.dumps(GIVEN))
    assert manifest.parse(made.to_json()) == made
    assert made.files["transformer/a.safetensors"] == Weighed(sha256="0" * 64, size=3)
    assert made.size == 3


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"schema": "pai-studio/model/2"},
            "m.json: schema: pai-studio/model/2 is newer than pai-studio/model/1",
        ),
        ({"schema": None}, "m.json: schema: is missing"),
        ({"schema": "pai-studio/model/12"}, "schema: pai-studio/model/12 is newer"),
        ({"schema": "pai-studio/shot/1"}, "schema: 'pai-studio/shot/1' is not known"),
        ({"schema": "pai-studio/model/\N{SUPERSCRIPT TWO}"}, "is not known"),
        ({"schema": "pai-studio/model/" + "9" * 5000}, "is not known"),
        ({"engine": "draft"}, "engine: must be 'pai', 'vace' or 'none'"),
        ({"licence": None}, "licence: is missing"),
        ({"wieghts": 1}, "wieghts: is not a known key; known: schema, name"),
        ({"name": "../up"}, "name: "),
        ({"shift": float("nan")}, "shift: "),
        ({"guidance": [2.0, -1.0]}, "guidance.1: "),
        ({"guidance": [2.0]}, "guidance.1: is missing"),
        ({"files": {"../a": {"sha256": "0" * 64, "size": 3}}}, "files.../a: must lie inside"),
        ({"files": {"/etc/a": {"sha256": "0" * 64, "size": 3}}}, "files./etc/a: must lie inside"),
        ({"files": {"C:/a": {"sha256": "0" * 64, "size": 3}}}, "must lie inside"),
        ({"files": {"a": {"sha256": "00", "size": 3}}}, "files.a.sha256: "),
    ],
)
def test_a_fault_is_told_with_its_key(changes: dict[str, object], says: str) -> None:
    assert says in refused(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"shift": 3.0},
        {"trained_for": "background-replacement"},
        {"files": {"transformer/a.safetensors": {"sha256": "1" * 64, "size": 3}}},
    ],
)
def test_the_digest_tells_any_change(changes: dict[str, object]) -> None:
    made = manifest.parse(json.dumps(GIVEN))
    assert Manifest.model_validate(GIVEN | changes).digest != made.digest
    assert Manifest.model_validate(dict(reversed(GIVEN.items()))).digest == made.digest


def test_a_folder_without_a_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"manifest\.json: there is no such manifest"):
        manifest.read(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", b"\xff", "[" * 200_000, '{"steps": ' + "1" * 5000 + "}"])
def test_a_manifest_that_cannot_be_read_is_named(tmp_path: Path, text: str | bytes) -> None:
    path = tmp_path / manifest.FILE
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BadInput, match=r"manifest\.json: (is no JSON|holds no JSON object|cannot be read)"):
        manifest.read(tmp_path)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "a\n", "\N{LATIN SMALL LETTER A WITH ACUTE}", "a" * 129]
)
def test_what_cannot_name_a_folder_names_no_model(name: str) -> None:
    with pytest.raises(BadInput, match="cannot name a model"):
        manifest.check_name(name)
    assert "name: " in refused(name=name)
