"""Pulling from a hub that really listens, on files of a few kilobytes."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

huggingface_hub = pytest.importorskip("huggingface_hub")

from pai_studio.core.model import store  # noqa: E402
from pai_studio.core.model.catalogue import KNOWN, Entry, known  # noqa: E402
from pai_studio.core.model.hub import pull  # noqa: E402
from pai_studio.core.model.origins import Copied, Hub  # noqa: E402
from pai_studio.core.report import Progress, silent  # noqa: E402
from pai_studio.core.shot.errors import (  # noqa: E402
    AlreadyThere,
    BadInput,
    Cancelled,
    NotAuthenticated,
    OutOfResources,
    PaiError,
    Unreachable,
)

from .hub_server import COMMIT, SmallHub  # noqa: E402

ENTRY = known("wan2.1-vace-1.3b")
WEIGHTS = "transformer/diffusion_pytorch_model.safetensors"
PIECE = 1 << 16
"""The library keeps what comes in by pieces of ten megabytes; here they are smaller, as the files are."""


def tensors(size: int, fill: int) -> bytes:
    """A safetensors file of one tensor."""
    header = json.dumps({"w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    return len(header).to_bytes(8, "little") + header + bytes([fill]) * size


FILES = {
    "README.md": b"read me",
    "LICENSE.txt": b"Apache License",
    "model_index.json": b'{"_class_name": "WanVACEPipeline"}',
    "transformer/config.json": b'{"num_layers": 30}',
    WEIGHTS: tensors(300_000, 1),
    "vae/diffusion_pytorch_model.safetensors": tensors(2000, 2),
    "text_encoder/model.safetensors": tensors(3000, 3),
    "text_encoder/pytorch_model.bin": b"pickle",
    "tokenizer/spiece.model": b"pieces",
    "scheduler/scheduler_config.json": b"{}",
    "transformer/../../outside.json": b"{}",
    "transformer//config.json": b'{"num_layers": 2}',
    "./tokenizer/tokenizer.json": b"{}",
    "tokenizer/..\\outside.json": b"{}",
    "assets/demo.mp4": b"film",
}
WANTED = {
    "LICENSE.txt",
    "model_index.json",
    "transformer/config.json",
    WEIGHTS,
    "vae/diffusion_pytorch_model.safetensors",
    "text_encoder/model.safetensors",
    "tokenizer/spiece.model",
    "scheduler/scheduler_config.json",
}


@pytest.fixture(autouse=True)
def no_other_way(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Loopback never goes through a proxy, and the library's connections end with the test."""
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", PIECE)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("HF_TOKEN", raising=False)
    huggingface_hub.close_session()
    yield
    huggingface_hub.close_session()


@pytest.fixture
def hub() -> Iterator[SmallHub]:
    with SmallHub(ENTRY.repository, FILES) as made:
        yield made


def pulled(hub: SmallHub, folder: Path, report=silent, entry: Entry = ENTRY) -> store.Installed:
    return pull(entry, Hub(hub.address), folder, licence_accepted=True, report=report)


def refused(kind: type[PaiError], hub: SmallHub, folder: Path) -> str:
    with pytest.raises(kind) as caught:
        pulled(hub, folder)
    assert not (folder / ENTRY.name).exists()
    return str(caught.value)


def test_a_model_is_pulled_whole_and_says_where_it_is_from(hub: SmallHub, tmp_path: Path) -> None:
    heard: list[Progress] = []
    made = pulled(hub, tmp_path, heard.append)
    assert set(made.manifest.files) == WANTED
    assert made.manifest.source == f"Wan-AI/Wan2.1-VACE-1.3B-diffusers@{COMMIT}"
    assert {name: (made.folder / name).read_bytes() for name in WANTED} == {
        name: FILES[name] for name in WANTED
    }
    assert store.find(tmp_path, "", "vace") == made
    assert store.check(made) == []
    total = sum(len(FILES[name]) for name in WANTED)
    assert {p.phase for p in heard} == {"download", "check"}
    assert {p.total for p in heard} == {total}
    done = [p.done for p in heard if p.phase == "download"]
    assert done == sorted(done)
    assert done[-1] == total
    assert {path.name for path in tmp_path.iterdir()} == {ENTRY.name, ".pull.lock"}


