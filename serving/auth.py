"""Who may ask: bearer tokens over REST and gRPC, and certificates of both sides (TLS, mTLS)."""

import ssl
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final

import grpc
import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.credentials import BearerTokens, check_certificates

# What a load balancer or Kubernetes asks, which have no token.
OPEN_PATHS: Final = frozenset(("/healthz", "/readyz"))
_REFUSAL: Final = "Unauthenticated: send 'Authorization: Bearer TOKEN' with a valid token."


class TokenMiddleware:
    """Answers 401 to a request of HTTP without a token, but for `OPEN_PATHS`."""

    def __init__(self, app: ASGIApp, tokens: BearerTokens) -> None:
        """Takes what is to be guarded."""
        self._app = app
        self._tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http" and scope["path"] not in OPEN_PATHS:
            given = [value for name, value in scope["headers"] if name == b"authorization"]
            if len(given) != 1 or not self._tokens.allow(given[0].decode("latin-1")):
                await _refuse(send)
                return
        await self._app(scope, receive, send)


async def _refuse(send: Send) -> None:
    body = orjson.dumps({"error": _REFUSAL})
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"www-authenticate", b'Bearer realm="perennial"'),
        # The body of the request is not read.
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 401, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class TokenInterceptor(grpc.aio.ServerInterceptor):
    """Answers UNAUTHENTICATED to a call of gRPC without a token in its metadata's `authorization`."""

    def __init__(self, tokens: BearerTokens) -> None:
        """Takes the tokens."""
        self._tokens = tokens
        self._refusal: Any = grpc.unary_unary_rpc_method_handler(_refuse_call)

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], handler_call_details: Any
    ) -> Any:
        """grpc.aio's."""
        given = [value for key, value in handler_call_details.invocation_metadata if key == "authorization"]
        if len(given) == 1 and isinstance(given[0], str) and self._tokens.allow(given[0]):
            return await continuation(handler_call_details)
        return self._refusal


async def _refuse_call(request: Any, context: Any) -> None:
    del request
    await context.abort(grpc.StatusCode.UNAUTHENTICATED, _REFUSAL)


def uvicorn_options(cert: str, key: str, client_ca: str = "") -> dict[str, Any]:
    """The TLS options of `uvicorn.Config`: empty without a certificate.

    Args:
        cert: PEM file of the server's certificate with those between it and the root; "": no TLS.
        key: PEM file of its key.
        client_ca: PEM file of who signs the clients' certificates; "": clients need none.

    Raises:
        AuthError: The files do not fit one another, or the key is open to others.
    """
    if not cert:
        return {}
    check_certificates(cert, key, client_ca)
    options: dict[str, Any] = {"ssl_certfile": cert, "ssl_keyfile": key}
    if client_ca:
        options |= {"ssl_ca_certs": client_ca, "ssl_cert_reqs": ssl.CERT_REQUIRED}
    return options


def grpc_credentials(cert: str, key: str, client_ca: str = "") -> grpc.ServerCredentials | None:
    """What `grpc.aio.Server.add_secure_port` is given; None without a certificate: an insecure port.

    Raises:
        AuthError: As `uvicorn_options`.
    """
    if not cert:
        return None
    check_certificates(cert, key, client_ca)
    pair = (Path(key).read_bytes(), Path(cert).read_bytes())
    if not client_ca:
        return grpc.ssl_server_credentials([pair])
    authority = Path(client_ca).read_bytes()
    return grpc.ssl_server_credentials([pair], root_certificates=authority, require_client_auth=True)


def interceptors(tokens: BearerTokens | None) -> Sequence[grpc.aio.ServerInterceptor]:
    """The interceptors of a gRPC server that asks for tokens, or for none."""
    return [TokenInterceptor(tokens)] if tokens else []
