"""What TFDV's comparators can express of a rate: a threshold for each column, by the accepted past.

A comparator judges a whole span against the one before it, so the rate is one of spans: a span of so many
days has so many times the chance of a day. The threshold is the conformal quantile of the distances between
neighbouring accepted spans: of n distances the ceil((n + 1)(1 - rate))-th, if there is one (Vovk et al.,
Algorithmic Learning in a Random World, 2005).
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from commands.evolve.schema_text import block_of
from commands.evolve.texts import NoPlace
from components.data_gate.extremes import history_of
from components.data_gate.settings import NEIGHBOURS
from perennial import clock
from perennial.drift.calibration import Calibration
from perennial.files import write_text
from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanVersion
from pipeline.config import UseCase
from pipeline.plan import STATISTICS_FILE
from pipeline.run.curated_schema import curated_schema
from pipeline.run.in_use import in_use_before

_COMPARATOR: Final = re.compile(
    r"(drift_comparator\s*:?\s*\{[^{}]*?(?:infinity_norm|jensen_shannon_divergence)\s*:?\s*\{[^{}]*?threshold\s*:\s*)"
    r"([-+.0-9eE]+)"
)
_HIGHEST: Final = 0.5  # a share of spans that alarms more often says nothing


@dataclass(frozen=True)
class Threshold:
    """A column's threshold, or why there is none.

    Attributes:
        column: The column.
        before: As the schema has it.
        after: By the accepted past; None: see `why`.
        why: Why it stays; empty if it does not.
    """

    column: str
    before: float
    after: float | None
    why: str = ""


def write_comparators(use_case: UseCase, ledger: Ledger, calibration: Calibration) -> dict[str, Any]:
    """Sets the thresholds of the schema's drift comparators; the former file is kept in the root.

    Returns:
        `file`, `copy` (None: nothing was written), `thresholds` (`column, before, after`) and `unchanged`
        (`column, why`).

    Raises:
        SchemaError: The schema is wrong.
    """
    file, schema = use_case.schema_file, curated_schema(use_case)[1]
    versions = _versions(use_case, ledger)
    share = min(_HIGHEST, calibration.rate.per_day * _days_a_span(calibration, len(versions)))
    distances = _distances(
        [_statistics(version) for version in versions], schema, use_case.data.drift_min_rows
    )
    text = former = file.read_text(encoding="utf-8")
    changed, unchanged = [], []
    for feature in schema.feature:
        if not feature.HasField("drift_comparator"):
            continue
        proposed = threshold_of(feature, distances.get(feature.name, []), share)
        try:
            if proposed.after is not None:
                text = with_threshold(text, feature.name, proposed.after)
        except NoPlace as error:
            proposed = Threshold(feature.name, proposed.before, None, f"{error}.")
        if proposed.after is None:
            unchanged.append({"column": proposed.column, "why": proposed.why})
        elif proposed.after != proposed.before:
            changed.append({"column": proposed.column, "before": proposed.before, "after": proposed.after})
    copy = None
    if text != former:
        copy = use_case.root / "drift" / f"{file.name}.{clock.now():%Y%m%dT%H%M%S}"
        copy.parent.mkdir(exist_ok=True)
        write_text(copy, former)
        write_text(file, text)
    return {
        "file": str(file),
        "copy": str(copy) if copy else None,
        "thresholds": changed,
        "unchanged": unchanged,
    }


def threshold_of(feature: schema_pb2.Feature, distances: Sequence[float], share: float) -> Threshold:
    """The threshold that so many of the spans would pass, by the distances of the past.

    Args:
        feature: With a drift comparator.
        distances: Between neighbouring accepted spans.
        share: Of spans, how many may alarm without drift.
    """
    comparator = feature.drift_comparator
    kind = (
        "jensen_shannon_divergence" if comparator.HasField("jensen_shannon_divergence") else "infinity_norm"
    )
    before = float(f"{getattr(comparator, kind).threshold:.6g}")
    if not comparator.HasField(kind):
        return Threshold(feature.name, before, None, "its comparator is of another kind.")
    rank = math.ceil((len(distances) + 1) * (1 - share))
    if rank > len(distances):
        needed = math.ceil(1 / share) - 1
        why = f"{len(distances)} pairs of accepted spans were measured, and {needed} are needed at this rate."
        return Threshold(feature.name, before, None, why)
    largest = sorted(distances)[rank - 1]
    return Threshold(feature.name, before, max(math.ceil(largest * 1000) / 1000, 0.001))


def with_threshold(text: str, name: str, threshold: float) -> str:
    """The schema's text with another threshold in the drift comparator of a column; all else stays.

    Raises:
        NoPlace: The feature or its comparator is not written as `new` writes it.
    """
    block = block_of(text, name)
    lines = text.split("\n")
    inside = "\n".join(lines[block.first - 1 : block.last])
    changed, count = _COMPARATOR.subn(lambda match: f"{match[1]}{threshold:g}", inside, count=1)
    if not count:
        raise NoPlace(f"set the threshold in the feature of `{name}` to {threshold:g}")
    return "\n".join([*lines[: block.first - 1], changed, *lines[block.last :]])


def _versions(use_case: UseCase, ledger: Ledger) -> list[SpanVersion]:
    """The versions in use whose statistics are there, newest first."""
    return [
        version
        for version in in_use_before(ledger, use_case.exports.span, None)
        if version.statistics and (Path(version.statistics) / STATISTICS_FILE).is_file()
    ]


def _statistics(version: SpanVersion) -> statistics_pb2.DatasetFeatureStatistics:
    content = (Path(version.statistics) / STATISTICS_FILE).read_bytes()
    return statistics_pb2.DatasetFeatureStatisticsList.FromString(content).datasets[0]


def _distances(
    newest_first: Sequence[statistics_pb2.DatasetFeatureStatistics],
    schema: schema_pb2.Schema,
    fewest_rows: int,
) -> dict[str, list[float]]:
    """By column, the distances between neighbours; the gate measures as many at once as it looks back."""
    distances: dict[str, list[float]] = {}
    for start in range(0, max(len(newest_first) - 1, 0), NEIGHBOURS):
        part = newest_first[start : start + NEIGHBOURS + 1]
        for name, values in history_of(part, schema, "TRAINING", fewest_rows).distances.items():
            distances.setdefault(name, []).extend(values)
    return distances


def _days_a_span(calibration: Calibration, spans: int) -> float:
    return max(len(calibration.days) / max(spans, 1), 1.0)
