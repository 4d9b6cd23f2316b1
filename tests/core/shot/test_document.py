from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pai_studio.core.shot import document
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.frames import FrameRange
from pai_studio.core.shot.schema import PATH, schema_text

SHOT: dict[str, Any] = {
    "schema": "pai-studio/shot/1",
    "name": "SH010",
    "rate": "24000/1001",
    "frames": [1001, 1049],
    "plate": {"files": "plate/SH010.####.exr", "colorspace": "ACEScg"},
    "references": [{"file": "refs/a.exr", "frame": 1001}],
}


def parse(**changed: Any) -> document.Shot:
    return document.parse(json.dumps({**SHOT, **changed}), where="a.shot.json")


def test_only_the_required_keys_are_needed_and_every_default_is_written_out() -> None:
    shot = parse()
    assert document.parse(shot.to_json()) == shot
    assert json.loads(shot.to_json())["finish"] == {
        "despill": 1.0,
        "gain_mix": 1.0,
        "wrap": 0.5,
        "shadow": 1.0,
        "grain": 1.0,
    }


def test_the_example_of_every_key_is_read() -> None:
    shot = parse(
        handles=8,
        plate={
            "files": "p.####.exr",
            "colorspace": "ACEScg",
            "layer": "rgba",
            "alpha": "straight",
            "screen": "blue",
            "exposure": 0.5,
        },
        mattes={"alpha": {"files": "m.####.exr", "channel": "A", "invert": True}, "garbage": {}, "core": {}},
        references=[
            {"file": "a.exr", "frame": 1000, "colorspace": "ACEScg", "fit": [[1, 0, 5], [0, 1, 0], [0, 0, 1]]}
        ],
        prompt={"background_content": "a street"},
        engine={"name": "draft", "seed": 7, "steps": 30, "quality": "preview"},
        ocio={"config": "ocio://default", "digest": "", "context": {"SHOT": "SH010"}},
        delivery={"files": "out/v001/x.####.exr", "passes": ["beauty", "matte"], "layout": "files"},
    )
    assert shot.all_frames == FrameRange(993, 1057)
    assert shot.references[0].fit == ((1, 0, 5), (0, 1, 0), (0, 0, 1))
    assert document.parse(shot.to_json()) == shot


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"plat": {}}, "plat: is not a known key.*did you mean 'plate'"),
        (
            {"plate": {**SHOT["plate"], "colourspace": "x"}},
            "plate.colourspace: is not a known key.*'colorspace'",
        ),
        (
            {"references": [{"file": "a", "frame": 1001, "fram": 1}]},
            r"references\[0\].fram: .*did you mean 'frame'",
        ),
        ({"camera": {}}, "camera: is reserved"),
        ({"frames": [1049, 1001]}, "frames: last frame 1001 comes before"),
        ({"frames": [1, 2, 3, 4]}, r"frames: must be \[first, last\]"),
        ({"rate": 24.3}, "rate: .*24000/1001"),
        ({"references": []}, "references: there is none"),
        (
            {"references": [{"file": "a", "frame": 7}]},
            r"references\[0\].frame: 7 lies outside the shot's 1001-1049; anchor",
        ),
        ({"references": [{"file": "a", "frame": 1001, "fit": "stretch"}]}, r"references\[0\].fit: must be"),
        ({"finish": {"despill": 2}}, "finish.despill"),
        ({"delivery": {"passes": ["beuty"]}}, r"delivery.passes\[0\]: must be .*did you mean 'beauty'"),
        ({"delivery": {"files": "x.####.jpg"}}, r"delivery.files: x.####.jpg does not end in .exr"),
        ({"frames": [1001, 10**12]}, "frames: 1001-1000000000000 are more than the 1000000.*cut"),
        ({"schema": "pai-studio/shot/2"}, "newer than pai-studio/shot/1.*update"),
        ({"schema": "other"}, "schema: 'other' is not known"),
        ({"schema": None}, "schema: is missing"),
        ({"name": "../x"}, "name: '../x' cannot name a shot"),
    ],
)
def test_a_fault_names_file_key_and_remedy(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput, match=f"^a.shot.json: .*{says}"):
        parse(**changed)


@pytest.mark.parametrize("key", ["name", "rate", "frames", "plate", "references"])
def test_a_missing_key_is_named(key: str) -> None:
    less = {k: v for k, v in SHOT.items() if k != key}
    with pytest.raises(BadInput, match=f"{key}: is missing"):
        document.parse(json.dumps(less))


def test_an_unknown_key_is_told_before_what_it_made_missing() -> None:
    with pytest.raises(BadInput, match="did you mean 'files'"):
        parse(plate={"file": "p.####.exr", "colorspace": "ACEScg"})


def test_text_that_is_no_json_is_placed() -> None:
    with pytest.raises(BadInput, match="line 2, column"):
        document.parse('{"schema":\n nope}')


def test_paths_are_relative_to_the_document(tmp_path: Path) -> None:
    path = tmp_path / "SH010.shot.json"
    path.write_text(json.dumps({**SHOT, "mattes": {"core": {"files": "/abs/c.####.exr"}}}))
    shot = document.load(path)
    assert shot.plate.files == str(tmp_path / "plate/SH010.####.exr")
    assert shot.references[0].file == str(tmp_path / "refs/a.exr")
    assert shot.mattes.core.files == "/abs/c.####.exr"
    assert shot.mattes.alpha.files == ""


def test_a_document_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such shot document"):
        document.load(tmp_path / "none.shot.json")


def test_a_guide_is_told_of_only_where_there_is_to_be_none() -> None:
    """Servers from before the key go on taking documents that do not ask for anything new."""
    shot = parse()
    assert shot.engine.guide
    assert "guide" not in json.loads(shot.to_json())["engine"]
    without = parse(engine={"guide": False})
    assert json.loads(without.to_json())["engine"]["guide"] is False
    assert document.parse(without.to_json()) == without


def test_the_published_schema_is_that_of_the_code() -> None:
    assert PATH.read_text() == schema_text(), "run: python -m pai_studio.core.shot.schema"


def test_an_unfinished_document_may_lack_its_references() -> None:
    text = json.dumps(SHOT | {"references": []})
    shot = document.parse(text, unfinished=True)
    assert shot.references == []
    assert document.parse(shot.to_json(), unfinished=True) == shot
    with pytest.raises(BadInput, match="references: there is none"):
        document.parse(shot.to_json())


def test_an_unfinished_document_keeps_an_anchor_outside_its_frames_and_nothing_else() -> None:
    outside = SHOT | {"references": [{"file": "a.exr", "frame": 1}]}
    assert document.parse(json.dumps(outside), unfinished=True).references[0].frame == 1
    with pytest.raises(BadInput, match="colour: is not a known key"):
        document.parse(json.dumps(outside | {"colour": 1}), unfinished=True)
