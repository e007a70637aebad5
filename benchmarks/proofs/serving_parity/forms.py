"""Asks a server for the same raw rows in each form and protocol it takes, and gives the scores."""

import base64
import http.client
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from serving.model.answers import PROBABILITY
from serving.model.columns import InputColumn
from serving.model.engine import RAW_COLUMNS
from serving.model.row_arrays import arrays_of_rows
from serving.requests.forms import as_csv_line, as_example

Row = Mapping[str, Any]
Ask = Callable[[Sequence[Row]], Sequence[float]]
_TIMEOUT: Final = 60.0
_JSON: Final = "application/json"


class Refused(Exception):
    """The server did not give scores."""


@dataclass
class RestForms:
    """Asks by REST, over one connection.

    Attributes:
        model: The model's name.
        columns: Its raw columns.
        connection: To the server.
    """

    model: str
    columns: Sequence[InputColumn]
    connection: http.client.HTTPConnection

    def rows(self, rows: Sequence[Row]) -> Sequence[float]:
        """JSON rows; a missing cell is null in one row, absent in the next."""
        instances = [
            row if index % 2 else {name: value for name, value in row.items() if value is not None}
            for index, row in enumerate(rows)
        ]
        return self._scores("predictions", json.dumps({"instances": instances}).encode())

    def by_column(self, rows: Sequence[Row]) -> Sequence[float]:
        """JSON columns."""
        inputs = {column.name: [row[column.name] for row in rows] for column in self.columns}
        return self._scores("outputs", json.dumps({"inputs": inputs}).encode())

    def csv(self, rows: Sequence[Row]) -> Sequence[float]:
        """A CSV body with a header."""
        header = ",".join(column.name for column in self.columns)
        lines = [header, *(as_csv_line(row, self.columns) for row in rows)]
        return self._scores("predictions", "\r\n".join(lines).encode(), "text/csv")

    def csv_lines(self, rows: Sequence[Row]) -> Sequence[float]:
        """CSV lines in JSON."""
        lines = [as_csv_line(row, self.columns) for row in rows]
        body = {"signature_name": "csv_lines", "instances": lines}
        return self._scores("predictions", json.dumps(body).encode())

    def examples(self, rows: Sequence[Row]) -> Sequence[float]:
        """tf.Examples in base64."""
        instances = [{"b64": base64.b64encode(as_example(row, self.columns)).decode()} for row in rows]
        return self._scores("predictions", json.dumps({"instances": instances}).encode())

    def _scores(self, key: str, body: bytes, kind: str = _JSON) -> Sequence[float]:
        self.connection.request("POST", f"/v1/models/{self.model}:predict", body, {"Content-Type": kind})
        response = self.connection.getresponse()
        text = response.read()
        if response.status != http.client.OK:
            raise Refused(f"{response.status} {text[:300].decode(errors='replace')}")
        scores: Sequence[float] = json.loads(text)[key]
        return scores


@dataclass
class GrpcForms:
    """Asks by gRPC.

    Attributes:
        model: The model's name.
        columns: Its raw columns.
        stub: Of the PredictionService.
    """

    model: str
    columns: Sequence[InputColumn]
    stub: Any

    def by_column(self, rows: Sequence[Row]) -> Sequence[float]:
        """Predict on `raw_columns`: a tensor a column, what is missing as its sentinel."""
        names = (column.name for column in self.columns)
        inputs = dict(zip(names, arrays_of_rows(rows, self.columns), strict=True))
        return self._scores(RAW_COLUMNS, inputs)

    def examples(self, rows: Sequence[Row]) -> Sequence[float]:
        """Predict on the default signature: serialized tf.Examples."""
        examples = np.array([as_example(row, self.columns) for row in rows], object)
        return self._scores("", {"examples": examples})

    def lines(self, rows: Sequence[Row]) -> Sequence[float]:
        """Predict on `csv_lines`."""
        lines = np.array([as_csv_line(row, self.columns).encode() for row in rows], object)
        return self._scores("csv_lines", {"lines": lines})

    def _scores(self, signature: str, inputs: Mapping[str, Any]) -> Sequence[float]:
        request = predict_pb2.PredictRequest()
        request.model_spec.name = self.model
        request.model_spec.signature_name = signature
        for name, array in inputs.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(array))
        try:
            response = self.stub.Predict(request, timeout=_TIMEOUT)
        except grpc.RpcError as error:
            raise Refused(f"{error.code().name} {str(error.details())[:300]}") from error
        scores: Sequence[float] = tf.make_ndarray(response.outputs[PROBABILITY]).ravel().tolist()
        return scores


def forms_of(
    model: str, columns: Sequence[InputColumn], rest_port: int, channel: grpc.Channel | None
) -> dict[str, Ask]:
    """Every way to ask for rows: what it is in words -> what asks."""
    connection = http.client.HTTPConnection("127.0.0.1", rest_port, timeout=_TIMEOUT)
    rest = RestForms(model, columns, connection)
    asks: dict[str, Ask] = {
        "REST, JSON rows": rest.rows,
        "REST, JSON columns": rest.by_column,
        "REST, CSV body": rest.csv,
        "REST, CSV lines in JSON": rest.csv_lines,
        "REST, tf.Examples (b64)": rest.examples,
    }
    if channel:
        by_grpc = GrpcForms(model, columns, prediction_service_pb2_grpc.PredictionServiceStub(channel))
        asks |= {
            "gRPC, raw_columns": by_grpc.by_column,
            "gRPC, tf.Examples": by_grpc.examples,
            "gRPC, csv_lines": by_grpc.lines,
        }
    return asks
