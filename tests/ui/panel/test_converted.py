from __future__ import annotations

import numpy as np
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from pai_studio.core.media.display import Look
from pai_studio.core.media.frame import Box
from pai_studio.core.shot.document import Ocio
from pai_studio.core.shot.frames import FrameRange
from pai_studio.ui.panel.pictures.converted import Converted, screen_of
from pai_studio.ui.panel.pictures.making import Grade, Ready
from pai_studio.ui.panel.pictures.shown import Proxy
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.work import Work

LOOK, OCIO = Look(), Ocio()


def proxy(value: float) -> Proxy:
    pixels = np.full((4, 6, 4), value, np.float16)
    pixels[0, 0] = [2, 0, 0, 1]
    return Proxy(pixels, "ACEScg", Box(0, 0, 6, 4), 1.0, 1)


def wait_for(qtbot: QtBot, converted: Converted, one: Proxy, *, exact: bool, look: Look = LOOK) -> Ready:
    def found() -> bool:
        ready = converted.get(one, look, OCIO, fast=not exact)
        return ready is not None and (ready.is_exact or not exact)

    qtbot.waitUntil(found)
    ready = converted.get(one, look, OCIO, fast=not exact)
    assert ready is not None
    return ready


def test_what_is_shown_is_the_exact_picture_at_rest_and_the_sampled_one_until_it_comes(
    qtbot: QtBot, work: Work
) -> None:
    converted, one = Converted(work, work), proxy(0.18)
    assert not wait_for(qtbot, converted, one, exact=False).is_exact
    ready = wait_for(qtbot, converted, one, exact=True)
    wanted = screen_of(OCIO).shown(one.pixels, "ACEScg", LOOK)
    image = ready.image.convertToFormat(QImage.Format.Format_RGB888)
    for x, y in ((0, 0), (5, 3)):
        assert image.pixelColor(x, y).getRgb()[:3] == tuple(int(v) for v in wanted[y, x, :3])
    assert converted.get(one, LOOK, OCIO, fast=True) is ready
    converted.close()


def test_another_look_is_another_picture_and_the_limit_is_kept(qtbot: QtBot, work: Work) -> None:
    converted = Converted(work, work, limit_bytes=3 * 4 * 6 * 4)
    ones = [proxy(n / 4) for n in range(4)]
    for one in ones:
        wait_for(qtbot, converted, one, exact=True)
    assert [converted.is_held(one, LOOK, OCIO) for one in ones] == [False, True, True, True]
    brighter = Look(exposure_stops=1)
    image = wait_for(qtbot, converted, ones[2], exact=True, look=brighter).image
    assert image.pixelColor(3, 3) != wait_for(qtbot, converted, ones[2], exact=True).image.pixelColor(3, 3)
    converted.close()


def test_what_may_come_next_is_made_after_what_is_looked_at_and_within_the_limit(
    qtbot: QtBot, work: Work
) -> None:
    converted = Converted(work, work, limit_bytes=3 * 4 * 6 * 4)
    ones = [proxy(n / 8) for n in range(6)]
    converted.prefetch(ones[1:], LOOK, OCIO)
    converted.get(ones[0], LOOK, OCIO)
    qtbot.waitUntil(lambda: converted.is_idle)
    assert [converted.is_held(one, LOOK, OCIO) for one in ones].count(True) == 3
    converted.prefetch(ones[2:], LOOK, OCIO)
    qtbot.waitUntil(lambda: converted.is_idle)
    assert [converted.is_held(one, LOOK, OCIO) for one in ones] == [False, False, True, True, True, False]
    wait_for(qtbot, converted, ones[0], exact=False)
    assert [converted.is_held(one, LOOK, OCIO) for one in ones] == [True, False, True, True, False, False]
    converted.close()


def test_an_exact_picture_does_not_hold_up_what_moves_and_is_left_off(qtbot: QtBot, work: Work) -> None:
    converted = Converted(work, work)
    large = Proxy(np.full((2048, 1024, 4), 0.3, np.float16), "ACEScg", Box(0, 0, 1024, 2048), 1.0, 1)
    converted.get(large, LOOK, OCIO)
    qtbot.waitUntil(lambda: len(converted._under_way) == 1)
    small = proxy(0.5)
    wait_for(qtbot, converted, small, exact=False)
    wait_for(qtbot, converted, small, exact=True)  # by the same thread, after the large one
    assert not converted.is_held(large, LOOK, OCIO)
    converted.close()


