"""NannyML's scores: Jensen-Shannon, missing values, unseen values and rows, with its default thresholds."""

import functools
import logging
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.quality.drift.tools.work import (
    MONTHLY,
    Base,
    ColumnScore,
    RowBatch,
    Score,
    Scores,
    add_column,
    by_column,
    main,
)

REFIT_DAYS = 61  # the reference grows by so many days at once
ROWS = ""
MOST = 1e6
LEAST = 1e-9


def make(base: Base, period: str) -> Score:
    """Scores by the calculators of single columns; the reference is all days before, refitted every 61.

    A value is a multiple of the threshold, or of a lower threshold the other way round. Where the threshold
    is 0, as of unseen values, nothing has multiples: the value is the share of rows.
    """
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    return NannyScores(base, period).scores


class NannyScores:
    """Scores of single columns, and of the number of rows."""

    def __init__(self, base: Base, period: str) -> None:
        """Fits nothing yet."""
        self._base, self._monthly = base, period == MONTHLY
        time = pd.Timestamp("2000-01-01") + pd.to_timedelta(base.rows["_day"], unit="D")
        self._rows = base.rows.assign(_time=time)
        self._fitted = functools.lru_cache(maxsize=None)(self._fit)
        self._columns = by_column(self._score, self._reference_end)

    def scores(self, batches: Sequence[RowBatch]) -> list[Scores]:
        """Rows count where all columns differ, as then rows were lost or added."""
        results = list(self._columns(batches))
        groups: dict[int, list[int]] = {}
        for place, batch in enumerate(batches):
            if len(batch.columns) == len(self._base.columns):
                groups.setdefault(self._reference_end(batch.first), []).append(place)
        for end, places in groups.items():
            values = self._score(end, ROWS, [batches[place].rows for place in places])
            for place, value in zip(places, values, strict=True):
                add_column(results[place], ROWS, value)
        return results

    def _reference_end(self, first: int) -> int:
        return first - (first - self._base.history) % REFIT_DAYS

    def _fit(self, end: int, column: str) -> list[Any]:
        reference = self._rows.iloc[: self._base.bounds[end]]
        made = _calculators(column, "M" if self._monthly else "D", is_text=column in self._base.text)
        for calculator in made:
            calculator.fit(reference if column == ROWS else reference[["_time", column]])
        return made

    def _score(self, end: int, column: str, batches: list[Any]) -> list[ColumnScore]:
        # A chunk for each batch.
        times = pd.date_range("2100-01-01", periods=len(batches), freq="MS" if self._monthly else "D")
        parts = [
            part[[column]].assign(_time=time) if column else pd.DataFrame({"_time": time}, index=part.index)
            for part, time in zip(batches, times, strict=True)
        ]
        analysis = pd.concat(parts, ignore_index=True)
        values: list[dict[str, float]] = [{} for _ in batches]
        alarms = np.zeros(len(batches), bool)
        for calculator in self._fitted(end, column):
            frame = calculator.calculate(analysis).filter(period="analysis").to_df()
            frame = frame.set_index(pd.to_datetime(_column(frame, "start_date")).dt.normalize())
            alerts = _column(frame, "alert").astype(bool).reindex(times)
            alarms |= alerts.fillna(False).to_numpy(bool)
            name = type(calculator).__name__.removesuffix("Calculator")
            for side, of_side in _multiples(frame).items():
                for place, value in enumerate(of_side.reindex(times).fillna(0.0)):
                    if value > 0:
                        values[place][f"{name} {side}"] = float(value)
        return list(zip(values, map(bool, alarms), strict=True))


def _calculators(column: str, chunk_period: str, *, is_text: bool) -> list[Any]:
    """The calculators of a column, or of the number of rows, with their default thresholds."""
    import nannyml

    common = {"timestamp_column_name": "_time", "chunk_period": chunk_period}
    if column == ROWS:
        return [nannyml.SummaryStatsRowCountCalculator(**common)]
    names = {"column_names": [column], **common}
    as_text = {"treat_as_categorical": [column]} if is_text else {}
    made = [nannyml.UnivariateDriftCalculator(**names, **as_text), nannyml.MissingValuesCalculator(**names)]
    return [*made, nannyml.UnseenValuesCalculator(**names)] if is_text else made


def _column(frame: Any, last: str) -> Any:
    """The column of a frame whose name ends so, whatever the number of levels."""
    for name in frame.columns:
        if (name[-1] if isinstance(name, tuple) else name) == last:
            return frame[name]
    raise KeyError(last)


def _multiples(frame: Any) -> dict[str, Any]:
    """Each value over its thresholds: `above`, `below`; and `share` where it has no multiples."""
    value = _column(frame, "value").astype(float)
    lower = pd.to_numeric(_column(frame, "lower_threshold"), errors="coerce").astype(float)
    upper = pd.to_numeric(_column(frame, "upper_threshold"), errors="coerce").astype(float)
    return {
        "above": (value / upper).where(upper > 0, 0.0).clip(upper=MOST),
        "below": (lower / value.clip(lower=LEAST)).where(lower > 0, 0.0).clip(upper=MOST),
        "share": value.where(upper == 0, 0.0),
    }


if __name__ == "__main__":
    main(make)
