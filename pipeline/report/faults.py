"""How many rows of a span are in quarantine, by column and reason; their cells are not read."""

import csv
from collections import Counter
from pathlib import Path
from typing import Any, Final

# Of a refused span every row may be there; the commonest faults are known long before.
MOST_ROWS: Final = 50_000
_OWN: Final = ["_file", "_line", "_column", "_reason"]


def faults_of(file: Path, delimiter: str, encoding: str = "utf-8") -> tuple[list[dict[str, Any]], bool]:
    """Counts a quarantine file's rows.

    Args:
        file: As `perennial/reading/quarantine.py` writes it.
        delimiter: The export's own.
        encoding: The export's own.

    Returns:
        `column, reason, rows` of each fault, commonest first; and whether all rows were counted.
    """
    counts: Counter[tuple[str, str]] = Counter()
    whole = True
    try:
        with file.open(encoding=encoding, errors="replace", newline="") as lines:
            rows = csv.reader(lines, delimiter=delimiter)
            if next(rows, [])[: len(_OWN)] != _OWN:
                return [], False
            for number, row in enumerate(rows):
                if number == MOST_ROWS:
                    whole = False
                    break
                counts[row[2], row[3]] += 1
    except FileNotFoundError:
        return [], True
    except (csv.Error, IndexError, UnicodeError):  # UTF-16 begins with its mark
        whole = False
    faults = [
        {"column": column, "reason": reason, "rows": rows} for (column, reason), rows in counts.most_common()
    ]
    return faults, whole
