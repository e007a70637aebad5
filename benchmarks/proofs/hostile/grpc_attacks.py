"""What a hostile client may do to a server's gRPC port."""

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import grpc
from tensorflow.core.framework import types_pb2
from tensorflow_serving.apis import predict_pb2

from benchmarks.proofs.hostile.attacks import Attack
from benchmarks.proofs.hostile.sockets import CUT_OFF, SILENCE, sent

_PREDICT: Final = "/tensorflow.serving.PredictionService/Predict"


def _garbage(_: int, port: int) -> Counter[str]:
    """Bytes that are not HTTP/2, and HTTP/2 that breaks off."""
    draw = random.Random(5)
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    pieces = [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00" + draw.randbytes(500),
        *(draw.randbytes(1000) for _ in range(50)),
        *(preface + draw.randbytes(1000) for _ in range(50)),
        preface + b"\xff\xff\xff\x00\x00\x00\x00\x00\x01" + b"x" * 100_000,
    ]
    return Counter(sent(port, [piece], 15) for piece in pieces)


def _messages(_: int, port: int) -> Counter[str]:
    """Calls whose message is not a request, or one with a false shape."""
    draw = random.Random(5)
    codes: Counter[str] = Counter()
    options = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
        call: Any = channel.unary_unary(_PREDICT)
        for message in [*(draw.randbytes(200) for _ in range(100)), b"x" * 40 * 2**20, *_lies()]:
            codes[_code(call, message)] += 1
    return codes


def _code(call: Any, message: bytes) -> str:
    try:
        call(message, timeout=60)
    except grpc.RpcError as error:
        return str(error.code().name)
    return "OK"


def _lies() -> Iterator[bytes]:
    for size in (2**62, 2**31, 4_000_000, -1, 0):
        request = predict_pb2.PredictRequest()
        request.model_spec.name = "flights"
        tensor = request.inputs["temp"]
        tensor.dtype = types_pb2.DT_FLOAT
        tensor.tensor_shape.dim.add(size=size)
        tensor.float_val.append(1.0)
        yield request.SerializeToString()
        tensor.tensor_shape.dim.add(size=size)
        yield request.SerializeToString()
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "flights"
    tensor = request.inputs["examples"]
    tensor.dtype = types_pb2.DT_STRING
    tensor.tensor_shape.dim.add(size=4_000_000)
    tensor.string_val.extend([b""] * 4_000_000)
    yield request.SerializeToString()


def attacks() -> Iterator[Attack]:
    """Attacks on the gRPC port; `SILENCE` is a connection that stays open, as HTTP/2's idle ones do."""
    yield Attack(
        "gRPC port: HTTP/1, TLS, random bytes, broken frames", _garbage, frozenset({CUT_OFF, SILENCE, "400"})
    )
    refused = "INVALID_ARGUMENT INTERNAL RESOURCE_EXHAUSTED FAILED_PRECONDITION OK"
    yield Attack(
        "gRPC: bytes that are not a request, 40 MiB, tensors with a false shape",
        _messages,
        frozenset(refused.split()),
    )
