"""Words that people and programs write for a missing cell."""

from typing import Final

# Words that mean a missing cell in any column, and words that mean it only in a column of numbers or dates:
# in a column of text they may be values.
EVERYWHERE: Final = (
    "N/A",
    "n/a",
    "#N/A",
    "NA",
    "NaN",
    "nan",
    "NULL",
    "Null",
    "null",
    "<NA>",
    "\\N",
    "#NV",
    "n.a.",
    "N.A.",
    "?",
    # Of pandas' defaults: what C and old compilers of Microsoft write for NaN.
    *("-nan", "-NaN", "1.#QNAN", "-1.#QNAN", "1.#IND", "-1.#IND", "#N/A N/A"),
)
AMONG_NUMBERS: Final = (
    *(
        "-",
        "--",
        "---",
        ".",
        "..",
        "*",
        "None",
        "none",
        "NONE",
        "nil",
        "na",
        "Na",
        "NAN",
        "missing",
        "Missing",
    ),
    *("unknown", "Unknown", "k.A.", "k. A.", "-.-", "#DIV/0!", "#VALUE!", "#REF!", "#NUM!"),
)
