"""Fuzzes what reads a request: whatever comes, it is read or refused as a ServingError, and can be answered.

Runs in an environment that has atheris and the serving environment's packages:
`python -m benchmarks.proofs.fuzz.parsers VERSION_FOLDER -max_total_time=240`.
"""

import json
import random
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import atheris
import numpy as np

with atheris.instrument_imports(include=["serving"]):
    from serving.errors import ServingError
    from serving.http.paths import parse_path
    from serving.model.engine import Engine, ScoredRows
    from serving.model.folder import SCHEMA_FILE
    from serving.replies import json_reply
    from serving.replies.replies import refusal
    from serving.requests import classify, raw_rows
    from serving.requests.csv_rows import rows_of_csv
    from serving.requests.example_rows import rows_of_examples
    from serving.requests.json_parse import parse
    from serving.requests.json_tensor import predict_inputs

_KEYS: Final = ["instances", "inputs", "signature_name", "examples", "context"]
_WORDS: Final = [
    *_KEYS, "lines", "b64", "serving_default", "raw_columns", "csv_lines", "carrier", "flight", "temp",
    "month", "row_id", "_x", "", "\ud800", "QUE=", "NaN",
]  # fmt: skip
_NUMBERS: Final = [
    0, -1, 1.5, 2**31, 2**63, -(2**63) - 1, 10**400, 1e308, float("nan"), float("inf"), True, None,
]  # fmt: skip


class Fuzzed:
    """Reads what the fuzzer makes, in the way that its first byte says."""

    def __init__(self, folder: Path) -> None:
        """Takes the checks and signatures of a real model."""
        self._engine = Engine.load(folder)
        self._checks = self._engine.checks
        self._signatures: Mapping[str, Any] = self._engine.saved.signatures
        self._ways: tuple[Callable[[bytes], object], ...] = (
            self._json, self._made, self._made, self._made, self._csv, self._examples, self._path,
        )  # fmt: skip
        self.calls = self.refused = 0

    def once(self, data: bytes) -> None:
        """Reads one input; anything but a ServingError gets through to the fuzzer."""
        if not data:
            return
        self.calls += 1
        try:
            self._ways[data[0] % len(self._ways)](data[1:])
        except ServingError as error:
            self.refused += 1
            json.loads(json_reply.error_body(error.message))

    def _json(self, data: bytes) -> None:
        self._request(data)

    def _made(self, data: bytes) -> None:
        """A request of JSON that the bytes choose, so that it is past the parser more often than not."""
        provider = atheris.FuzzedDataProvider(data)
        request = {
            provider.PickValueInList(_KEYS): _value(provider, 0)
            for _ in range(provider.ConsumeIntInRange(1, 3))
        }
        text = json.dumps(request)
        self._request(text.encode())

    def _request(self, body: bytes) -> None:
        request = parse(body)
        for read in (
            lambda: self._rows(raw_rows.from_json(request, self._checks).rows),
            lambda: predict_inputs(request, self._signatures),
            lambda: classify.examples_of_json(request),
        ):
            try:
                read()
            except ServingError as error:
                self.refused += 1
                json.loads(json_reply.error_body(error.message))

    def _csv(self, data: bytes) -> None:
        names = self._checks.columns[: data[0] % 20] if data else ()
        header = b",".join(column.name.encode() for column in names)
        self._rows(
            rows_of_csv(
                header + b"\n" + data if data[:1] < b"\x80" else data,
                self._checks.columns,
                raw_rows.MAX_ROWS,
                self._checks.rules,
            )
        )

    def _examples(self, data: bytes) -> None:
        half = len(data) // 2
        self._rows(rows_of_examples([data[:half], data[half:]], self._checks.columns, {}))

    def _path(self, data: bytes) -> None:
        method, _, path = data.decode("latin-1").partition(" ")
        parse_path("POST" if len(method) % 2 else "GET", path)
        parse_path("POST", "/v1/models/" + path)

    def _rows(self, rows: Any) -> None:
        """What is let through is so without the others, too, and each refusal can be written as a reply."""
        refused = self._checks.read(rows).errors
        good = [row for index, row in enumerate(rows) if index not in refused]
        alone = self._checks.read(good)
        if alone.errors or any(len(array) != len(good) for array in alone.arrays):
            raise AssertionError("The checks lost rows, or refuse what they let through.")
        if refused:
            json.loads(refusal(ScoredRows(np.zeros(len(rows), np.float32), tuple(refused.values()))))
        elif rows and random.random() < 0.01:
            self._engine.score_requests([rows])


def _value(provider: Any, depth: int) -> Any:
    kind = provider.ConsumeIntInRange(0, 9)
    if kind < 3 or depth > 6:
        return provider.PickValueInList(_WORDS)
    if kind == 3:
        return provider.PickValueInList(_NUMBERS)
    if kind == 4:
        return provider.ConsumeInt(9)
    if kind == 5:
        return provider.ConsumeUnicode(30)
    if kind < 8:
        return [_value(provider, depth + 1) for _ in range(provider.ConsumeIntInRange(0, 4))]
    return {
        provider.PickValueInList(_WORDS): _value(provider, depth + 1)
        for _ in range(provider.ConsumeIntInRange(0, 4))
    }


def main() -> None:
    """Runs until the fuzzer's own options end it, or it has an input that crashes."""
    folder = Path(sys.argv[1])
    if not (folder / SCHEMA_FILE).exists():
        sys.exit(f"{folder} has no model.")
    fuzzed = Fuzzed(folder)
    del sys.argv[1]
    atheris.Setup(sys.argv, fuzzed.once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
