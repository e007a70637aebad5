"""gRPC messages that are no request: answered with a status, and not with a traceback in the log."""

import asyncio
import logging
from typing import Any

import grpc
import pytest
from tensorflow_serving.apis import prediction_service_pb2_grpc
from tensorflow_serving.apis.predict_pb2 import PredictResponse

from serving.grpc.messages import ReadableInterceptor

PREDICT = "/tensorflow.serving.PredictionService/Predict"


class _Echo(prediction_service_pb2_grpc.PredictionServiceServicer):
    async def Predict(self, request: Any, context: Any) -> Any:
        del context
        return PredictResponse(model_spec=request.model_spec)


def _asked(messages: list[bytes], method: str = PREDICT) -> list[str]:
    async def ask() -> list[str]:
        server = grpc.aio.server(interceptors=[ReadableInterceptor()])
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(_Echo(), server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        codes = []
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            for message in messages:
                try:
                    call: Any = channel.unary_unary(method)
                    await call(message, timeout=10)
                    codes.append("OK")
                except grpc.aio.AioRpcError as error:
                    codes.append(error.code().name)
        await server.stop(None)
        return codes

    return asyncio.run(ask())


def test_bytes_that_are_no_request_are_refused_without_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "grpc"):
        assert _asked([b"", b"\xff" * 20, b"", b"x"]) == ["OK", "INTERNAL", "OK", "INTERNAL"]
    assert not [record for record in caplog.records if record.exc_info]


def test_a_method_that_is_none_stays_so() -> None:
    assert _asked([b""], "/tensorflow.serving.PredictionService/None") == ["UNIMPLEMENTED"]
