"""What a use case's YAML says about evaluation, checked and frozen; no TFX, no TensorFlow."""

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import Any, Final, Literal

from perennial.errors import ConfigError, did_you_mean
from perennial.task import Kind

METRICS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "binary": ("log_loss", "auc", "auc_pr", "precision", "recall", "calibration", "example_count"),
    "multiclass": ("log_loss", "accuracy", "auc", "f1_macro", "example_count"),
    "regression": ("rmse", "mae", "r2", "bias", "example_count"),
}
# The metric that compares, and the one that a use case must bound from below.
LOSS: Final[Mapping[Kind, str]] = {"binary": "log_loss", "multiclass": "log_loss", "regression": "rmse"}
FLOOR: Final[Mapping[Kind, str]] = {"binary": "auc", "multiclass": "auc", "regression": "r2"}
OVERALL = ("", "")
MISSING = "(missing)"
OTHER = "(other)"

_WHERE = "The evaluation settings"
_NEEDS_FLOOR: Final[Mapping[Kind, tuple[str, str]]] = {
    "binary": (
        "the AUC",
        "`bounds: {auc: {min: 0.6}}`, with the least area under the ROC curve you would push",
    ),
    "multiclass": (
        "the AUC",
        "`bounds: {auc: {min: 0.6}}`, with the least area under the ROC curves (class against rest) to push",
    ),
    "regression": (
        "R²",
        "`bounds: {r2: {min: 0.1}}`, with the least share of the label's variance you would have explained",
    ),
}


@dataclasses.dataclass(frozen=True)
class SliceBy:
    """One way to cut the evaluated rows.

    Attributes:
        name: Name of the slice in reports, such as `carrier` or `hour_band`.
        column: Column whose value decides.
        hours: Empty: the value itself is the slice. Else the edges of hour bands, ascending, 0 to 24; the
            hour is read from a timestamp column `YYYY-MM-DD HH:MM:SS`.
    """

    name: str
    column: str
    hours: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True)
class Bound:
    """Least and greatest value a metric may have; None: no such bound."""

    minimum: float | None = None
    maximum: float | None = None


@dataclasses.dataclass(frozen=True)
class EvaluationSettings:
    """How a candidate is judged. The loss is that of the task: log loss, or the root mean squared error.

    Attributes:
        threshold: Probability from which on a row counts as positive (precision and recall); binary alone.
        slices: How the evaluated rows are cut, besides all of them together.
        bounds: Absolute bounds by metric name (one of the task's `METRICS`).
        anchor_margin: By how much the loss on the anchors may exceed the champion's; None: by 2% of what the
            training mean's is there, as the label's unit is not known here.
        anchor_min_rows: Fewer anchors than this are not judged.
        confidence: Confidence of every interval, such as 0.95.
        when_inconclusive: What becomes of a candidate whose difference from the champion cannot be told from
            none, or was not checked.
        slice_min_rows: Slices with fewer rows are not judged.
        slice_margin: By how much the loss of a slice may exceed the champion's; None: by 30% of what the
            training mean's is on all rows.
        min_days: With fewer days no interval is computed.
        yardstick: Whether scikit-learn is fitted to the same rows, to say what the model is worth.
    """

    threshold: float = 0.5
    slices: tuple[SliceBy, ...] = ()
    bounds: Mapping[str, Bound] = dataclasses.field(default_factory=dict)
    anchor_margin: float | None = 0.01
    anchor_min_rows: int = 100
    confidence: float = 0.95
    when_inconclusive: Literal["push", "keep"] = "push"
    slice_min_rows: int = 200
    slice_margin: float | None = 0.15
    min_days: int = 5
    yardstick: bool = True


def parse_settings(settings: str | Mapping[str, Any], kind: Kind = "binary") -> EvaluationSettings:
    """Checks the settings and fills in what they leave out.

    Args:
        settings: The `evaluation` part of a use case's YAML, or the same as JSON. Keys, of which all but
            `bounds` with the floor of the task (`auc.min`, or `r2.min`) may be left out: `threshold`
            (binary), `slices` (column names, or `{name: {"column": ..., "hours": [...]}}`), `bounds`
            (`{metric: {"min": ..., "max": ...}}`), `anchors` (`max_log_loss_increase`, `min_rows`),
            `champion` (`confidence`, `when_inconclusive`), `slice_bounds` (`min_rows`,
            `max_log_loss_increase`), `min_days`, `yardstick`. A regression has `max_rmse_increase`, in the
            label's unit, for `max_log_loss_increase`.
        kind: The task's.

    Returns:
        The settings, with defaults where nothing is said.

    Raises:
        ConfigError: A key is unknown, a value is of the wrong kind or range, or the floor is missing.
    """
    raw = json.loads(settings) if isinstance(settings, str) else settings
    known = {"slices", "bounds", "anchors", "champion", "slice_bounds", "min_days", "yardstick"}
    _only(raw, known | {"threshold"} if kind == "binary" else known, "")
    increase = f"max_{LOSS[kind]}_increase"
    anchors = _only(raw.get("anchors", {}), {increase, "min_rows"}, "anchors")
    champion = _only(raw.get("champion", {}), {"confidence", "when_inconclusive"}, "champion")
    by_slice = _only(raw.get("slice_bounds", {}), {"min_rows", increase}, "slice_bounds")
    defaults = EvaluationSettings()
    margins = (None, None) if kind == "regression" else (defaults.anchor_margin, defaults.slice_margin)
    return EvaluationSettings(
        threshold=_number(raw.get("threshold", 0.5), "threshold", 0, 1),
        slices=_slices(raw.get("slices", ())),
        bounds=_bounds(raw.get("bounds", {}), kind),
        anchor_margin=_margin(anchors, f"anchors.{increase}", margins[0]),
        anchor_min_rows=int(_number(anchors.get("min_rows", 100), "anchors.min_rows", 1)),
        confidence=_number(champion.get("confidence", 0.95), "champion.confidence", 0.5, 0.9999),
        when_inconclusive=_when_inconclusive(champion),
        slice_min_rows=int(_number(by_slice.get("min_rows", 200), "slice_bounds.min_rows", 1)),
        slice_margin=_margin(by_slice, f"slice_bounds.{increase}", margins[1]),
        min_days=int(_number(raw.get("min_days", 5), "min_days", 2)),
        yardstick=_true_or_false(raw.get("yardstick", True), "yardstick"),
    )


