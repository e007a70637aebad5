"""A CSV that a person would be ashamed of: what an office's spreadsheet exports, made from a seed."""

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Final

ROWS: Final = 4000
HEADER: Final = "Bestell-Nr.;Bestelldatum;Größe;Farbe;Betrag (€);Stück;Kundenalter;Straße;zurückgeschickt"
_STREETS: Final = ("Königsallee", "Müllerstraße", "Am Bäckerweg", "Schloßplatz", "Hauptstraße")


def write(target: Path, rows: int = ROWS) -> None:
    """Writes the file in Latin-1: semicolons, thousand separators, `N/A`, US dates, blank lines, a total.

    The euro sign is not in Latin-1: Windows' own code page has it, as such files do.
    """
    draw = random.Random(17)
    lines, total = [HEADER], 0.0
    for number in range(rows):
        day = date(2013, 1, 1) + timedelta(days=number * 365 // rows)
        amount = round(draw.lognormvariate(6, 1), 2)
        total += amount
        lines.append(_line(draw, number, day, amount))
        if draw.random() < 0.01:
            lines.append("")
    lines += ["", f"Summe;;;;{total:,.2f};;;;"]
    target.write_bytes("\r\n".join(lines).encode("cp1252") + b"\r\n\r\n")


def _line(draw: random.Random, number: int, day: date, amount: float) -> str:
    size, colour = draw.choice(["S", "M", "L", "XL", "N/A"]), draw.choice(["grün", "rot", "weiß"])
    pieces = draw.randint(1, 6)
    age = draw.randint(18, 80)
    chance = 0.15 + 0.35 * (size == "XL") + 0.2 * (colour == "grün") + 0.15 * (amount > 800) - 0.002 * age
    cells = (
        f"A{number + 1:06d}",
        f"{day.month}/{day.day}/{day.year}",
        size,
        colour,
        f"{amount:,.2f}",
        str(pieces),
        "N/A" if draw.random() < 0.15 else str(age),
        f"{draw.choice(_STREETS)} {draw.randint(1, 200)}",
        "ja" if draw.random() < chance else "nein",
    )
    return ";".join(cells)
