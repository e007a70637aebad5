"""The work of a tool's child process: reads rows and jobs, writes a JSON of scores for each.

Stands alone, with pandas and numpy of any version, as each tool has an environment of its own. It is given a
file with a list of `{rows, job, out, digest}`: a folder, a job's name, the file to write, and what is written
as its `code`. The folder: `rows.parquet` and `table.json` (clean rows by day, what the columns are),
`jobs/NAME.parquet` and `.json` (planted rows; what is in them). A result's `items`: item -> for each of its
batches, a day or a month, `columns`: column -> statistic -> value, the larger the odder; `alarmed`: columns
that alarm as the tool is set by default; `score` where the tool judges all columns together.
"""

import argparse
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

MONTHLY = "monthly"
DAILY = "daily"
CLEAN = "clean-"  # the job of the clean days, or months


@dataclass(frozen=True)
class Base:
    """The clean rows of a table by day, and its columns.

    Attributes:
        rows: Frame with `_day`, ordered by it.
        numbers: Columns of numbers.
        text: Columns of text.
        history: Days before the first that is judged.
        months: First day of each month and the day after its last.
        bounds: First row of each day, and the number of rows.
    """

    rows: Any
    numbers: tuple[str, ...]
    text: tuple[str, ...]
    history: int
    months: tuple[tuple[int, int], ...]
    bounds: Any

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns."""
        return (*self.text, *self.numbers)

    @property
    def days(self) -> int:
        """The number of days."""
        return len(self.bounds) - 1

    def between(self, first: int, last: int) -> Any:
        """The clean rows of days `first` to `last - 1`."""
        return self.rows.iloc[self.bounds[first] : self.bounds[last]]


@dataclass(frozen=True)
class RowBatch:
    """Rows that are judged at once.

    Attributes:
        item: Number of the plant, or the clean day or month.
        first: Its first day: the clean days before are its history.
        days: How many days it has.
        columns: Columns that differ from the clean rows; of clean rows all.
        rows: The rows with these columns.
    """

    item: int
    first: int
    days: int
    columns: tuple[str, ...]
    rows: Any


Scores = dict[str, Any]
# Of a column and batch: statistic -> value, and whether it alarms by default.
ColumnScore = tuple[dict[str, float], bool]
Score = Callable[[Sequence[RowBatch]], Iterable[Scores]]


def read_base(folder: Path) -> Base:
    """The clean rows of a folder."""
    about = json.loads((folder / "table.json").read_text())
    rows = pd.read_parquet(folder / "rows.parquet")
    days = int(rows["_day"].iloc[-1]) + 1
    return Base(
        rows,
        tuple(about["numbers"]),
        tuple(about["text"]),
        about["history"],
        tuple((first, last) for first, last in about["months"]),
        np.searchsorted(rows["_day"].to_numpy(), np.arange(days + 1)),
    )


def clean_batches(base: Base, period: str) -> list[RowBatch]:
    """The clean days, or months, that are judged."""
    if period == DAILY:
        spans = [(day, day + 1) for day in range(base.history, base.days)]
    else:
        spans = [(first, last) for first, last in base.months if first >= base.history]
    return [
        RowBatch(first, first, last - first, base.columns, base.between(first, last)) for first, last in spans
    ]


def job_batches(folder: Path, name: str) -> list[RowBatch]:
    """The planted rows of a job, in batches."""
    about = json.loads((folder / "jobs" / f"{name}.json").read_text())
    rows = pd.read_parquet(folder / "jobs" / f"{name}.parquet")
    by_item = {item: part for item, part in rows.groupby("_item", sort=True)}
    batches = []
    for plant in about["plants"]:
        part, columns = by_item[plant["item"]], tuple(plant["touched"])
        if about["period"] == MONTHLY:
            batches.append(RowBatch(plant["item"], plant["first"], plant["days"], columns, part))
        else:
            batches.extend(
                RowBatch(plant["item"], int(day), 1, columns, of_day) for day, of_day in part.groupby("_day")
            )
    return batches


def by_column(
    score: Callable[[Any, str, list[Any]], list[ColumnScore]], history_of: Callable[[int], Any]
) -> Score:
    """Makes a tool of one that scores each column by itself.

    Args:
        score: Is given a history, a column and the rows of several batches; gives a score for each batch.
        history_of: The history's key for a batch's first day; batches of one key are scored together.
    """

    def scores(batches: Sequence[RowBatch]) -> list[Scores]:
        results: list[Scores] = [{"columns": {}, "alarmed": []} for _ in batches]
        groups: dict[tuple[Any, str], list[int]] = {}
        for place, batch in enumerate(batches):
            for column in batch.columns:
                groups.setdefault((history_of(batch.first), column), []).append(place)
        for key, column in sorted(groups, key=str):
            places = groups[key, column]
            of_column = score(key, column, [batches[place].rows for place in places])
            for place, each in zip(places, of_column, strict=True):
                add_column(results[place], column, each)
        return results

    return scores


def add_column(scores: Scores, column: str, score: ColumnScore) -> None:
    """Adds a column's score to those of a batch."""
    values, alarms = score
    scores["columns"][column] = {name: float(value) for name, value in values.items()}
    if alarms:
        scores["alarmed"].append(column)


