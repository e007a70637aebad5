"""The servers that are compared: how each is started and asked, and how it was set."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.harness.raw_rows import Row
from benchmarks.speed.serving.rows import Wrap
from pipeline.config import REPOSITORY, serving_python

SERVICES: Final = "benchmarks.speed.serving.services"
Ports = Sequence[int]


@dataclass(frozen=True)
class Start:
    """What a server needs to start.

    Attributes:
        bin: Its environment's folder of commands.
        model: Folder of the version.
        folder: An empty folder of its own.
        ports: Free ports; the first is what is asked.
        workers: Cores.
    """

    bin: Path
    model: Path
    folder: Path
    ports: Ports
    workers: int


@dataclass(frozen=True)
class Subject:
    """One server.

    Attributes:
        name: Its key, and the name of its environment.
        title: What the table calls it.
        package: What its version is asked by; empty: it is ours.
        settings: How it was set, for the page.
        command: Makes the command that starts it.
        path: What is asked.
        wrap: Puts rows into what it takes.
        scores: Takes scores out of what it replies.
    """

    name: str
    title: str
    package: str
    settings: str
    command: Callable[[Start], list[str]]
    path: str
    wrap: Wrap
    scores: Callable[[Any], list[float]]


def instances(rows: Sequence[Row]) -> Any:
    """TF Serving's form, which all but MLServer take as it stands."""
    return {"instances": list(rows)}


def predictions(reply: Any) -> list[float]:
    """The scores of TF Serving's reply."""
    return list(reply["predictions"])


def _ours(start: Start) -> list[str]:
    root = start.folder / "models"
    root.mkdir()
    (root / start.model.name).symlink_to(start.model)
    rest, grpc = start.ports[:2]
    return [
        *(str(serving_python()), "-m", "serving", "--model", f"flights={root}"),
        *("--port", str(rest), "--grpc-port", str(grpc), "--workers", str(start.workers)),
    ]


def _bentoml(start: Start) -> list[str]:
    service = f"{SERVICES}.bentoml_service:BentoMLFlights"
    command = [str(start.bin / "bentoml"), "serve", service, "--working-dir", str(REPOSITORY)]
    return [*command, "--host", "127.0.0.1", "--port", str(start.ports[0]), "--arg", f"model={start.model}"]


def _mlserver(start: Start) -> list[str]:
    rest, grpc, metrics = start.ports[:3]
    server = {
        "host": "127.0.0.1",
        "http_port": rest,
        "grpc_port": grpc,
        "metrics_port": metrics,
        "metrics_endpoint": None,
        "parallel_workers": 0,
        "debug": False,
    }
    model = {
        "name": "flights",
        "implementation": f"{SERVICES}.mlserver_service.MLServerFlights",
        "parameters": {"uri": str(start.model)},
    }
    (start.folder / "settings.json").write_text(json.dumps(server))
    (start.folder / "model-settings.json").write_text(json.dumps(model))
    return [str(start.bin / "mlserver"), "start", str(start.folder)]


def _litserve(start: Start) -> list[str]:
    return [
        *(str(start.bin / "python"), "-m", f"{SERVICES}.litserve_service"),
        *(str(start.model), str(start.ports[0]), str(start.workers)),
    ]


def _kserve(start: Start) -> list[str]:
    return [
        *(str(start.bin / "python"), "-m", f"{SERVICES}.kserve_service", str(start.model)),
        *("--http_port", str(start.ports[0]), "--workers", "1"),
    ]


SUBJECTS: Final = (
    Subject(
        "perennial",
        "Perennial",
        "",
        "one worker a core, as it starts: access log and metrics on, rows checked against the schema",
        _ours,
        "/v1/models/flights:predict",
        instances,
        predictions,
    ),
    Subject(
        "bentoml",
        "BentoML",
        "bentoml",
        "one worker a core, adaptive batching, no access log, no metrics",
        _bentoml,
        "/predict",
        instances,
        list,
    ),
    Subject(
        "mlserver",
        "MLServer",
        "mlserver",
        "an endpoint of its own for raw rows, the model in the process that answers, no metrics, no debug",
        _mlserver,
        "/v1/models/flights:predict",
        instances,
        predictions,
    ),
    Subject(
        "litserve",
        "LitServe",
        "litserve",
        "one worker and one API server a core, `fast_queue`, batches of what waits, no access log",
        _litserve,
        "/predict",
        instances,
        predictions,
    ),
    Subject(
        "kserve",
        "KServe",
        "kserve",
        "one worker, as each answer waits 40 ms where there are two; no latency log",
        _kserve,
        "/v1/models/flights:predict",
        instances,
        predictions,
    ),
)


def python_of(name: str, environments: Path) -> Path:
    """The interpreter of a subject's environment."""
    return serving_python() if name == "perennial" else environments / name / "bin" / "python"
