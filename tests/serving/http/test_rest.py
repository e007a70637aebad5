"""How the application answers over HTTP: TF Serving's API with raw rows, health, refusals and limits."""

import asyncio
import base64
import contextlib
import gzip
import json
import logging
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from serving.http.app import App
from serving.model.models import LoadedVersion, Models
from serving.model.scoring_thread import ScoringThread
from serving.observe.observer import Observer
from serving.requests.forms import as_csv_line, as_example
from serving.settings import ModelSettings, ServerSettings
from tests import tiny_use_case

ROWS: list[Any] = [{"colour": "red", "size": 3, "heat": 1.5}, {"colour": None}, {}]
CSV = {"content-type": "text/csv; charset=utf-8"}
PREDICT = "/v1/models/tiny:predict"


class Served:
    """The application in this process.

    Attributes:
        app: It.
        models: What it serves.
        thread: Where it scores.
        client: Who asks.
        noted: What the observer was told of requests.
    """

    def __init__(self, **options: Any) -> None:
        models = {"tiny": ModelSettings("/tiny"), "plus": ModelSettings("/plus")}
        settings = ServerSettings(models, **{"access_log": "", "max_body_bytes": 2**20, **options})
        observer = Observer(["tiny", "plus"])
        self.noted: list[dict[str, Any]] = []
        observer.request = lambda **request: self.noted.append(request)  # type: ignore[method-assign]
        self.thread = ScoringThread(settings.max_queue, lambda *_: None)
        self.models = Models(["tiny", "plus"], self.thread, settings.request_timeout)
        self.app = App(settings, self.models, observer)
        transport = httpx.ASGITransport(self.app.asgi, raise_app_exceptions=False)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://served")

    def serve(self, *versions: LoadedVersion, labels: dict[str, int] | None = None) -> None:
        """Serves versions; of each model the last one is live."""
        state: dict[str, Any] = {"tiny": {}, "plus": {}}
        for version in versions:
            if version not in self.models.loaded:
                self.models.add(version)
            known = state[version.model].setdefault("versions", {})
            known[str(version.number)] = {"state": "AVAILABLE", "error": ""}
            state[version.model] |= {"live": version.number, "labels": labels or {}}
        self.models.apply(state)

    async def predict(self, rows: Any, query: str = "", key: str = "instances") -> tuple[int, Any]:
        """Status and JSON of a prediction."""
        response = await self.client.post(PREDICT + query, json={key: rows})
        return response.status_code, response.json()

    async def post(self, body: bytes | str, **options: Any) -> tuple[int, Any]:
        """Status and JSON of a body as it is."""
        response = await self.client.post(PREDICT, content=body, **options)
        return response.status_code, response.json()


@contextlib.asynccontextmanager
async def _served(*versions: LoadedVersion, **options: Any) -> AsyncIterator[Served]:
    served = Served(**options)
    served.serve(*versions)
    async with served.client:
        yield served
    await served.thread.close()


def _ask(test: Callable[[Served], Awaitable[None]], *versions: LoadedVersion, **options: Any) -> None:
    async def body() -> None:
        async with _served(*versions, **options) as served:
            await test(served)

    asyncio.run(body())


def test_the_forms_of_rows_are_answered_alike_and_in_order(raw_version: LoadedVersion) -> None:
    engine = raw_version.engine
    assert engine
    rows: list[Any] = tiny_use_case.rows(20)
    expected = engine.score_rows(rows).tolist()
    lines = [as_csv_line(row, engine.columns) for row in rows]
    b64 = [{"b64": base64.b64encode(as_example(row, engine.columns)).decode()} for row in rows]
    csv = "\ufeff" + ",".join(column.name for column in engine.columns) + "\r\n" + "\r\n".join(lines)

    async def test(served: Served) -> None:
        for status, reply in (
            await served.predict(rows),
            await served.predict(b64),
            await served.post(json.dumps({"signature_name": "csv_lines", "instances": lines})),
            await served.post(csv.encode(), headers=CSV),
        ):
            assert status == 200
            assert reply["predictions"] == pytest.approx(expected, abs=1e-6)
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        status, reply = await served.predict(columns, key="inputs")
        assert reply["outputs"] == pytest.approx(expected, abs=1e-6)
        assert served.noted[-1]["rows"] == 20

    _ask(test, raw_version)


