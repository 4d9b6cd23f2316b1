"""The report's page in a real browser: nothing asked of the network, nothing complained about, something to see.

Needs a Chromium on PATH (`apt-get install chromium`); skipped by name where there is none. It is driven through a pipe
by the Chrome DevTools Protocol, which takes nothing but the standard library.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from pai_studio.core.evaluation.contact import save_jpeg
from pai_studio.core.evaluation.metrics import METRICS
from pai_studio.core.evaluation.page import write_report
from pai_studio.core.media.video import MovieWriter

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next((found for name in _NAMES if (found := shutil.which(name))), None)

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(BROWSER is None, reason="no chromium on PATH; apt-get install chromium"),
]


class Browser:
    """One page of a headless Chromium: commands in, answers out, what happened meanwhile in `events`."""

    def __init__(self, executable: str, profile: Path) -> None:
        reads, self._to = os.pipe()
        self._from, writes = os.pipe()
        # The protocol's own convention: the browser reads commands from descriptor 3 and answers on 4.
        shell = f'exec "$0" "$@" 3<&{reads} 4>&{writes}'
        options = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--mute-audio",
        ]
        own = ["--remote-debugging-pipe", f"--user-data-dir={profile}", "--no-first-run", "--hide-scrollbars"]
        self._process = subprocess.Popen(
            ["bash", "-c", shell, executable, *options, *own, "about:blank"],
            pass_fds=(reads, writes),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(reads)
        os.close(writes)
        self._rest, self._count = b"", 0
        self.events: list[dict[str, Any]] = []
        self._session: str | None = None
        target = next(t for t in self.ask("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self._session = self.ask("Target.attachToTarget", targetId=target["targetId"], flatten=True)[
            "sessionId"
        ]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            told = self._next()
            if told.get("id") == self._count:
                assert "error" not in told, told
                return told["result"]

    def open(self, url: str) -> None:
        """Go to an address and wait until all of it is there."""
        self.events.clear()
        self.ask("Page.navigate", url=url)
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self._next()

    def evaluate(self, expression: str) -> Any:
        """The value of an expression of JavaScript, awaited."""
        told = self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        return told["result"].get("value")

    def show(self, width: int, height: int, scheme: str = "light", media: str = "screen") -> None:
        """Set the window's size and what the reader prefers."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.ask("Emulation.setEmulatedMedia", media=media, features=features)

    def picture(self, *, whole: bool = False) -> np.ndarray:
        """What is seen, (H, W, 3) uint8 BGR; `whole` goes beyond the window."""
        told = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        return cv2.imdecode(np.frombuffer(base64.b64decode(told["data"]), np.uint8), cv2.IMREAD_COLOR)

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(20)
        os.close(self._to)
        os.close(self._from)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            part = os.read(self._from, 1 << 20)
            assert part, "the browser went away"
            self._rest += part
        message, self._rest = self._rest.split(b"\0", 1)
        told: dict[str, Any] = json.loads(message)
        if "method" in told:
            self.events.append(told)
        return told


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with tempfile.TemporaryDirectory() as profile:
        found = Browser(str(BROWSER), Path(profile))
        yield found
        found.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of two clips with pictures and movies, and one failure."""
    out = tmp_path_factory.mktemp("report")
    engines = ("naive-moved", "draft")
    figure = {"mean": 1.5, "ci95": [1.0, 2.0], "n": 2}
    clips = ("clip-001", "clip-002")
    for clip in clips:
        folder = out / "clips" / clip
        folder.mkdir(parents=True)
        across = np.linspace(0, 1, 320, dtype=np.float32)
        save_jpeg(folder / "contact.jpg", np.tile(across[None, :, None], (180, 1, 3)), limit_bytes=50_000)
        with MovieWriter(folder / "review.mp4", Fraction(24), (320, 180)) as movie:
            for level in range(60, 180, 10):
                movie.write(np.full((180, 320, 3), level, np.uint8))
    pair = {m.key: figure | {"wins": 2, "worst": {"clip": "clip-001", "value": 1.0}} for m in METRICS}
    values = {name: {m.key: 1.5 for m in METRICS} for name in engines}
    failure = {
        "clip": "clip-002",
        "engine": "draft",
        "what": "<b>no truth</b>",
        "where": "truth",
        "hint": "add it",
    }
    write_report(
        {
            "set": "two clips",
            "clips": 2,
            "engines": {name: {m.key: figure for m in METRICS} for name in engines},
            "failures": [failure],
            "groups": {"markers": {"with": {name: {m.key: figure for m in METRICS} for name in engines}}},
            "pairs": [{"engine": "draft", "against": "naive-moved", "metrics": pair}],
            "per_clip": [{"clip": clip, "tags": {"markers": True}, "engines": values} for clip in clips],
        },
        out,
    )
    return out / "index.html"


def _complaints(browser: Browser) -> list[str]:
    kinds = {"Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled"}
    return [json.dumps(event) for event in browser.events if event["method"] in kinds]


def test_it_opens_without_a_complaint_and_asks_for_nothing(browser: Browser, report: Path):
    browser.show(1280, 900)
    browser.open(report.as_uri())
    loaded = browser.evaluate(
        """Promise.all([...document.images].map(i => { i.loading = 'eager'; return i.decode() })
            .concat([...document.querySelectorAll('video')].map(v => new Promise((done, fail) => {
                v.onloadeddata = done; v.onerror = () => fail(v.error.message); v.load() }))))
        .then(all => all.length, error => String(error))"""
    )

    assert loaded == 4
    assert _complaints(browser) == []
    asked = {
        e["params"]["request"]["url"] for e in browser.events if e["method"] == "Network.requestWillBeSent"
    }
    assert {url for url in asked if not url.startswith("data:")} == {report.as_uri()}
    assert "<b>no truth</b>" in browser.evaluate("document.body.innerText")


def test_the_policy_stops_what_would_ask(browser: Browser, report: Path):
    """Whatever slipped through the escaping could still not reach the network."""
    browser.show(1280, 900)
    browser.open(report.as_uri())
    refused = browser.evaluate(
        """new Promise(done => { const i = new Image(); i.onload = () => done(false); i.onerror = () => done(true);
            document.body.append(i); i.src = 'http://127.0.0.1:9/x.png' })"""
    )

    assert refused
    assert any("Content Security Policy" in told for told in _complaints(browser))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_there_is_something_to_see_at_every_width(browser: Browser, report: Path, width: int, scheme: str):
    browser.show(width, 900, scheme)
    browser.open(report.as_uri())
    picture = browser.picture().astype(np.float32)

    assert picture.shape[:2] == (900, width)
    ground = picture[2, 2]
    assert (ground.mean() > 240) if scheme == "light" else (ground.mean() < 40)
    away = np.abs(picture - ground).max(axis=-1)
    assert (away > 100).mean() > 0.01  # ink
    assert (away < 8).mean() > 0.5  # and calm ground around it
    assert browser.evaluate("document.documentElement.scrollWidth") == width


def test_whiskers_and_dots_are_drawn(browser: Browser, report: Path):
    browser.show(1280, 900)
    browser.open(report.as_uri())
    browser.evaluate("document.querySelector('.forest').scrollIntoView()")
    shown = browser.evaluate(
        """[...document.querySelectorAll('.strip')].filter(s => s.checkVisibility()).map(s => {
            const box = e => s.querySelector(e).getBoundingClientRect();
            return [box('.whisker').width, box('.mean').width, box('.good').width] })"""
    )

    assert len(shown) == 8
    assert all(whisker > 50 and mean > 5 and shade > 5 for whisker, mean, shade in shown)


def test_it_prints_what_is_folded_away(browser: Browser, report: Path):
    browser.show(1280, 900, media="print")
    browser.open(report.as_uri())

    hidden = browser.evaluate(
        "[...document.querySelectorAll('details table')].filter(t => t.getBoundingClientRect().height < 20).length"
    )
    assert hidden == 0
