"""The gate's settings: sample-size floors, the label's bounds, and what each kind of anomaly leads to."""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticKnownError

from components.data_gate.kinds import DRIFT_ALARM, KINDS
from perennial.section import Number, Section, Share, Whole

Action = Literal["block", "warn", "note"]
Rows = Annotated[Whole, Field(ge=0)]

_ANY: Final = "*"
# Of this many pairs of neighbouring spans before a span, the distances tell which drift is extreme: an older
# pair says little of today.
NEIGHBOURS: Final = 12


# What `data.policy` knows: alarms of drift have a policy of their own.
_OWN_KINDS: Final = tuple(kind for kind in KINDS if kind != DRIFT_ALARM)


def _known(kind: str) -> str:
    if kind == DRIFT_ALARM:
        raise ValueError("expected another kind: `drift.policy` says what an alarm of drift leads to")
    if kind not in (_ANY, *_OWN_KINDS):
        raise PydanticKnownError("literal_error", {"expected": "a kind of anomaly"})
    return kind


AnyKind = Annotated[str, AfterValidator(_known), Field(json_schema_extra={"enum": [_ANY, *_OWN_KINDS]})]


class Rule(Section):
    """What an anomaly of one kind in one column leads to; `*` stands for every column or every kind."""

    feature: Annotated[str, Field(description="the name of a column, or *")] = _ANY
    anomaly: AnyKind = _ANY
    action: Action

    def fits(self, feature: str, kind: str) -> bool:
        """Tells whether the rule speaks of this kind of anomaly in this column."""
        return self.feature in (_ANY, feature) and self.anomaly in (_ANY, kind)


# Where days are judged by a calibration, a fixed threshold is no reason to call a person.
_CALIBRATED: Final = Rule(anomaly="drift", action="note")
# Where the use case says nothing: what the model cannot take blocks, a change of the world warns.
_DEFAULTS: Final = (
    Rule(anomaly="unexpected_values", action="warn"),
    Rule(anomaly="new_column", action="warn"),
    Rule(anomaly="drift", action="warn"),  # `drift_extreme` blocks
    Rule(anomaly="repeated_file", action="warn"),
    Rule(anomaly="labels_late", action="note"),
    Rule(anomaly="labels_missing", action="warn"),
    # Hours of the day and days may be other ones than the source's: one line of the config settles it.
    Rule(anomaly="time_converted", action="warn"),
    # Most tables write the wall clock that is set.
    Rule(anomaly="time_unzoned", action="note"),
    Rule(action="block"),
)


class ShareBounds(Section):
    """Between which shares of the rows something lies."""

    min: Share
    max: Share

    @model_validator(mode="after")
    def _has_room(self) -> "ShareBounds":
        if self.min >= self.max:
            raise ValueError("expected `min` to be below `max`")
        return self


class LabelRate(ShareBounds):
    """Between which shares of 1 a 0/1 label is believed, in spans of at least `min_rows` rows."""

    min_rows: Rows = 0


def _as_text(name: object) -> object:
    """A class by its name: YAML reads unquoted yes, no, on and off as true and false."""
    if isinstance(name, bool):
        raise ValueError('expected the name of a class, got true or false: quote it, such as "yes"')
    return str(name) if isinstance(name, int) else name


ClassName = Annotated[str, BeforeValidator(_as_text)]


class ClassShares(Section):
    """Between which shares each class of a label is believed, in spans of at least `min_rows` rows.

    Attributes:
        shares: By class; one that is not named is not checked.
        min_rows: Fewer labelled rows are not checked.
    """

    shares: Annotated[dict[ClassName, ShareBounds], Field(min_length=1)]
    min_rows: Rows = 0


class NumberBounds(Section):
    """Between which numbers something lies."""

    min: Number
    max: Number

    @model_validator(mode="after")
    def _has_room(self) -> "NumberBounds":
        if self.min >= self.max:
            raise ValueError("expected `min` to be below `max`")
        return self


class LabelNumbers(Section):
    """Between which numbers a label's mean and standard deviation are believed, in the label's unit.

    Attributes:
        mean: Of the rows' labels.
        deviation: Their standard deviation.
        min_rows: Fewer labelled rows are not checked.
    """

    mean: NumberBounds
    deviation: NumberBounds
    min_rows: Rows = 0


class GateSettings(Section):
    """The gate's settings, the `data` section of a use case.

    Attributes:
        min_rows: A span of fewer rows has the anomaly `too_few_rows`.
        drift_min_rows: Drift is checked when this and the previous span both have as many rows.
        label_rate: Of a label of 0 and 1; None leaves it unchecked.
        label_shares: Of a label whose classes are text, or integers that the schema calls categories.
        label_numbers: Of a label that is a number; it goes before `label_rate`.
        max_outside_share: A larger share of rows outside of the span's month, week, day or hour is blocked;
            up to it they are a warning. Rows after it are never trained on.
        max_seen_share: A larger share of rows that are in other spans in use is blocked, beside what would be
            there by chance; up to it, and above 5%, it is a warning.
        policy: Rules in order, the first that fits wins; where none fits, the defaults.
    """

    min_rows: Rows = 1
    drift_min_rows: Rows = 1
    label_rate: LabelRate | None = None
    label_shares: ClassShares | None = None
    label_numbers: LabelNumbers | None = None
    max_outside_share: Share = 0.05
    max_seen_share: Share = 0.5
    policy: tuple[Rule, ...] = ()

    def action(self, feature: str, kind: str, *, calibrated: bool = False) -> Action:
        """Returns what an anomaly leads to; `calibrated`: the span's days are judged by a calibration."""
        between = (_CALIBRATED,) if calibrated else ()
        return next(rule.action for rule in (*self.policy, *between, *_DEFAULTS) if rule.fits(feature, kind))