def test_a_bad_row_refuses_the_request_with_all_that_is_wrong(raw_version: LoadedVersion) -> None:
    async def test(served: Served) -> None:
        status, reply = await served.predict([{}, {"size": "SECRET"}, {"heat": [1]}, {"hat": 1}])
        assert status == 400
        problem = "expected an integer, got text."
        assert reply["error"] == f"Row 1, column 'size': {problem} (3 of 4 rows are refused.)"
        assert reply["errors"][0] == {"row": 1, "column": "size", "error": problem}
        assert [(each["row"], each["column"]) for each in reply["errors"]] == [
            (1, "size"),
            (2, "heat"),
            (3, "hat"),
        ]
        assert reply["errors"][2]["error"].endswith("Did you mean 'heat'?")
        assert "predictions" not in reply
        assert "SECRET" not in json.dumps(reply)

    _ask(test, raw_version)


def test_partial_answers_the_good_rows_and_lists_the_others(raw_version: LoadedVersion) -> None:
    async def test(served: Served) -> None:
        _, alone = await served.predict(ROWS)
        status, reply = await served.predict([ROWS[0], {"size": 1.5}, *ROWS[1:]], "?partial=true")
        assert status == 200
        scores = reply["predictions"]
        assert scores[1] is None
        assert [scores[0], *scores[2:]] == pytest.approx(alone["predictions"], abs=1e-6)
        assert [(each["row"], each["column"]) for each in reply["errors"]] == [(1, "size")]
        status, reply = await served.predict([{"size": "x"}], "?partial=true")
        assert (status, reply["predictions"]) == (200, [None])
        status, reply = await served.predict(ROWS, "?partial=true")
        assert "errors" not in reply

    _ask(test, raw_version)


def test_a_request_of_many_bad_rows_has_one_sentence_and_a_hundred_errors(raw_version: LoadedVersion) -> None:
    async def test(served: Served) -> None:
        status, reply = await served.predict([{"size": "x"}, {}] * 500)
        assert status == 400
        assert reply["error"].endswith("(500 of 1000 rows are refused.)")
        assert [each["row"] for each in reply["errors"]] == list(range(0, 200, 2))

    _ask(test, raw_version)


def test_requests_at_once_do_not_see_one_anothers_bad_rows(raw_version: LoadedVersion) -> None:
    async def test(served: Served) -> None:
        _, alone = await served.predict(ROWS)
        asked = [served.predict([{"size": "x"}] if number % 3 else ROWS) for number in range(30)]
        for number, (status, reply) in enumerate(await asyncio.gather(*asked)):
            assert status == (400 if number % 3 else 200)
            if not number % 3:
                assert reply["predictions"] == pytest.approx(alone["predictions"], abs=1e-6)

    _ask(test, raw_version)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "The document is empty"),
        (b"{", "JSON Parse error"),
        (b"[1]", "Is not object"),
        (b"\xff", "JSON Parse error"),
        (b'{"instances": [{"size": 1}', "JSON Parse error"),
        (b'{"instances": [{"colour": "\\ud800"}]}', "JSON Parse error"),
        (b'{"instances": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "JSON Parse error"),
        (b'{"instances": ' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}", "must be a list of rows"),
        (b'{"instances": [{"size": ' + b"9" * 30 + b"}]}", "column 'size'"),
        (b'{"instances": [{"size": ' + b"9" * 5000 + b"}]}", ""),
        (b'{"instances": [{"size": Infinity}]}', "column 'size'"),
        (b'{"instances": [{"heat": Infinity}]}', "expected a finite number, got an infinity"),
        (b'{"instances": [{"heat": 1e400}]}', ""),
        (b'{"instances": [{"heat": 1e39}]}', "a number outside the range of float32"),
        (b'{"instances": [{"heat": -1e400, "size": NaN}]}', ""),
        (
            b'{"instances": [{"colour": {"b64": "\xc3\xa9"}}]}',
            "expected text, got an object",
        ),
        (b'{"inputs": {"size": [1], "heat": [1.0, 2.0]}}', "All columns must have the same length."),
        (b'{"instances": [{"": 1}]}', "no such column"),
    ],
)
def test_hostile_bodies_are_refused_and_the_next_request_is_answered(
    raw_version: LoadedVersion, body: bytes, words: str
) -> None:
    async def test(served: Served) -> None:
        status, reply = await served.post(body)
        assert status == 400
        assert words in reply["error"]
        assert len(json.dumps(reply)) < 1000
        assert (await served.predict(ROWS))[0] == 200

    _ask(test, raw_version)


