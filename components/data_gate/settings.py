"""What the gate was told: sample-size floors, the label's rate, and what each kind of anomaly leads to."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from components.data_gate.kinds import KINDS
from perennial.errors import ConfigError, did_you_mean

Action = Literal["block", "warn", "note"]

_ANY = "*"
_REMEDY = "Correct the `data:` section of the use case's YAML."
_POLICY = ("data", "policy")


@dataclass(frozen=True)
class Rule:
    """What an anomaly of one kind in one column leads to; `*` stands for every column or every kind."""

    feature: str
    anomaly: str
    action: Action

    def fits(self, feature: str, kind: str) -> bool:
        """Tells whether the rule speaks of this kind of anomaly in this column."""
        return self.feature in (_ANY, feature) and self.anomaly in (_ANY, kind)


# Where the use case says nothing: what the model cannot take blocks, a change of the world warns.
_DEFAULTS = (
    Rule(_ANY, "unexpected_values", "warn"),
    Rule(_ANY, "new_column", "warn"),
    Rule(_ANY, "drift", "warn"),
    Rule(_ANY, _ANY, "block"),
)


@dataclass(frozen=True)
class LabelRate:
    """Between which shares of 1 a 0/1 label is believed, in spans of at least `min_rows` rows."""

    min: float
    max: float
    min_rows: int = 0


@dataclass(frozen=True)
class Settings:
    """The gate's settings; see `parse` for their JSON.

    Attributes:
        min_rows: A span of fewer rows has the anomaly `too_few_rows`.
        drift_min_rows: Drift is checked when this and the previous span both have as many rows.
        label_rate: None leaves the label's rate unchecked.
        policy: Rules in order, the first that fits wins; those of the use case, then the defaults.
    """

    min_rows: int = 1
    drift_min_rows: int = 1
    label_rate: LabelRate | None = None
    policy: tuple[Rule, ...] = _DEFAULTS

    @classmethod
    def parse(cls, text: str) -> "Settings":
        """Returns the settings written as one JSON object; a key left out has its default.

        Args:
            text: `{"min_rows": int, "drift_min_rows": int, "label_rate": {"min", "max", "min_rows"},
                "policy": [{"feature", "anomaly", "action"}]}`; "" is {}.

        Raises:
            ConfigError: An unknown key, kind of anomaly or action, or a value of another type.
        """
        data = _section(_loaded(text), ("min_rows", "drift_min_rows", "label_rate", "policy"), "data")
        rules = data.get("policy", [])
        if not isinstance(rules, list):
            raise ConfigError("`data.policy` is a list of rules.", _REMEDY, ("data", "policy"))
        return cls(
            min_rows=_count(data, "min_rows", 1),
            drift_min_rows=_count(data, "drift_min_rows", 1),
            label_rate=_label_rate(data["label_rate"]) if data.get("label_rate") is not None else None,
            policy=tuple(_rule(rule) for rule in rules) + _DEFAULTS,
        )

    def action(self, feature: str, kind: str) -> Action:
        """Returns what an anomaly leads to."""
        return next(rule.action for rule in (*self.policy, *_DEFAULTS) if rule.fits(feature, kind))


def _loaded(text: str) -> Any:
    try:
        return json.loads(text or "{}")
    except json.JSONDecodeError as error:
        raise ConfigError("The gate's settings are one JSON object.", _REMEDY) from error


def _section(data: Any, keys: tuple[str, ...], where: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise ConfigError(f"`{where}` is a mapping with {', '.join(keys)}.", _REMEDY, where.split("."))
    unknown = sorted(set(data) - set(keys))
    if unknown:
        near = did_you_mean(unknown[0], keys)
        raise ConfigError(
            f"`{where}` has {', '.join(keys)}, and not {', '.join(unknown)}{near}.",
            _REMEDY,
            [*where.split("."), unknown[0]],
        )
    return data


def _count(data: Mapping[str, Any], key: str, default: int) -> int:
    value = data.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ConfigError(f"`data.{key}` is a number of rows, 0 or more.", _REMEDY, ("data", key))
    return value


def _label_rate(section: Any) -> LabelRate:
    data = _section(section, ("min", "max", "min_rows"), "data.label_rate")
    low, high = data.get("min"), data.get("max")
    if not (isinstance(low, int | float) and isinstance(high, int | float) and 0 <= low < high <= 1):
        raise ConfigError(
            "`data.label_rate` has min and max with 0 <= min < max <= 1.", _REMEDY, ("data", "label_rate")
        )
    return LabelRate(float(low), float(high), _count(data, "min_rows", 0))


def _rule(section: Any) -> Rule:
    data = _section(section, ("feature", "anomaly", "action"), "data.policy")
    feature, anomaly, action = (data.get(key, _ANY) for key in ("feature", "anomaly", "action"))
    if not isinstance(feature, str):
        raise ConfigError("`feature` in `data.policy` is the name of a column, or *.", _REMEDY, _POLICY)
    if anomaly != _ANY and anomaly not in KINDS:
        near = did_you_mean(str(anomaly), KINDS)
        raise ConfigError(
            f"`data.policy` knows the anomalies *, {', '.join(KINDS)}; not {anomaly}{near}.", _REMEDY, _POLICY
        )
    if action not in get_args(Action):
        near = did_you_mean(str(action), get_args(Action))
        raise ConfigError(
            f"`data.policy` has the actions {', '.join(get_args(Action))}{near}.", _REMEDY, _POLICY
        )
    return Rule(feature, anomaly, cast(Action, action))
