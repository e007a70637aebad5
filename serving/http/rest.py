"""TF Serving's REST API over what a worker serves, with raw rows beside its tensors."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
from starlette.types import Receive, Scope, Send

from serving.errors import ServingError
from serving.http.bodies import LARGE, Bodies, BodyRefused, BodyRoom
from serving.http.paths import ModelPath, parse_path
from serving.model.models import LoadedVersion, Models
from serving.observe.observer import Observer
from serving.replies import json_reply, replies
from serving.replies.metadata import metadata_json, status_json
from serving.requests import classify, raw_rows
from serving.requests.json_parse import parse
from serving.requests.json_tensor import predict_inputs, signature_name
from serving.requests.raw_rows import RawRows

# Of larger bodies so many at once are read and scored by a worker: what is read takes many times the room.
_LARGE_AT_ONCE: Final = 2
_T = TypeVar("_T")


@dataclass
class _RequestNotes:
    """What is noted of one request while it is answered."""

    path: ModelPath | None = None
    version: LoadedVersion | None = None
    rows: int = 0
    size: int = 0


class Rest:
    """Answers what comes below `/v1/`."""

    def __init__(self, models: Models, observer: Observer, max_body_bytes: int) -> None:
        """Takes what is served, and who notes it."""
        self._models = models
        self._observer = observer
        self._bodies = Bodies(max_body_bytes)
        self._large = asyncio.Semaphore(_LARGE_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI: answers one request; what goes wrong is TF Serving's `{"error": ...}` with its status.

        Not by way of Starlette's routes and requests, which are half of what is not scoring.
        """
        started = time.perf_counter()
        notes = _RequestNotes()
        headers = [(b"content-type", b"application/json")]
        status = 500  # what is no error of ours is noted on its way out
        try:
            try:
                status, body = 200, await self._answer(scope, receive, notes)
            except _RowsRefused as refused:
                status, body = 400, refused.body
            except ServingError as error:
                status, body = error.http_status, json_reply.error_body(error.message)
                headers += _headers_of(error)
            headers.append((b"content-length", b"%d" % len(body)))
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})
        finally:  # after the answer is on its way
            self._note(scope, notes, status, time.perf_counter() - started)

    async def _answer(self, scope: Scope, receive: Receive, notes: _RequestNotes) -> bytes:
        raw_path = scope.get("raw_path") or scope["path"].encode()
        path = notes.path = parse_path(scope["method"], raw_path.decode("latin-1"))
        if path.verb == "status":
            return status_json(self._models.status(path.model, path.version, path.label))
        version = notes.version = self._models.find(path.model, path.version, path.label)
        if path.verb == "metadata":
            return metadata_json(version.model, version.number, version.saved.signatures)
        headers = dict(scope["headers"])
        is_csv = headers.get(b"content-type", b"").partition(b";")[0].strip().lower() == b"text/csv"
        partial = b"partial=true" in scope["query_string"].split(b"&")
        # A slow body can take longer than a change of versions.
        with version.held(), BodyRoom(self._bodies) as room:
            body = await room.read(headers, receive)
            notes.size = len(body)
            async with self._large if len(body) > LARGE else contextlib.nullcontext():
                if path.verb == "predict":
                    return await self._predict(version, body, is_csv, partial, notes)
                request = await _read(body, lambda: parse(body))
                return await _with_examples(path.verb, version, request, notes)

    async def _predict(
        self, version: LoadedVersion, body: bytes, is_csv: bool, partial: bool, notes: _RequestNotes
    ) -> bytes:
        if not version.engine:
            asked = await _read(body, lambda: predict_inputs(parse(body), version.saved.signatures))
            outputs = await version.run(asked.signature, asked.inputs)
            return json_reply.predictions(outputs, asked.form)
        read = _read_csv if is_csv else _read_json
        rows = await _read(body, lambda: read(body, version))
        notes.rows = len(rows.rows)
        scored = await version.score(rows.rows)
        for error in scored.errors:
            self._observer.refused(version.model, error.column)
        if scored.errors and not partial:
            raise _RowsRefused(replies.refusal(scored))
        self._observer.scored(version, rows.rows, scored.scores)
        return replies.predictions(scored, version.engine.answers, rows.columnar)

    def _note(self, scope: Scope, notes: _RequestNotes, status: int, seconds: float) -> None:
        path = notes.path
        self._observer.request(
            api="rest",
            model=path.model if path else "",
            version=notes.version.number if notes.version else None,
            verb=path.verb if path else "",
            status=status,
            seconds=seconds,
            rows=notes.rows,
            bytes_in=notes.size,
            peer=scope["client"][0] if scope.get("client") else "",
        )


class _RowsRefused(Exception):
    """A request of which rows are refused; `body` is the whole reply."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.body = body


async def _read(body: bytes, read: Callable[[], _T]) -> _T:
    """What `read` makes of the body, outside of the event loop where it is large."""
    return await asyncio.to_thread(read) if len(body) > LARGE else read()


def _read_csv(body: bytes, version: LoadedVersion) -> RawRows:
    return raw_rows.from_csv(body, version.engine.checks)  # type: ignore[union-attr]


def _read_json(body: bytes, version: LoadedVersion) -> RawRows:
    return raw_rows.from_json(parse(body), version.engine.checks)  # type: ignore[union-attr]


async def _with_examples(
    verb: str, version: LoadedVersion, request: dict[str, Any], notes: _RequestNotes
) -> bytes:
    """`:classify` and `:regress`: tf.Examples in JSON, through a signature that takes them as "inputs"."""
    signature = signature_name(request)
    definition = classify.find_signature(version.saved.signatures, signature)
    classifies = verb == "classify"
    output_names = (
        classify.classify_outputs(definition) if classifies else classify.regress_outputs(definition)
    )
    examples = classify.examples_of_json(request)
    notes.rows = len(examples)
    outputs = await version.run(signature, {classify.INPUTS: np.array(examples, object)}, output_names)
    if classifies:
        return json_reply.classifications(classify.classification_result(outputs, len(examples)))
    return json_reply.regressions(classify.regression_result(outputs, len(examples)))


def _headers_of(error: ServingError) -> list[tuple[bytes, bytes]]:
    if isinstance(error, BodyRefused):
        return [(b"connection", b"close"), *error.headers]  # the rest of the body is not read
    return [(b"retry-after", b"1")] if error.http_status in (429, 503) else []
