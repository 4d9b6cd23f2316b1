"""A connection to one server: token, TLS, errors as PaiErrors, patience with short outages."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc

from pai_studio.core.config import Settings
from pai_studio.core.shot.errors import BadInput, NotAuthenticated, PaiError
from pai_studio.server.api.studio_pb2_grpc import StudioStub
from pai_studio.server.api.wire import error_from_rpc, is_loopback, split_address

_CALL_S = 60.0
PATIENCE_S = float(Settings.patience_s)
OnWait = Callable[[PaiError], None]
"""Hears each time that a call is tried again, and why; what it raises ends the trying."""

_OPTIONS = [
    ("grpc.max_receive_message_length", 16 << 20),
    ("grpc.max_send_message_length", 64 << 20),  # the server's own limit decides, and says so
    ("grpc.initial_reconnect_backoff_ms", 100),
    # How long a connection may take to be made: a late server is not an absent one.
    ("grpc.min_reconnect_backoff_ms", 10_000),
    ("grpc.max_reconnect_backoff_ms", 2000),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
]
# `$http_proxy` would take calls to this machine elsewhere, with a token in the clear.
_NO_PROXY = ("grpc.enable_http_proxy", 0)


class Patience:
    """How long to go on trying: waits a little longer each time, and starts over whenever something came through."""

    def __init__(
        self,
        limit_s: float = PATIENCE_S,
        clock: Callable[[], float] = time.monotonic,
        on_wait: OnWait | None = None,
    ) -> None:
        self._limit_s, self._clock, self._on_wait = limit_s, clock, on_wait
        self.renew()

    def renew(self) -> None:
        """Something came through."""
        self._since = self._clock()
        self._wait_s = 0.05

    def bear(self, error: PaiError) -> None:
        """Wait before the next try. Raises the error when it will not pass, or has lasted for too long."""
        if not error.retryable or self._clock() - self._since > self._limit_s:
            raise error
        if self._on_wait is not None:
            self._on_wait(error)
        time.sleep(self._wait_s)
        self._wait_s = min(self._wait_s * 2, 2.0)


class Connection:
    """Calls to one server. Raises PaiErrors: the server's own, Unreachable, NotAuthenticated."""

    def __init__(
        self,
        address: str,
        token: str,
        tls_ca: Path | None = None,
        *,
        patience_s: float = PATIENCE_S,
        on_wait: OnWait | None = None,
    ) -> None:
        self.address = address
        self._patience_s, self._on_wait = patience_s, on_wait
        host, _ = split_address(address)
        _check_token(token, address)
        if tls_ca is not None:
            try:
                trusted = grpc.ssl_channel_credentials(tls_ca.read_bytes())
            except OSError as error:
                raise BadInput(
                    f"cannot be read ({error.strerror})", where=str(tls_ca), hint="check tls_ca"
                ) from None
            options = [*_OPTIONS, _NO_PROXY] if is_loopback(host) else _OPTIONS
            self._channel = grpc.secure_channel(address, trusted, options)
        elif is_loopback(host):
            self._channel = grpc.insecure_channel(address, [*_OPTIONS, _NO_PROXY])
        else:  # a token never travels in the clear
            self._channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(), _OPTIONS)
        self._metadata = (("authorization", f"Bearer {token}"),)
        self._stub: Any = StudioStub(self._channel)  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """End the connection; calls under way are broken off."""
        self._channel.close()

    def patience(self) -> Patience:
        """Patience for one errand, as long as this connection has it."""
        return Patience(self._patience_s, on_wait=self._on_wait)

    def once(self, method: str, request: Any, *, timeout_s: float = _CALL_S) -> Any:
        """One call, one try."""
        try:
            return getattr(self._stub, method)(request, metadata=self._metadata, timeout=timeout_s)
        except grpc.RpcError as error:
            raise error_from_rpc(error, self.address) from None

    def call(self, method: str, request: Any) -> Any:
        """A call that may be repeated without harm, tried again while the server is away."""
        patience = self.patience()
        while True:
            try:
                return self.once(method, request)
            except PaiError as error:
                patience.bear(error)

    def send(self, method: str, requests: Iterator[Any]) -> Any:
        """A stream to the server and its one answer."""
        try:
            return getattr(self._stub, method)(requests, metadata=self._metadata)
        except grpc.RpcError as error:
            raise error_from_rpc(error, self.address) from None

    def stream(self, method: str, request: Any) -> Iterator[Any]:
        """A stream from the server; closing the iterator ends the call."""
        call = getattr(self._stub, method)(request, metadata=self._metadata)
        try:
            yield from call
        except grpc.RpcError as error:
            raise error_from_rpc(error, self.address) from None
        finally:
            call.cancel()


def _check_token(token: str, address: str) -> None:
    """A token that can travel in a header. Raises NotAuthenticated."""
    if not token or not (token.isascii() and token.isprintable()):
        what = "the token holds more than printable ASCII" if token else "no token is given"
        raise NotAuthenticated(what, where=address, hint="name its file with --token-file or PAI_TOKEN_FILE")
