"""What a process really loads: walls that a linter of imports cannot see, since some imports are made on use."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "diffusers", "transformers", "PySide6")
OURS = ("pai_studio.core", "pai_studio.server", "pai_studio.ui")
PIXELS = ("numpy", "cv2", "OpenImageIO", "PyOpenColorIO", "av", "scipy")


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import pai_studio", (*HEAVY, *PIXELS, "grpc")),
        ("import pai_studio.core.shot.document, pai_studio.core.config", (*HEAVY, *PIXELS, "grpc")),
        ("import pai_studio.server.api.client", (*HEAVY, *PIXELS)),
        ("import pai_studio.server.app, pai_studio.core.engines.registry", (*HEAVY, *PIXELS)),
        (
            "import pai_studio.core.render, pai_studio.core.evaluation.score, pai_studio.core.synth.scene",
            HEAVY,
        ),
        ("import pai_studio.host_plugins.flow", (*HEAVY, *PIXELS, *OURS, "grpc", "google", "pydantic")),
        ("from pai_studio.ui.cli.main import parser; parser()", (*HEAVY, *PIXELS, "grpc")),
        ("import pai_studio.ui.panel.state.studio", ("PySide6.QtWidgets", "torch", "grpc")),
        ("import pai_studio.ui.panel.pictures.shown", ("PySide6.QtWidgets", "torch", "grpc")),
    ],
)
def test_a_process_loads_no_more_than_it_needs(code: str, absent: tuple[str, ...]) -> None:
    probe = f"import sys\n{code}\nprint(*(name for name in {absent!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
