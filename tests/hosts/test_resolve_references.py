"""References of a clip in Resolve whose pictures lie elsewhere on this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pai_studio.host_plugins.paths import PATH_MAP
from pai_studio.host_plugins.resolve import references
from tests.hosts.fakes_resolve.items import TimelineItem
from tests.hosts.fakes_resolve.media import MediaPool
from tests.hosts.fakes_resolve.model import Marker
from tests.hosts.resolve_scene import HOUR, ResolveScene


def test_a_reference_of_another_machine_is_found_by_the_path_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = ResolveScene(tmp_path / "here", "aces")
    away = one.fake.add_media("S:\\show\\back.exr", 0, 0, kind="Still")
    for offset, named in enumerate(("S:\\show\\back.exr", away.id)):
        note = json.dumps({"pai": 1, "reference": named})
        one.item.markers[offset] = Marker("Fuchsia", "", "", 1, note)
    item, pool = TimelineItem(one.fake, one.item), MediaPool(one.fake, one.fake.project)
    with pytest.raises(references.Fault, match="there is no such picture"):
        references.of(item, HOUR, pool)
    rules = tmp_path / "rules.json"
    said = {"version": "pai-studio/paths/1", "rules": [{"from": "S:\\show", "to": str(one.folder)}]}
    rules.write_text(json.dumps(said), encoding="utf-8")
    monkeypatch.setenv(PATH_MAP, str(rules))
    found = references.of(item, HOUR, pool)
    assert [(ref.file, ref.still.frame) for ref in found] == [
        (str(one.folder / "back.exr"), HOUR + n) for n in (0, 1)
    ]
    one.fake.check()
