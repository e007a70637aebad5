"""Decides what each column of a table is to a model: TFDV's inference, reviewed as a person would."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from commands.new.columns import Facts, duplicates, facts_of, is_code, leak_of, seconds_of, why_set_aside
from commands.new.label import TaskChoice
from commands.new.leaks import REVEALS_LABEL
from commands.new.names import features_of
from commands.new.plan import ColumnPlan, Role
from commands.new.rising import why_rising
from commands.new.source import Source
from components.span_statistics.in_memory import batches_of, statistics_of
from perennial.errors import UsageError

TYPES: Final = {"int": schema_pb2.INT, "float": schema_pb2.FLOAT, "string": schema_pb2.BYTES}
# A longer list of values is no domain that a person would read.
MOST_LISTED: Final = 50
# The share of rows with a value not seen before, as Good and Turing estimate it (values seen once, by rows):
# above it the next export will hold values that are not listed.
NEW_VALUES: Final = 0.001
ROWS_A_VALUE: Final = 5

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Curated:
    """What the columns of a table are.

    Attributes:
        columns: One plan a column, in the table's order.
        look_at: Column -> a sentence why to look at it.
        statistics: TFDV's, of the whole table.
    """

    columns: tuple[ColumnPlan, ...]
    look_at: Mapping[str, str]
    statistics: statistics_pb2.DatasetFeatureStatisticsList


def curate(source: Source, choice: TaskChoice, time_column: str | None) -> Curated:
    """Decides on all columns.

    Args:
        source: The table; its rows have a label.
        choice: The task, and what the label holds.
        time_column: The column that says when a row happened, which is never set aside.

    Raises:
        UsageError: No column is left to learn from.
    """
    table, label = source.table, choice.task.label
    dates = source.sniffed.dates
    kinds = source.sniffed.kinds
    facts = {name: facts_of(name, kinds[name], table[name], name in dates) for name in table.column_names}
    kept_by = {label, time_column}
    reasons = {name: why_set_aside(facts[name]) for name in table.column_names if name not in kept_by}
    left = [name for name in table.column_names if not reasons.get(name)]
    for name, earlier in duplicates(table, [name for name in left if name != label]).items():
        if name != time_column:
            reasons[name] = f"it is equal to `{earlier}` in every row"
    look_at = _leaks(table, facts, reasons, choice)
    statistics, domains = inferred(table, kinds, dates)
    by_name = {each.path.step[0]: each for each in statistics.datasets[0].features}
    features = features_of(table.column_names, label)
    times = seconds_of(table[time_column]) if time_column else None
    plans = tuple(
        _planned(
            facts[name],
            features.get(name, ""),
            reasons.get(name, ""),
            by_name[name],
            domains.get(name),
            label,
            times,
        )
        for name in table.column_names
    )
    if not any(plan.role in ("number", "category", "date") for plan in plans):
        raise UsageError(
            "No column is left to learn from ("
            + "; ".join(f"{plan.name}: {plan.reason}" for plan in plans if plan.reason)
            + ").",
            "Use a table with columns that describe its rows.",
        )
    return Curated(plans, look_at, statistics)


def _leaks(
    table: pa.Table, facts: Mapping[str, Facts], reasons: dict[str, str], choice: TaskChoice
) -> dict[str, str]:
    """Sets aside each column that reveals the label; gives sentences about those that may."""
    label, labelled = label_values(table, choice)
    look_at = {}
    for name, reason in reasons.items():
        if reason:
            continue
        leak = leak_of(facts[name], table[name], label, labelled, choice.task.kind)
        if leak.is_leak:
            reasons[name] = f"{REVEALS_LABEL}: {leak.measured}"
        elif leak.is_strong:
            look_at[name] = (
                f"Column `{name}` may reveal the label: {leak.measured}. It is used. If its value is known"
                " only after the label, remove it from the transform and set lifecycle_stage: DISABLED in the"
                " schema."
            )
    return look_at


def label_values(table: pa.Table, choice: TaskChoice) -> tuple[Array, Array]:
    """The label as codes of classes or as numbers, of the rows that have one; and which rows these are."""
    column = table[choice.task.label]
    if choice.task.kind == "regression":
        return column.to_numpy().astype(np.float64), np.ones(len(column), bool)
    codes = choice.task.codes(np.asarray(column.to_numpy()))
    return codes[codes >= 0].astype(np.int64), codes >= 0


def inferred(
    table: pa.Table, kinds: Mapping[str, str], dates: Collection[str]
) -> tuple[statistics_pb2.DatasetFeatureStatisticsList, Mapping[str, tuple[str, ...]]]:
    """TFDV's statistics of a table, and the values of each column that TFDV takes for a category."""
    schema = schema_pb2.Schema()
    for name in table.column_names:
        feature = schema.feature.add(name=name, type=TYPES[kinds[name]])
        if name in dates:
            feature.string_domain.is_categorical = schema_pb2.StringDomain.CATEGORICAL_NO
    statistics = statistics_of(batches_of(table), schema)
    drawn = tfdv.infer_schema(statistics, infer_feature_shape=False, max_string_domain_size=MOST_LISTED)
    listed = {domain.name: tuple(domain.value) for domain in drawn.string_domain}
    domains = {feature.name: listed[feature.domain] for feature in drawn.feature if feature.domain in listed}
    return statistics, domains


