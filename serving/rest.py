"""TF Serving's REST API over what a worker serves, with raw rows beside its tensors."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import grpc
import numpy as np
import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from serving import classify, json_reply, raw_rows
from serving.columns import RowError
from serving.engine import Scored
from serving.errors import ServingError, invalid
from serving.json_parse import parse
from serving.json_tensor import Format, predict_inputs, signature_name
from serving.metadata import metadata_json, status_json
from serving.models import Models, Version
from serving.observer import Observer
from serving.paths import ModelPath, Verb, parse_path
from serving.raw_rows import RawRows

JSON: Final = "application/json"
# A larger body is read outside of the event loop, which others wait for.
_LARGE: Final = 256 * 1024
# Of larger bodies so many at once are read and scored by a worker: what is read takes many times the room.
_LARGE_AT_ONCE: Final = 2
# And so many times the largest body may wait for that.
_LARGE_WAITING: Final = 4
_MOST_ERRORS: Final = 100
_T = TypeVar("_T")


class TooLarge(ServingError):
    """A body beyond the limit."""

    @property
    def http_status(self) -> int:
        """HTTP has a status of its own for it."""
        return 413


@dataclass
class _Answer:
    """What is noted of one request while it is answered."""

    path: ModelPath | None = None
    version: Version | None = None
    rows: int = 0
    size: int = 0


class Rest:
    """Answers what comes below `/v1/`."""

    def __init__(self, models: Models, observer: Observer, max_body_bytes: int) -> None:
        """Takes what is served, and who notes it."""
        self._models = models
        self._observer = observer
        self._max_body_bytes = max_body_bytes
        self._large = asyncio.Semaphore(_LARGE_AT_ONCE)
        self._held = 0  # bytes of large bodies that are here, or partly

    async def answer(self, request: Request) -> Response:
        """Answers one request; what goes wrong is TF Serving's `{"error": ...}` with its status."""
        started = time.perf_counter()
        answer = _Answer()
        headers = {}
        try:
            status, body = 200, await self._answer(request, answer)
        except _Refused as refused:
            status, body = 400, refused.body
        except ServingError as error:
            status, body = error.http_status, json_reply.error_body(error.message)
            headers = _headers_of(error)
        except ClientDisconnect:  # nobody reads the answer; nginx notes it so
            status, body = 499, b""
        self._note(request, answer, status, time.perf_counter() - started)
        return Response(body, status, headers, JSON)

    async def _answer(self, request: Request, answer: _Answer) -> bytes:
        raw_path = request.scope.get("raw_path") or request.url.path.encode()
        path = answer.path = parse_path(request.method, raw_path.decode("latin-1"))
        if path.verb == "status":
            return status_json(self._models.status(path.model, path.version, path.label))
        version = answer.version = self._models.find(path.model, path.version, path.label)
        if path.verb == "metadata":
            return metadata_json(version.model, version.number, version.saved.signatures)
        held = _Held()
        try:
            body = await self._body(request, held)
            answer.size = len(body)
            if len(body) <= _LARGE:
                return await self._of_body(request, path.verb, version, body, answer)
            async with self._large:
                return await self._of_body(request, path.verb, version, body, answer)
        finally:
            self._held -= held.size

    async def _of_body(
        self, request: Request, verb: Verb, version: Version, body: bytes, answer: _Answer
    ) -> bytes:
        if verb == "predict":
            return await self._predict(request, version, body, answer)
        return await _with_examples(verb, version, await _read(body, lambda: parse(body)), answer)

    async def _body(self, request: Request, held: "_Held") -> bytes:
        length = request.headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self._max_body_bytes:
            raise self._too_large()
        pieces, size = [], 0
        async for piece in request.stream():
            size += len(piece)
            if size > self._max_body_bytes:
                raise self._too_large()
            if size > _LARGE:
                self._hold(held, size)
            pieces.append(piece)
        return b"".join(pieces)

    def _hold(self, held: "_Held", size: int) -> None:
        """Notes how much of a large body is here, unless there is too much already."""
        if self._held + size - held.size > _LARGE_WAITING * self._max_body_bytes:
            text = "Too many large requests are here already. Try again later."
            raise ServingError(grpc.StatusCode.RESOURCE_EXHAUSTED, text)
        self._held += size - held.size
        held.size = size

    def _too_large(self) -> TooLarge:
        code = invalid("").code
        return TooLarge(
            code, f"Expected a body of at most {self._max_body_bytes} bytes, and a larger one came."
        )

    async def _predict(self, request: Request, version: Version, body: bytes, answer: _Answer) -> bytes:
        if not version.engine:
            asked = await _read(body, lambda: predict_inputs(parse(body), version.saved.signatures))
            found = await version.run(asked.signature, asked.inputs)
            return json_reply.predictions(found, asked.form)
        is_csv = request.headers.get("content-type", "").partition(";")[0].strip().lower() == "text/csv"
        read = _read_csv if is_csv else _read_json
        rows = await _read(body, lambda: read(body, version))
        answer.rows = len(rows.rows)
        scored = await version.score(rows.rows)
        for error in scored.errors:
            self._observer.refused(version.model, error.column)
        if scored.errors and request.query_params.get("partial") != "true":
            raise _Refused(_refusal(scored.errors, len(rows.rows)))
        self._observer.scored(version, rows.rows, scored.scores)
        return _predictions(scored, rows.columnar)

    def _note(self, request: Request, answer: _Answer, status: int, seconds: float) -> None:
        path = answer.path
        self._observer.request(
            api="rest",
            model=path.model if path else "",
            version=answer.version.number if answer.version else None,
            verb=path.verb if path else "",
            status=status,
            seconds=seconds,
            rows=answer.rows,
            bytes_in=answer.size,
            peer=request.client.host if request.client else "",
        )


