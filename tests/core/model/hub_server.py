"""A small hub over HTTP: it tells of one repository's files and gives them, large ones by a redirect as a hub does."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "c0ffee" + "0" * 34


@dataclass
class Asked:
    """One request that came in, and how many bytes of content it was given."""

    method: str
    path: str
    range: str
    authorization: str
    sent: int = 0


@dataclass
class SmallHub:
    """What the server has, how it misbehaves, and what it was asked."""

    repository: str
    files: Mapping[str, bytes]
    commit: str = COMMIT
    breaks: dict[str, list[int]] = field(default_factory=dict)
    """By file: after how many bytes the connection is cut, once for each number."""

    given: dict[str, bytes] = field(default_factory=dict)
    """By file: what is given instead of what is told of."""

    status: int = 200
    page: bytes = b""
    tells_digests: bool = True
    gives_parts: bool = True
    asked: list[Asked] = field(default_factory=list)
    address: str = ""

    def __enter__(self) -> SmallHub:
        hub = self

        class Handler(_Handler):
            small = hub

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def bytes_of(self, file: str) -> int:
        """How many bytes of a file went out, over all requests."""
        return sum(one.sent for one in self.asked if one.path.endswith("/" + file))

    def told(self) -> dict[str, Any]:
        """The answer to who asks for the repository."""
        return {"id": self.repository, "sha": self.commit, "siblings": [self._sibling(n) for n in self.files]}

    def _sibling(self, name: str) -> dict[str, Any]:
        content = self.files[name]
        told: dict[str, Any] = {"rfilename": name, "size": len(content)}
        if not self.tells_digests:
            return told
        told["blobId"] = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        if name.endswith(".safetensors"):
            sha256 = hashlib.sha256(content).hexdigest()
            told["lfs"] = {"sha256": sha256, "size": len(content), "pointerSize": 130}
        return told


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    small: SmallHub

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, *said: object) -> None:
        pass

    def _answer(self) -> None:
        hub, path = self.small, self.path.partition("?")[0]
        headers = self.headers
        asked = Asked(self.command, path, headers.get("Range", ""), headers.get("Authorization", ""))
        hub.asked.append(asked)
        if hub.status != 200 or hub.page:
            return self._send(hub.status, hub.page, asked)
        if path.startswith(f"/api/models/{hub.repository}/revision/"):
            known = path.rpartition("/")[2] in {"main", hub.commit}
            if known:
                return self._send(200, json.dumps(hub.told()).encode(), asked)
            return self._send(404, b"", asked, {"X-Error-Code": "RevisionNotFound"})
        stem = f"/{hub.repository}/resolve/{hub.commit}/"
        name = path.removeprefix(stem if path.startswith(stem) else "/cdn/")
        if name not in hub.files:
            return self._send(404, b"", asked, {"X-Error-Code": "RepoNotFound"})
        if path.startswith(stem) and name.endswith(".safetensors"):
            return self._send(302, b"", asked, {"Location": f"{hub.address}/cdn/{name}"})
        return self._content(name, asked)

    def _content(self, name: str, asked: Asked) -> None:
        content = self.small.given.get(name, self.small.files[name])
        is_part = asked.range and self.small.gives_parts
        first = int(asked.range.removeprefix("bytes=").partition("-")[0]) if is_part else 0
        part = content[first:]
        headers = {"Content-Range": f"bytes {first}-{len(content) - 1}/{len(content)}"} if first else {}
        breaks = self.small.breaks.get(name)
        if breaks:
            self._send(206 if first else 200, part, asked, headers, cut=breaks.pop(0))
        else:
            self._send(206 if first else 200, part, asked, headers)

    def _send(
        self,
        status: int,
        body: bytes,
        asked: Asked,
        headers: Mapping[str, str] | None = None,
        cut: int | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in {"X-Repo-Commit": self.small.commit, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            asked.sent = len(body[:cut])
            self.wfile.write(body[:cut])
        if cut is not None:
            self.close_connection = True
