"""The contact sheet: which frames, what geometry, the right pictures in the right places."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pai_studio.core.evaluation.contact import Cell, Row, contact_sheet, pick_frames, save_png, write
from pai_studio.core.media.color import ColorConfig


@pytest.fixture(scope="module")
def config() -> ColorConfig:
    return ColorConfig.open()


def test_frames_are_the_anchors_and_those_between():
    assert pick_frames(list(range(1001, 1049)), [1001, 1025, 1048]) == [1001, 1013, 1025, 1036, 1048]
    assert pick_frames([1, 2, 3], [2]) == [1, 2, 3]
    assert len(pick_frames(list(range(100)), list(range(0, 100, 10)), 5)) == 5
    assert pick_frames(list(range(-10, 11, 2)), [0], 3) == [-10, 0, 10]


def _rows():
    grey = np.full((90, 160, 3), 0.18, np.float32)
    red = grey * np.array([4, 0.2, 0.2], np.float32)
    return [
        Row("plate", lambda _: Cell(grey)),
        Row("reference", lambda f: Cell(red, "anchor") if f == 1 else None),
        Row("matte", lambda _: Cell(np.ones((90, 160), np.float32))),
    ]


def test_the_sheet_has_a_cell_for_every_row_and_frame(config):
    sheet = contact_sheet(_rows(), [1, 5, 9], config, title="SH010", width=160)
    wider = contact_sheet(_rows(), [1, 5, 9, 13], config, title="SH010", width=160)
    taller = contact_sheet([*_rows(), *_rows()], [1, 5, 9], config, title="SH010", width=160)

    assert wider.shape[1] - sheet.shape[1] == 170
    assert wider.shape[0] == sheet.shape[0]
    assert taller.shape[0] - sheet.shape[0] == 3 * 100
    assert sheet.min() >= 0
    assert sheet.max() <= 1


def test_pictures_stand_where_they_belong_through_the_display_view(config):
    sheet = contact_sheet(_rows(), [1, 5], config, title="SH010", width=160)
    shown = config.display(np.full((1, 1, 3), 0.18, np.float32))[0, 0]

    left, top = sheet.shape[1] - 28 - 2 * 160 - 10, sheet.shape[0] - 28 - 3 * 90 - 2 * 10
    plate, reference, gap = (
        sheet[top + 40, left + 80],
        sheet[top + 140, left + 80],
        sheet[top + 120, left + 250],
    )
    matte = sheet[top + 240, left + 80]
    assert np.allclose(plate, shown, atol=0.01)
    assert reference[0] > 2 * reference[1]
    assert np.ptp(gap) == 0  # an empty cell is neutral
    assert gap[0] < 0.2
    assert np.allclose(matte, 1)


def test_text_is_drawn_and_kept_inside():
    sheet = np.zeros((40, 200, 3), np.float32)
    write(sheet, "RESULT", (10, 25), 0.5, (1, 1, 1))
    write(sheet, "beyond the edge", (150, 38), 0.5, (1, 1, 1))

    assert sheet[10:30, 10:80].max() > 0.6
    assert sheet.max() <= 1


def test_the_png_holds_the_sheet(tmp_path):
    sheet = np.zeros((4, 6, 3), np.float32)
    sheet[..., 0] = 1
    save_png(tmp_path / "contact.png", sheet)

    found = cv2.imread(str(tmp_path / "contact.png"))
    assert found.shape == (4, 6, 3)
    assert (found[..., 2] == 255).all()
    assert (found[..., 0] == 0).all()
    assert [p.name for p in tmp_path.iterdir()] == ["contact.png"]
