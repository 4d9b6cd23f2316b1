"""Uploads and downloads: resumable, verified, limited, never visible in part."""

from __future__ import annotations

import hashlib
import os
import subprocess
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pai_studio.core.shot.errors import BadInput, NotAllowed, NotFound, OutOfResources, Unreachable
from pai_studio.server.api import studio_pb2 as pb
from pai_studio.server.api.inputs import InputFile
from pai_studio.server.api.transfer import Uploader
from pai_studio.server.api.wire import CHUNK_BYTES, require_inner
from pai_studio.server.spool import Spool, chunks_of

DATA = bytes(range(256)) * (3 * CHUNK_BYTES // 256) + b"end"
DIGEST = hashlib.sha256(DATA).hexdigest()


def nothing():
    """An upload that nobody breaks off."""


@pytest.fixture
def spool(tmp_path, clock):
    return Spool(tmp_path / "spool", max_blob_bytes=1 << 30, reserve_bytes=0, idle_s=60, clock=clock)


def pieces(data=DATA, size=CHUNK_BYTES):
    return [data[at : at + size] for at in range(0, len(data), size)]


def start_of(data=DATA, offset=0, digest=None):
    blob = pb.Blob(digest=digest or hashlib.sha256(data).hexdigest(), size=len(data))
    return pb.UploadBlobRequest(start=pb.UploadBlobRequest.Start(blob=blob, offset=offset))


def visible(folder: Path) -> list[Path]:
    return list(folder.glob("??/*"))


def test_a_dropped_upload_goes_on_at_the_verified_offset(client, tmp_path, until):
    connection = client._connection
    arrived = threading.Event()

    def drops():
        yield start_of()
        yield pb.UploadBlobRequest(data=DATA[: CHUNK_BYTES + 10])
        part = tmp_path / "data/spool/partial" / DIGEST
        until(lambda: part.exists() and part.stat().st_size == CHUNK_BYTES + 10)
        arrived.set()
        raise ConnectionResetError

    with pytest.raises(Exception, match="iterating"):
        connection.send("UploadBlob", drops())
    assert arrived.is_set()
    (missing,) = connection.call("FindMissingBlobs", pb.FindMissingBlobsRequest(digests=[DIGEST])).missing
    assert missing.offset == CHUNK_BYTES + 10
    assert not visible(tmp_path / "data/spool")
    until(lambda: not client_busy(client, tmp_path))
    sent = []

    def rest():
        yield start_of(offset=missing.offset)
        for piece in pieces(DATA[missing.offset :]):
            sent.append(len(piece))
            yield pb.UploadBlobRequest(data=piece)

    connection.send("UploadBlob", rest())
    assert sum(sent) == len(DATA) - missing.offset
    (path,) = visible(tmp_path / "data/spool")
    assert path.read_bytes() == DATA
    assert not connection.call("FindMissingBlobs", pb.FindMissingBlobsRequest(digests=[DIGEST])).missing


def client_busy(client, tmp_path):
    """Whether the broken upload still holds its blob: an empty try from byte 0 would be refused."""
    try:
        client._connection.send("UploadBlob", iter([start_of(offset=CHUNK_BYTES + 10)]))
    except Unreachable as error:
        return "sends the same picture" in error.what
    return False


def test_a_damaged_rest_is_refused_and_leaves_nothing(spool, tmp_path):
    part = tmp_path / "spool/partial" / DIGEST
    part.write_bytes(b"x" * CHUNK_BYTES)  # what a failing disk left of the first part
    with pytest.raises(BadInput, match="do not match"):
        spool.receive(DIGEST, len(DATA), CHUNK_BYTES, pieces(DATA[CHUNK_BYTES:]), nothing)
    assert spool.missing([DIGEST]) == [(DIGEST, 0)]
    assert not visible(tmp_path / "spool")
    spool.receive(DIGEST, len(DATA), 0, pieces(), nothing)
    assert spool.path(DIGEST).read_bytes() == DATA


@hypothesis_settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, 5000), max_size=5), size=st.integers(0, 5000))
def test_any_sequence_of_breaks_ends_in_the_same_blob(tmp_path_factory, cuts, size):
    folder = tmp_path_factory.mktemp("spool")
    spool = Spool(folder, max_blob_bytes=1 << 20, reserve_bytes=0, idle_s=60)
    data = os.urandom(size)
    digest = hashlib.sha256(data).hexdigest()
    for cut in [*cuts, size]:
        missing = spool.missing([digest])
        if not missing:
            break
        offset = missing[0][1]
        try:
            spool.receive(digest, size, offset, pieces(data[offset : max(offset, cut)], 700), nothing)
        except Unreachable:
            assert cut < size
    assert spool.path(digest).read_bytes() == data
    assert not list((folder / "partial").iterdir())


def test_the_second_of_two_uploads_of_a_blob_waits_and_the_first_may_be_dropped(spool, clock):
    dropped = []
    entered, leave = threading.Event(), threading.Event()

    def slow():
        yield DATA[:10]
        entered.set()
        leave.wait(10)
        raise ConnectionResetError

    def first():
        with pytest.raises(ConnectionResetError):
            spool.receive(DIGEST, len(DATA), 0, slow(), lambda: dropped.append(1))

    thread = threading.Thread(target=first)
    thread.start()
    entered.wait(10)
    with pytest.raises(Unreachable, match="sends the same picture"):
        spool.receive(DIGEST, len(DATA), 0, pieces(), nothing)
    spool.drop_stalled()
    assert not dropped
    clock.now += 61
    spool.drop_stalled()
    assert dropped == [1]
    leave.set()
    thread.join()
    spool.receive(DIGEST, len(DATA), 10, pieces(DATA[10:]), nothing)
    assert spool.path(DIGEST).read_bytes() == DATA


