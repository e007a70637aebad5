"""What a use case's YAML says about evaluation, checked and frozen; no TFX, no TensorFlow."""

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import Any, Literal

from pipeline.errors import ConfigError, did_you_mean

METRICS = ("log_loss", "auc", "auc_pr", "precision", "recall", "calibration", "example_count")
OVERALL = ("", "")
MISSING = "(missing)"
OTHER = "(other)"

_WHERE = "The evaluation settings"


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
    """How a candidate is judged.

    Attributes:
        threshold: Probability from which on a row counts as positive (precision and recall).
        slices: How the evaluated rows are cut, besides all of them together.
        bounds: Absolute bounds by metric name (one of `METRICS`).
        anchor_margin: By how much the log loss on the anchors may exceed the champion's.
        confidence: Confidence of every interval, such as 0.95.
        when_inconclusive: What becomes of a candidate whose difference from the champion cannot be told from
            none, or was not checked.
        slice_min_rows: Slices with fewer rows are not judged.
        slice_margin: By how much the log loss of a slice may exceed the champion's.
        min_days: With fewer days no interval is computed.
    """

    threshold: float = 0.5
    slices: tuple[SliceBy, ...] = ()
    bounds: Mapping[str, Bound] = dataclasses.field(default_factory=dict)
    anchor_margin: float = 0.01
    confidence: float = 0.95
    when_inconclusive: Literal["push", "keep"] = "push"
    slice_min_rows: int = 200
    slice_margin: float = 0.15
    min_days: int = 5


def parse_settings(settings: str | Mapping[str, Any]) -> EvaluationSettings:
    """Checks the settings and fills in what they leave out.

    Args:
        settings: The `evaluation` part of a use case's YAML, or the same as JSON. Keys, of which all but
            `bounds.auc.min` may be left out: `threshold`, `slices` (column names, or
            `{name: {"column": ..., "hours": [...]}}`), `bounds` (`{metric: {"min": ..., "max": ...}}`),
            `anchors` (`max_log_loss_increase`), `champion` (`confidence`, `when_inconclusive`),
            `slice_bounds` (`min_rows`, `max_log_loss_increase`), `min_days`.

    Returns:
        The settings, with defaults where nothing is said.

    Raises:
        ConfigError: A key is unknown, a value is of the wrong kind or range, or the AUC has no floor.
    """
    raw = json.loads(settings) if isinstance(settings, str) else settings
    known = {"threshold", "slices", "bounds", "anchors", "champion", "slice_bounds", "min_days"}
    _only(raw, known, "")
    anchors = _only(raw.get("anchors", {}), {"max_log_loss_increase"}, "anchors")
    champion = _only(raw.get("champion", {}), {"confidence", "when_inconclusive"}, "champion")
    by_slice = _only(raw.get("slice_bounds", {}), {"min_rows", "max_log_loss_increase"}, "slice_bounds")
    when = champion.get("when_inconclusive", "push")
    if when not in ("push", "keep"):
        raise ConfigError(
            f"{_WHERE} need `push` or `keep` as `champion.when_inconclusive`.",
            "Write one of the two.",
            ("evaluation", "champion", "when_inconclusive"),
        )
    return EvaluationSettings(
        threshold=_number(raw.get("threshold", 0.5), "threshold", 0, 1),
        slices=_slices(raw.get("slices", ())),
        bounds=_bounds(raw.get("bounds", {})),
        anchor_margin=_number(anchors.get("max_log_loss_increase", 0.01), "anchors.max_log_loss_increase", 0),
        confidence=_number(champion.get("confidence", 0.95), "champion.confidence", 0.5, 0.9999),
        when_inconclusive=when,
        slice_min_rows=int(_number(by_slice.get("min_rows", 200), "slice_bounds.min_rows", 1)),
        slice_margin=_number(
            by_slice.get("max_log_loss_increase", 0.15), "slice_bounds.max_log_loss_increase", 0
        ),
        min_days=int(_number(raw.get("min_days", 5), "min_days", 2)),
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


def _bounds(raw: Any) -> dict[str, Bound]:
    """Reads the absolute bounds; a floor of the AUC is compulsory."""
    bounds = {}
    for name, part in _only(raw, set(METRICS), "bounds").items():
        limits = _only(part, {"min", "max"}, f"bounds.{name}")
        read = {key: _number(value, f"bounds.{name}.{key}") for key, value in limits.items()}
        bounds[name] = Bound(read.get("min"), read.get("max"))
    if "auc" not in bounds or bounds["auc"].minimum is None:
        raise ConfigError(
            f"{_WHERE} of a binary classifier need a floor of the AUC, and have none.",
            "Write `bounds: {auc: {min: 0.6}}`, with the least area under the ROC curve you would push.",
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