class _Refused(Exception):
    """A request of which rows are refused; `body` is the whole reply."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.body = body


@dataclass
class _Held:
    """How many bytes of a large body are held; 0 of a small one."""

    size: int = 0


async def _read(body: bytes, read: Callable[[], _T]) -> _T:
    """What `read` makes of the body, outside of the event loop where it is large."""
    return await asyncio.to_thread(read) if len(body) > _LARGE else read()


def _read_csv(body: bytes, version: Version) -> RawRows:
    return raw_rows.from_csv(body, version.engine.checks)  # type: ignore[union-attr]


def _read_json(body: bytes, version: Version) -> RawRows:
    return raw_rows.from_json(parse(body), version.engine.checks)  # type: ignore[union-attr]


async def _with_examples(verb: str, version: Version, request: dict[str, Any], answer: _Answer) -> bytes:
    """`:classify` and `:regress`: tf.Examples in JSON, through a signature that takes them as "inputs"."""
    signature = signature_name(request)
    definition = classify.find_signature(version.saved.signatures, signature)
    classifies = verb == "classify"
    outputs = classify.classify_outputs(definition) if classifies else classify.regress_outputs(definition)
    examples = classify.examples_of_json(request)
    answer.rows = len(examples)
    found = await version.run(signature, {classify.INPUTS: np.array(examples, object)}, outputs)
    if classifies:
        return json_reply.classifications(classify.classification_result(found, len(examples)))
    return json_reply.regressions(classify.regression_result(found, len(examples)))


def _predictions(scored: Scored, columnar: bool) -> bytes:
    form = Format.COLUMNAR if columnar else Format.ROW
    # NumPy's float32 is written with the digits that read back to it; NaN, a refused row's, as null.
    reply: dict[str, Any] = {form.value: scored.scores}
    if scored.errors:
        reply["errors"] = [_told(error) for error in scored.errors]
    return orjson.dumps(reply, option=orjson.OPT_SERIALIZE_NUMPY)


def _refusal(errors: tuple[RowError, ...], rows: int) -> bytes:
    more = f" ({len(errors)} of {rows} rows are refused.)" if len(errors) > 1 else ""
    told = [_told(error) for error in errors[:_MOST_ERRORS]]
    return orjson.dumps({"error": _printable(f"{errors[0]}{more}"), "errors": told})


def _told(error: RowError) -> dict[str, Any]:
    return {"row": error.row, "column": _printable(error.column), "error": _printable(error.problem)}


def _printable(text: str) -> str:
    """Text that JSON can hold: a name in a request may have half of a pair."""
    return text.encode("utf-8", "replace").decode()


def _headers_of(error: ServingError) -> dict[str, str]:
    if error.http_status == 413:
        return {"connection": "close"}  # the rest of the body is not read
    return {"retry-after": "1"} if error.http_status in (429, 503) else {}
