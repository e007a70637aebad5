"""CSVs as people have them, made up: each kind by a function, for the tests of sniffing and reading."""

import datetime
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

FIRST_DAY = datetime.date(2013, 1, 1)
HEADER = ("date", "shop", "price", "count", "sold")


@dataclass(frozen=True)
class Style:
    """How a table of shops is written."""

    delimiter: str = ","
    decimal: str = "."
    thousands: str = ""
    date: str = "%Y-%m-%d"
    missing: str = ""
    end: str = "\n"

    def number(self, value: float, digits: int) -> str:
        """A number with the style's marks, quoted where the delimiter is one of them."""
        text = f"{value:,.{digits}f}".replace(",", "\0").replace(".", self.decimal)
        text = text.replace("\0", self.thousands)
        return f'"{text}"' if self.delimiter in text else text

    def day(self, day: datetime.date) -> str:
        """A date, of one digit where one is enough."""
        written = self.date
        if "/" in written or "." in written:
            written = written.replace("%d", "%-d").replace("%m", "%-m")
        return day.strftime(written)


def rows(
    style: Style, count: int = 60, shops: Sequence[str] = ("Nord", "Süd", "West"), seed: int = 3
) -> list[str]:
    """Lines of a table without its header."""
    dice = random.Random(3)
    lines = []
    for row in range(count):
        cells = [
            style.day(FIRST_DAY + datetime.timedelta(days=row % 360)),
            shops[row % len(shops)],
            style.number(dice.uniform(0.5, 20_000), 2),
            style.number(dice.randrange(5_000), 0),
            str(row % 2),
        ]
        if style.missing and row % 7 == 3:
            cells[2] = style.missing
        lines.append(style.delimiter.join(cells))
    return lines


def table(style: Style, lines: Sequence[str] | None = None, header: Sequence[str] = HEADER) -> str:
    """A whole file."""
    body = rows(style) if lines is None else lines
    return style.end.join([style.delimiter.join(header), *body]) + style.end


def shameful() -> bytes:
    """Semicolons, Latin-1, thousands, `N/A`, day/month/year, empty lines, a total at the end."""
    style = Style(";", ",", ".", "%d/%m/%Y", "N/A", "\r\n")
    lines = rows(style)
    lines[10:10] = ["", ";;;;"]
    return table(style, [*lines, "Summe;;600.000,00;;"]).encode("latin-1")


def german() -> bytes:
    return table(Style(";", ",", ".", "%d.%m.%Y", "k. A.")).encode("cp1252")


def american() -> bytes:
    return table(Style(",", ".", ",", "%m/%d/%Y", "NA")).encode()


def french() -> bytes:
    return table(Style(";", ",", "\u202f", "%d/%m/%Y")).encode()


def swiss() -> bytes:
    return table(Style("\t", ".", "'", "%d.%m.%Y")).encode("latin-1")


def piped() -> bytes:
    return table(Style("|", date="%d-%b-%Y")).encode()


def excel_hint() -> bytes:
    return b"sep=;\r\n" + table(Style(";", ",", end="\r\n")).encode("cp1252")


def marked() -> bytes:
    return b"\xef\xbb\xbf" + table(Style(",")).encode()


def utf16() -> bytes:
    return table(Style("\t")).encode("utf-16")


def quoted_lines() -> bytes:
    lines = [f'2013-01-{day:02d},"a\nb, ""c""",{day}.5,{day},{day % 2}' for day in range(1, 29)]
    return table(Style(), lines).encode()


def preamble() -> bytes:
    return b"Sales report\nmade on 2013-12-31\n\n" + table(Style()).encode()


def padded_preamble() -> bytes:
    return b"Sales report;;;;\n;;;;\n" + table(Style(";")).encode()


def headless() -> bytes:
    return "\n".join(rows(Style())).encode()


def twice_named() -> bytes:
    return table(Style(), header=("date", "price", "price", "count", "sold")).encode()


def trailing() -> bytes:
    return table(Style(";"), [line + ";" for line in rows(Style(";"))]).encode()


def trailing_everywhere() -> bytes:
    return table(Style(";"), [line + ";" for line in rows(Style(";"))], (*HEADER, "")).encode()


def row_numbers() -> bytes:
    lines = [f"{number},{line}" for number, line in enumerate(rows(Style()))]
    return table(Style(), lines, ("", *HEADER)).encode()


def row_names() -> bytes:
    lines = [f"{number},{line}" for number, line in enumerate(rows(Style()))]
    return table(Style(), lines).encode()


