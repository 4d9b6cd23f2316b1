"""Run under a display with PAI_PANEL_GL=1: what the GPU draws is compared with OpenColorIO's own values."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.display import Look, Screen
from pai_studio.core.media.frame import Box
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.viewer import Viewer
from pai_studio.ui.panel.viewer.gl import GlSurface, Lit, why_not
from pai_studio.ui.panel.viewer.raster import RasterSurface
from tests.ui.panel.files import picture
from tests.ui.panel.shots import a_shot, opened

WIDE, HIGH = 64, 36
LOOKS: tuple[tuple[str, dict[str, object]], ...] = (
    ("as it is", {}),
    ("exposed", {"exposure_stops": 1.5, "gamma": 1.2}),
    ("red", {"channel": "R"}),
    ("luminance", {"channel": "luminance"}),
    ("alpha", {"channel": "A"}),
)


def wait(until: object, most_ms: int = 20_000) -> None:
    loop, timer = QEventLoop(), QTimer()
    timer.timeout.connect(lambda: until() and loop.quit())  # type: ignore[operator]
    timer.start(5)
    QTimer.singleShot(most_ms, loop.quit)
    loop.exec()
    assert until()  # type: ignore[operator]


def grabbed(viewer: Viewer) -> np.ndarray:
    """The bytes at the middle of each plate pixel, from the GPU's own buffer."""
    assert isinstance(viewer.surface, GlSurface)
    image = viewer.surface.grabFramebuffer().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    whole = rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3)
    frame = viewer.canvas.sight.device_rect(Box(0, 0, WIDE, HIGH))
    across, down = frame.width() / WIDE, frame.height() / HIGH
    ys = [int(frame.top() + (y + 0.5) * down) for y in range(HIGH)]
    xs = [int(frame.left() + (x + 0.5) * across) for x in range(WIDE)]
    return whole[np.ix_(ys, xs)].astype(int)


def main() -> None:
    """Print the largest difference of each look as JSON, or why there is no GPU path here."""
    folder = Path(tempfile.mkdtemp())
    os.environ["PAI_STATE_DIR"] = str(folder / "state")
    application = QApplication([])
    if reason := why_not():
        print(json.dumps({"skip": reason}))
        return
    rng = np.random.default_rng(3)
    pixels = np.exp2(rng.uniform(-9, 6, (HIGH, WIDE, 3))).astype(np.float32)
    pixels[0] = np.geomspace(0.001, 60, WIDE, dtype=np.float32)[:, None]
    whole = np.dstack([pixels, rng.uniform(0, 1, (HIGH, WIDE, 1)).astype(np.float32)])
    picture(folder / "plate" / "SH010.1001.exr", whole)
    studio = Studio()
    broken: list[str] = []
    studio.work.broken.connect(lambda error: broken.append(repr(error)))
    opened(studio, a_shot(folder, frames=[1001, 1001]), folder)
    viewer = Viewer(studio)
    viewer.resize(1000, 700)
    viewer.show()
    screen, found = Screen(ColorConfig.open()), {}
    for name, changed in LOOKS:
        studio.view.set(**{"exposure_stops": 0.0, "gamma": 1.0, "channel": "rgb", **changed})
        wait(lambda: bool(viewer.feed.sides) and not viewer.feed.is_late)
        want = screen.shown(whole.astype(np.float16), "ACEScg", Look(**changed))[..., :3].astype(int)  # type: ignore[arg-type]
        found[name] = int(np.abs(grabbed(viewer) - want).max())
    is_gpu, shown = isinstance(viewer.surface, GlSurface), viewer.feed.sides[0]
    # A driver that does not take the shader: the CPU takes over, and shows the same.
    viewer.surface.show_pictures([Lit(shown.proxy, replace(shown.shader, text="nonsense"))], 1.0)
    wait(lambda: isinstance(viewer.surface, RasterSurface) and viewer.feed.sides[0].image is not None)
    found["path"] = viewer.look_bar.path.text()
    print(json.dumps({"found": found, "gpu": is_gpu, "broken": broken}))
    viewer.close()
    viewer.deleteLater()
    application.processEvents()
    studio.close()


if __name__ == "__main__":
    sys.exit(main())