def test_what_may_come_next_gives_way_to_what_is_wanted_and_is_made_after_it(
    qtbot: QtBot, work: Work
) -> None:
    converted, small = Converted(work, work, limit_bytes=1 << 30), proxy(0.5)
    wait_for(qtbot, converted, small, exact=False)  # the view is sampled
    many = np.broadcast_to(np.float16(0.3), (4096, 4096, 4))
    large = Proxy(many, "ACEScg", Box(0, 0, 4096, 4096), 1.0, 1)
    converted.prefetch([large], LOOK, OCIO)
    qtbot.waitUntil(lambda: len(converted._under_way) == 1)
    wait_for(qtbot, converted, proxy(0.6), exact=False)
    assert not converted.is_held(large, LOOK, OCIO)
    qtbot.waitUntil(lambda: converted.is_held(large, LOOK, OCIO))
    converted.close()


class Files:
    key = "files"
    frames = FrameRange(1, 9)

    def read(self, frame: int, scale: int) -> Proxy:
        return Proxy(proxy(frame / 9).pixels, "ACEScg", Box(0, 0, 6, 4), 1.0, scale)


def test_what_is_scrubbed_over_has_fewer_pixels_until_it_is_looked_at(qtbot: QtBot, work: Work) -> None:
    converted = Converted(work, work)
    pixels = np.random.default_rng(1).random((900, 800, 4)).astype(np.float16)
    large = Proxy(pixels, "ACEScg", Box(0, 0, 800, 900), 1.0, 1)
    with qtbot.waitSignal(converted.arrived):
        assert converted.get(large, LOOK, OCIO, rough=True) is None
    rough = converted.get(large, LOOK, OCIO, rough=True)
    assert rough is not None
    assert (rough.grade, rough.image.width(), rough.image.height()) == (Grade.ROUGH, 400, 450)
    assert not converted.is_held(large, LOOK, OCIO)
    with qtbot.waitSignal(converted.arrived):
        assert converted.get(large, LOOK, OCIO, fast=True) is rough
    sampled = converted.get(large, LOOK, OCIO, rough=True)
    assert sampled is not None
    assert (sampled.grade, sampled.image.width()) == (Grade.SAMPLED, 800)
    assert sampled.image.pixel(200, 300) == rough.image.pixel(100, 150)
    converted.close()


def test_who_waits_is_told_though_a_better_one_has_come_before(qtbot: QtBot, work: Work) -> None:
    converted, one = Converted(work, work), proxy(0.18)
    converted.get(one, LOOK, OCIO, fast=True)
    qtbot.waitUntil(lambda: converted.is_idle)
    sampled = converted.get(one, LOOK, OCIO, fast=True)
    exact = wait_for(qtbot, converted, one, exact=True)
    (key,) = converted._held
    converted._expected.add((key, Grade.SAMPLED))
    with qtbot.waitSignal(converted.arrived):
        converted._take((key, one, OCIO, Grade.SAMPLED), sampled, None)
    assert converted.get(one, LOOK, OCIO) is exact
    converted.close()


def test_small_pictures_are_never_rough(qtbot: QtBot, work: Work) -> None:
    converted, one = Converted(work, work), proxy(0.18)
    with qtbot.waitSignal(converted.arrived):
        converted.get(one, LOOK, OCIO, rough=True)
    assert converted.is_held(one, LOOK, OCIO)
    converted.close()


def test_what_is_read_ahead_is_made_ready_without_a_word(qtbot: QtBot, studio: Studio) -> None:
    pictures, converted, source = studio.pictures, studio.converted, Files()
    told: list[None] = []
    converted.arrived.connect(lambda: told.append(None))
    pictures.prefetch(source, range(1, 6), 2)
    pictures.prefetch(source, range(1, 4), 4)
    qtbot.waitUntil(lambda: pictures.is_idle)
    one, small = pictures.get(source, 1, 2), pictures.get(source, 1, 4)
    assert one is not None
    assert small is not None
    wait_for(qtbot, converted, one, exact=False)
    others = [found for n in range(2, 6) if (found := pictures.get(source, n, 2))]
    assert len(others) == 4
    qtbot.waitUntil(lambda: all(converted.is_held(other, LOOK, OCIO) for other in others))
    assert len(told) == 1
    assert not converted.is_held(small, LOOK, OCIO)


def test_no_picture_is_mistaken_for_one_that_is_gone() -> None:
    numbers = {proxy(0).number for _ in range(50)}
    assert len(numbers) == 50


def test_a_config_that_cannot_be_used_is_told(qtbot: QtBot, work: Work) -> None:
    converted = Converted(work, work)
    one = proxy(1)
    with qtbot.waitSignal(converted.failed) as told:
        converted.get(one, LOOK, Ocio(config="/no/such/config.ocio"))
    assert told.args[0] is one
    assert told.args[1] == LOOK
    assert "config.ocio" in str(told.args[2])
    converted.close()