def test_limits_are_said_before_bytes_are_taken(start, connected, tmp_path):
    client = connected(start(max_blob_bytes=1000, max_message_bytes=1 << 20))
    send = client._connection.send
    with pytest.raises(OutOfResources, match="limit of 1000"):
        send("UploadBlob", iter([start_of(b"x" * 1001)]))
    with pytest.raises(OutOfResources, match=r"(?i)message"):
        send("UploadBlob", iter([start_of(b"x" * 10), pb.UploadBlobRequest(data=b"x" * (2 << 20))]))
    with pytest.raises(BadInput, match="more than the 10 bytes"):
        send("UploadBlob", iter([start_of(b"x" * 10), pb.UploadBlobRequest(data=b"x" * 11)]))
    with pytest.raises(BadInput, match="SHA-256"):
        send("UploadBlob", iter([start_of(b"x", digest="../../../etc/passwd")]))
    with pytest.raises(BadInput, match="begins with"):
        send("UploadBlob", iter([pb.UploadBlobRequest(data=b"x")]))
    with pytest.raises(NotFound):
        list(client._connection.stream("DownloadBlob", pb.DownloadBlobRequest(digest="0" * 64)))
    assert not visible(tmp_path / "data/spool")


def test_a_full_disk_is_said_and_the_upload_goes_on_after_room_is_made(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounting a small tmpfs needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)], check=False).returncode:
        pytest.skip("this machine does not allow mounts")
    try:
        filler = disk / "filler"
        spool = Spool(disk / "spool", max_blob_bytes=1 << 30, reserve_bytes=0, idle_s=60)
        filler.write_bytes(b"x" * (2 << 20))
        with pytest.raises(OutOfResources, match="disk is full"):
            spool.receive(DIGEST, len(DATA), 0, pieces(), nothing)  # refused beforehand
        filler.unlink()

        def fills_meanwhile():
            yield DATA[:CHUNK_BYTES]
            filler.write_bytes(b"x" * (2 << 20))
            yield from pieces(DATA[CHUNK_BYTES:])

        with pytest.raises(OutOfResources, match="disk is full"):
            spool.receive(DIGEST, len(DATA), 0, fills_meanwhile(), nothing)
        assert not visible(disk / "spool")
        ((_, offset),) = spool.missing([DIGEST])
        assert offset >= CHUNK_BYTES
        filler.unlink()
        spool.receive(DIGEST, len(DATA), offset, pieces(DATA[offset:]), nothing)
        assert spool.path(DIGEST).read_bytes() == DATA
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_the_uploader_sends_each_content_once_and_only_what_is_missing(client, tmp_path):
    one, two, same = tmp_path / "one", tmp_path / "two", tmp_path / "same"
    one.write_bytes(DATA)
    two.write_bytes(b"two")
    same.write_bytes(b"two")
    files = [InputFile("a/1", one), InputFile("a/2", two), InputFile("a/3", same)]
    told = []
    digests = Uploader(client._connection, files, lambda done, total: told.append((done, total))).send()
    assert digests["a/2"] == digests["a/3"] == hashlib.sha256(b"two").hexdigest()
    assert told[-1] == (len(DATA) + 6, len(DATA) + 6)
    again = []
    Uploader(client._connection, files, lambda done, _: again.append(done)).send()
    assert len(again) == 3  # one for each file, none for a message
    one.unlink()
    with pytest.raises(FileNotFoundError):
        Uploader(client._connection, files, lambda *_: None)


def test_downloads_start_anywhere(client, tmp_path):
    (tmp_path / "one").write_bytes(DATA)
    Uploader(client._connection, [InputFile("a", tmp_path / "one")], lambda *_: None).send()
    request = pb.DownloadBlobRequest(digest=DIGEST, offset=CHUNK_BYTES + 7)
    answers = [answer.data for answer in client._connection.stream("DownloadBlob", request)]
    assert b"".join(answers) == DATA[CHUNK_BYTES + 7 :]
    assert max(map(len, answers)) <= CHUNK_BYTES


def test_an_adopted_file_is_linked_not_copied(spool, tmp_path):
    (tmp_path / "made").write_bytes(b"made")
    digest, size = spool.adopt(tmp_path / "made")
    assert size == 4
    assert spool.path(digest).samefile(tmp_path / "made")
    assert spool.adopt(tmp_path / "made") == (digest, size)
    assert b"".join(chunks_of(spool.path(digest))) == b"made"


@pytest.mark.parametrize(
    "path", ["", "/a", "../a", "a/../b", "a//b", "a/.", "C:/a", "a\\b", "a\0b", "//h/s", "."]
)
def test_paths_that_leave_their_folder_are_refused(path):
    with pytest.raises(NotAllowed):
        require_inner(path)


def test_plain_relative_paths_pass():
    assert require_inner("plate/SH010 a.####.exr") == "plate/SH010 a.####.exr"
