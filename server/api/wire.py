"""What both ends of the wire agree on: errors as status and metadata, versions, sizes, safe names."""

from __future__ import annotations

import ipaddress
import json
import re
from pathlib import PurePosixPath
from typing import Any

import grpc

from pai_studio.core.shot import errors
from pai_studio.core.shot.errors import BadInput, NotAllowed, PaiError
from pai_studio.server.api import studio_pb2 as pb

API_VERSION = "v1"
CHUNK_BYTES = 1 << 20
"""Blobs travel in messages of this size: the fastest for gRPC in Python over loopback."""

ERROR_KEY = "pai-error-bin"
REQUEST_KEYS_PER_CALL = 4096
"""Digests asked for in one FindMissingBlobs; some 300 KB."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_STATUS = {
    "INVALID_INPUT": grpc.StatusCode.INVALID_ARGUMENT,
    "MISSING_FRAMES": grpc.StatusCode.INVALID_ARGUMENT,
    "UNREADABLE_IMAGE": grpc.StatusCode.INVALID_ARGUMENT,
    "UNKNOWN_COLORSPACE": grpc.StatusCode.INVALID_ARGUMENT,
    "ALREADY_EXISTS": grpc.StatusCode.ALREADY_EXISTS,
    "NOT_FOUND": grpc.StatusCode.NOT_FOUND,
    "PERMISSION_DENIED": grpc.StatusCode.PERMISSION_DENIED,
    "UNAVAILABLE": grpc.StatusCode.UNAVAILABLE,
    "UNAUTHENTICATED": grpc.StatusCode.UNAUTHENTICATED,
    "VERSION_MISMATCH": grpc.StatusCode.FAILED_PRECONDITION,
    "RESOURCE_EXHAUSTED": grpc.StatusCode.RESOURCE_EXHAUSTED,
    "ENGINE_FAILED": grpc.StatusCode.INTERNAL,
    "CANCELLED": grpc.StatusCode.CANCELLED,
}
# Statuses that gRPC itself gives, without an error of ours beside them.
_KINDS: dict[grpc.StatusCode, tuple[type[PaiError], str]] = {
    grpc.StatusCode.UNAVAILABLE: (
        errors.Unreachable,
        "start one with `pai-studio serve`, or check the address",
    ),
    grpc.StatusCode.DEADLINE_EXCEEDED: (
        errors.Unreachable,
        "the server is busy or the network is slow; try again",
    ),
    grpc.StatusCode.UNAUTHENTICATED: (
        errors.NotAuthenticated,
        "name its file with --token-file or PAI_TOKEN_FILE",
    ),
    grpc.StatusCode.UNIMPLEMENTED: (errors.VersionMismatch, "update the older of client and server"),
    grpc.StatusCode.RESOURCE_EXHAUSTED: (errors.OutOfResources, "try again later, or send less"),
    grpc.StatusCode.CANCELLED: (errors.Cancelled, ""),
}


def status_of(error: PaiError) -> grpc.StatusCode:
    """The gRPC status that an error travels under."""
    return _STATUS.get(error.code, grpc.StatusCode.UNKNOWN)


def error_metadata(error: PaiError) -> tuple[tuple[str, bytes], ...]:
    """Trailing metadata from which `error_from_rpc` rebuilds the very same error."""
    return ((ERROR_KEY, json.dumps(error.to_json()).encode()),)


def error_from_rpc(call: grpc.RpcError, address: str) -> PaiError:
    """The PaiError behind a failed call: the server's own, else one made from gRPC's status."""
    assert isinstance(call, grpc.Call)
    trailing: dict[str, Any] = dict(call.trailing_metadata() or ())
    if ERROR_KEY in trailing:
        return errors.from_json(json.loads(trailing[ERROR_KEY]))
    code, details = call.code(), call.details() or "no details"
    kind, hint = _KINDS.get(code, (PaiError, ""))
    say = "no server answers" if kind is errors.Unreachable else "the call failed"
    return kind(f"{say} ({details})", where=address, hint=hint)


def error_to_pb(error: PaiError) -> pb.Error:
    """An error as a job's or an event's field."""
    return pb.Error(**error.to_json())


def error_from_pb(error: pb.Error) -> PaiError:
    """The inverse of `error_to_pb`."""
    return errors.from_json(
        {"code": error.code, "what": error.what, "where": error.where, "hint": error.hint}
    )


def _minor(version: str) -> tuple[int, int] | None:
    found = re.match(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else None


def compatible(one: str, other: str) -> bool:
    """Whether two versions may talk: the same major, at most one minor apart."""
    a, b = _minor(one), _minor(other)
    return a is not None and b is not None and a[0] == b[0] and abs(a[1] - b[1]) <= 1


def require_digest(text: str) -> str:
    """The digest itself, if it is one (it becomes a file's name). Raises BadInput."""
    if not _DIGEST.fullmatch(text):
        raise BadInput("is no SHA-256 digest of 64 hexadecimal digits", where=text[:80])
    return text


def require_inner(path: str) -> str:
    """A path that stays below the folder it is joined to: relative, with slashes, no `..`. Raises NotAllowed."""
    parts = path.split("/")
    bad = not path or "\0" in path or "\\" in path or any(part in ("", ".", "..") for part in parts)
    if bad or PurePosixPath(path).is_absolute() or re.match(r"[A-Za-z]:", path):
        raise NotAllowed(
            "the path must stay inside its folder", where=path[:200], hint="name it relative, without .."
        )
    return path


def split_address(address: str) -> tuple[str, int]:
    """HOST and PORT of `HOST:PORT` or `[v6]:PORT`. Raises BadInput."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise BadInput("is no HOST:PORT", where=address, hint="write it as 127.0.0.1:7860")
    return host.strip("[]"), int(port)


def is_loopback(host: str) -> bool:
    """Whether a host can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
