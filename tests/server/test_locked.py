"""A locked version's files on their way to the worker: uploaded, or in folders that the server sees."""

from __future__ import annotations

import hashlib
import uuid
from pathlib import Path

import pytest

from pai_studio.core.shot.document import load
from pai_studio.core.shot.errors import BadInput, MissingFrames, NotAllowed
from pai_studio.core.shot.frames import FrameRange
from pai_studio.server.api import studio_pb2 as pb
from pai_studio.server.api.inputs import gathered


@pytest.fixture
def versioned(shot):
    """A shot of four frames whose first version has three."""
    document = shot()
    folder = document.parent / "out/v001"
    folder.mkdir(parents=True)
    for frame in (1001, 1002, 1003):
        (folder / f"S.{frame}.exr").write_text(f"frame {frame} of v001")
    return document


KEEP = {"lock": "background:v001", "new_version": True, "frames": FrameRange(1001, 1002)}
THERE = ["frame 1001 of v001", "frame 1002 of v001"]


def test_the_files_of_a_locked_version_reach_the_worker(client, versioned):
    assert client.render(versioned, **KEEP).provenance["locked"] == THERE
    with pytest.raises(MissingFrames, match=r"lacks 1 of the 4 frames \(1004\)"):
        client.render(versioned, lock="background:v001", new_version=True)
    with pytest.raises(BadInput, match="v001 is the version to be rendered"):
        client.render(versioned, lock="background:v001", resume=True)


def test_shared_ones_are_read_where_they_lie_inside_the_roots(start, connected, versioned, tmp_path):
    client = connected(start(roots=(tmp_path / "shots",)))
    rendered = client.render(versioned, shared=True, **KEEP)
    assert rendered.provenance["locked"] == THERE
    outside = tmp_path / "secret/S.####.exr"
    for _ in range(2):
        with pytest.raises(NotAllowed, match="outside the server's roots"):
            client.submit(versioned, shared=True, lock=outside)
        outside.parent.mkdir(exist_ok=True)
        for frame in range(1001, 1005):  # now they exist: the answer stays the same
            Path(str(outside).replace("####", str(frame))).write_bytes(b"secret")


@pytest.mark.parametrize(
    ("pattern", "say"),
    [
        ("lock/S.####.exr", "the locked version lacks 4 of the 4 frames"),
        ("../S.####.exr", "must stay inside its folder"),
        ("plate/S.exr", "holds no frame number"),
    ],
)
def test_a_request_that_does_not_bring_what_it_locks_is_refused(client, versioned, pattern, say):
    client.submit(versioned)  # brings the rest
    loaded, files = gathered(load(versioned))
    inputs = [
        pb.Input(path=one.path, digest=hashlib.sha256(one.source.read_bytes()).hexdigest()) for one in files
    ]
    wanted = pb.JobSpec(shot=loaded.to_json().encode(), inputs=inputs, locked_background=pattern)
    with pytest.raises(BadInput, match=say):
        client._connection.call("CreateJob", pb.CreateJobRequest(spec=wanted, request_id=str(uuid.uuid4())))
