"""Each span that a gate blocks, looked at: whether the gate is right about it, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from benchmarks.proofs.gates.result import BlockedColumn

_ANY: Final = "*"


@dataclass(frozen=True)
class BlockReason:
    """What a person who looked at blocked spans says of them; `*` stands for every value.

    Attributes:
        series: Name of the series, or how it begins or ends, with `*` for the rest.
        kind: Kind of the finding.
        column: Its column.
        right: Whether something is wrong with the rows, or a model of the rows before is of no use on them;
            else a person who looks accepts the span.
        why: A sentence.
        spans: Names of the spans; empty: all.
    """

    series: str
    kind: str
    column: str
    right: bool
    why: str
    spans: tuple[str, ...] = ()

    def fits(self, blocked: BlockedColumn) -> bool:
        """Whether it is about this finding in this span."""
        return (
            fnmatchcase(blocked.series, self.series)
            and self.kind in (_ANY, blocked.finding.kind)
            and self.column in (_ANY, blocked.finding.column)
            and (not self.spans or blocked.span in self.spans)
        )


_SORTED: Final = "The file is sorted by the label: the rows have labels that no row before has."
_SEASON: Final = "The label follows the season, and `new` saw only a part of a year."
_PRICES: Final = "Prices rise over the years."
_CALENDAR: Final = "The column counts the calendar: each file has values of its own."
_BLIZZARD: Final = "The blizzard of 8 and 9 February 2013: most flights were cancelled, and none is missing."
_NO_WEATHER: Final = "The source has no weather of 31 December: these columns are empty."
_RAIN: Final = "It rained all day; on nearly all days before, the column is 0 in nearly every row."
_WRONG_LABELS: Final = "From 2014 on the table calls rain fog."

REASONS: Final = (
    BlockReason("flights, days*", "row_count", "", False, _BLIZZARD, ("2013-02-08", "2013-02-09")),
    BlockReason("flights, days*", "*", "*", True, _NO_WEATHER, ("2013-12-31",)),
    BlockReason("flights, days*", "drift_extreme", "precip", False, _RAIN),
    BlockReason("iris, in order*", "refused", "", True, _SORTED),
    BlockReason("wine, in order*", "refused", "", True, _SORTED),
    BlockReason("penguins_raw, in order*", "refused", "", True, _SORTED),
    BlockReason("glass, in order*", "refused", "", True, _SORTED),
    BlockReason("diamonds, in order*", "*", "*", True, _SORTED),
    BlockReason("seattle_weather, by time*", "label_shares", "weather", True, _WRONG_LABELS),
    BlockReason(
        "glucose, by time*",
        "refused",
        "",
        True,
        "`isig` begins to hold `nil`, which is no number and in no `na_values`.",
    ),
    BlockReason("glucose, by time*", "row_count", "", True, "The sensor was off for a part of the time."),
    BlockReason("stock_exchange, by time*", "drift_extreme", "train", True, "`train` is false from 2000 on."),
    BlockReason("bikeshare, in order*", "drift_extreme", "*", False, _CALENDAR),
    BlockReason("bikeshare, in order*", "label_mean", "bikers", False, _SEASON),
    BlockReason("airport_weather, by time*", "label_mean", "temp", False, _SEASON),
    BlockReason("share_prices, by time*", "*", "price", False, _PRICES),
    BlockReason(
        "texas_housing, in order*", "presence", "*", False, "Some towns do not report everything each month."
    ),
    BlockReason(
        "orange_juice, in order*",
        "label_shares",
        "Purchase",
        False,
        "The file goes from customer to customer, and `new` saw few of them.",
    ),
    BlockReason(
        "marriages, in order*",
        "label_shares",
        "rate_marriage",
        False,
        "The class is rare in the file's later part; by chance these rows have none of it.",
    ),
)


def reason_of(blocked: BlockedColumn, reasons: Sequence[BlockReason] = REASONS) -> BlockReason | None:
    """The first reason that fits; None: nobody has looked at it."""
    return next((each for each in reasons if each.fits(blocked)), None)
