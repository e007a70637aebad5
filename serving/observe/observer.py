"""Takes note of what a worker does: its metrics, its access log, and the sample of rows it keeps."""

import os
import threading
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from serving.model.columns import RowError
from serving.observe import metrics
from serving.observe.access_log import AccessLog
from serving.observe.families import (
    ACCESS_DROPPED,
    BATCH_ROWS,
    BATCH_SECONDS,
    BATCHES,
    BYTES,
    LATENCY,
    LIVE,
    LOAD_SECONDS,
    LOADED,
    LOADS,
    LOGGED,
    OURS,
    QUEUE,
    REFUSED,
    REQUESTS,
    ROWS,
    SECONDS,
    UNSEEN,
    VERBS,
)
from serving.observe.metrics import Cell, MetricTable
from serving.observe.request_log import RequestLog
from serving.observe.score_counts import ScoreCounts
from serving.observe.tf_serving_metrics import STATUSES, as_tf_serving

if TYPE_CHECKING:
    from serving.model.models import LoadedVersion
    from serving.settings import ServerSettings

Row = Mapping[str, Any]
PERIOD: Final = 0.5
OTHER: Final = "(other)"


class Observer:
    """Takes note of what a worker does. Its hooks cost microseconds, never raise and never wait.

    Labels come from what is configured: a request that names other models, verbs or columns is counted as
    "(other)", so that nobody can make series.
    """

    def __init__(
        self,
        models: Sequence[str],
        *,
        folder: Path | None = None,
        access_log: AccessLog | None = None,
        request_logs: Mapping[str, RequestLog] | None = None,
    ) -> None:
        """Starts to count.

        Args:
            models: The names that are configured.
            folder: Where the workers of one server leave their numbers for one another; None: one worker.
            access_log: Where each request gets a line.
            request_logs: Model -> where a sample of its rows is kept.
        """
        self._models = frozenset(models)
        self._folder = folder
        self._access_log = access_log
        self._request_logs = dict(request_logs or {})
        self._table = MetricTable(OURS)
        self._requests: dict[tuple[str, str, str, int | str], tuple[Cell, Cell, Cell, Cell]] = {}
        self._batches: dict[str, tuple[Cell, Cell, Cell]] = {}
        self._scores: dict[tuple[str, int], ScoreCounts] = {}
        self._columns: dict[str, frozenset[str]] = {}
        self._domains: dict[str, list[tuple[str, frozenset[object], Cell]]] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)
        if folder:
            self._thread.start()

    @classmethod
    def of(cls, settings: "ServerSettings", folder: Path | None) -> "Observer":
        """One as the server's settings say.

        Raises:
            OSError: A log's file or folder cannot be made.
        """
        logs = {
            name: RequestLog(
                Path(log.folder),
                log.share,
                max_bytes=log.max_bytes,
                max_days=log.max_days,
                private=model.private,
            )
            for name, model in settings.models.items()
            if (log := model.request_log) and log.share
        }
        access_log = AccessLog(settings.access_log) if settings.access_log else None
        return cls([*settings.models], folder=folder, access_log=access_log, request_logs=logs)

    def request(
        self,
        *,
        api: str,
        model: str,
        version: int | None,
        verb: str,
        status: int | str,
        seconds: float,
        rows: int,
        bytes_in: int,
        peer: str = "",
    ) -> None:
        """A request was answered.

        Args:
            api: "rest" or "grpc".
            model: As the request names it.
            version: Which one answered, if any did.
            verb: "predict" and so on.
            status: HTTP's, or the name of gRPC's code.
            seconds: From its last byte to the answer.
            rows: How many rows were in it.
            bytes_in: Of its body.
            peer: Who asked: address without the port.
        """
        cells = self._requests.get((api, model, verb, status)) or self._request_cells(
            api, model, verb, status
        )
        count, latency, row_count, byte_count = cells
        count[0] += 1
        latency[bisect_left(LATENCY, seconds)] += 1
        latency[-1] += seconds
        row_count[0] += rows
        byte_count[0] += bytes_in
        if self._access_log:
            self._access_log.add(
                api=api, verb=verb, model=model, version=version, status=status, seconds=seconds,
                rows=rows, size=bytes_in, peer=peer,
            )  # fmt: skip

    def batch(self, model: str, version: int, rows: int, queued: int, seconds: float) -> None:
        """A batch of rows ran through the graph in `seconds`, while `queued` requests came to wait."""
        queue, sizes, latency = self._batches.get(model) or self._batch_cells(model)
        queue[0] = queued
        sizes[bisect_left(BATCHES, rows)] += 1
        sizes[-1] += rows
        latency[bisect_left(LATENCY, seconds)] += 1
        latency[-1] += seconds

    def refused(self, model: str, column: str) -> None:
        """A row was refused for this column."""
        known = column in self._columns.get(model, ())
        self._table.cell(REFUSED, self._model(model), column if known else OTHER)[0] += 1

    def scored(self, version: "LoadedVersion", rows: Sequence[Row | RowError], scores: Any) -> None:
        """Rows were scored.

        Args:
            version: By which version.
            rows: Raw rows, or in the place of one why it could not be read.
            scores: As `engine.ScoredRows` has them.
        """
        counts = self._scores.get((version.model, version.number))
        if counts is None:
            return  # between two states: it is counted from the next request on
        if log := self._request_logs.get(version.model):
            log.offer(version, rows, scores)
        counts.add(scores)
        for name, domain, unseen in self._domains.get(version.model, ()):
            values = [row.get(name) for row in rows if not isinstance(row, RowError)]
            try:
                if not domain.issuperset(values):
                    unseen[0] += sum(value not in domain for value in values)
            except TypeError:  # {"b64": …}, a string that is no text, is no name in a domain either
                unseen[0] += 1

    def load(self, model: str, version: int, seconds: float, error: str | None) -> None:
        """A version was loaded and proved, or not."""
        name = self._model(model)
        self._table.cell(LOADS, name, "failed" if error else "loaded")[0] += 1
        self._table.cell(LOAD_SECONDS, name)[0] += seconds

    def serving(self, loaded: Iterable["LoadedVersion"], live: Mapping[str, int | None]) -> None:
        """What the worker holds from now on, and which version of each model answers."""
        loaded = list(loaded)
        for version in loaded:
            self._scores[version.model, version.number] = ScoreCounts(self._table, version)
            self._table.cell(LOADED, version.model, str(version.number))[0] = 1
            if version.engine and version.number == live.get(version.model):
                self._live(version)
        held = {(version.model, version.number) for version in loaded}
        for key in self._scores.keys() - held:
            del self._scores[key]
        self._table.keep_versions({(model, str(number)) for model, number in held})
        for model, number in live.items():
            self._table.cell(LIVE, self._model(model))[0] = number or 0

    def exposition(self) -> bytes:
        """All workers' metrics in Prometheus' text format; reads their files, so not in the event loop."""
        total = metrics.read(OURS, self._folder, but=os.getpid())
        total.add(self._own())
        total.keep_versions({labels for labels in self._table.cells[LOADED.name].copy()})
        return metrics.text(as_tf_serving(total)) + metrics.text(total)

    def close(self) -> None:
        """Writes what waits."""
        for log in self._request_logs.values():
            log.close()
        self._stopping.set()
        if self._folder:
            self._thread.join(2)
        if self._access_log:
            self._access_log.close()

    def _run(self) -> None:
        last = b""
        while not self._stopping.wait(PERIOD):
            last = self._write(last)
        self._write(last)

    def _write(self, last: bytes) -> bytes:
        dumped = self._own()
        if dumped != last and self._folder:
            try:
                metrics.write(dumped, self._folder, os.getpid())
            except OSError:  # a full disk: the numbers are written the next time
                return last
        return dumped

    def _own(self) -> bytes:
        if self._access_log:
            self._table.cell(ACCESS_DROPPED)[0] = self._access_log.dropped
        for model, log in self._request_logs.items():
            self._table.cell(LOGGED, model, "written")[0] = log.written
            self._table.cell(LOGGED, model, "dropped")[0] = log.dropped
        return self._table.dump()

    def _model(self, model: str) -> str:
        return model if model in self._models else OTHER

    def _request_cells(
        self, api: str, model: str, verb: str, status: int | str
    ) -> tuple[Cell, Cell, Cell, Cell]:
        known = verb.lower() in VERBS and model in self._models
        labels = (
            "grpc" if api == "grpc" else "rest",
            self._model(model),
            verb if verb.lower() in VERBS else OTHER,
        )
        numeric = isinstance(status, int) and 100 <= status < 600
        status_label = str(status) if numeric or status in STATUSES else OTHER
        cells = (
            self._table.cell(REQUESTS, *labels, status_label),
            self._table.cell(SECONDS, *labels, status_label),
            self._table.cell(ROWS, *labels),
            self._table.cell(BYTES, *labels),
        )
        if known and status_label != OTHER:  # else a stranger's words would be kept
            self._requests[api, model, verb, status] = cells
        return cells

    def _batch_cells(self, model: str) -> tuple[Cell, Cell, Cell]:
        name = self._model(model)
        cells = (
            self._table.cell(QUEUE, name),
            self._table.cell(BATCH_ROWS, name),
            self._table.cell(BATCH_SECONDS, name),
        )
        if name == model:
            self._batches[model] = cells
        return cells

    def _live(self, version: "LoadedVersion") -> None:
        """Takes columns and domains of the version that answers."""
        if not version.engine:
            return
        checks = version.engine.checks
        missing = {
            c.name: cells.missing for c, cells in zip(checks.columns, checks.reader.cells, strict=True)
        }
        self._columns[version.model] = frozenset(column.name for column in checks.columns)
        self._domains[version.model] = [
            # Rows of tf.Examples hold bytes. An empty string is a missing one.
            (
                name,
                frozenset(each for text in ("", *values, *missing[name]) for each in (text, text.encode()))
                | {None},
                self._table.cell(UNSEEN, version.model, name),
            )
            for name, values in checks.domains.items()
            if values
        ]
