"""The file that travels with a version: by which rules its cells are read, and how its CSV is split."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from serving.reading.csv_dialect import CsvDialect
from serving.reading.rules import ReadingRules
from serving.reading.time_zones import zone

_CSV = "csv"


@dataclass(frozen=True)
class VersionRules:
    """What a version's `reading.json` holds; the defaults are those of a version without one.

    Attributes:
        cells: What the values of a cell mean.
        csv: How CSV is split.
    """

    cells: ReadingRules = field(default_factory=ReadingRules)
    csv: CsvDialect = field(default_factory=CsvDialect)

    def to_json(self) -> str:
        """As one JSON object: the rules' own keys, and `csv` beside them."""
        return json.dumps({**json.loads(self.cells.to_json()), _CSV: asdict(self.csv)}, sort_keys=True)

    @classmethod
    def of(cls, file: Path) -> "VersionRules":
        """Reads the file of a version; the defaults where it has none.

        Raises:
            OSError, ValueError: It cannot be read, or holds no rules.
        """
        return cls.from_json(file.read_text(encoding="utf-8")) if file.exists() else cls()

    @classmethod
    def from_json(cls, text: str) -> "VersionRules":
        """The inverse of `to_json`.

        Raises:
            ValueError: It is none, or its time zone is not known.
        """
        fields = json.loads(text)
        try:
            dialect = CsvDialect(**fields.pop(_CSV, {}))
        except (TypeError, AttributeError) as error:
            raise ValueError(f"expected reading rules and a CSV dialect, got other JSON: {error}") from error
        marks = (dialect.delimiter, dialect.quotechar or '"', dialect.escapechar or "\\")
        if not all(isinstance(mark, str) and len(mark) == 1 and mark.isascii() for mark in marks):
            raise ValueError("expected a delimiter, quote and escape of one ASCII character each")
        cells = ReadingRules.from_json(json.dumps(fields))
        zone(cells.time_zone)
        return cls(cells, dialect)