def test_what_was_fetched_is_not_fetched_again(hub: SmallHub, tmp_path: Path) -> None:
    def stop(progress: Progress) -> None:
        if progress.message == WEIGHTS:
            raise Cancelled("asked to stop")

    with pytest.raises(Cancelled):
        pulled(hub, tmp_path, stop)
    assert store.installed(tmp_path) == []
    kept = (tmp_path / f".pulling-{ENTRY.name}" / WEIGHTS).stat().st_size
    assert kept == PIECE
    before = len(hub.asked)
    made = pulled(hub, tmp_path)
    fetched = [one for one in hub.asked[before:] if "/resolve/" in one.path or "/cdn/" in one.path]
    assert {one.path.rpartition("/")[2] for one in fetched} == {Path(WEIGHTS).name}
    assert {one.range for one in fetched} == {f"bytes={kept}-"}
    assert sum(one.sent for one in fetched) == len(FILES[WEIGHTS]) - kept
    assert store.check(made) == []


def test_a_line_that_breaks_is_taken_up_again(hub: SmallHub, tmp_path: Path) -> None:
    hub.breaks[WEIGHTS] = [2 * PIECE, PIECE]
    assert store.check(pulled(hub, tmp_path)) == []
    assert hub.bytes_of(WEIGHTS) == len(FILES[WEIGHTS])
    assert [one.range for one in hub.asked if one.path == f"/cdn/{WEIGHTS}"] == [
        "",
        f"bytes={2 * PIECE}-",
        f"bytes={3 * PIECE}-",
    ]


def test_a_mirror_that_gives_no_parts_is_read_from_the_start(hub: SmallHub, tmp_path: Path) -> None:
    hub.breaks[WEIGHTS], hub.gives_parts = [2 * PIECE], False
    assert store.check(pulled(hub, tmp_path)) == []
    assert hub.bytes_of(WEIGHTS) == 2 * PIECE + len(FILES[WEIGHTS])


def test_a_pull_goes_on_with_the_commit_that_it_began_with(hub: SmallHub, tmp_path: Path) -> None:
    def stop(progress: Progress) -> None:
        raise Cancelled("asked to stop")

    with pytest.raises(Cancelled):
        pulled(hub, tmp_path, stop)
    hub.commit = "f" * 40
    assert "does not have the commit that the pull began with; take another mirror" in refused(
        BadInput, hub, tmp_path
    )
    hub.commit = COMMIT
    assert pulled(hub, tmp_path).manifest.source.endswith("@" + COMMIT)


def test_another_content_than_the_hub_states_is_refused_and_fetched_anew(
    hub: SmallHub, tmp_path: Path
) -> None:
    hub.given[WEIGHTS] = tensors(300_000, 9)
    assert f"{WEIGHTS}: has the SHA-256 " in refused(BadInput, hub, tmp_path)
    del hub.given[WEIGHTS]
    before = hub.bytes_of("text_encoder/model.safetensors")
    assert store.check(pulled(hub, tmp_path)) == []
    assert hub.bytes_of("text_encoder/model.safetensors") == before


def test_a_small_file_is_checked_by_its_git_digest(hub: SmallHub, tmp_path: Path) -> None:
    hub.given["transformer/config.json"] = b'{"num_layers": 31}'
    assert "transformer/config.json: has the git digest " in refused(BadInput, hub, tmp_path)


def test_weights_that_the_hub_itself_has_only_in_part_are_refused(tmp_path: Path) -> None:
    with SmallHub(ENTRY.repository, {**FILES, WEIGHTS: FILES[WEIGHTS][:-1]}) as hub:
        assert f"{WEIGHTS}: is no whole safetensors file" in refused(BadInput, hub, tmp_path)


def header(text: bytes, size: int) -> bytes:
    """A file of so many bytes that begins as safetensors do."""
    return (len(text).to_bytes(8, "little") + text).ljust(size, b"\0")


