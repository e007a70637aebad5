"""What a page shows of a span's columns: bins and counts of TFDV's statistics, beside the former span's."""

import math
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tensorflow_metadata.proto.v0 import statistics_pb2

from pipeline.report.bins import Bin, bins_of, on_common_bins, with_width

# A value of fewer rows could tell who they are of, so it is counted among the others.
LEAST_ROWS: Final = 10
TOP_VALUES: Final = 6
_REST: Final = "\0rest"
_MISSING: Final = "\0missing"


def distributions_of(
    file: Path, former: Path | None, private: Collection[str], label: str = ""
) -> list[dict[str, Any]]:
    """What is shown of each column, in the order of the statistics.

    Args:
        file: A span's `FeatureStats.pb`.
        former: That of the span it is compared with; None where there is none.
        private: Columns of which only counts are shown.
        label: The label's column.

    Returns:
        For each column `name, label, type, missing, distinct` and, of numbers, `whole, mean, deviation,
        bins`; of text, `values` (each `value, share, was`); `was`, the same of the former span, or
        None; `shift`, how far the two are apart (0 to 1; None: not known); `note`, why something is missing.
    """
    span, span_before = _read(file), _read(former) if former else None
    former_columns = {_name(each): each for each in span_before.features} if span_before else {}
    rows, rows_before = span.num_examples, span_before.num_examples if span_before else 0
    columns = []
    for feature in span.features:
        name = _name(feature)
        before = former_columns.get(name)
        column = {
            "name": name,
            "label": name == label,
            **_facts(feature, rows, name in private, _bins(before)),
            "was": _facts(before, rows_before, name in private, _bins(feature))
            if before is not None
            else None,
            "shift": _shift(feature, rows, before, rows_before) if before is not None else None,
        }
        if column["type"] == "text" and not column["note"]:
            column["values"] = _values(feature, rows, before, rows_before)
        columns.append(column)
    return columns


def _read(file: Path) -> Any:
    statistics = statistics_pb2.DatasetFeatureStatisticsList.FromString(file.read_bytes())
    return statistics.datasets[0]


def _name(feature: Any) -> str:
    return ".".join(feature.path.step) or str(feature.name)


def _facts(feature: Any, rows: int, private: bool, other_bins: Sequence[Bin]) -> dict[str, Any]:
    kind = feature.WhichOneof("stats")
    stats = getattr(feature, kind) if kind else None
    present = stats.common_stats.num_non_missing if stats is not None else 0
    facts: dict[str, Any] = {
        "type": "number" if kind == "num_stats" else "text",
        "missing": 1 - present / rows if rows else None,
        "note": "Private column: no value is shown." if private else "",
    }
    if private or stats is None or not present:
        facts["note"] = facts["note"] or "All values are missing."
        return facts
    if kind == "num_stats":
        facts |= {
            "whole": feature.type == statistics_pb2.FeatureNameStatistics.INT,
            "mean": _finite(stats.mean),
            "deviation": _finite(stats.std_dev),
            "bins": with_width(_bins(feature), other_bins),
        }
    else:
        facts["distinct"] = int(getattr(stats, "unique", 0)) or None
        if not _counts(feature):
            facts["note"] = "Values are not counted: a time, or free text."
    return facts


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _bins(feature: Any) -> list[Bin]:
    """Of a column of numbers; none of others, or where there is no such column."""
    return bins_of(feature.num_stats) if feature is not None and feature.HasField("num_stats") else []


def _counts(feature: Any, wanted: Collection[str] | None = None) -> dict[str, float]:
    """Rows of each of the commonest values; those of `wanted` however rare they are."""
    if feature.WhichOneof("stats") != "string_stats":
        return {}
    stats = feature.string_stats
    counts = {each.value: each.frequency for each in stats.top_values}
    if wanted and not counts.keys() >= set(wanted) and stats.unique > len(counts):
        counts |= {b.label: b.sample_count for b in stats.rank_histogram.buckets if b.label in wanted}
    return counts


def _values(feature: Any, rows: int, before: Any, rows_before: int) -> list[dict[str, Any]]:
    """The commonest values of enough rows, commonest first, and all others together."""
    counts = _counts(feature)
    common = {value: count for value, count in counts.items() if count >= LEAST_ROWS}
    shown = sorted(common, key=lambda value: -common[value])[:TOP_VALUES]
    formerly = _counts(before, shown) if before is not None else {}
    former_values = before.string_stats.common_stats.num_non_missing if formerly else 0
    present = feature.string_stats.common_stats.num_non_missing
    values = [
        {
            "value": value or "(empty)",
            "share": counts[value] / rows,
            "was": formerly.get(value, 0.0) / rows_before if formerly and rows_before else None,
        }
        for value in shown
    ]
    rest = present - sum(counts[value] for value in shown)
    rest_before = former_values - sum(formerly.get(value, 0.0) for value in shown)
    if rest > 0 or rest_before > 0:
        was = rest_before / rows_before if formerly and rows_before else None
        values.append({"value": "(others)", "share": rest / rows, "was": was, "rest": True})
    return values


def _shift(feature: Any, rows: int, before: Any, rows_before: int) -> float | None:
    """Half the sum of the differences of shares (total variation), missing cells being one more value."""
    if not rows or not rows_before or feature.WhichOneof("stats") != before.WhichOneof("stats"):
        return None
    if feature.WhichOneof("stats") == "num_stats":
        raw, raw_before = _bins(feature), _bins(before)
        bins, bins_before = on_common_bins(with_width(raw, raw_before), with_width(raw_before, raw))
        return _distance(_shares(bins, feature, rows), _shares(bins_before, before, rows_before))
    now, then = _counts(feature), _counts(before)
    now, then = now | _counts(feature, then.keys()), then | _counts(before, now.keys())
    return _distance(_shares(now, feature, rows), _shares(then, before, rows_before))


def _shares(counts: Mapping[Any, float], feature: Any, rows: int) -> dict[Any, float]:
    stats = getattr(feature, feature.WhichOneof("stats"))
    present = stats.common_stats.num_non_missing
    shares = {key: count / rows for key, count in counts.items()}
    return shares | {_REST: max(present - sum(counts.values()), 0) / rows, _MISSING: 1 - present / rows}


def _distance(now: Mapping[Any, float], then: Mapping[Any, float]) -> float:
    keys = {*now, *then}
    return min(sum(abs(now.get(key, 0.0) - then.get(key, 0.0)) for key in keys) / 2, 1.0)
