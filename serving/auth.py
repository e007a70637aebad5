"""Who may ask: bearer tokens from a file, and certificates of both sides (TLS, mTLS)."""

import hashlib
import hmac
import logging
import re
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final

import grpc
import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

# What a load balancer or Kubernetes asks, which have no token.
OPEN_PATHS: Final = frozenset(("/healthz", "/readyz"))
MIN_LETTERS: Final = 16
# As RFC 6750 has them.
_TOKEN: Final = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
_LOOK_EVERY: Final = 1.0
_REFUSAL: Final = "Expected 'Authorization: Bearer TOKEN' with a token of this server."
_LOG: Final = logging.getLogger(__name__)


class AuthError(ValueError):
    """A token, key or certificate file that is not to be used; the message says why, and nothing of it."""


class Tokens:
    """The tokens in a file, one a line; `#` begins a comment. Read again within a second of a change.

    A file that goes away, is opened to others or holds anything but tokens lets nobody in until it is mended.
    """

    def __init__(self, path: Path) -> None:
        """Reads the file.

        Raises:
            AuthError: It cannot be used.
        """
        self._path = path
        self._looked = time.monotonic()
        self._seen = _signature(path)
        self._digests = _read(path)

    def allow(self, authorization: str | None) -> bool:
        """Whether an `Authorization` header has one of the tokens; takes as long whichever it is."""
        self._reread()
        scheme, _, token = (authorization or "").partition(" ")
        digest = hashlib.sha256(token.strip().encode("utf-8", "surrogateescape")).digest()
        found = False
        for known in self._digests:
            found |= hmac.compare_digest(known, digest)
        return found and scheme.lower() == "bearer"

    def _reread(self) -> None:
        now = time.monotonic()
        if now - self._looked < _LOOK_EVERY:
            return
        self._looked = now
        signature = _signature(self._path)
        if signature == self._seen:
            return
        self._seen = signature
        try:
            self._digests = _read(self._path)
        except AuthError as error:
            self._digests = ()
            _LOG.error("Nobody is let in: %s", error)


def _signature(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_mode


def _read(path: Path) -> tuple[bytes, ...]:
    refuse_open(path)
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError as error:
        raise AuthError(f"The token file {path} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise AuthError(f"The token file {path} is to hold ASCII letters alone.") from error
    digests = []
    for number, line in enumerate(lines, start=1):
        token = line.partition("#")[0].strip()
        if not token:
            continue
        if not _TOKEN.fullmatch(token) or len(token) < MIN_LETTERS:
            raise AuthError(
                f"Line {number} of the token file {path}: expected one token of at least {MIN_LETTERS}"
                " letters, digits and -._~+/."
            )
        digests.append(hashlib.sha256(token.encode()).digest())
    if not digests:
        raise AuthError(f"The token file {path} is to hold at least one token.")
    return tuple(digests)


def refuse_open(path: Path) -> None:
    """Refuses a secret's file that others may read, or the group may write.

    The group may read: in Kubernetes that is how a secret is given to one who is not root.

    Raises:
        AuthError: It is such, or not there.
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise AuthError(f"The file {path} cannot be read ({error.strerror}).") from error
    if mode & 0o037:
        raise AuthError(f"The file {path} holds a secret and is open to others: chmod 600 it.")


class TokenMiddleware:
    """Answers 401 to a request of HTTP without a token, but for `OPEN_PATHS`."""

    def __init__(self, app: ASGIApp, tokens: Tokens) -> None:
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

    def __init__(self, tokens: Tokens) -> None:
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
    """What `uvicorn.Config` is told of TLS: nothing without a certificate.

    Args:
        cert: PEM file of the server's certificate with those between it and the root; "": no TLS.
        key: PEM file of its key.
        client_ca: PEM file of who signs the clients' certificates; "": clients need none.

    Raises:
        AuthError: The files do not fit one another, or the key is open to others.
    """
    if not cert:
        return {}
    _check(cert, key, client_ca)
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
    _check(cert, key, client_ca)
    pair = (Path(key).read_bytes(), Path(cert).read_bytes())
    if not client_ca:
        return grpc.ssl_server_credentials([pair])
    authority = Path(client_ca).read_bytes()
    return grpc.ssl_server_credentials([pair], root_certificates=authority, require_client_auth=True)


def interceptors(tokens: Tokens | None) -> Sequence[grpc.aio.ServerInterceptor]:
    """The interceptors of a gRPC server that asks for tokens, or for none."""
    return [TokenInterceptor(tokens)] if tokens else []


def _check(cert: str, key: str, client_ca: str) -> None:
    """Refuses what OpenSSL would not take: gRPC says so only at each handshake, and to nobody."""
    refuse_open(Path(key))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert, key)
        if client_ca:
            context.load_verify_locations(client_ca)
    except (OSError, ssl.SSLError) as error:
        raise AuthError(f"The certificate {cert}, its key and the clients' authority do not fit.") from error
