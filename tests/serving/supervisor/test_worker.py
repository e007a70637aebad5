"""A real server, asked over real connections by clients that behave and by some that do not."""

import http.client
import json
import socket
import struct
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from benchmarks.harness.server_process import ServerProcess
from serving.model.models import LoadedVersion
from tests import tiny_use_case

ROWS: list[Any] = [{"colour": "red", "size": 3, "heat": 1.5}, {}]
BODY = json.dumps({"instances": ROWS}).encode()
TINY = "/v1/models/tiny:predict"


def _post(
    server: ServerProcess, body: Any, path: str = TINY, **headers: str
) -> tuple[int, dict[str, str], Any]:
    """Status, headers and JSON of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=30)
    try:
        connection.request("POST", path, body, headers, encode_chunked="transfer-encoding" in headers)
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return response.status, headers, json.loads(response.read())
    finally:
        connection.close()


def _open(server: ServerProcess, sent: bytes) -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", server.rest_port), timeout=30)
    opened.sendall(sent)
    return opened


def _head(length: int, path: str = TINY) -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n".encode()


@pytest.fixture(autouse=True)
def _answers_on(server: ServerProcess) -> Iterator[None]:
    """After each of the tests the worker that was there before it answers, and has said nothing."""
    worker, logged = server.workers()[0].pid, len(server.log)
    yield
    assert _post(server, BODY)[0] == 200
    assert server.workers()[0].pid == worker
    assert server.log[logged:] == []


def test_it_scores_as_the_engine_does(server: ServerProcess, raw_version: LoadedVersion) -> None:
    rows: list[Any] = tiny_use_case.rows(200)
    status, _, reply = _post(server, json.dumps({"instances": rows}))
    assert status == 200
    assert raw_version.engine
    expected = raw_version.engine.score_rows(rows).tolist()
    assert reply["predictions"] == pytest.approx(expected, abs=1e-6)


def test_it_serves_models_of_tensors_beside(server: ServerProcess) -> None:
    path = "/v1/models/plus/versions/10:predict"
    assert _post(server, json.dumps({"instances": [1.0]}), path)[2] == {"predictions": [11.0]}


def test_bad_rows_are_refused_while_good_ones_beside_them_are_answered(server: ServerProcess) -> None:
    _, _, alone = _post(server, BODY)
    bad = json.dumps({"instances": [{}, {"size": "SECRET"}]})
    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(lambda number: _post(server, bad if number % 2 else BODY), range(80)))
    for number, (status, _, reply) in enumerate(answers):
        if number % 2:
            assert status == 400
            assert reply["error"].startswith("Row 1, column 'size': expected an integer, got text")
            assert "SECRET" not in json.dumps(reply)
        else:
            assert status == 200
            assert reply["predictions"] == pytest.approx(alone["predictions"], abs=1e-6)


def test_a_body_beyond_the_limit_is_413_by_its_length_before_it_is_read(server: ServerProcess) -> None:
    with _open(server, _head(2**40) + b"x") as client:
        answer = client.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer.lower()


def test_a_body_beyond_the_limit_is_413_in_chunks_too(server: ServerProcess) -> None:
    head = f"POST {TINY} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    with _open(server, head) as client:
        for _ in range(17):  # the last one passes it: more would be cut off while it is sent
            client.sendall(b"10000\r\n" + b" " * 2**16 + b"\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_a_client_that_goes_in_the_middle_of_its_body_leaves_no_trace(server: ServerProcess) -> None:
    for _ in range(20):
        with _open(server, _head(1000) + b'{"instances"'):
            pass
    for _ in range(20):  # and some that go with a reset, or before they are answered
        with _open(server, _head(len(BODY)) + BODY) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    time.sleep(0.2)


def test_an_answer_is_one_of_two_that_were_asked_for_at_once(server: ServerProcess) -> None:
    request = _head(len(BODY)) + BODY
    with _open(server, request * 2) as client:
        received = b""
        while received.count(b'"predictions"') < 2:
            received += client.recv(65536)
    assert received.count(b"HTTP/1.1 200 OK") == 2


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"instances": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b'{"instances": [{"heat": 1e400}]}',
        b'{"instances": [{"size": ' + b"9" * 100_000 + b"}]}",
        b'{"instances": [{"' + b"x" * 900_000 + b'": 1}]}',
        b'{"instances": [{"colour": {"b64": "\xc3\xa9"}}]}',
        b'{"instances": [' + b"{}," * 150_000 + b"{}]}",
        b'{"signature_name": ' + b"[" * 900 + b"]" * 900 + b', "instances": []}',
        b"\0" * 1000,
    ],
    ids=["open", "deep", "1e400", "digits", "name", "base64", "rows", "signature", "zeros"],
)
def test_hostile_bodies_are_refused_within_a_second(server: ServerProcess, body: bytes) -> None:
    began = time.monotonic()
    status, headers, reply = _post(server, body)
    assert status == 400
    assert headers["content-type"] == "application/json"
    assert len(json.dumps(reply)) < 2000
    assert "Traceback" not in json.dumps(reply)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/", "/openapi.json", "/v1/models/tiny"])
def test_what_is_seen_from_outside_is_there(server: ServerProcess, path: str) -> None:
    assert server.get(path)[0] == 200


def test_a_head_that_is_too_large_is_400(server: ServerProcess) -> None:
    with _open(server, b"GET /healthz HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 70_000 + b"\r\n\r\n") as client:
        assert client.recv(65536).startswith(b"HTTP/1.1 400 ")


def test_many_idle_connections_leave_room_for_one_that_asks(server: ServerProcess) -> None:
    idle = [_open(server, b"") for _ in range(500)]
    assert _post(server, BODY)[0] == 200
    for connection in idle:
        connection.close()
