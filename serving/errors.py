"""The error that every part of the server raises, and the HTTP status that each of its codes has."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import grpc

HTTP_STATUS: Final[Mapping[grpc.StatusCode, int]] = MappingProxyType(
    {
        grpc.StatusCode.OK: 200,
        grpc.StatusCode.CANCELLED: 499,
        grpc.StatusCode.UNKNOWN: 500,
        grpc.StatusCode.INVALID_ARGUMENT: 400,
        grpc.StatusCode.DEADLINE_EXCEEDED: 504,
        grpc.StatusCode.NOT_FOUND: 404,
        grpc.StatusCode.ALREADY_EXISTS: 409,
        grpc.StatusCode.PERMISSION_DENIED: 403,
        grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
        grpc.StatusCode.FAILED_PRECONDITION: 400,
        grpc.StatusCode.ABORTED: 409,
        grpc.StatusCode.OUT_OF_RANGE: 400,
        grpc.StatusCode.UNIMPLEMENTED: 501,
        grpc.StatusCode.INTERNAL: 500,
        grpc.StatusCode.UNAVAILABLE: 503,
        grpc.StatusCode.DATA_LOSS: 500,
        grpc.StatusCode.UNAUTHENTICATED: 401,
    }
)
"""TensorFlow Serving's table (`ToHTTPStatusCode` in model_servers/http_server.cc)."""


class ServingError(Exception):
    """A request that cannot be answered, with one sentence for the client.

    Args:
        code: What gRPC answers with; REST answers with its HTTP status.
        message: The sentence that goes to the client; it must not hold a row's values.
    """

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def http_status(self) -> int:
        """The status that REST answers with."""
        return HTTP_STATUS[self.code]


def printable(text: str) -> str:
    """Text that JSON and gRPC can hold: a name in a request may have half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode()


def invalid(message: str) -> ServingError:
    """The error of a request that is the client's own mistake."""
    return ServingError(grpc.StatusCode.INVALID_ARGUMENT, message)
