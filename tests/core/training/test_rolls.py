"""The example that keys a shot into a roll: what it writes can be a subject."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import numpy as np

from pai_studio.core.synth.people.roll import open_roll

SCRIPT = Path(__file__).parents[3] / "examples/train/keyed.py"


def test_a_keyed_shot_is_a_roll(shot_file, picture, tmp_path, monkeypatch):
    for number in (1001, 1002, 1003):
        plate = np.full((48, 80, 3), (0.05, 0.4, 0.06), np.float32)
        plate[12:, 20:60] = (0.5, 0.25, 0.1)
        picture(tmp_path / f"plate/p.{number}.exr", plate)
    picture(tmp_path / "ref.exr", plate)
    shot = shot_file(
        tmp_path / "a.shot.json",
        plate={"files": "plate/p.####.exr", "colorspace": "ACEScg"},
        references=[{"file": "ref.exr", "frame": 1001, "colorspace": "ACEScg"}],
        delivery={"files": "out/a.####.exr"},
    )
    asked = [shot, tmp_path / "roll", "--about", "a block", "--motion", "stands"]
    monkeypatch.setattr(sys, "argv", ["keyed.py", *map(str, asked)])
    runpy.run_path(str(SCRIPT), run_name="__main__")

    roll = open_roll(str(tmp_path / "roll"))
    assert len(roll.matte) == 3
    assert (roll.about, roll.motion, roll.rate) == ("a block", "stands", 24.0)
    assert roll.is_cut
    inside = roll.matte > 0.99
    assert inside.mean() > 0.9
    hue = roll.albedo[inside].mean(axis=0)
    assert np.allclose(hue / hue[0], [1, 0.5, 0.2], atol=0.05)