def _when_inconclusive(champion: Mapping[str, Any]) -> Literal["push", "keep"]:
    when = champion.get("when_inconclusive", "push")
    if when == "push" or when == "keep":
        return "push" if when == "push" else "keep"
    raise ConfigError(
        f"{_WHERE} need `push` or `keep` as `champion.when_inconclusive`.",
        "Write one of the two.",
        ("evaluation", "champion", "when_inconclusive"),
    )


def _margin(part: Mapping[str, Any], name: str, default: float | None) -> float | None:
    """Reads by how much a loss may exceed another; the key is the last part of its name."""
    key = name.split(".")[-1]
    return _number(part[key], name, 0) if key in part else default


def _true_or_false(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return value
    raise ConfigError(
        f"{_WHERE} need true or false as `{name}`, and a {type(value).__name__} came.",
        f"Mend `{name}`.",
        _at(name),
    )


def _at(name: str) -> tuple[str, ...]:
    """The path of a key of these settings in the use case's YAML."""
    return ("evaluation", *name.split(".")) if name else ("evaluation",)


def _only(part: Any, known: set[str], name: str) -> Mapping[str, Any]:
    """Returns `part` if it is a mapping with no other keys than the known ones."""
    if not isinstance(part, Mapping):
        raise ConfigError(
            f"{_WHERE} need a mapping as `{name}`, and a {type(part).__name__} came.",
            f"Write it as a mapping of {', '.join(sorted(known))}.",
            _at(name),
        )
    for key in part:
        if key not in known:
            where = f"`{name}.{key}`" if name else f"`{key}`"
            raise ConfigError(
                f"{_WHERE} have the unknown key {where}{did_you_mean(str(key), known)}.",
                f"Known are: {', '.join(sorted(known))}.",
                (*_at(name), str(key)),
            )
    return part


def _number(value: Any, name: str, least: float = -math.inf, most: float = math.inf) -> float:
    """Returns `value` if it is a number in range."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not least <= value <= most:
        span = f"from {least:g} to {most:g}" if math.isfinite(most) else f"of at least {least:g}"
        kind = "one out of range" if is_number else f"a {type(value).__name__}"
        wanted = "a number" if math.isinf(least) else f"a number {span}"
        raise ConfigError(
            f"{_WHERE} need {wanted} as `{name}`, and {kind} came.", f"Mend `{name}`.", _at(name)
        )
    return float(value)


def _bounds(raw: Any, kind: Kind) -> dict[str, Bound]:
    """Reads the absolute bounds; a floor of the AUC, or of R², is compulsory."""
    bounds = {}
    for name, part in _only(raw, set(METRICS[kind]), "bounds").items():
        limits = _only(part, {"min", "max"}, f"bounds.{name}")
        read = {key: _number(value, f"bounds.{name}.{key}") for key, value in limits.items()}
        bounds[name] = Bound(read.get("min"), read.get("max"))
    floor = bounds.get(FLOOR[kind])
    if floor is None or floor.minimum is None:
        metric, write = _NEEDS_FLOOR[kind]
        raise ConfigError(
            f"{_WHERE} of a {kind} task need a floor of {metric}, and have none.",
            f"Write {write}.",
            _at("bounds"),
        )
    return bounds


def _slices(raw: Any) -> tuple[SliceBy, ...]:
    """Reads how the rows are cut; names are unique."""
    if isinstance(raw, str) or not hasattr(raw, "__iter__"):
        raise ConfigError(
            f"{_WHERE} need a list as `slices`.", "Write a list of column names.", _at("slices")
        )
    slices = tuple(_slice(entry) for entry in raw)
    if len({cut.name for cut in slices}) != len(slices):
        raise ConfigError(
            f"{_WHERE} name a slice twice.", "Give each slice a name of its own.", _at("slices")
        )
    return slices


def _slice(entry: Any) -> SliceBy:
    """Reads one slice: a column's name, or a name with the column and the hours that cut it."""
    if isinstance(entry, str) and entry:
        return SliceBy(entry, entry)
    if not isinstance(entry, Mapping) or len(entry) != 1:
        raise ConfigError(
            f"{_WHERE} need as each of `slices` a column's name, or a name with its `column` and `hours`.",
            "Write for instance `hour_band: {column: sched_dep, hours: [0, 6, 12, 18, 24]}`.",
            _at("slices"),
        )
    name, part = next(iter(entry.items()))
    part = _only(part, {"column", "hours"}, f"slices.{name}")
    hours = part.get("hours", ())
    ascending = all(isinstance(hour, int) and 0 <= hour <= 24 for hour in hours) and list(hours) == sorted(
        set(hours)
    )
    if not isinstance(part.get("column"), str) or not ascending or len(hours) == 1:
        raise ConfigError(
            f"{_WHERE} need a `column` and, as `hours`, two or more ascending numbers from 0 to 24 "
            f"for the slice `{name}`.",
            "Mend that slice.",
            _at("slices"),
        )
    return SliceBy(str(name), part["column"], tuple(hours))
