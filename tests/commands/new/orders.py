"""A table with a column of each kind, and what `new` writes of it; shared by the tests of `new`."""

import csv
import datetime
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROWS = 400
FILES = {
    "schemas/orders.pbtxt",
    "transforms/orders.py",
    "models/orders.py",
    "tests/use_cases/test_orders.py",
    "pipeline/use_cases/orders.yaml",
}


def odd_rows() -> list[dict[str, Any]]:
    """A table with a column of each kind; the label follows, with noise, from the amount alone."""
    draw = random.Random(3)
    rows = []
    for number in range(ROWS):
        amount = draw.gauss(50, 20)
        label = "yes" if amount + draw.gauss(0, 10) > 60 else "no"
        day = datetime.date(2023, 1, 1) + datetime.timedelta(number // 4)
        rows.append(
            {
                "Order ID": f"A-{number:05d}",
                "row": number + 1,
                "größe": f"{amount:.2f}",
                "class": draw.choice(["small", "large"]),
                "city": draw.choice([f"town {place}" for place in range(60)]),
                "zip": f"{draw.randrange(100):05d}",
                "shop_id": draw.randrange(20) * 37,
                "count": "" if number % 5 == 0 else draw.randrange(9),
                "always": "x",
                "nothing": "",
                "note": " ".join(draw.choices(["late", "call", "again", "sent", "back", "to", "shop"], k=12)),
                "same": f"{amount:.2f}",
                "sold": "true" if label == "yes" else "false",
                "day": f"{day.day}.{day.month}.{day.year}",
                "huge": 9_000_000_000_000_000_000 + draw.randrange(10**9),
                "flag": draw.randrange(2),
                "label": "" if number == 7 else label,
            }
        )
    return rows


def written(path: Path, rows: Sequence[Mapping[str, Any]], delimiter: str = ",") -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path