def _planned(
    facts: Facts,
    feature: str,
    reason: str,
    statistics: statistics_pb2.FeatureNameStatistics,
    domain: tuple[str, ...] | None,
    label: str,
    times: Array | None,
) -> ColumnPlan:
    role = _role(facts, reason, label)
    values: tuple[str | int, ...] = ()
    if role == "category" and facts.kind == "string" and domain and _is_closed(facts):
        values = domain
    minimum, maximum = _range(facts)
    return ColumnPlan(
        name=facts.name,
        feature=feature,
        type=facts.kind,
        role=role,
        note=_note(facts, statistics, values),
        reason=reason,
        values=values,
        distinct=facts.distinct,
        missing_share=round(facts.missing_share, 6),
        minimum=minimum,
        maximum=maximum,
        has_time=facts.is_date and _mean_length(statistics) > len("YYYY-MM-DD"),
        rising=why_rising(facts.numbers, times) if role == "number" and facts.numbers is not None else "",
    )


def _role(facts: Facts, reason: str, label: str) -> Role:
    if facts.name == label:
        return "label"
    if reason:
        return "set_aside"
    if facts.is_date:
        return "date"
    return "category" if facts.kind == "string" or is_code(facts) else "number"


def _is_closed(facts: Facts) -> bool:
    """Whether the values seen are all that there are, as far as the rows tell."""
    if facts.codes is None or facts.present < ROWS_A_VALUE * facts.distinct:
        return False
    counts = np.bincount(facts.codes[facts.codes >= 0])
    return bool((counts == 1).sum() <= NEW_VALUES * facts.present)


def _range(facts: Facts) -> tuple[float | None, float | None]:
    if facts.numbers is None or not facts.present:
        return None, None
    return float(np.nanmin(facts.numbers)), float(np.nanmax(facts.numbers))


def _mean_length(statistics: statistics_pb2.FeatureNameStatistics) -> float:
    return float(statistics.string_stats.avg_length)


def _note(
    facts: Facts, statistics: statistics_pb2.FeatureNameStatistics, values: tuple[str | int, ...]
) -> str:
    """What was seen, in a few words; of text no value, as the note is committed with the code."""
    seen = []
    if facts.numbers is not None and facts.present:
        low, high = _range(facts)
        seen.append(f"{number(low or 0.0)} to {number(high or 0.0)}")
    elif facts.is_date:
        seen.append("date and time" if _mean_length(statistics) > len("YYYY-MM-DD") else "date")
    elif facts.present:
        seen.append(f"{facts.distinct:,} values")
    seen.append(missing(facts.missing_share))
    return "; ".join(seen)


def number(value: float) -> str:
    """A number in a comment: whole ones with separators, others with four figures."""
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) < 1e15 else f"{value:.4g}"


def missing(share: float) -> str:
    """A share of missing cells in words."""
    if share == 0:
        return "never missing"
    return (
        f"missing in {share:.1%} of the rows" if share >= 0.001 else "missing in less than 0.1% of the rows"
    )
