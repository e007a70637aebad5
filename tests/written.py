"""How files of tests are written, in few words."""

from collections.abc import Mapping, Sequence
from typing import Any

from perennial.reading.csv_format import CsvFormat
from serving.reading.rules import OTHERS, ReadingRules


def written(
    delimiter: str = ",",
    encoding: str = "utf-8",
    *,
    na_values: Sequence[str] | Mapping[str, tuple[str, ...]] = (),
    date_format: Mapping[str, str | tuple[str, ...]] | None = None,
    skipfooter: int = 0,
    skipinitialspace: bool = False,
    **rules: Any,
) -> CsvFormat:
    """A format; missing texts may be those of all columns, and a column's dates of one format."""
    missing = dict(na_values) if isinstance(na_values, Mapping) else {OTHERS: tuple(na_values)}
    dates = {name: (each,) if isinstance(each, str) else each for name, each in (date_format or {}).items()}
    cells = ReadingRules(na_values=missing, date_format=dates, **rules)
    return CsvFormat(delimiter, encoding, skipfooter, skipinitialspace, cells)