def test_a_nan_is_missing(raw_version: LoadedVersion) -> None:
    async def test(served: Served) -> None:
        status, reply = await served.post(b'{"instances": [{"heat": NaN}, {"heat": null}, {}]}')
        assert status == 200
        assert len(set(reply["predictions"])) == 1

    _ask(test, raw_version)


@pytest.mark.parametrize(
    ("csv", "status", "words"),
    [
        ("", 400, "has no header"),
        ("size,size\n1,2\n", 400, "the same column twice"),
        ("size,hat\n1,2\n", 400, "Row 0, column 'hat': the model has no such column. Did you mean 'heat'?"),
        ("size,heat\n1\n", 400, "Row 0, column 'size': expected 2 cells in the line, got 1."),
        ("size\n1.5\n", 400, "Row 0, column 'size'"),
        ("heat\n1e400\n", 400, "a number outside the range of float32"),
        ("heat,size\n,\n1e3,1\n", 200, ""),
    ],
)
def test_csv_bodies_are_checked_as_rows_are(
    raw_version: LoadedVersion, csv: str, status: int, words: str
) -> None:
    async def test(served: Served) -> None:
        code, reply = await served.post(csv.encode(), headers=CSV)
        assert code == status
        assert words in reply.get("error", "")

    _ask(test, raw_version)


def test_a_large_body_is_answered_as_a_small_one_is(raw_version: LoadedVersion) -> None:
    async def test(served: Served) -> None:
        status, reply = await served.predict([ROWS[0]] * 10_000)
        assert status == 200
        assert len(reply["predictions"]) == 10_000

    _ask(test, raw_version)


def test_a_body_beyond_the_limit_is_refused_by_its_length_and_by_its_pieces(
    raw_version: LoadedVersion,
) -> None:
    read = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(1000):
            read += 1
            yield b" " * 1000

    async def test(served: Served) -> None:
        for body in (b" " * 2001, pieces()):
            response = await served.client.post(PREDICT, content=body)
            assert response.status_code == 413
            assert response.json()["error"] == "The request body is larger than 2000 bytes (--max-body)."
            assert response.headers["connection"] == "close"
        assert served.noted[-1]["status"] == 413

    _ask(test, raw_version, max_body_bytes=2000)
    assert read <= 4


BODY = json.dumps({"instances": ROWS}).encode()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(BODY, mtime=0)),
        (
            "X-GZIP",
            gzip.compress(BODY[:20], mtime=0)
            + gzip.compress(b"", mtime=0)
            + gzip.compress(BODY[20:], mtime=0)
            + b"\0" * 512,
        ),
        ("deflate", zlib.compress(BODY)),
        ("identity", BODY),
    ],
)
def test_a_packed_body_is_answered_as_it_is_unpacked(
    raw_version: LoadedVersion, encoding: str, body: bytes
) -> None:
    async def bytes_of(whole: bytes) -> AsyncIterator[bytes]:
        for index in range(len(whole)):
            yield whole[index : index + 1]

    async def test(served: Served) -> None:
        expected = await served.predict(ROWS)
        headers = {"content-encoding": encoding}
        assert await served.post(body, headers=headers) == expected
        assert served.noted[-1]["bytes_in"] == len(BODY)
        assert await served.post(bytes_of(body), headers=headers) == expected  # type: ignore[arg-type]

    _ask(test, raw_version)


@pytest.mark.parametrize(
    ("encoding", "body", "status", "words"),
    [
        ("br", BODY, 415, "expected gzip or deflate, or none"),
        ("gzip, gzip", gzip.compress(BODY, mtime=0), 415, "expected gzip or deflate, or none"),
        (
            "gzip",
            BODY,
            400,
            "is damaged or packed in another way; its Content-Encoding is gzip. Send the whole body.",
        ),
        ("deflate", gzip.compress(BODY, mtime=0), 400, "is damaged or packed in another way"),
        ("gzip", gzip.compress(BODY, mtime=0)[:-1], 400, "is cut short"),
        ("gzip", b"", 400, "is cut short"),
        ("gzip", gzip.compress(BODY, mtime=0) + b"more", 400, "is damaged or packed in another way"),
        ("deflate", zlib.compress(BODY) * 2, 400, "has more after its end"),
        ("gzip", gzip.compress(b"", mtime=0) * 1001, 400, "over 1000 members"),
        ("gzip", gzip.compress(b" " * 30_001, mtime=0), 413, "larger than 30000 bytes"),
    ],
)
def test_a_body_that_cannot_be_unpacked_is_refused(
    raw_version: LoadedVersion, encoding: str, body: bytes, status: int, words: str
) -> None:
    async def test(served: Served) -> None:
        headers = {"content-encoding": encoding}
        response = await served.client.post(PREDICT, content=body, headers=headers)
        assert (response.status_code, words in response.json()["error"]) == (status, True)
        assert (response.headers.get("accept-encoding") == "gzip, deflate") == (status == 415)

    _ask(test, raw_version, max_body_bytes=30_000)


