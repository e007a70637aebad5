"""What is judged: each table as spans that land one after another, and how much of it `new` saw."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml

from benchmarks.proofs.gates.damage import SEED, columns_of, damaged
from benchmarks.proofs.gates.rows import FileRows, Order, rows_of
from benchmarks.proofs.gates.use_case import LandingUseCase, made_by_new
from benchmarks.proofs.tables.sources import TABLES, PublicTable
from commands.cutting.spans import SpanRule
from commands.replay.replay import Every, replay
from perennial.errors import PerennialError
from pipeline import config
from pipeline.config import UseCase
from pipeline.run.curated_schema import curated_schema
from pipeline.use_cases import flights

FILES: Final = 6
TENTHS: Final = 10
# A tenth of fewer rows says nothing of a table.
FEWEST_OF_TENTHS: Final = 1000
# A day's spans: `new` makes them of at most as many.
DAYS: Final = 24
_MANY_YEARS: Final = 4
FLIGHTS: Final = "flights"


@dataclass(frozen=True)
class Series:
    """One table cut in one way.

    Attributes:
        table: The table.
        cut: How its rows land.
        land: Makes the use case in an empty folder, with the packages of tables.
        damages: Whether its last span is damaged as well.
    """

    table: str
    cut: str
    land: Callable[["Series", Path, Path], LandingUseCase]
    damages: bool

    @property
    def name(self) -> str:
        """Table and cut."""
        return f"{self.table}, {self.cut}"

    @property
    def use_case(self) -> str:
        """The name of its use case."""
        return "".join(each if each.isalnum() else "_" for each in self.name.lower())

    def landed(self, packages: Path, folder: Path) -> LandingUseCase:
        """The use case with all its spans landed; `folder` is for its files."""
        return self.land(self, packages, folder)


def series_of(table: PublicTable) -> Iterator[Series]:
    """The series of a public table."""
    if table.time:
        yield Series(table.name, "by time, new saw half", _by_time(table, days=0), damages=True)
        yield Series(table.name, f"by time, new saw {DAYS} days", _by_time(table, days=DAYS), damages=False)
        return
    for order, shuffled in (("in order", False), ("shuffled", True)):
        half, tenth = _by_files(table, shuffled, FILES, 2), _by_files(table, shuffled, TENTHS - 1, TENTHS)
        yield Series(table.name, f"{order}, new saw half", half, damages=shuffled)
        yield Series(table.name, f"{order}, new saw a tenth", tenth, damages=False)


def all_series() -> list[Series]:
    """Every series: flights', then the tables'."""
    return [
        Series(FLIGHTS, "months, its own settings", _flights_as_it_is("month"), damages=True),
        Series(FLIGHTS, "days, its own settings", _flights_as_it_is("day"), damages=False),
        Series(FLIGHTS, "months, new saw 6", _flights_by_new("2013-07-01"), damages=True),
        Series(FLIGHTS, f"days, new saw {DAYS}", _flights_by_new("2013-01-25"), damages=True),
        *(each for table in TABLES for each in series_of(table)),
    ]


def judged(series: Series, packages: Path, folder: Path) -> dict[str, Any]:
    """Judges all spans of a series, then the last one that is let through, with each kind of damage.

    Args:
        series: Which.
        packages: Folder of the installed packages with tables.
        folder: Emptied; for its files.

    Returns:
        `spans` and `damaged` (each with `kind` and `column` of the damage), as plain data; `problem`: why
        `new` made no use case, "" where it did.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        use_case = series.landed(packages, folder)
    except PerennialError as error:
        return {"spans": [], "damaged": [], "problem": error.problem}
    names = use_case.hold_back()
    spans = [use_case.land_and_judge(name) for name in names]
    good = [number for number, each in enumerate(spans) if number and each.verdict in ("OK", "WARN")]
    tried = list(_damaged(use_case, names, good[-1])) if series.damages and good else []
    use_case.close()
    shutil.rmtree(folder)
    return {"spans": [each.to_json() for each in spans], "damaged": tried, "problem": ""}


def _damaged(use_case: LandingUseCase, names: Sequence[str], number: int) -> Iterator[dict[str, Any]]:
    """A span with damage, and what the gates say of it."""
    former, last = names[number - 1 : number + 1]
    _, schema = curated_schema(use_case.use_case)
    exports = use_case.use_case.exports
    columns = columns_of(schema, use_case.use_case.answers, exports.time_column, exports.thousands or "")
    one, other = (use_case.rows_of(name) for name in (last, former))
    for each in damaged(one, other, columns):
        result = use_case.judge_instead(last, each.files)
        yield {"kind": each.kind, "column": each.column, **result.to_json()}


