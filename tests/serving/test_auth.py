"""Who is let in, over REST and gRPC, by real tokens and real certificates."""

import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from serving import auth
from serving.auth import TokenInterceptor, TokenMiddleware
from serving.credentials import AuthError, BearerTokens
from tests.serving.secret_files import GOOD, secret_file


async def _hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


def _app(tokens: BearerTokens | None) -> Any:
    app = Starlette(
        routes=[Route(path, _hello, methods=["GET", "POST"]) for path in ("/", "/healthz", "/readyz")]
    )
    return TokenMiddleware(app, tokens) if tokens else app


@contextlib.asynccontextmanager
async def _rest(tokens: BearerTokens | None, **tls: Any) -> AsyncIterator[str]:
    """A running server; its address without the scheme."""
    server = uvicorn.Server(uvicorn.Config(_app(tokens), port=0, log_level="critical", ws="none", **tls))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"localhost:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await task


def test_rest_answers_401_without_a_token_but_for_health(tokens: BearerTokens) -> None:
    async def asked() -> None:
        transport = httpx.ASGITransport(app=_app(tokens))
        async with httpx.AsyncClient(transport=transport, base_url="http://server") as client:
            refused = await client.post("/", content=b"x" * 100)
            assert (refused.status_code, refused.headers["www-authenticate"]) == (
                401,
                'Bearer realm="perennial"',
            )
            assert "Bearer TOKEN" in refused.json()["error"]
            assert (await client.get("/nothing")).status_code == 401
            assert (await client.get("/healthz")).status_code == 200
            assert (await client.get("/readyz")).status_code == 200
            twice = [("authorization", "Bearer wrong-token-wrong-token"), ("authorization", f"Bearer {GOOD}")]
            assert (await client.get("/", headers=twice)).status_code == 401
            allowed = await client.post("/", content=b"xyz", headers={"authorization": f"Bearer {GOOD}"})
            assert (allowed.status_code, allowed.text) == (200, "3")

    asyncio.run(asked())


@contextlib.asynccontextmanager
async def _grpc(
    tokens: BearerTokens | None, credentials: grpc.ServerCredentials | None
) -> AsyncIterator[str]:
    async def echo(request: bytes, context: Any) -> bytes:
        del context
        return request

    server = grpc.aio.server(interceptors=[TokenInterceptor(tokens)] if tokens else [])
    handler = grpc.method_handlers_generic_handler("a.B", {"C": grpc.unary_unary_rpc_method_handler(echo)})
    server.add_generic_rpc_handlers((handler,))
    if credentials:
        port = server.add_secure_port("localhost:0", credentials)
    else:
        port = server.add_insecure_port("localhost:0")
    await server.start()
    yield f"localhost:{port}"
    await server.stop(0)


async def _code(channel: Any, **call: Any) -> grpc.StatusCode:
    async with channel:
        try:
            await channel.unary_unary("/a.B/C")(b"x", timeout=5, **call)
        except grpc.aio.AioRpcError as error:
            return error.code()
    return grpc.StatusCode.OK


def test_grpc_answers_unauthenticated_without_a_token(tokens: BearerTokens) -> None:
    async def asked() -> list[grpc.StatusCode]:
        async with _grpc(tokens, None) as address:
            metadata: list[Any] = [
                (),
                (("authorization", "Bearer no"),),
                (("authorization", f"Bearer {GOOD}"),),
                (("authorization-bin", GOOD.encode()),),
            ]
            return [await _code(grpc.aio.insecure_channel(address), metadata=each) for each in metadata]

    refused = grpc.StatusCode.UNAUTHENTICATED
    assert asyncio.run(asked()) == [refused, refused, grpc.StatusCode.OK, refused]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`ca`, and `server` and `client` that it signed; `stranger` signed itself."""
    folder = tmp_path_factory.mktemp("certificates")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=30)

    new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj")
    for name in ("ca", "stranger"):
        openssl(*new, f"/CN={name}", "-x509", "-days", "2", "-keyout", f"{name}.key", "-out", f"{name}.pem")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1")
    for name in ("server", "client"):
        openssl(*new, f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names")
        openssl("x509", "-req", "-in", f"{name}.csr", *signed, "-out", f"{name}.pem")
    for key in folder.glob("*.key"):
        key.chmod(0o600)
    return folder


def _files(folder: Path, *names: str) -> list[str]:
    return [str(folder / name) for name in names]


def _trusting(folder: Path, client: str = "") -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    if client:
        context.load_cert_chain(*_files(folder, f"{client}.pem", f"{client}.key"))
    return context


@pytest.mark.parametrize(("client_ca", "client", "allowed"), [
    ("", "", True),
    ("ca.pem", "client", True),
    ("ca.pem", "", False),
    ("ca.pem", "stranger", False),
])  # fmt: skip
def test_tls_and_client_certificates_over_rest(
    certificates: Path, client_ca: str, client: str, allowed: bool
) -> None:
    authority = str(certificates / client_ca) if client_ca else ""
    cert, key = _files(certificates, "server.pem", "server.key")
    options = auth.uvicorn_options(cert, key, authority)

    async def asked() -> int:
        asking = httpx.AsyncClient(verify=_trusting(certificates, client))
        async with _rest(None, **options) as address, asking:
            try:
                return (await asking.get(f"https://{address}/")).status_code
            except httpx.TransportError:
                return 0

    assert asyncio.run(asked()) == (200 if allowed else 0)


@pytest.mark.parametrize(("client_ca", "client", "code"), [
    ("", "", grpc.StatusCode.OK),
    ("ca.pem", "client", grpc.StatusCode.OK),
    ("ca.pem", "", grpc.StatusCode.UNAVAILABLE),
    ("ca.pem", "stranger", grpc.StatusCode.UNAVAILABLE),
])  # fmt: skip
def test_tls_and_client_certificates_over_grpc(
    certificates: Path, client_ca: str, client: str, code: grpc.StatusCode
) -> None:
    authority = str(certificates / client_ca) if client_ca else ""
    cert, key = _files(certificates, "server.pem", "server.key")
    credentials = auth.grpc_credentials(cert, key, authority)
    ours = (
        [(certificates / f"{client}.{kind}").read_bytes() for kind in ("key", "pem")]
        if client
        else [None, None]
    )

    async def asked() -> grpc.StatusCode:
        async with _grpc(None, credentials) as address:
            channel = grpc.ssl_channel_credentials((certificates / "ca.pem").read_bytes(), *ours)
            return await _code(grpc.aio.secure_channel(address, channel))

    assert asyncio.run(asked()) == code


@pytest.mark.parametrize("made", [auth.uvicorn_options, auth.grpc_credentials])
def test_files_that_do_not_fit_are_an_error_before_anything_listens(
    certificates: Path, tmp_path: Path, made: Callable[..., Any]
) -> None:
    with pytest.raises(AuthError, match="Cannot load the TLS files"):
        made(*_files(certificates, "server.pem", "client.key"))
    with pytest.raises(AuthError, match="Cannot load the TLS files"):
        made(*_files(certificates, "server.pem", "server.key", "names"))
    with pytest.raises(AuthError, match="No such file"):
        made(*_files(certificates, "server.pem", "no.key"))
    key = secret_file(tmp_path / "key", (certificates / "server.key").read_text(), 0o644)
    with pytest.raises(AuthError, match="too open"):
        made(str(certificates / "server.pem"), str(key))


def test_without_a_certificate_there_is_no_tls() -> None:
    assert auth.uvicorn_options("", "") == {}
    assert auth.grpc_credentials("", "") is None
