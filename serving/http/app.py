"""The HTTP application of a worker: TF Serving's REST API, health, metrics, the page and its document."""

import asyncio
import logging
from pathlib import Path
from typing import Final

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.auth import TokenMiddleware
from serving.credentials import BearerTokens
from serving.errors import printable
from serving.http import openapi, page
from serving.http.rest import Rest
from serving.model.models import Models
from serving.observe.metrics import CONTENT_TYPE
from serving.observe.observer import Observer
from serving.replies.json_reply import error_body
from serving.settings import ServerSettings

RELEASE: Final = "1"
JSON: Final = "application/json"
_FAILED: Final = "Internal server error; see the server's log."
_LOG: Final = logging.getLogger(__name__)


class App:
    """Makes the application.

    Attributes:
        asgi: The application, behind the token check where there is one.
        tokens: The bearer tokens, where they are asked for.
        stopping: Set when the worker has to stop: not ready any more.
    """

    def __init__(self, settings: ServerSettings, models: Models, observer: Observer) -> None:
        """Takes what is served.

        Raises:
            AuthError: The file of tokens cannot be used.
        """
        self.stopping = False
        self._settings = settings
        self._models = models
        self._observer = observer
        self._rest = Rest(models, observer, settings.max_body_bytes)
        routes = [
            Route("/healthz", _alive),
            Route("/readyz", self._ready),
            Route("/metrics", self._metrics),
            Route("/monitoring/prometheus/metrics", self._metrics),
            Route("/openapi.json", self._openapi),
            Route("/page.json", self._page_json),
            Route("/", _page),
        ]
        self._others = Starlette(
            routes=routes, exception_handlers={404: _not_there, 405: _not_there, 500: _failed}
        )
        self.tokens = BearerTokens(Path(settings.token_file)) if settings.token_file else None
        self.asgi: ASGIApp = TokenMiddleware(self._answer, self.tokens) if self.tokens else self._answer

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].startswith("/v1/"):
            await self._others(scope, receive, send)
            return
        try:
            await self._rest(scope, receive, send)
        except Exception:  # the edge of the process: no caller sees a stack trace
            _LOG.exception("a request failed")
            failed = Response(error_body(_FAILED), 500, media_type=JSON)
            await failed(scope, receive, send)

    async def _ready(self, request: Request) -> Response:
        del request
        if self.stopping or not self._models.ready:
            return PlainTextResponse("stopping\n" if self.stopping else "not ready\n", 503)
        return PlainTextResponse("ready\n")

    async def _metrics(self, request: Request) -> Response:
        del request
        text = await asyncio.to_thread(self._observer.exposition)
        return Response(text, media_type=CONTENT_TYPE)

    async def _openapi(self, request: Request) -> Response:
        del request
        document = await asyncio.to_thread(
            openapi.document,
            self._models.names,
            self._models.live,
            release=RELEASE,
            tokens=bool(self._settings.token_file),
            mtls=bool(self._settings.tls_client_ca),
        )
        return Response(orjson.dumps(document), media_type=JSON)

    async def _page_json(self, request: Request) -> Response:
        del request
        private = {name: model.private for name, model in self._settings.models.items()}
        loaded, live = self._models.loaded, self._models.live_numbers
        models = await asyncio.to_thread(page.models_json, loaded, live, private)
        return Response(orjson.dumps(models), media_type=JSON)


async def _alive(request: Request) -> Response:
    del request
    return PlainTextResponse("ok\n")


async def _page(request: Request) -> Response:
    del request
    return Response(page.PAGE, headers=dict(page.HEADERS))


async def _not_there(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    path = printable(request.url.path)[:256]
    return Response(error_body(f"Malformed request: {request.method} {path}"), status, media_type=JSON)


async def _failed(request: Request, error: Exception) -> Response:
    del request, error
    return Response(error_body(_FAILED), 500, media_type=JSON)