def currency() -> bytes:
    lines = [
        f"{line.split(',')[0]},Nord,${number + 0.5:.2f},{number}%,{number % 2}"
        for number, line in enumerate(rows(Style()))
    ]
    return table(Style(), lines).encode()


def codes() -> bytes:
    lines = [f"2013-01-01,{number * 37:05d},1.5,{number},{number % 2}" for number in range(60)]
    return table(Style(), lines).encode()


def two_markers() -> bytes:
    lines = rows(Style(missing="-"))
    return table(Style(), [line.replace("West", "NULL") for line in lines]).encode()


def ambiguous() -> bytes:
    dice = random.Random(5)
    lines = [
        f"{dice.randint(1, 12)}/{dice.randint(1, 12)}/2013,a,1.5,{number},{number % 2}"
        for number in range(60)
    ]
    return table(Style(), lines).encode()


def in_order() -> bytes:
    """No day above 12, and the rows in the order of their days."""
    days = [f"{day}/{month}/2013" for month in range(1, 13) for day in range(1, 13)]
    return table(Style(), [f"{day},a,1.5,{number},{number % 2}" for number, day in enumerate(days)]).encode()


def mixed_dates() -> bytes:
    lines = rows(Style(date="%d/%m/%Y"))
    lines[15:30] = rows(Style(date="%m/%d/%Y"))[15:30]
    return table(Style(), lines).encode()


def two_formats() -> bytes:
    lines = rows(Style(date="%d/%m/%Y"))
    lines[15:30] = rows(Style())[15:30]
    return table(Style(), lines).encode()


def mixed_decimals() -> bytes:
    lines = [f"2013-01-{number % 28 + 1:02d};a;{number},5;{number}.5;{number % 2}" for number in range(60)]
    return table(Style(";"), lines).encode()


def decimals_in_two_ways() -> bytes:
    lines = [f"2013-01-01;a;{number}{'.,'[number % 2]}5;{number};{number % 2}" for number in range(60)]
    return table(Style(";"), lines).encode()


def timestamps() -> bytes:
    lines = [f"{day:02d}.03.2013 {day % 24}:05,a,1.5,{day},{day % 2}" for day in range(1, 29)]
    return table(Style(), lines).encode()


def compact_dates() -> bytes:
    return table(Style(date="%Y%m%d")).encode()


def cut_short() -> bytes:
    lines = [f"{number},Nord,1.5,{number},{number % 2}" for number in range(60)]
    return table(Style(), [*lines, "60,No"]).encode()


def noted() -> bytes:
    return (table(Style()) + "\n(60 rows affected)\n").encode()


def summed() -> bytes:
    lines = [f"2013-01-01,a,{number},{number},{number % 2}" for number in range(60)]
    return table(Style(), [*lines, f",,{sum(range(60))},{sum(range(60))},30"]).encode()


def torn_rows() -> bytes:
    lines = rows(Style(), 5000)
    lines[100] += ",surplus"
    lines[200] = lines[200].replace(".", "x", 1)
    return table(Style(), lines).encode()


def cyrillic() -> bytes:
    return table(Style(";"), rows(Style(";"), shops=("Москва", "Казань", "Новосибирск"))).encode("cp1251")


def spaced() -> bytes:
    return table(Style(), [line.replace(",", ", ") for line in rows(Style())]).encode()


def spaced_text() -> bytes:
    return table(Style(), [re.sub(",(?=[^0-9])", ", ", line) for line in rows(Style())]).encode()


def years_for_names() -> bytes:
    lines = [
        f"{name},{','.join(str(number * 7 + year) for year in range(4))}"
        for number, name in enumerate("abcdefgh")
    ]
    return table(Style(), lines, ("country", "2010", "2011", "2012", "2013")).encode()


KINDS: dict[str, Callable[[], bytes]] = {
    kind.__name__: kind
    for kind in (
        *(
            shameful,
            german,
            american,
            french,
            swiss,
            piped,
            excel_hint,
            marked,
            utf16,
            quoted_lines,
            preamble,
        ),
        *(
            padded_preamble,
            headless,
            twice_named,
            trailing,
            trailing_everywhere,
            row_numbers,
            row_names,
            currency,
        ),
        *(
            codes,
            two_markers,
            ambiguous,
            in_order,
            mixed_dates,
            two_formats,
            mixed_decimals,
            decimals_in_two_ways,
            timestamps,
        ),
        *(compact_dates, cut_short, noted, summed, torn_rows, cyrillic, spaced, spaced_text, years_for_names),
    )
}
