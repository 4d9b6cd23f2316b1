"""Who may call: a token on every call, checked before a byte of the request is parsed."""

from __future__ import annotations

import hmac
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import grpc

from pai_studio.core.shot.errors import BadInput, NotAuthenticated
from pai_studio.server.api.wire import error_metadata, is_loopback, split_address
from pai_studio.server.settings import ServerSettings


class TokenInterceptor(grpc.ServerInterceptor):  # type: ignore[type-arg]
    """Refuses calls without `authorization: Bearer TOKEN`; tells `on_call` of the others."""

    def __init__(self, token: str, on_call: Callable[[], None]) -> None:
        self._expected = f"Bearer {token}".encode()
        self._on_call = on_call
        # Without a deserializer the request stays raw bytes; as a stream it is not even waited for.
        self._refusal = grpc.stream_stream_rpc_method_handler(_refuse)

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler[Any, Any] | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """Let the call through, or answer UNAUTHENTICATED in its place."""
        given = [value for key, value in handler_call_details.invocation_metadata if key == "authorization"]
        text = given[0] if len(given) == 1 else ""
        raw = text.encode() if isinstance(text, str) else bytes(text)
        if not hmac.compare_digest(raw, self._expected):
            return self._refusal
        self._on_call()
        return continuation(handler_call_details)


def _refuse(_requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
    error = NotAuthenticated(
        "the token is missing or wrong", hint="name its file with --token-file or PAI_TOKEN_FILE"
    )
    context.set_trailing_metadata(error_metadata(error))
    context.abort(grpc.StatusCode.UNAUTHENTICATED, str(error))
    yield b""  # never reached: it makes this a generator


def read_token(settings: ServerSettings) -> str:
    """The token to ask for. Raises BadInput when there is none, or one that cannot travel in a header."""
    token = settings.token
    if not token and settings.token_file:
        try:
            token = settings.token_file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not ASCII"
            raise BadInput(f"the token cannot be read ({reason})", where=str(settings.token_file)) from None
    if len(token) < 16 or not (token.isascii() and token.isprintable()) or " " in token:
        hint = "make one with: python -c 'import secrets; print(secrets.token_urlsafe(32))'"
        raise BadInput("a server needs a token of 16 or more printable characters", where="token", hint=hint)
    return token


def credentials(settings: ServerSettings) -> grpc.ServerCredentials | None:
    """TLS as asked for, or None on a loopback address without it. Raises BadInput for an open address without."""
    host, _ = split_address(settings.listen)
    if bool(settings.tls_cert) != bool(settings.tls_key):
        raise BadInput("a TLS certificate and its key belong together", where="tls", hint="give both files")
    if settings.tls_cert and settings.tls_key:
        try:
            pair = settings.tls_key.read_bytes(), settings.tls_cert.read_bytes()
        except OSError as error:
            raise BadInput(f"cannot be read ({error.strerror})", where=str(error.filename)) from None
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_cert, settings.tls_key)
        except ssl.SSLError:  # gRPC would only fail to listen
            where = f"{settings.tls_cert}, {settings.tls_key}"
            raise BadInput("are no certificate (PEM) and its key", where=where, hint="check both") from None
        return grpc.ssl_server_credentials([pair])
    if not is_loopback(host):
        hint = "give a certificate and its key, or listen on 127.0.0.1"
        raise BadInput("an address beyond this machine needs TLS", where=settings.listen, hint=hint)
    return None