def test_a_full_queue_is_429_with_a_retry_after(raw_version: LoadedVersion) -> None:
    async def test(served: Served) -> None:
        asked = [served.client.post(PREDICT, json={"instances": [{}]}) for _ in range(40)]
        held = asyncio.ensure_future(served.thread.run(lambda: time.sleep(0.3), 10))
        responses = await asyncio.gather(*asked)
        await held
        codes = [response.status_code for response in responses]
        assert codes.count(200) == 3
        assert codes.count(429) == 37
        refused = next(response for response in responses if response.status_code == 429)
        assert refused.headers["retry-after"] == "1"
        assert refused.json() == {"error": "The queue is full (3 requests wait). Retry later."}
        assert (await served.predict(ROWS))[0] == 200

    _ask(test, raw_version, max_queue=3)


def test_a_request_past_its_deadline_is_504(raw_version: LoadedVersion) -> None:
    async def test(served: Served) -> None:
        held = asyncio.ensure_future(served.thread.run(lambda: time.sleep(0.3), 10))
        await asyncio.sleep(0)
        assert await served.predict(ROWS) == (504, {"error": "The request timed out after 0.1 seconds."})
        await held
        assert (await served.predict(ROWS))[0] == 200

    _ask(test, raw_version, request_timeout=0.1)


def test_a_model_of_tensors_versions_and_labels_are_asked_as_tf_servings_are(plus_ten: Path) -> None:
    async def test(served: Served) -> None:
        old, new = LoadedVersion("plus", 1, plus_ten), LoadedVersion("plus", 2, plus_ten)
        served.serve(old, new, labels={"stable": 1})
        for path in ("", "/versions/1", "/versions/2", "/labels/stable"):
            response = await served.client.post(f"/v1/models/plus{path}:predict", json={"instances": [1.0]})
            assert response.json() == {"predictions": [11.0]}
        assert [request["version"] for request in served.noted] == [2, 1, 2, 1]
        for path, status, words in (
            ("/v1/models/plus/versions/7:predict", 404, "Servable not found for request: Specific(plus, 7)"),
            ("/v1/models/other:predict", 404, "Servable not found for request: Latest(other)"),
            ("/v1/models/plus/labels/none:predict", 400, "Unrecognized servable version label: none"),
            ("/v1/models/plus:guess", 400, "Malformed request: POST /v1/models/plus:guess"),
        ):
            response = await served.client.post(path, json={"instances": [1.0]})
            assert (response.status_code, response.json()["error"]) == (status, words)
        status_ = (await served.client.get("/v1/models/plus/versions/1")).json()
        assert [each["version"] for each in status_["model_version_status"]] == ["1"]
        assert (await served.client.get("/v1/models/plus/metadata")).json()["model_spec"]["version"] == "2"

    _ask(test)


def test_a_label_that_moves_changes_who_answers(plus_ten: Path) -> None:
    async def test(served: Served) -> None:
        versions = [LoadedVersion("plus", 1, plus_ten), LoadedVersion("plus", 2, plus_ten)]
        for number in (1, 2, 1):
            served.serve(*versions, labels={"stable": number})
            await served.client.post("/v1/models/plus/labels/stable:predict", json={"instances": [1.0]})
            assert (served.noted[-1]["version"], served.noted[-1]["status"]) == (number, 200)

    _ask(test)


