"""Answers a gRPC message that is no request with a status; gRPC itself would log a traceback for each."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import grpc
from google.protobuf.message import DecodeError

_UNREADABLE: Final = object()


class ReadableInterceptor(grpc.aio.ServerInterceptor):
    """Reads messages in the place of gRPC, so that one that cannot be read is a client's mistake."""

    def __init__(self) -> None:
        """Remembers the handlers it has made, one a method."""
        self._made: dict[str, Any] = {}

    async def intercept_service(
        self, continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]], details: Any
    ) -> Any:
        """The method's handler, or one that reads first; None: there is no such method."""
        if details.method not in self._made:
            handler = await continuation(details)
            if handler is None:  # a stranger's name is not kept
                return None
            self._made[details.method] = _reading(handler)
        return self._made[details.method]


def _reading(handler: Any) -> Any:
    def read(data: bytes) -> Any:
        try:
            return handler.request_deserializer(data)
        except DecodeError:
            return _UNREADABLE

    async def answer(request: Any, context: Any) -> Any:
        if request is _UNREADABLE:
            await context.abort(grpc.StatusCode.INTERNAL, "Cannot parse the request message of this method.")
        return await handler.unary_unary(request, context)

    return grpc.unary_unary_rpc_method_handler(answer, read, handler.response_serializer)
