"""What is measured of a day, in the field's words: the names that `drift.policy` knows."""

from typing import Final

ROWS: Final = "rows"
# How far a column goes with the others: the correlation with what they say of it.
TIE: Final = "tie"
# Kind of a measure -> what it is, as it stands in a sentence about a column.
MEASURE_KINDS: Final = {
    ROWS: "the number of rows",
    "missing": "the share of missing values",
    "rate": "the share of 1",
    "level": "the level (mean of the inner 90%)",
    "low": "the 5th percentile",
    "high": "the 95th percentile",
    "spread": "the spread (10th to 90th percentile)",
    "outside": "the share of values far outside of all before",
    "unseen": "the share of values that are new",
    "mix": "the shares of its values",
    "distinct": "the number of different values",
    "lower": "the share of values with lower-case letters",
    "upper": "the share of values with upper-case letters",
    "digit": "the share of values with digits",
    "space": "the share of values with a space at an end",
    "empty": "the share of empty texts",
    "invalid": "the share of values that are no UTF-8",
    "length": "the mean length",
    TIE: "the tie to the other columns",
}
