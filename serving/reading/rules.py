"""The reading rules of a use case, from `exports` of its YAML; they travel with each version."""

import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

# What a format is called that is no format of `strptime`: ISO 8601, as pandas calls it.
ISO = "ISO8601"
# Key of `na_values` for the columns that are not named.
OTHERS = "*"


@dataclass(frozen=True)
class ReadingRules:
    """How cells are written; the defaults are those of a plain CSV.

    Attributes:
        decimal: What stands before a number's fraction, in text.
        thousands: What groups a number's digits by three, in text; None: nothing does.
        na_values: Column, or "*" for all others -> texts that are missing there, beside the empty one.
        true_values: Texts that are 1 in a number column, beside `true` in any case.
        false_values: Texts that are 0 in a number column, beside `false` in any case.
        date_format: Column of dates or times -> the formats (`strptime`, or "ISO8601") of its texts. ISO 8601
            is read in each of them where no other format of the column means something else by it.
        time_zone: Zone (IANA) of the wall clock to which times with an offset or a zone are converted.
        rename: Name of a column in a table or request -> its name in the schema, as of pandas' `rename`; a
            column is read by either of the two.
    """

    decimal: str = "."
    thousands: str | None = None
    na_values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    true_values: tuple[str, ...] = ()
    false_values: tuple[str, ...] = ()
    date_format: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    time_zone: str = "UTC"
    rename: Mapping[str, str] = field(default_factory=dict)

    def missing_texts(self, column: str) -> frozenset[str]:
        """Texts that are missing in a column; without the empty one, which a text column keeps if quoted."""
        return frozenset(self.na_values.get(column, self.na_values.get(OTHERS, ())))

    def with_dates(self, *columns: str) -> "ReadingRules":
        """The same rules; these columns are of dates, in ISO 8601 where they had no format."""
        added = {column: (ISO,) for column in columns if column not in self.date_format}
        return replace(self, date_format={**self.date_format, **added}) if added else self

    def to_json(self) -> str:
        """As one JSON object with sorted keys."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "ReadingRules":
        """The inverse of `to_json`.

        Raises:
            ValueError: It is none.
        """
        fields = json.loads(text)
        try:
            lists = {key: _tuples(fields.get(key, {})) for key in ("na_values", "date_format")}
            words = {key: tuple(fields.get(key, ())) for key in ("true_values", "false_values")}
            return cls(**{**fields, **lists, **words})
        except (TypeError, AttributeError) as error:
            raise ValueError(f"expected reading rules, got other JSON: {error}") from error


@functools.cache
def plain_rules() -> ReadingRules:
    """The rules of a version that has none: those of a plain CSV."""
    return ReadingRules()


def several_names(names: Iterable[str]) -> str:
    """What a row or table is refused for that has one column under several names (`rename`)."""
    return f"expected the column under one name, got it as {' and '.join(f'`{name}`' for name in names)}"


def _tuples(lists: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(texts) for key, texts in lists.items()}
