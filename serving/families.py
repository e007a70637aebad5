"""Which metrics there are: ours, and those of TF Serving that are made from them."""

import math
from typing import Final

import grpc

from serving import metrics
from serving.errors import HTTP_STATUS
from serving.metrics import Family, Table

# TF Serving's buckets: 10 microseconds to about 20 minutes. One search serves its metrics and ours.
LATENCY: Final = metrics.exponential(1e-5, 1.8, 33)
_MICROSECONDS: Final = metrics.exponential(10, 1.8, 33)
SCORES: Final = tuple(round(step / 20, 2) for step in range(1, 21))
BATCHES: Final = metrics.exponential(1, 2, 15)
VERBS: Final = frozenset(
    ("predict", "classify", "regress", "multi_inference", "metadata", "status", "reload", "openapi", "page")
)

_M: Final = ("model",)
REQUESTS: Final = Family(
    "perennial_requests_total", "counter", "Requests answered.", ("api", "model", "verb", "status")
)
SECONDS: Final = Family(
    "perennial_request_seconds", "histogram", "Seconds from a request's last byte to its answer.",
    ("api", "model", "verb", "status"), LATENCY,
)  # fmt: skip
ROWS: Final = Family("perennial_rows_total", "counter", "Rows in requests.", ("api", "model", "verb"))
BYTES: Final = Family(
    "perennial_request_bytes_total", "counter", "Bytes of requests' bodies.", ("api", "model", "verb")
)
QUEUE: Final = Family("perennial_queue_depth", "gauge", "Requests that waited when a batch ended.", _M)
BATCH_ROWS: Final = Family("perennial_batch_rows", "histogram", "Rows of a batch.", _M, BATCHES)
BATCH_SECONDS: Final = Family("perennial_batch_seconds", "histogram", "Seconds of a batch.", _M, LATENCY)
LIVE: Final = Family("perennial_live_version", "gauge", "The version that answers.", _M, largest=True)
LOADED: Final = Family(
    "perennial_version_loaded",
    "gauge",
    "Workers that hold this version.",
    ("model", "version"),
    by_version=True,
)
LOADS: Final = Family("perennial_loads_total", "counter", "Versions loaded, or not.", ("model", "outcome"))
LOAD_SECONDS: Final = Family(
    "perennial_load_seconds_total", "counter", "Seconds spent loading and proving versions.", _M
)
REFUSED: Final = Family(
    "perennial_refused_rows_total",
    "counter",
    "Rows refused, by the column that was wrong.",
    ("model", "column"),
)
UNSEEN: Final = Family(
    "perennial_unseen_values_total", "counter", "Values outside of the schema's domain.", ("model", "column")
)
SCORE: Final = Family(
    "perennial_score", "histogram", "Scores answered.", ("model", "version"), SCORES, by_version=True
)
LOGGED: Final = Family(
    "perennial_request_log_rows_total",
    "counter",
    "Sampled rows, written to the log or dropped.",
    ("model", "outcome"),
)
ACCESS_DROPPED: Final = Family("perennial_access_log_dropped_total", "counter", "Lines not written.")
OURS: Final = (
    REQUESTS, SECONDS, ROWS, BYTES, QUEUE, BATCH_ROWS, BATCH_SECONDS, LIVE, LOADED, LOADS, LOAD_SECONDS,
    REFUSED, UNSEEN, SCORE, LOGGED, ACCESS_DROPPED,
)  # fmt: skip

# TF Serving's own, under the names that its Prometheus exporter gives them. Made from ours when asked for.
TFS_COUNT: Final = Family(
    ":tensorflow:serving:request_count", "counter", "The total number of requests.", ("model_name", "status")
)
TFS_LATENCY: Final = Family(
    ":tensorflow:serving:request_latency", "histogram",
    "Distribution of wall time (in microseconds) for requests that were answered.",
    ("model_name", "API", "entrypoint"), _MICROSECONDS,
)  # fmt: skip
TFS_RUNTIME: Final = Family(
    ":tensorflow:serving:runtime_latency", "histogram",
    "Distribution of wall time (in microseconds) of the graph.",
    ("model_name", "API", "runtime"), _MICROSECONDS,
)  # fmt: skip
TFS_EXAMPLES: Final = Family(
    ":tensorflow:serving:request_example_count_total",
    "counter",
    "The total number of tensorflow.Examples.",
    _M,
)
_CODE_OF: Final = {200: "OK", **{HTTP_STATUS[code]: code.name for code in reversed([*HTTP_STATUS])}}
STATUSES: Final = frozenset(code.name for code in grpc.StatusCode)


def as_tf_serving(total: Table) -> Table:
    """TF Serving's metrics, of ours."""
    theirs = Table((TFS_COUNT, TFS_LATENCY, TFS_RUNTIME, TFS_EXAMPLES))
    for (_, model, _, status), cell in total.cells[REQUESTS.name].items():
        code = _CODE_OF.get(int(status), "UNKNOWN") if status.isdigit() else status
        theirs.cell(TFS_COUNT, model, code)[0] += cell[0]
    answered = {
        labels: cell for labels, cell in total.cells[SECONDS.name].items() if labels[3] in ("200", "OK")
    }
    for (model, verb, api), cell in metrics.relabelled(answered, (1, 2, 0), 1e6).items():
        theirs.cells[TFS_LATENCY.name][model, verb, api.upper()] = cell
    for (model,), cell in metrics.relabelled(total.cells[BATCH_SECONDS.name], (0,), 1e6).items():
        theirs.cells[TFS_RUNTIME.name][model, "Predict", "TF1"] = cell
    for (_, model, verb), cell in total.cells[ROWS.name].items():
        if verb.lower() in ("classify", "regress", "multi_inference") and not math.isnan(cell[0]):
            theirs.cell(TFS_EXAMPLES, model)[0] += cell[0]
    return theirs
