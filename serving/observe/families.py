"""Which metrics a worker counts. Imports little, as the supervisor does."""

from typing import Final

from serving.observe import metrics
from serving.observe.metrics import Family

# TF Serving's buckets: 10 microseconds to about 20 minutes. One search serves its metrics and ours.
LATENCY: Final = metrics.exponential(1e-5, 1.8, 33)
SCORES: Final = tuple(round(step / 20, 2) for step in range(1, 21))
BATCHES: Final = metrics.exponential(1, 2, 15)
# Of REST and gRPC, in small letters.
VERBS: Final = frozenset(
    (
        "predict", "classify", "regress", "metadata", "status",
        "multiinference", "getmodelmetadata", "getmodelstatus", "handlereloadconfigrequest",
    )
)  # fmt: skip

_M: Final = ("model",)
REQUESTS: Final = Family(
    "perennial_requests_total", "counter", "Requests answered.", ("api", "model", "verb", "status")
)
SECONDS: Final = Family(
    "perennial_request_seconds", "histogram", "Seconds from a request's last byte to its reply.",
    ("api", "model", "verb", "status"), LATENCY,
)  # fmt: skip
ROWS: Final = Family("perennial_rows_total", "counter", "Rows in requests.", ("api", "model", "verb"))
BYTES: Final = Family(
    "perennial_request_bytes_total", "counter", "Bytes of requests' bodies.", ("api", "model", "verb")
)
QUEUE: Final = Family("perennial_queue_depth", "gauge", "Requests that waited when a batch ended.", _M)
BATCH_ROWS: Final = Family("perennial_batch_rows", "histogram", "Rows of a batch.", _M, BATCHES)
BATCH_SECONDS: Final = Family("perennial_batch_seconds", "histogram", "Seconds of a batch.", _M, LATENCY)
LIVE: Final = Family("perennial_live_version", "gauge", "The live version; 0: none.", _M, largest=True)
LOADED: Final = Family(
    "perennial_version_loaded",
    "gauge",
    "Workers that have this version loaded.",
    ("model", "version"),
    by_version=True,
)
LOADS: Final = Family(
    "perennial_loads_total", "counter", "Loads of versions, by outcome.", ("model", "outcome")
)
LOAD_SECONDS: Final = Family(
    "perennial_load_seconds_total", "counter", "Seconds spent loading and warming up versions.", _M
)
REFUSED: Final = Family(
    "perennial_refused_rows_total",
    "counter",
    "Refused rows, by the column at fault.",
    ("model", "column"),
)
UNSEEN: Final = Family(
    "perennial_unseen_values_total", "counter", "Values outside of the schema's domain.", ("model", "column")
)
SCORE: Final = Family(
    "perennial_score", "histogram", "Predicted probability of the positive, or else of the likeliest class.",
    ("model", "version"), SCORES, by_version=True,
)  # fmt: skip
PREDICTED: Final = Family(
    "perennial_predictions_total", "counter", "Predictions, by the class.", ("model", "version", "class"),
    by_version=True,
)  # fmt: skip
# Without buckets: what is large or small is each label's own affair. Sum by count is the mean.
VALUE: Final = Family(
    "perennial_value", "histogram", "Predictions of a regression.", ("model", "version"), (),
    by_version=True,
)  # fmt: skip
LOGGED: Final = Family(
    "perennial_request_log_rows_total",
    "counter",
    "Sampled rows, written to the request log or dropped.",
    ("model", "outcome"),
)
ACCESS_DROPPED: Final = Family(
    "perennial_access_log_dropped_total", "counter", "Access log lines that were dropped."
)
OURS: Final = (
    REQUESTS, SECONDS, ROWS, BYTES, QUEUE, BATCH_ROWS, BATCH_SECONDS, LIVE, LOADED, LOADS, LOAD_SECONDS,
    REFUSED, UNSEEN, SCORE, PREDICTED, VALUE, LOGGED, ACCESS_DROPPED,
)  # fmt: skip
