"""The kinds of values that a model takes, and which value of each stands for missing."""

import math
from collections.abc import Mapping
from typing import Final, Literal

Kind = Literal["int", "float", "string"]

# INT64_MIN would be the natural choice, and is not exact in JSON numbers.
MISSING_INT: Final = -2147483648
MISSING_FLOAT: Final = math.nan
MISSING_STRING: Final = b""
MISSING: Final[Mapping[str, int | float | bytes]] = {
    "int": MISSING_INT,
    "float": MISSING_FLOAT,
    "string": MISSING_STRING,
}
# The largest integer up to which a float64 has every integer.
MOST_EXACT: Final = 2**53
