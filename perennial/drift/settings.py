"""The section `drift` of a use case's YAML: with what days are compared, and what an alarm leads to."""

import datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticKnownError

from perennial.drift.kinds import MEASURE_KINDS
from perennial.durations import Age
from perennial.section import Section, Whole, WrongSetting

Action = Literal["block", "warn", "note"]
BaselineName = Literal["season", "previous", "training", "pinned"]
ACTIONS: Final[tuple[Action, ...]] = ("block", "warn", "note")  # the strongest first
ANY: Final = "*"
_USUAL: Final[tuple[BaselineName, ...]] = ("season", "previous", "training")


def _date(value: object) -> object:
    """A date of YAML, or a text that is one."""
    if isinstance(value, datetime.datetime):
        raise ValueError("expected a date such as 2026-11-26, got a time")
    if isinstance(value, datetime.date):
        return value
    if isinstance(value, str):
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError("expected a date such as 2026-11-26")


def _measure(kind: str) -> str:
    if kind not in (ANY, *MEASURE_KINDS):
        raise PydanticKnownError("literal_error", {"expected": "a measure"})
    return kind


Day = Annotated[datetime.date, BeforeValidator(_date), Field(description="a date such as 2026-11-26")]
MeasureKind = Annotated[
    str, AfterValidator(_measure), Field(json_schema_extra={"enum": [ANY, *MEASURE_KINDS]})
]


class DriftRule(Section):
    """What an alarm of one measure of one column leads to; `*` stands for all. No column: `measure: rows`."""

    feature: Annotated[str, Field(description="the name of a column, or *")] = ANY
    measure: MeasureKind = ANY
    action: Action = "warn"
    retrain: bool = False

    def fits(self, feature: str, measure: str) -> bool:
        """Tells whether the rule speaks of this measure of this column."""
        return self.feature in (ANY, feature) and self.measure in (ANY, measure)


_DEFAULT: Final = DriftRule()


class DriftSettings(Section):
    """How each day is compared with those before it, and what an alarm leads to.

    Attributes:
        history: Days of this long before the newest one are compared with, in seconds; summaries of them are
            kept, whatever the window.
        calendar: Dates that are known to be odd, such as holidays: they are compared with each other.
        baselines: With what a day is compared: the same weekday and the level of the last weeks (`season`),
            the days before (`previous`), the days that the live model was trained on (`training`), the days
            of the spans in `pinned`.
        pinned: Spans that `pinned` is made of; where `baselines` is not set, it is one of them then.
        policy: Rules in order, the first that fits wins; where none fits, an alarm warns.
    """

    history: Age = 400 * 86400
    calendar: Annotated[
        tuple[Day, ...], Field(description="a list of dates such as [2026-11-26, 2026-12-25]")
    ] = ()
    baselines: Annotated[
        tuple[BaselineName, ...],
        Field(min_length=1, description="a list of season, previous, training and pinned"),
    ] = _USUAL
    pinned: Annotated[tuple[str | Whole, ...], Field(description="a list of spans such as [2026-01]")] = ()
    policy: tuple[DriftRule, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _pinned_counts(cls, values: object) -> object:
        """Spans that are pinned are compared with, if no baselines are set."""
        if isinstance(values, dict) and values.get("pinned") and "baselines" not in values:
            return {"baselines": [*_USUAL, "pinned"], **values}
        return values

    @model_validator(mode="after")
    def _fits(self) -> "DriftSettings":
        if len(set(self.baselines)) != len(self.baselines):
            raise WrongSetting("expected each baseline once, got one twice", "baselines")
        if "pinned" in self.baselines and not self.pinned:
            raise WrongSetting("expected the spans of the baseline `pinned`, such as [2026-01]", "pinned")
        if self.pinned and "pinned" not in self.baselines:
            raise WrongSetting("expected `pinned` among the baselines, as spans are pinned", "baselines")
        return self

    @property
    def pinned_spans(self) -> tuple[str, ...]:
        """The names of the pinned spans."""
        return tuple(map(str, self.pinned))

    def rule(self, features: tuple[str, ...], measure: str) -> DriftRule:
        """The rule of an alarm: of the rules of its columns the one with the strongest action.

        Args:
            features: The alarm's columns; none: it is about the number of rows.
            measure: Its kind of measure.
        """
        rules = [self._rule_of(feature, measure) for feature in features or ("",)]
        strongest = min(rules, key=lambda rule: ACTIONS.index(rule.action))
        retrains = any(rule.retrain for rule in rules)
        return strongest.model_copy(update={"retrain": retrains})

    def _rule_of(self, feature: str, measure: str) -> DriftRule:
        return next((rule for rule in self.policy if rule.fits(feature, measure)), _DEFAULT)
