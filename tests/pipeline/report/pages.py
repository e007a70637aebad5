"""Small pages and what they are made of: real statistics, a real gate's verdict, a real quarantine file."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from components.data_gate.gate import judge_span
from components.data_gate.settings import GateSettings
from components.span_statistics.in_memory import batches_of, statistics_of
from perennial.reading.csv_format import CsvFormat
from perennial.reading.quarantine import BadFile, write_quarantine
from perennial.reading.reading import BadRow
from pipeline.summary import Summary

SCHEMA = """
default_environment: "TRAINING" default_environment: "SERVING"
feature { name: "day" type: BYTES }
feature { name: "colour" type: BYTES drift_comparator { infinity_norm { threshold: 0.3 } } }
feature { name: "heat" type: FLOAT drift_comparator { jensen_shannon_divergence { threshold: 0.2 } } }
feature { name: "constant" type: INT }
feature { name: "good" type: INT not_in_environment: "SERVING" }
"""
USE_CASE: dict[str, Any] = {
    "description": "Is it good?",
    "label": "good",
    "task": "binary",
    "classes": [],
    "private": [],
    "delimiter": ",",
    "encoding": "utf-8",
}
MODEL: dict[str, Any] = {
    "metrics": {"log_loss": 0.41234, "auc": 0.7123, "calibration": 1.0312, "example_count": 8123},
    "intervals": {"log_loss": [0.39, 0.44], "auc": None},
}


def schema() -> schema_pb2.Schema:
    return text_format.Parse(SCHEMA, schema_pb2.Schema())


def statistics(
    rows: int, *, warmer: float = 0.0, seed: int = 0
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Of rows with five colours, the last of them rare, a tenth of whose heat is missing."""
    random = np.random.default_rng(seed)
    heat = [None if random.random() < 0.1 else float(random.normal(warmer)) for _ in range(rows)]
    colours = np.array([b"red", b"green", b"blue", b"grey", b"pink"])
    drawn = np.where(np.arange(rows) < 3, 4, np.arange(rows) % 4)
    table = pa.table(
        {
            "day": pa.array([f"2026-01-01 00:{place:06d}".encode() for place in range(rows)], pa.binary()),
            "colour": pa.array(colours[drawn].tolist(), pa.binary()),
            "heat": pa.array(heat, pa.float32()),
            "constant": pa.array([7] * rows, pa.int64()),
            "good": pa.array((np.arange(rows) % 3 == 0).astype(int), pa.int64()),
        }
    )
    return statistics_of(list(batches_of(table)), schema())


def write_statistics(folder: Path, made: statistics_pb2.DatasetFeatureStatisticsList) -> Path:
    """Lays statistics where the chain does; gives the file."""
    file = folder / "Split-span" / "FeatureStats.pb"
    file.parent.mkdir(parents=True)
    file.write_bytes(made.SerializeToString())
    return file


def span_source(folder: Path, span: str, *, warmer: float = 3.0) -> dict[str, Any]:
    """All that a pass leaves of a span that drifted from the one before it, as `Sources` notes it."""
    before, now = statistics(400), statistics(400, warmer=warmer, seed=1)
    write_statistics(folder / "before", before)
    write_statistics(folder / "statistics", now)
    settings = GateSettings(min_rows=10, drift_min_rows=10)
    gate = judge_span(now, schema(), before, settings, label="good")
    for name, file, text in (
        ("anomalies", "gate.json", gate.to_json()),
        ("examples", "summary.json", json.dumps({"rows": 400, "quarantined": 2, "ignored_columns": ["x"]})),
    ):
        (folder / name).mkdir()
        (folder / name / file).write_text(text)
    write_faults(folder / "v1.csv")
    return {
        "span": span,
        "version": 1,
        "quarantine": str(folder / "v1.csv"),
        "previous": {"span": "2025-12", "statistics": str(folder / "before")},
        **{key: str(folder / key) for key in ("examples", "statistics", "anomalies")},
    }


def write_faults(file: Path, written: CsvFormat = CsvFormat()) -> None:  # noqa: B008
    """A quarantine of three rows whose cells are nobody's business."""
    reason = "expected a number, and text came"
    rows = [BadRow(line, "heat", reason, (b"s3cret,\n", b"2"), None) for line in (4, 9)]
    rows.append(BadRow(11, "", "more cells than columns", (b"s3cret", b"2"), b"3"))
    write_quarantine(file, [BadFile("a.csv", ("colour", "heat"), rows)], written)


def summary(**changes: Any) -> dict[str, Any]:
    """What a run that pushed says of itself."""
    values: dict[str, Any] = {
        "use_case": "flights",
        "run_id": "20260102T030405.000006Z",
        "verdict": "PUSHED",
        "exit_code": 0,
        "reason": "Version 3 is live.",
        "seconds": 12.34,
        "spans": [_span("2026-01", "WARN", ["Column heat has drifted."])],
        "trained_on": {
            "spans": ["2025-12"],
            "first_day": "2025-12-01",
            "last_day": "2025-12-24",
            "days": 24,
            "rows": 9000,
        },
        "evaluated_on": {"first_day": "2025-12-25", "last_day": "2025-12-31", "days": 7, "rows": 8123},
        "candidate": {"version": 3, **MODEL},
        "champion": {"version": 2, **MODEL},
        "comparison": {
            "outcome": "inconclusive",
            "difference": -0.002,
            "interval": [-0.01, 0.006],
            "days": 7,
            "rows": 8123,
            "days_left_out": 2,
            "method": "a jackknife",
        },
        "reasons": [
            {"check": "bounds", "passed": True, "state": "passed", "sentence": "Bounds hold."},
            {"check": "anchors", "passed": None, "state": "not_checked", "sentence": "Too few anchors."},
        ],
        "judgements": [
            {
                "span": "2025-11",
                "version": 1,
                "decision": "accept",
                "who": "ann",
                "why": "Snow.",
                "at": "2025-12-01",
            }
        ],
        "live_version": 3,
        "pushed_version": 3,
        "nodes": [_node("2026-01", "DataGate", "CACHED"), _node(None, "Trainer", "COMPLETE")],
    }
    return Summary.model_validate(values | changes).as_json()


def _span(name: str, verdict: str, reasons: list[str]) -> dict[str, Any]:
    counts = {"rows": 400, "quarantined": 2}
    return {"span": name, "version": 1, "verdict": verdict, "reasons": reasons, **counts}


def _node(span: str | None, name: str, state: str) -> dict[str, Any]:
    return {"span": span, "name": name, "state": state, "seconds": 1.25, "why": "nothing has changed"}


def order(folder: Path, **changes: Any) -> dict[str, Any]:
    """What a page is made of, with no node's output but those in `changes`."""
    defaults = {"folder": str(folder), "summary": summary(), "use_case": USE_CASE, "spans": [], "trained": {}}
    defaults["calibrations"] = str(folder / "calibrations")
    return {**defaults, "newest": None, "card": None, **changes}
