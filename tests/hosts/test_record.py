from __future__ import annotations

import json
from pathlib import Path

import pytest

from pai_studio.host_plugins import record
from pai_studio.host_plugins.host import Fault


def test_what_was_installed_is_read_back(tmp_path: Path) -> None:
    said = {"version": "0.1.0", "python": "/opt/a folder/bin/python", "files": {"host.py": "00ff"}}
    (tmp_path / record.NAME).write_text(json.dumps(said))
    found = record.read(tmp_path)
    assert (found.version, found.python, found.files) == (
        "0.1.0",
        "/opt/a folder/bin/python",
        {"host.py": "00ff"},
    )


@pytest.mark.parametrize("text", [None, "{", "[]", "{}", '{"version": 1, "python": "p"}', '{"version": "1"}'])
def test_a_record_that_cannot_be_used_says_what_to_do(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / record.NAME).write_text(text)
    with pytest.raises(Fault, match="pai-studio install resolve") as caught:
        record.read(tmp_path, "resolve")
    assert caught.value.code == "NOT_INSTALLED"
    assert str(tmp_path) in str(caught.value)