def test_a_version_that_is_dropped_while_a_body_comes_still_answers_it(plus_ten: Path) -> None:
    async def test(served: Served) -> None:
        version = LoadedVersion("plus", 1, plus_ten)
        served.serve(version)

        async def slowly() -> AsyncIterator[bytes]:
            yield b'{"instances"'
            served.models.apply({"plus": {"versions": {"1": {"state": "END"}}, "live": None}})
            await asyncio.sleep(0.3)
            yield b": [1.0]}"

        response = await served.client.post("/v1/models/plus:predict", content=slowly())
        assert response.json() == {"predictions": [11.0]}
        response = await served.client.post("/v1/models/plus:predict", json={"instances": [1.0]})
        assert response.status_code == 404

    _ask(test)


def test_ready_is_when_every_model_has_a_version_and_nobody_stops(
    raw_version: LoadedVersion, plus_ten: Path
) -> None:
    async def test(served: Served) -> None:
        async def ready() -> int:
            return (await served.client.get("/readyz")).status_code

        assert await ready() == 503
        served.serve(raw_version)
        assert await ready() == 503
        served.serve(raw_version, LoadedVersion("plus", 1, plus_ten))
        assert await ready() == 200
        served.app.stopping = True
        assert await ready() == 503
        assert (await served.client.get("/healthz")).status_code == 200

    _ask(test)


def test_a_failure_of_the_server_is_500_without_its_reasons(
    raw_version: LoadedVersion, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("SECRET")

    async def test(served: Served) -> None:
        monkeypatch.setattr(raw_version, "score_requests", broken)
        status, reply = await served.predict(ROWS)
        assert (status, reply) == (500, {"error": "Internal server error; see the server's log."})
        assert served.noted[-1]["status"] == 500

    with caplog.at_level(logging.CRITICAL):
        _ask(test, raw_version)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/../etc/passwd", 404),
        ("PUT", PREDICT, 400),
        ("DELETE", "/healthz", 405),
        ("GET", "/v1/other", 400),
        ("GET", "/v1/models/tiny/versions/99999999999999999999", 400),
    ],
)
def test_an_unknown_path_is_reported_in_json(
    raw_version: LoadedVersion, method: str, path: str, status: int
) -> None:
    async def test(served: Served) -> None:
        response = await served.client.request(method, path)
        assert response.status_code == status
        assert response.json()["error"]

    _ask(test, raw_version)


def test_large_scores_are_written_so_that_they_read_back(raw_version: LoadedVersion) -> None:
    async def test(served: Served) -> None:
        _, reply = await served.predict(ROWS)
        assert raw_version.engine
        expected = raw_version.engine.score_rows(ROWS)
        assert np.array_equal(np.array(reply["predictions"], np.float32), expected)

    _ask(test, raw_version)


def test_metrics_the_page_and_the_document_are_there(raw_version: LoadedVersion) -> None:
    async def test(served: Served) -> None:
        for path in ("/metrics", "/monitoring/prometheus/metrics", "/openapi.json", "/page.json", "/"):
            assert (await served.client.get(path)).status_code == 200

    _ask(test, raw_version)


def test_large_bodies_that_are_too_many_together_are_429(
    raw_version: LoadedVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.http.bodies.LARGE", 1000)
    large = json.dumps({"instances": [{}] * 400}).encode()  # beyond 1,000 bytes; the limit is 2,000

    async def test(served: Served) -> None:
        gate = asyncio.Event()

        async def slowly() -> AsyncIterator[bytes]:
            yield large
            await gate.wait()

        held = [asyncio.create_task(served.post(slowly())) for _ in range(4)]  # type: ignore[arg-type]
        await asyncio.sleep(0.1)
        status, reply = await served.post(large)
        assert (status, "Too many large requests" in reply["error"]) == (429, True)
        assert (await served.predict([{}]))[0] == 200  # a small one has its answer
        gate.set()
        statuses = sorted([(await task)[0] for task in held])
        assert statuses == [200, 200, 200, 200]
        assert (await served.post(large))[0] == 200  # what was held is free again

    _ask(test, raw_version, max_body_bytes=2000)


def test_a_client_that_leaves_in_the_middle_of_its_body_is_no_failure_of_the_server(
    raw_version: LoadedVersion, caplog: pytest.LogCaptureFixture
) -> None:
    async def test(served: Served) -> None:
        messages = iter(
            [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
        )
        sent: list[Any] = []

        async def receive() -> Any:
            return next(messages)

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": PREDICT,
            "raw_path": PREDICT.encode(),
            "query_string": b"",
            "headers": [],
        }
        await served.app.asgi(scope, receive, send)
        assert served.noted[-1]["status"] == 499

    _ask(test, raw_version)