def _by_files(
    table: PublicTable, shuffled: bool, files: int, one_of: int
) -> Callable[[Series, Path, Path], LandingUseCase]:
    """`new` sees the first of so many equal parts of the rows, then the others land in so many files."""

    def land(series: Series, packages: Path, folder: Path) -> LandingUseCase:
        rows = _rows(table, packages, folder)
        if one_of == TENTHS and len(rows) < FEWEST_OF_TENTHS:
            raise PerennialError(f"The table has fewer than {FEWEST_OF_TENTHS:,} rows.", "")
        order = np.random.default_rng(SEED).permutation(len(rows)) if shuffled else np.arange(len(rows))
        first, rest = np.split(order, [len(rows) // one_of])
        seen = _part(rows, first, folder, "seen")
        return made_by_new(
            series.use_case, seen, table.label, None, lambda _: _numbered(rows, rest, files, folder)
        )

    return land


def _by_time(table: PublicTable, days: int) -> Callable[[Series, Path, Path], LandingUseCase]:
    """`new` sees the first days; 0: half of the time, whole months or years."""

    def land(series: Series, packages: Path, folder: Path) -> LandingUseCase:
        rows, time = _rows(table, packages, folder), str(table.time)
        _, by_day = rows.order_of_time(time)
        until = str(np.unique(by_day)[days]) if days else _half(by_day)
        return _landed_by_time(series.use_case, rows, table.label, time, until, folder)

    return land


def _landed_by_time(
    name: str, rows: FileRows, label: str, time: str, until: str, folder: Path
) -> LandingUseCase:
    """`new` sees the rows before a day; then the others land, by the spans that it chose."""
    order, by_day = rows.order_of_time(time)
    is_seen = np.char.less(by_day, until)

    def others(use_case: UseCase) -> Iterator[Path]:
        rule = SpanRule(use_case.exports.span, use_case.exports.years)
        if rule == SpanRule("number"):
            yield from _numbered(rows, order[~is_seen], FILES, folder)
            return
        spans = np.array([rule.span_of(day) for day in by_day])
        for span in dict.fromkeys(spans[~is_seen]):
            yield _part(rows, order[spans == span], folder, str(span))

    return made_by_new(name, _part(rows, order[is_seen], folder, "seen"), label, time, others)


def _numbered(rows: FileRows, order: Order, files: int, folder: Path) -> Iterator[Path]:
    """Equal parts of some rows, as the spans after the first."""
    for number, part in enumerate(np.array_split(order, files), start=2):
        yield _part(rows, part, folder, str(number))


def _half(by_day: Any) -> str:
    """The first day of the second half: of a year where there are many, else of a month."""
    first, last = by_day[0].astype("datetime64[D]"), by_day[-1].astype("datetime64[D]")
    middle = str(first + (last - first) // 2)
    years = int(by_day[-1][:4]) - int(by_day[0][:4])
    return f"{middle[:4]}-01-01" if years >= _MANY_YEARS else f"{middle[:7]}-01"


def _rows(table: PublicTable, packages: Path, folder: Path) -> FileRows:
    path = folder / f"{table.name}{table.suffix}"
    table.write(packages, path)
    return rows_of(path)


def _part(rows: FileRows, order: Order, folder: Path, name: str) -> Path:
    return rows.take(order).write(folder / name / f"part{rows.suffix}")


def _flights_as_it_is(every: Every) -> Callable[[Series, Path, Path], LandingUseCase]:
    """Flights' own schema and settings, with spans of months or days."""

    def land(series: Series, packages: Path, folder: Path) -> LandingUseCase:
        values = yaml.safe_load((config.USE_CASES / f"{FLIGHTS}.yaml").read_text())
        values["exports"]["span"] = every
        values["window"]["spans"] = 366
        (config.USE_CASES / f"{series.use_case}.yaml").write_text(yaml.safe_dump(values, sort_keys=False))
        schemas = config.REPOSITORY / "schemas"
        shutil.copyfile(schemas / f"{FLIGHTS}.pbtxt", schemas / f"{series.use_case}.pbtxt")
        for place in ("models", "transforms"):
            shutil.copyfile(
                config.REPOSITORY / place / f"{FLIGHTS}.py",
                config.REPOSITORY / place / f"{series.use_case}.py",
            )
        through = "2013-12" if every == "month" else "2013-12-31"
        use_case = config.load(series.use_case)
        replay(FLIGHTS, use_case.exports_folder, through, every)
        return LandingUseCase(series.use_case)

    return land


def _flights_by_new(until: str) -> Callable[[Series, Path, Path], LandingUseCase]:
    """The flights as a table: `new` sees those before a day."""

    def land(series: Series, packages: Path, folder: Path) -> LandingUseCase:
        path = folder / "flights.csv"
        flights.past_rows().to_csv(path, index=False)
        rows = rows_of(path)
        return _landed_by_time(series.use_case, rows, "late", flights.TIME_COLUMN, until, folder)

    return land