@pytest.mark.parametrize(
    "content",
    [
        header(b'{"w": {"data_offsets": [0, "9"]}}', 100),
        header(b"[" * 100_000, 100_008),
        header(b"[1]", 100),
        b"short",
        (1 << 62).to_bytes(8, "little") * 2,
    ],
    ids=["no number", "nested", "no table", "short", "long header"],
)
def test_what_only_begins_as_weights_is_refused(tmp_path: Path, content: bytes) -> None:
    with SmallHub(ENTRY.repository, {**FILES, WEIGHTS: content}) as hub:
        assert f"{WEIGHTS}: is no whole safetensors file" in refused(BadInput, hub, tmp_path)


def test_more_than_the_hub_states_is_not_written(hub: SmallHub, tmp_path: Path) -> None:
    hub.given[WEIGHTS] = FILES[WEIGHTS] + bytes(2_000_000)
    assert f"{WEIGHTS}: is more than the " in refused(BadInput, hub, tmp_path)
    (there,) = tmp_path.rglob(WEIGHTS)
    assert there.stat().st_size <= len(FILES[WEIGHTS])
    del hub.given[WEIGHTS]
    assert store.check(pulled(hub, tmp_path)) == []


def test_a_size_that_is_no_number_is_no_hubs_answer(
    hub: SmallHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = hub.told()
    told["siblings"][0]["size"] = "large"
    monkeypatch.setattr(SmallHub, "told", lambda _: told)
    assert "does not answer as a hub does" in refused(BadInput, hub, tmp_path)


def test_nothing_is_asked_before_the_licence_is_accepted(hub: SmallHub, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        pull(ENTRY, Hub(hub.address), tmp_path, licence_accepted=False)
    assert "Apache-2.0 (https://www.apache.org/licenses/LICENSE-2.0), which was not accepted" in str(
        caught.value
    )
    assert hub.asked == []
    assert list(tmp_path.iterdir()) == []


def test_an_installed_model_is_never_pulled_over(hub: SmallHub, tmp_path: Path) -> None:
    pulled(hub, tmp_path)
    before = len(hub.asked)
    with pytest.raises(AlreadyThere):
        pulled(hub, tmp_path)
    assert len(hub.asked) == before


def test_a_mirror_is_not_shown_the_users_token(
    hub: SmallHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    pulled(hub, tmp_path)
    assert {one.authorization for one in hub.asked} == {""}


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        ((503, b""), Unreachable, "answered HTTP 503; try again"),
        ((401, b""), NotAuthenticated, "is not open to you (HTTP 401); log in"),
        ((404, b""), BadInput, "there is no such repository; check the mirror's URL"),
        ((200, b"<html>hello"), BadInput, "does not answer as a hub does"),
        ((200, b"[]"), BadInput, "does not answer as a hub does"),
    ],
)
def test_what_a_mirror_answers_is_told_in_a_line(
    hub: SmallHub, tmp_path: Path, answer: tuple[int, bytes], kind: type[PaiError], says: str
) -> None:
    hub.status, hub.page = answer
    said = refused(kind, hub, tmp_path)
    assert says in said
    assert hub.address in said
    assert "\n" not in said


def test_a_mirror_that_is_down_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(Unreachable, match=rf"{address}/.*: cannot be reached .*--mirror URL.*goes on"):
        pull(ENTRY, Hub(address), tmp_path, licence_accepted=True)


@pytest.mark.parametrize("mirror", ["hub.example", "ftp://hub.example", "https://", "http://["])
def test_a_mirror_that_is_no_url_is_refused(mirror: str) -> None:
    with pytest.raises(BadInput, match="is no URL; write it as https://HOST"):
        Hub(mirror)


def test_a_mirror_without_digests_is_refused(hub: SmallHub, tmp_path: Path) -> None:
    hub.tells_digests = False
    assert "states no commit, or no digests of its files" in refused(BadInput, hub, tmp_path)


def test_offline_is_respected(hub: SmallHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    huggingface_hub.close_session()
    assert "HF_HUB_OFFLINE is set" in refused(BadInput, hub, tmp_path)
    assert hub.asked == []


def test_a_repository_of_pickled_weights_is_refused(tmp_path: Path) -> None:
    with SmallHub(ENTRY.repository, {k: v for k, v in FILES.items() if "text_encoder/model" not in k}) as hub:
        assert "has no safetensors in text_encoder/" in refused(BadInput, hub, tmp_path)


def test_a_disk_that_is_too_small_is_told_of_first(hub: SmallHub, tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    told = hub.told()
    for sibling in told["siblings"]:
        if sibling["rfilename"] == WEIGHTS:
            sibling["size"] = free
    hub.page = json.dumps(told).encode()
    said = refused(OutOfResources, hub, tmp_path)
    assert f"{free / 1e9:.1f} GB are free; make space, or name another folder: --models-dir" in said
    assert not any("/resolve/" in one.path for one in hub.asked)


def test_two_pulls_into_one_folder_are_refused(hub: SmallHub, tmp_path: Path) -> None:
    def pull_too(progress: Progress) -> None:
        with pytest.raises(BadInput, match="another pull is under way"):
            pulled(hub, tmp_path, entry=KNOWN[1])
        raise Cancelled("seen")

    with pytest.raises(Cancelled):
        pulled(hub, tmp_path, pull_too)


def snapshot(folder: Path, *, cached: bool = False) -> Path:
    """The repository as a bare folder, or as the hub's own cache lays it out: links to blobs named by their digest."""
    with SmallHub(ENTRY.repository, FILES) as hub:
        told = {one["rfilename"]: one for one in hub.told()["siblings"]}
    place = folder / "snapshots" / COMMIT if cached else folder / "copy"
    for name in WANTED | {"text_encoder/pytorch_model.bin"}:
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if cached:
            blob = folder / "blobs" / told[name].get("lfs", {}).get("sha256", told[name]["blobId"])
            blob.parent.mkdir(exist_ok=True)
            blob.write_bytes(FILES[name])
            path.symlink_to(blob)
        else:
            path.write_bytes(FILES[name])
    return place


@pytest.mark.parametrize("cached", [False, True])
def test_a_copied_snapshot_is_installed_without_a_network(tmp_path: Path, cached: bool) -> None:
    source = Copied(snapshot(tmp_path, cached=cached))
    made = pull(ENTRY, source, tmp_path / "models", licence_accepted=True)
    assert set(made.manifest.files) == WANTED
    assert made.manifest.source == ENTRY.repository + (f"@{COMMIT}" if cached else "")
    assert store.check(made) == []
    assert not any(path.is_symlink() for path in made.folder.rglob("*"))
    assert source.offer(ENTRY, "").stated == cached


def test_a_copy_is_checked_against_what_it_states_itself(tmp_path: Path) -> None:
    source = snapshot(tmp_path, cached=True)
    (source / WEIGHTS).resolve().write_bytes(tensors(300_000, 9))
    with pytest.raises(BadInput, match="has the SHA-256 "):
        pull(ENTRY, Copied(source), tmp_path / "models", licence_accepted=True)


def test_a_copy_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    source = snapshot(tmp_path)
    (source / WEIGHTS).write_bytes(FILES[WEIGHTS][:1000])
    with pytest.raises(BadInput, match=f"{WEIGHTS}: is no whole safetensors file"):
        pull(ENTRY, Copied(source), tmp_path / "models", licence_accepted=True)


def test_a_folder_that_is_no_snapshot_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"there is no model_index\.json; give the folder that holds Wan-AI/"):
        pull(ENTRY, Copied(tmp_path), tmp_path / "models", licence_accepted=True)


def test_every_known_model_has_what_a_person_is_shown() -> None:
    assert len({entry.name for entry in KNOWN}) == len(KNOWN)
    for entry in KNOWN:
        assert entry.licence_url.startswith("https://")
        assert entry.most_bytes > 1e9
        assert not entry.manifest.files
    with pytest.raises(BadInput, match=r"did you mean 'wan2\.1-vace-1\.3b'"):
        known("wan2.1-vace-1.3B")
