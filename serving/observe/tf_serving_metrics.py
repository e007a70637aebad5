"""TF Serving's own metrics, under the names that its Prometheus exporter gives them, made from ours."""

from typing import Final

import grpc

from serving.errors import HTTP_STATUS
from serving.observe import metrics
from serving.observe.families import BATCH_SECONDS, REQUESTS, ROWS, SECONDS
from serving.observe.metrics import Family, MetricTable

_MICROSECONDS: Final = metrics.exponential(10, 1.8, 33)
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
    ("model",),
)
_CODE_OF: Final = {200: "OK", **{HTTP_STATUS[code]: code.name for code in reversed([*HTTP_STATUS])}}
_OF_EXAMPLES: Final = ("classify", "regress", "multiinference")
STATUSES: Final = frozenset(code.name for code in grpc.StatusCode)


def as_tf_serving(total: MetricTable) -> MetricTable:
    """TF Serving's metrics, of ours."""
    theirs = MetricTable((TFS_COUNT, TFS_LATENCY, TFS_RUNTIME, TFS_EXAMPLES))
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
        if verb.lower() in _OF_EXAMPLES and cell[0]:
            theirs.cell(TFS_EXAMPLES, model)[0] += cell[0]
    return theirs
