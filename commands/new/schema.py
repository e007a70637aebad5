"""Writes the curated schema of a table, with a comment over each column, as TFMD's text."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from commands.new.curate import TYPES, missing
from commands.new.plan import ColumnPlan, TablePlan
from perennial.errors import SchemaError
from perennial.schema import parse_schema

# Bounds beyond the observed range, in multiples of its width.
WIDER: Final = 2
# With more different values than this, numbers of which the greatest is within a hundredth of 1 or 100 are
# shares or percentages.
_VALUES_OF_A_SHARE: Final = 20
_NEARLY: Final = 0.99
_LIMITED: Final = {1.0: "share", 100.0: "percentage"}
_INT64: Final = 2**63 - 1
_FLOAT32: Final = 3.4e38
_LIST_WIDTH: Final = 100
# As TFDV measures them, from 0 (equal) to 1 (nothing in common); the seasons of flights stay below these.
SMALL_LIST_DRIFT: Final = 0.1
OPEN_DRIFT: Final = 0.4
NUMBER_DRIFT: Final = 0.3
# Of a label of 0 and 1: as much as from a share of 20 % to one of 40 %.
RATE_DRIFT: Final = 0.03
# A threshold above this is useless.
_MOST_DRIFT: Final = 0.9
_MOST_OPEN_VALUES: Final = 1_000


@dataclass(frozen=True)
class Entry:
    """One column in the schema.

    Attributes:
        comments: Lines above it.
        lines: The fields of its `feature`.
        remark: Comment after the drift comparator; "" for none.
    """

    comments: tuple[str, ...]
    lines: tuple[str, ...]


def entries_of(
    plan: TablePlan, worst_missing: Mapping[str, float], drift_seen: Mapping[str, float]
) -> list[Entry]:
    """Each column's entry, in the table's order.

    Args:
        plan: The table.
        worst_missing: Column -> its largest missing share in a span.
        drift_seen: Column -> the largest distance between two neighbouring spans that was measured.
    """
    return [
        _label(column, plan, drift_seen)
        if column.role == "label"
        else _column(column, plan, worst_missing, drift_seen)
        for column in plan.columns
    ]


def _label(column: ColumnPlan, plan: TablePlan, drift_seen: Mapping[str, float]) -> Entry:
    if plan.task.kind == "regression":
        description = f"Label: the number to predict ({column.note})."
    else:
        description = f"Label: one of {len(plan.task.classes)} classes."
    lines = [_text("name", column.name), f"type: {schema_pb2.FeatureType.Name(TYPES[column.type])}"]
    lines += _label_domain(column, plan)
    lines += ["value_count { min: 1 max: 1 }", "presence { min_fraction: 1.0 min_count: 1 }"]
    counted = plan.task.kind != "regression" and (column.type == "string" or plan.task.kind == "multiclass")
    usual = SMALL_LIST_DRIFT if counted else RATE_DRIFT if plan.task.is_zero_or_one else NUMBER_DRIFT
    if drift := _comparator(usual, drift_seen.get(column.name), by_share=counted and column.type != "float"):
        lines.append(drift)
    lines.append('not_in_environment: "SERVING"')
    return Entry(
        (description, "Rows without a label are left out until an export of the span has it."), tuple(lines)
    )


def _label_domain(column: ColumnPlan, plan: TablePlan) -> list[str]:
    classes = plan.task.classes
    if column.type == "float":
        return ["float_domain { disallow_nan: true disallow_inf: true }"]
    if column.type == "int":
        whole = [name for name in classes if isinstance(name, int)]
        if not whole:
            return []
        # Else TFDV counts no values, and their shares cannot be checked.
        categorical = "" if plan.task.kind == "binary" else " is_categorical: true"
        return [f"int_domain {{ min: {min(whole)} max: {max(whole)}{categorical} }}"]
    return _listed([str(name) for name in classes])


def _column(
    column: ColumnPlan,
    plan: TablePlan,
    worst_missing: Mapping[str, float],
    drift_seen: Mapping[str, float],
) -> Entry:
    lines = [_text("name", column.name), f"type: {schema_pb2.FeatureType.Name(TYPES[column.type])}"]
    if column.role == "set_aside":
        back = "To use it, delete lifecycle_stage here and add it to the transform."
        comments = (f"Set aside: {column.reason}.", back)
        optional = ["presence { min_fraction: 0 min_count: 0 }", "lifecycle_stage: DISABLED"]
        return Entry(_wrapped(comments), (*lines, *_plain_domain(column), *optional))
    is_time = column.name == plan.time_column
    lines += _domain(column)
    lines.append("value_count { min: 1 max: 1 }")
    lines.append(_presence(1.0 if is_time else _least_present(worst_missing.get(column.name, 0.0))))
    drift = None if column.role == "date" else _drift(column, drift_seen.get(column.name))
    description = _description(column, is_time, worst_missing.get(column.name, 0.0), len(plan.spans) > 1)
    if drift:
        lines.append(drift)
    return Entry(_wrapped(description), tuple(lines))


def _description(column: ColumnPlan, is_time: bool, worst: float, several: bool) -> tuple[str, ...]:
    kind = {"number": "A number", "category": "A category", "date": "A date"}.get(column.role, "")
    if is_time:
        return (f"The time of the row ({column.note}). Every row must have one.",)
    description = f"{kind}: {column.note}."
    if column.type != "string":
        description += f" {bounds_reason(column)}"
    if several and column.missing_share and worst > 1.5 * column.missing_share:
        description += f" In the worst span it is {missing(worst)}."
    if column.role == "category" and column.type == "string" and not column.values:
        description += " New values are allowed."
    return (description,)


def _plain_domain(column: ColumnPlan) -> list[str]:
    """Domains for NaN and text that is not a category, for columns that are set aside as well."""
    return ["float_domain { disallow_nan: true disallow_inf: true }"] if column.type == "float" else []


def _domain(column: ColumnPlan) -> list[str]:
    if column.role == "date" or (column.type == "string" and not column.values):
        is_date = column.role == "date"
        return ["string_domain { is_categorical: CATEGORICAL_NO }"] if is_date else []
    if column.type == "string":
        return _listed([str(value) for value in column.values])
    low, high = bounds_of(column)
    if column.type == "int":
        return [f"int_domain {{ min: {int(low)} max: {int(high)} }}"]
    return [f"float_domain {{ min: {low:g} max: {high:g} disallow_nan: true disallow_inf: true }}"]


def bounds_of(column: ColumnPlan) -> tuple[float, float]:
    """Bounds that values to come hardly pass, but another unit or a code for missing (such as -999) does.

    They are twice the observed range below and above it, of two figures; never below 0 (above 0) if no value
    is, and not beyond 1 or 100 of a share or a percentage. A column of 0 and 1 keeps these bounds.
    """
    low, high = column.minimum or 0.0, column.maximum or 0.0
    if column.type == "int" and (low, high) == (0, 1):
        return low, high
    width = (high - low) or abs(high) or 1.0
    most = _INT64 if column.type == "int" else _FLOAT32
    below, above = _figure(low - WIDER * width, math.floor), _figure(high + WIDER * width, math.ceil)
    if low >= 0:
        below, above = max(below, 0.0), _natural_limit(column) or above
    elif high <= 0:
        above = min(above, 0.0)
    return max(below, -most), min(above, most)


def _natural_limit(column: ColumnPlan) -> float | None:
    """1 of a share, 100 of a percentage; None of other numbers."""
    high = column.maximum or 0.0
    if column.distinct <= _VALUES_OF_A_SHARE:
        return None
    limits = (1.0, 100.0) if column.type == "float" else (100.0,)
    return next((limit for limit in limits if _NEARLY * limit <= high <= limit), None)


def bounds_reason(column: ColumnPlan) -> str:
    """Why a column of numbers has its bounds, as a sentence."""
    low, high = column.minimum or 0.0, column.maximum or 0.0
    if column.type == "int" and (low, high) == (0, 1):
        return "Bounds: it is 0 or 1."
    limit = _natural_limit(column) if low >= 0 else None
    if limit:
        return f"Bounds: 0 and {limit:g}, as the values end there like those of a {_LIMITED[limit]}."
    sign = " No value is negative." if low >= 0 else " No value is positive." if high <= 0 else ""
    return f"Bounds: {WIDER} times the observed range below and above it.{sign}"


def _figure(value: float, rounded: Callable[[float], int]) -> float:
    """The next number of two figures: of -437 and 1350 the lower ones are -440 and 1300."""
    if value == 0:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(abs(value))) - 1)
    return float(f"{rounded(value / step) * step:.6g}")


def _least_present(worst: float) -> float:
    """The required share of present cells: twice the observed missing share, plus a tenth, may be missing."""
    least = math.floor((1 - 2 * worst - 0.1) * 20) / 20
    return least if least >= 0.2 else 0.0


def _presence(least: float) -> str:
    if least == 0:
        return "presence { min_fraction: 0 min_count: 0 }"
    return f"presence {{ min_fraction: {least:g} min_count: 1 }}"


def _drift(column: ColumnPlan, seen: float | None) -> str:
    """The comparator, with the measured distance as a comment; "" if a threshold would be useless."""
    if column.type == "string" and column.distinct > _MOST_OPEN_VALUES:
        return ""
    if column.rising:
        return f"# No drift_comparator: {column.rising}, so that neighbouring spans hardly share one."
    by_share = column.type == "string" and bool(column.values)
    usual = SMALL_LIST_DRIFT if by_share else OPEN_DRIFT if column.type == "string" else NUMBER_DRIFT
    return _comparator(usual, seen, by_share=by_share)


def _comparator(usual: float, seen: float | None, *, by_share: bool) -> str:
    """The comparator of a usual threshold, or of one and a half times the measured distance."""
    threshold = usual if seen is None else max(usual, math.ceil(1.5 * seen * 20) / 20)
    if threshold > _MOST_DRIFT:
        return f"# No drift_comparator: neighbouring spans already differ by up to {seen:.3f} (maximum 1)."
    measure = "infinity_norm" if by_share else "jensen_shannon_divergence"
    line = f"drift_comparator {{ {measure} {{ threshold: {threshold:g} }} }}"
    return line if seen is None else f"{line}  # largest between neighbouring spans: {seen:.3f}"


def _listed(values: Sequence[str]) -> list[str]:
    one = " ".join(_text("value", value) for value in values)
    if len(one) <= _LIST_WIDTH:
        return [f"string_domain {{ {one} }}"]
    lines, line = ["string_domain {"], ""
    for value in values:
        entry = _text("value", value)
        if line and len(line) + len(entry) + 1 > _LIST_WIDTH:
            lines.append(f"  {line}")
            line = ""
        line = f"{line} {entry}".strip()
    return [*lines, f"  {line}", "}"]


def _text(key: str, value: str) -> str:
    """A field of text, as TFMD's text format writes it; letters of any language stay as they are."""
    message = schema_pb2.Feature(name=value)
    written = text_format.MessageToString(message, as_utf8=True, as_one_line=True)
    return f"{key}: {written.removeprefix('name: ')}".strip()


def _wrapped(sentences: Sequence[str], width: int = 110) -> tuple[str, ...]:
    lines: list[str] = []
    line = ""
    for word in " ".join(sentences).split():
        if line and len(line) + len(word) + 1 > width:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    return (*lines, line)


def parsed(text: str, plan: TablePlan) -> schema_pb2.Schema:
    """The schema as it will be read.

    Raises:
        SchemaError: It cannot be read back: a bug of this program, not an error in the table.
    """
    schema = parse_schema(text, "The generated schema")
    if [feature.name for feature in schema.feature] != [column.name for column in plan.columns]:
        raise SchemaError(
            "The generated schema does not have the table's columns.", "Report this as a bug of `new`."
        )
    return schema
