"""What a render says while it waits for something at the server."""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from pai_studio.host_plugins.bridge import Bridge
from pai_studio.server.api import studio_pb2 as pb
from pai_studio.server.api.client import Client
from tests.conftest import write_picture
from tests.server.conftest import until


def test_a_picture_that_another_render_sends_is_waited_for_in_these_words(
    sidecar: Bridge, exported: Callable[..., dict[str, Any]], client: Client
) -> None:
    export = exported(span=(2001, 2001))
    plate = Path(export["folder"]) / "plate.2001.exr"
    write_picture(plate, np.full((4, 8, 3), 0.31, np.float32))
    data, goes_on = plate.read_bytes(), threading.Event()
    digest = hashlib.sha256(data).hexdigest()

    def pieces() -> Iterator[pb.UploadBlobRequest]:
        blob = pb.Blob(digest=digest, size=len(data))
        yield pb.UploadBlobRequest(start=pb.UploadBlobRequest.Start(blob=blob))
        yield pb.UploadBlobRequest(data=data[:100])
        goes_on.wait(20)
        yield pb.UploadBlobRequest(data=data[100:])

    def has_begun() -> bool:
        answer = client._connection.call("FindMissingBlobs", pb.FindMissingBlobsRequest(digests=[digest]))
        return any(missing.offset for missing in answer.missing)

    with ThreadPoolExecutor(1) as beside:
        other = beside.submit(client._connection.send, "UploadBlob", pieces())
        until(has_begun)
        asked = {"document": export["document"], "mode": "render", "resume": False}
        call = sidecar.begin("render", request=str(uuid.uuid4()), **asked)
        waiting = next(event["message"] for event in call.events() if event and event["state"] == "WAITING")
        goes_on.set()
        other.result()
    assert waiting == "another render sends the same picture; waiting"
    assert call.answer()["version"] == 1
