"""Judges that are loaded by name: what they ask for, what they send, and what they say when something is missing."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import threading
import types
from http.server import BaseHTTPRequestHandler, HTTPServer

import cv2
import numpy as np
import pytest

from pai_studio.core.evaluation.plugins import JUDGES, dino, load, lpips, options_of, weights_digest
from pai_studio.core.shot.errors import BadInput, Unreachable

MARKS = '{"edge": 7, "fusion": 8.5, "illumination": 3}'


class Endpoint(HTTPServer):
    """A real server that answers with what it was given and keeps what it was sent."""

    def __init__(self, answers, status=200):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers, self.status, self.asked = list(answers), status, []

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}/v1"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(self.server.status)
        self.end_headers()

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, self.headers.get("Authorization"), body))
        content = self.server.answers.pop(0)
        told = content if content is None else {"choices": [{"message": {"content": content}}]}
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(json.dumps(told).encode())

    def log_message(self, *args):
        pass


@pytest.fixture
def endpoint():
    """`endpoint(answers, status)` -> a server that listens."""
    started = []

    def start(answers, status=200):
        server = Endpoint(answers, status)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def frames(stage):
    clip = stage(frames=3)
    return [clip.judged(p, p.truth) for p in clip.parts]


def _vlm(staged, server, **options):
    return load("vlm", staged.facts(), endpoint=server.address, model="tiny", **options)


def test_the_vlm_judge_sends_the_shown_frame_and_takes_the_mean_of_the_marks(
    staged, frames, endpoint, monkeypatch
):
    monkeypatch.setenv("PAI_STUDIO_VLM_KEY", "sesame")
    server = endpoint([MARKS, 'Here you are:\n```json\n{"edge": 9, "fusion": 6.5, "illumination": 5}\n```'])
    judge = _vlm(staged, server, every=2)
    for frame in frames:
        judge.add(frame)

    assert judge.values() == {"vlm_edge": 8, "vlm_fusion": 7.5, "vlm_illumination": 4}
    assert [path for path, _, _ in server.asked] == ["/v1/chat/completions"] * 2
    _, key, body = server.asked[1]
    assert key == "Bearer sesame"
    assert (body["model"], body["temperature"]) == ("tiny", 0)
    sent = body["messages"][0]["content"][1]["image_url"]["url"].removeprefix("data:image/png;base64,")
    seen = cv2.imdecode(np.frombuffer(base64.b64decode(sent), np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    shown = staged.config.display(frames[2].result)
    assert np.abs(seen / 255 - shown).max() < 0.5 / 255 + 1e-6


def test_the_vlm_judge_says_that_frames_leave_the_machine_before_it_sends_any(staged, endpoint):
    server = endpoint([])
    judge = _vlm(staged, server)

    assert "frames leave this machine" in judge.notice
    assert server.address in judge.notice
    assert judge.values() == dict.fromkeys(judge.keys)
    assert server.asked == []


@pytest.mark.parametrize(
    "case",
    [
        ("it looks lovely", 200, "gave no marks from 1 to 10"),
        ('{"edge": 11, "fusion": 5, "illumination": 5}', 200, "gave no marks from 1 to 10"),
        ('{"edge": 5, "fusion": 5}', 200, "gave no marks from 1 to 10"),
        (None, 200, "no answer in the form of chat completions"),
        (MARKS, 401, r"refused a frame \(401 Unauthorized\)"),
    ],
)
def test_an_answer_that_is_no_marks_is_an_error_and_no_mark(staged, frames, endpoint, case):
    answer, status, say = case
    server = endpoint([answer], status)
    with pytest.raises(BadInput, match=say) as caught:
        _vlm(staged, server).add(frames[0])
    assert "\n" not in str(caught.value)


def test_an_endpoint_that_does_not_answer_is_named(staged, frames):
    judge = load("vlm", staged.facts(), endpoint="http://127.0.0.1:9/v1", model="tiny")
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:9/v1/chat/completions: does not answer"):
        judge.add(frames[0])


def test_the_vlm_judge_knows_before_it_starts_whether_anybody_is_there(staged, endpoint):
    assert _vlm(staged, endpoint([])).version() == "model tiny"
    assert _vlm(staged, endpoint([], 404)).version() == "model tiny"  # it may list no models
    with pytest.raises(BadInput, match=r"refused to answer \(401 Unauthorized\).*PAI_STUDIO_VLM_KEY"):
        _vlm(staged, endpoint([], 401)).version()
    with pytest.raises(Unreachable, match="does not answer"):
        load("vlm", staged.facts(), endpoint="http://127.0.0.1:9/v1", model="tiny").version()
    with pytest.raises(BadInput, match="cannot be talked to"):
        load("vlm", staged.facts(), endpoint="http://127.0.0.1:port/v1", model="tiny").version()


@pytest.mark.parametrize(
    ("name", "texts", "say"),
    [
        ("vlm", {"modell": "x"}, "has no option 'modell'; it has endpoint, model, every, timeout_s"),
        ("lpips", {"net": "vgg"}, "has no option 'net'; it has none"),
        ("vlm", {"every": "often"}, "vlm every: 'often' is not a number"),
    ],
)
def test_an_option_that_a_judge_has_not_is_named(name, texts, say):
    with pytest.raises(BadInput, match=say):
        options_of(name, texts)


def test_options_are_of_the_kind_of_their_defaults():
    texts = {"endpoint": "http://x/v1", "model": "m", "every": "2", "timeout_s": "1.5"}

    assert options_of("vlm", texts) == texts | {"every": 2, "timeout_s": 1.5}


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
def test_a_wait_that_is_none_is_refused(staged, seconds):
    with pytest.raises(BadInput, match="cannot be waited"):
        load("vlm", staged.facts(), endpoint="http://x/v1", model="m", timeout_s=seconds)


def test_the_digest_of_weights_tells_one_network_from_another():
    torch = pytest.importorskip("torch")
    network = torch.nn.Linear(2, 2)
    before = weights_digest(network)

    assert weights_digest(network) == before
    with torch.no_grad():
        network.bias[0] += 1
    assert weights_digest(network) != before


@pytest.mark.parametrize(
    "options", [{}, {"endpoint": "http://x/v1"}, {"endpoint": "file:///etc/passwd", "model": "m"}]
)
def test_the_vlm_judge_is_off_until_it_is_told_where(staged, options):
    with pytest.raises(BadInput, match="needs an endpoint"):
        load("vlm", staged.facts(), **options)


def test_a_judge_that_is_not_there_is_named_with_the_nearest(staged):
    with pytest.raises(BadInput, match="there is no judge 'lpip'; did you mean 'lpips'"):
        load("lpip", staged.facts())


@pytest.mark.parametrize(("name", "package"), [("lpips", "lpips"), ("dino", "transformers")])
def test_a_missing_package_is_named_with_its_remedy(staged, monkeypatch, name, package):
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setitem(sys.modules, "torch", types.ModuleType("torch"))
    {"lpips": lpips, "dino": dino}[name]._network.cache_clear()

    with pytest.raises(BadInput, match=f"the judge {name} needs the package {package}; pip install torch"):
        load(name, staged.facts())


def test_weights_that_are_missing_are_named(staged, monkeypatch):
    class AutoModel:
        @staticmethod
        def from_pretrained(weights, local_files_only):
            assert local_files_only
            raise OSError(f"no file config.json in {weights}\nand more")

    monkeypatch.setitem(sys.modules, "torch", types.ModuleType("torch"))
    monkeypatch.setitem(sys.modules, "transformers", types.SimpleNamespace(AutoModel=AutoModel))
    dino._network.cache_clear()

    with pytest.raises(BadInput, match="the judge dino has no weights; give it as weights"):
        load("dino", staged.facts())
    with pytest.raises(BadInput, match=r"nowhere: holds no weights for the judge dino \(no file") as caught:
        load("dino", staged.facts(), weights="nowhere")
    assert "\n" not in str(caught.value)


def test_lpips_is_asked_of_the_background_alone_in_its_own_range(staged, frames, monkeypatch):
    """The package is replaced by a distance that is known; what is tested is what it is given."""
    torch = pytest.importorskip("torch")

    class Distance(torch.nn.Module):
        def forward(self, one, other):
            assert one.shape == (1, 3, 162, 288)
            return (one - other).abs().max()

    monkeypatch.setitem(sys.modules, "lpips", types.SimpleNamespace(LPIPS=lambda **_: Distance()))
    monkeypatch.setattr(lpips, "version", lambda package: {"lpips": "0.1", "torch": "2.9"}[package])
    lpips._network.cache_clear()
    assert re.fullmatch(
        r"lpips 0\.1, torch 2\.9, weights [0-9a-f]{16}", load("lpips", staged.facts()).version()
    )
    facts, config = staged.facts(), staged.config
    for spoil, expected in ((lambda f: f.matte > 0, 0.0), (lambda f: f.matte == 0, 0.2)):
        judge = load("lpips", facts)
        frame = frames[0]
        shown = config.srgb(frame.truth) - 0.1 * spoil(frame)[..., None]
        spoiled = config.from_srgb(np.clip(shown, 0, 1).astype(np.float32))
        judge.add(type(frame)(**(vars(frame) | {"result": spoiled})))
        assert judge.values()["lpips"] == pytest.approx(expected, abs=1e-4)
    lpips._network.cache_clear()


def test_dino_compares_class_tokens_of_frames_in_whole_patches(staged, frames, monkeypatch):
    """The network is replaced by the mean colour; what is tested is what it is given and what is made of it."""
    torch = pytest.importorskip("torch")

    class Tokens(torch.nn.Module):
        def forward(self, pictures):
            assert pictures.shape[2] % 14 == pictures.shape[3] % 14 == 0
            return types.SimpleNamespace(last_hidden_state=pictures.mean(dim=(2, 3))[:, None])

    auto = types.SimpleNamespace(from_pretrained=lambda *_, **__: Tokens())
    monkeypatch.setitem(sys.modules, "transformers", types.SimpleNamespace(AutoModel=auto))
    monkeypatch.setattr(dino, "version", lambda package: {"transformers": "5.1", "torch": "2.9"}[package])
    dino._network.cache_clear()
    judge = load("dino", staged.facts(), weights="somewhere")
    assert re.fullmatch(r"transformers 5\.1, torch 2\.9, weights [0-9a-f]{16}", judge.version())
    judge.add(frames[0])
    assert judge.values()["dino_similarity"] == pytest.approx(1, abs=1e-6)
    judge.add(type(frames[0])(**(vars(frames[0]) | {"result": 1 - frames[0].result})))
    assert judge.values()["dino_similarity"] < 0.99
    dino._network.cache_clear()


def test_nothing_of_the_judges_is_loaded_with_the_metrics():
    modules = [where.split(":")[0] for where in JUDGES.values()]
    probe = (
        "import sys, pai_studio.core.evaluation.metrics, pai_studio.core.evaluation.plugins\n"
        f"print(*(n for n in {[*modules, 'torch', 'transformers', 'lpips']!r} if n in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