def main(make: Callable[[Base, str], Score]) -> None:
    """Does what is listed, until the time is over.

    Args:
        make: Makes the tool's scoring, for clean rows and a period.
    """
    # Before the tool is imported: nothing is sent anywhere, and nothing is downloaded.
    os.environ.update(NML_DISABLE_USAGE_LOGGING="1", DO_NOT_TRACK="1", HF_HUB_OFFLINE="1")
    parser = argparse.ArgumentParser()
    parser.add_argument("todo", type=Path, help="JSON: a list of {rows, job, out, digest}")
    parser.add_argument(
        "--until", type=float, default=float("inf"), help="time.time() from which no job is begun"
    )
    options = parser.parse_args()
    tool = ToolRun(make)
    for each in json.loads(options.todo.read_text()):
        if time.time() > options.until:
            return
        began = time.process_time()
        result: dict[str, Any]
        try:
            result = {"items": tool.items(Path(each["rows"]), each["job"])}
        except Exception as problem:  # a tool that cannot read damaged rows is a result, too
            traceback.print_exc()
            result = {"failed": f"{type(problem).__name__}: {problem}"}
        result["cpu_seconds"] = round(time.process_time() - began, 1)
        target = Path(each["out"])
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.with_suffix(".part")
        aside.write_text(json.dumps({"code": each["digest"], "result": result}))
        aside.rename(target)
        print(f"{target.parent.name} {each['job']}: {result['cpu_seconds']} s", file=sys.stderr, flush=True)


class ToolRun:
    """A tool with the clean rows that it works on; those of one folder at a time are in memory."""

    def __init__(self, make: Callable[[Base, str], Score]) -> None:
        """Reads nothing yet."""
        self._make = make
        self._folder: Path | None = None
        self._scoring: dict[str, Score] = {}

    def items(self, folder: Path, job: str) -> dict[str, list[Scores]]:
        """The scores of a job's batches, by item."""
        if folder != self._folder:
            self._folder, self._base, self._scoring = folder, read_base(folder), {}
        if job.startswith(CLEAN):
            period = job.removeprefix(CLEAN)
            batches = clean_batches(self._base, period)
        else:
            period = json.loads((folder / "jobs" / f"{job}.json").read_text())["period"]
            batches = job_batches(folder, job)
        if period not in self._scoring:
            self._scoring[period] = self._make(self._base, period)
        items: dict[str, list[Scores]] = {}
        for batch, scores in zip(batches, self._scoring[period](batches), strict=True):
            items.setdefault(str(batch.item), []).append(scores)
        return items
