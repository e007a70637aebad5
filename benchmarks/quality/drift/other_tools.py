"""The other tools: how each is set, and what its scores are."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Tool:
    """Another tool.

    Attributes:
        name: Its key; the module with its scores is called after it.
        title: What the page calls it.
        how: How it is set by default, for the page.
        statistics: What its statistics are, each with a threshold of its own.
        ours: Whether it runs in this environment.
    """

    name: str
    title: str
    how: str
    statistics: str
    ours: bool = False


TOOLS: Final = (
    Tool(
        "tfdv",
        "TFDV",
        "the schema that `infer_schema` makes of the first 122 days, and its comparators against the day "
        "(month) before: L-infinity for text and Jensen-Shannon for numbers. They have no default threshold; "
        "0.01 is that of its guide.",
        "the comparator's distance; the share of rows with a text outside of the schema's domain; the share "
        "without a value, beyond the fraction that the schema lets go",
        ours=True,
    ),
    Tool(
        "evidently",
        "Evidently",
        "the statistic and threshold that `ValueDrift` chooses without options, for each column against the "
        "28 days before.",
        "that statistic over its threshold; of a p-value, the logarithm over that of the threshold",
    ),
    Tool(
        "nannyml",
        "NannyML",
        "univariate drift, missing values, unseen values, and rows, each with its default thresholds; "
        "the reference is all days before, by day (month); it grows every 61 days.",
        "each calculator's value over its threshold, or a lower threshold over the value; of unseen values, "
        "and of missing ones where there were none, whose threshold is 0, the share of rows",
    ),
    Tool(
        "gate",
        "GATE",
        "`detect_drift` against all days (months) before, `cluster=False`: clustering needs a network whose "
        "weights are downloaded. Its alarm is of all columns; the three with the largest z are taken as the "
        "ones that it names.",
        "its one distance of all columns over the 95th percentile of the former days'",
    ),
)
