from __future__ import annotations

from pai_studio.core.delivery.provenance import short_names


def test_files_of_one_name_are_told_apart() -> None:
    assert short_names(["/a/plate/f.1.exr", "/a/matte/f.1.exr", "/b/r.exr"]) == {
        "/a/plate/f.1.exr": "plate/f.1.exr",
        "/a/matte/f.1.exr": "matte/f.1.exr",
        "/b/r.exr": "r.exr",
    }
    assert short_names(["/a/x/r.exr", "/b/x/r.exr", "r.exr"]) == {
        "/a/x/r.exr": "a/x/r.exr",
        "/b/x/r.exr": "b/x/r.exr",
        "r.exr": "r.exr",
    }
