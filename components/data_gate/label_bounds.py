"""Whether a span's labels can be believed: all equal, upside down or in another unit, they parse as well.

The bounds are the use case's; what of a span lies outside of them by no more than the noise of its rows is
no anomaly. Noise: of a share, the tail of a binomial distribution with the bound's share; of a mean, three
standard errors; of a standard deviation three of its own, `sqrt((k - 1) / 4n)` of it with kurtosis k = 9,
about that of a Student's t with 5 degrees of freedom. A class that is absent is an anomaly where the bound
alone lets two rows expect: bounds are wide, and such a span usually has several times as many.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from scipy.special import bdtr, bdtrc  # type: ignore[import-untyped,unused-ignore]
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from components.data_gate.anomalies import Anomaly
from components.data_gate.settings import ClassShares, GateSettings, LabelNumbers, LabelRate

_ERRORS: Final = 3.0
# The share of a normal distribution beyond three standard errors, on one side.
_TAIL: Final = 0.00135
_EXPECTED: Final = 2.0
_KURTOSIS: Final = 9.0


@dataclass(frozen=True)
class LabelFacts:
    """What a span's statistics say of its label.

    Attributes:
        rows: Rows with a label.
        rate: Share of 1; None of what is not a whole number from 0 to 1.
        mean: Of a number; None of text, and of integers that the schema calls categories.
        deviation: Standard deviation, likewise.
        counts: Rows by value, of text and of categories; the numbers as text.
    """

    rows: int
    rate: float | None = None
    mean: float | None = None
    deviation: float | None = None
    counts: dict[str, int] | None = None


def label_facts(dataset: statistics_pb2.DatasetFeatureStatistics, label: str) -> LabelFacts:
    """Returns what is known of a span's label; `rows` is 0 where the column is absent or empty.

    Args:
        dataset: Of a span.
        label: The label's column.
    """
    for feature in dataset.features:
        if list(feature.path.step) != [label]:
            continue
        kind = feature.WhichOneof("stats")
        if kind == "string_stats":
            buckets = feature.string_stats.rank_histogram.buckets
            present = int(feature.string_stats.common_stats.num_non_missing)
            return LabelFacts(present, counts={each.label: int(each.sample_count) for each in buckets})
        if kind == "num_stats" and math.isfinite(feature.num_stats.mean):
            numbers = feature.num_stats
            rows = int(numbers.common_stats.num_non_missing)
            is_rate = feature.type == statistics_pb2.FeatureNameStatistics.INT and (
                0 <= numbers.min <= numbers.max <= 1
            )
            return LabelFacts(rows, numbers.mean if rows and is_rate else None, numbers.mean, numbers.std_dev)
    return LabelFacts(0)


def why_not_checked(
    facts: LabelFacts,
    label: str,
    schema: schema_pb2.Schema,
    environment: str,
    settings: GateSettings,
) -> str | None:
    """Returns why the labels cannot be judged, None where they can."""
    if any(feature.name == label and environment in feature.not_in_environment for feature in schema.feature):
        return f"The label was not checked: {label} is not in the environment {environment}."
    if not facts.rows:
        return f"The label was not checked: column `{label}` has no values that can be counted."
    if facts.counts is None and settings.label_shares is not None:
        return (
            f"The label was not checked: label_shares needs counted values, and column `{label}` is a number."
            " Set `is_categorical: true` in its int_domain in the schema."
        )
    name = "label_shares" if facts.counts is not None else "label_rate"
    bounds: ClassShares | LabelRate | LabelNumbers | None = settings.label_shares
    if facts.counts is None:
        name = "label_numbers" if settings.label_numbers else "label_rate"
        bounds = settings.label_numbers or settings.label_rate
    if bounds is None:
        if facts.counts is not None:
            return "The label was not checked: label_shares is not set."
        return "The label was not checked: neither label_rate nor label_numbers is set."
    if facts.rows < bounds.min_rows:
        return (
            f"The label was not checked: {facts.rows:,} rows have one, fewer than "
            f"{name}.min_rows ({bounds.min_rows:,})."
        )
    return None


def judge_label(facts: LabelFacts, label: str, settings: GateSettings) -> list[Anomaly]:
    """Returns an anomaly for each bound that the labels are outside of; none where there are no bounds."""
    if facts.counts is not None:
        return list(_judge_shares(facts.counts, facts.rows, label, settings))
    if settings.label_numbers is not None:
        return list(_judge_numbers(facts, label, settings.label_numbers, settings))
    if settings.label_rate is None or facts.mean is None:
        return []
    bounds, rate = settings.label_rate, facts.mean
    if _share_fits(rate, facts.rows, bounds.min, bounds.max):
        return []
    allowed = f"{bounds.min:.1%} to {bounds.max:.1%}"
    message = f"Column `{label}` is 1 in {rate:.1%} of the rows; label_rate allows {allowed}."
    return [Anomaly(label, "label_rate", settings.action(label, "label_rate"), message)]


def _judge_shares(counts: dict[str, int], rows: int, label: str, settings: GateSettings) -> Iterator[Anomaly]:
    bounds = settings.label_shares
    for name, allowed in bounds.shares.items() if bounds else ():
        share = counts.get(name, 0) / rows
        if not _share_fits(share, rows, allowed.min, allowed.max):
            message = (
                f"Column `{label}` is {name} in {share:.1%} of the rows; label_shares allows"
                f" {allowed.min:.1%} to {allowed.max:.1%}."
            )
            yield Anomaly(label, "label_shares", settings.action(label, "label_shares"), message)


def _judge_numbers(
    facts: LabelFacts, label: str, bounds: LabelNumbers, settings: GateSettings
) -> Iterator[Anomaly]:
    mean, deviation = facts.mean or 0.0, facts.deviation or 0.0
    noise = _ERRORS * deviation / math.sqrt(facts.rows)
    spread = _ERRORS * deviation * math.sqrt((_KURTOSIS - 1) / (4 * facts.rows))
    for kind, name, value, error, allowed in (
        ("label_mean", "mean", mean, noise, bounds.mean),
        ("label_deviation", "standard deviation", deviation, spread, bounds.deviation),
    ):
        if value + error < allowed.min or value - error > allowed.max:
            message = (
                f"The {name} of column `{label}` is {value:.4g}; label_numbers allows"
                f" {allowed.min:g} to {allowed.max:g}."
            )
            yield Anomaly(label, kind, settings.action(label, kind), message)


def _share_fits(share: float, rows: int, low: float, high: float) -> bool:
    """Whether a share is within bounds, or outside by no more than its rows' noise."""
    count = round(share * rows)
    if not count and rows * low >= _EXPECTED:
        return False
    return bool(bdtr(count, rows, low) >= _TAIL and (not count or bdtrc(count - 1, rows, high) >= _TAIL))
