"""Small CSVs of four columns, written by hand or at random, and how the tests read them."""

import csv
import io
import random
from pathlib import Path

from perennial.reading.columns import Column
from perennial.reading.read_csv import read_csv
from perennial.reading.reading import ExportFormat, Read

COLUMNS = (
    Column("n", "int", required=False),
    Column("x", "float", required=False),
    Column("s", "string", required=False),
    Column("y", "int", required=True),
)
EXPORT = ExportFormat(COLUMNS, label="y")


def read(folder: Path, data: bytes | str, export: ExportFormat = EXPORT, name: str = "part.csv") -> Read:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_csv(path, export)


def random_csv(dice: random.Random) -> str:
    cells = {
        "n": ["0", "-7", "00721", "12345678901", "", "1.0", " 5", "1.5", "true", "x"],
        "x": ["0.0", "-1.5", "2e3", "", "7", "1e99", "nope"],
        "s": ["a", "", "a,b", 'say "hi"', "two\nlines", "cr\r\nlf", " pad ", "é☃", "NA", "00721", "'"],
        "y": ["0", "1", "0", "1", "0", "1", ""],
        "junk": ["", "j", "k,\n"],
    }
    names = list(cells)
    dice.shuffle(names)
    out = io.StringIO()
    quote_all = dice.random() < 0.3
    writer = csv.writer(
        out,
        lineterminator=dice.choice(["\n", "\r\n"]),
        quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL,
    )
    writer.writerow(names)
    good_only = dice.random() < 0.4
    for _ in range(dice.randrange(1, 60)):
        row = [dice.choice(cells[name][:5] if good_only else cells[name]) for name in names]
        if quote_all:
            # A quoted empty text is a value; the dict reader cannot tell it from a missing one.
            row = [cell or "1" * (name == "s") for name, cell in zip(names, row, strict=True)]
        if not good_only and dice.random() < 0.05:
            row.pop()
        writer.writerow(row)
        if dice.random() < 0.1:
            out.write("\n")
    return out.getvalue()
