"""Clients that ask a server for the same few rows again and again, and keep every answer."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import grpc
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from serving.model.answers import PROBABILITY
from serving.model.checks import RowChecks
from serving.model.columns import InputColumn
from serving.model.engine import RAW_COLUMNS
from serving.model.row_arrays import arrays_of_rows

_TIMEOUT: Final = 30.0
# The supervisor logs a version as live when it sends it to the workers; each takes it up within this time.
_SLACK_SECONDS: Final = 0.25
Row = Mapping[str, Any]


@dataclass(frozen=True)
class TimedReply:
    """One answer.

    Attributes:
        began: When it was asked for (`time.monotonic`).
        ended: When it was there.
        asked: "latest", "label", "number" or "gRPC".
        row: Which of the rows.
        score: Its score; NaN where there is none.
        problem: The error instead of a score; empty: none.
    """

    began: float
    ended: float
    asked: str
    row: int
    score: float
    problem: str = ""


def may_answer(
    answer: TimedReply, published: Mapping[int, float], live: Callable[[int], float | None]
) -> list[int]:
    """The versions that an answer may come from: live at some moment between question and answer.

    Args:
        answer: It asked for the latest version.
        published: Version -> a moment before it was there.
        live: When the server reported that a version is live; None: not yet.
    """
    versions = []
    numbers = sorted(number for number in published if live(number))
    for number, following in zip(numbers, [*numbers[1:], None], strict=True):
        end = live(following) if following else None
        if published[number] <= answer.ended and (end is None or answer.began <= end + _SLACK_SECONDS):
            versions.append(number)
    return versions


@dataclass
class LoadClients:
    """Clients, each in a thread, until they are stopped.

    Attributes:
        model: Name of the model.
        rows: What is asked for, one row a request.
        columns: The model's raw columns.
        rest_port: Port of REST.
        grpc_port: Port of gRPC.
        pause: Seconds that a client waits between an answer and its next request.
    """

    model: str
    rows: Sequence[Row]
    columns: Sequence[InputColumn]
    rest_port: int
    grpc_port: int
    pause: float
    answers: list[TimedReply] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self, paths: Mapping[str, str], clients: Mapping[str, int]) -> None:
        """Starts so many clients of each kind.

        Args:
            paths: Kind of REST client -> the path it asks, behind `/v1/models/NAME`.
            clients: Kind -> how many; those that `paths` does not name ask by gRPC.
        """
        for kind, number in clients.items():
            for first in range(number):
                path = paths.get(kind)
                ask = (
                    (self._rest, (kind, f"/v1/models/{self.model}{path}:predict"))
                    if path is not None
                    else None
                )
                target, settings = ask or (self._grpc, (kind,))
                self._threads.append(threading.Thread(target=target, args=(*settings, first), daemon=True))
        for thread in self._threads:
            thread.start()

    def stop(self) -> list[TimedReply]:
        """Lets each end its request; gives all answers."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        return self.answers

    def _rest(self, kind: str, path: str, first: int) -> None:
        bodies = [json.dumps({"instances": [row]}).encode() for row in self.rows]
        connection = http.client.HTTPConnection("127.0.0.1", self.rest_port, timeout=_TIMEOUT)

        def ask(row: int) -> float:
            connection.request("POST", path, bodies[row], {"Content-Type": "application/json"})
            response = connection.getresponse()
            text = response.read()
            if response.status != http.client.OK:
                raise ValueError(f"{response.status} {text[:200].decode(errors='replace')}")
            return float(json.loads(text)["predictions"][0])

        self._ask_on(kind, first, ask, connection.close)

    def _grpc(self, kind: str, first: int) -> None:
        requests = [self._predict_request(row) for row in self.rows]
        with grpc.insecure_channel(f"127.0.0.1:{self.grpc_port}") as channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)

            def ask(row: int) -> float:
                response = stub.Predict(requests[row], timeout=_TIMEOUT)
                return float(tf.make_ndarray(response.outputs[PROBABILITY]).ravel()[0])

            self._ask_on(kind, first, ask, lambda: None)

    def _ask_on(self, kind: str, first: int, ask: Any, again: Any) -> None:
        row = first
        while not self._over.is_set():
            row = (row + 1) % len(self.rows)
            began = time.monotonic()
            score, problem = float("nan"), ""
            try:
                score = ask(row)
            except (OSError, ValueError, KeyError, http.client.HTTPException) as error:
                problem = f"{type(error).__name__}: {error}"
                again()
            except grpc.RpcError as error:
                problem = f"{error.code().name}: {error.details()}"
            self.answers.append(TimedReply(began, time.monotonic(), kind, row, score, problem))
            time.sleep(self.pause)

    def _predict_request(self, row: Row) -> Any:
        request = predict_pb2.PredictRequest()
        request.model_spec.name = self.model
        request.model_spec.signature_name = RAW_COLUMNS
        for column, array in zip(self.columns, arrays_of_rows([row], self.columns), strict=True):
            request.inputs[column.name].CopyFrom(tf.make_tensor_proto(array))
        return request


def allowed_rows(checks: RowChecks, count: int) -> list[dict[str, Any]]:
    """Rows that the schema allows, the same ones each time."""
    return [
        {column.name: _cell(column, checks, number, count) for column in checks.columns}
        for number in range(count)
    ]


def _cell(column: InputColumn, checks: RowChecks, number: int, count: int) -> Any:
    if column.kind == "string":
        known = checks.domains[column.name]
        return known[number % len(known)] if known else f"2013-07-{number + 1:02d}T{number + 6:02d}:00:00"
    bound = checks.bounds.get(column.name)
    low = bound.low if bound and bound.low is not None else 0.0
    high = bound.high if bound and bound.high is not None else low + 10.0
    value = low + (high - low) * (number + 1) / (count + 1)
    return int(value) if column.kind == "int" else value
