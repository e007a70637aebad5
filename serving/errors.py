"""What a request can be refused with: gRPC's codes, and TF Serving's HTTP status of each."""

from collections.abc import Mapping
from typing import Final

import grpc

# As TF Serving's http_server.cc has them; what is not listed is 500.
HTTP_STATUS: Final[Mapping[grpc.StatusCode, int]] = {
    grpc.StatusCode.CANCELLED: 499,
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.FAILED_PRECONDITION: 400,
    grpc.StatusCode.OUT_OF_RANGE: 400,
    grpc.StatusCode.UNAUTHENTICATED: 401,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.UNIMPLEMENTED: 501,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
}


class ServingError(Exception):
    """A request that is not answered as asked; the message goes to the caller and holds no data value.

    Attributes:
        code: gRPC's status code.
        message: What was expected, what came.
    """

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        """Takes the code and the sentence."""
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def http_status(self) -> int:
        """The HTTP status of the code."""
        return HTTP_STATUS.get(self.code, 500)


def invalid(message: str) -> ServingError:
    """A request that can never be answered as it is."""
    return ServingError(grpc.StatusCode.INVALID_ARGUMENT, message)
