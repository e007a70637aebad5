"""Measures the network for flights against logistic regression and tuned gradient boosting, month by month.

At each month's end all three are judged on the month's last 7 days and learn from all that is older, but
for the anchors: the rows of the pipeline's own windows. Both yardsticks are tuned on the last 7 days before
those, then fitted on all that is older. With --home the network's figures are read from the summaries of the
pipeline's runs there, and the models published there are compared on the rows of July.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from benchmarks.harness.page import Outcome
from components.arrow_example_gen.convert import ANCHOR, SpanDays, row_hashes, splits_of
from components.evaluator.intervals import jackknife
from perennial.scores import auc, log_loss
from pipeline.use_cases import flights
from serving.model.folder import CARD_FILE

Floats = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.integer[Any]]
Maker = Callable[[Mapping[str, Any]], Any]

LABEL: Final = "late"
EVAL_DAYS: Final = 7
ANCHOR_SHARE: Final = 0.02
SEED: Final = 17
ON_AVERAGE: Final = 0.01
AT_ANY_MONTH: Final = 0.03
JULY: Final = "2013-07"

INTS: Final = ("flight", "distance", "wind_dir", LABEL)
WEATHER: Final = flights.COLUMNS[7:16]
FEW: Final = ("carrier", "origin", "dest", "hour", "weekday")
MANY: Final = ("service", "tailnum")
BOOSTED: Final = ("carrier", "origin", "dest", "weekday", "minute", "flight", "tailnum", "distance", *WEATHER)
BOOSTED_CATEGORIES: Final = 3  # the first so many of BOOSTED are unordered

# Each is tried on the days before evaluation; the best is fitted on all days.
LINEAR_GRID: Final = tuple({"C": c, "many": many} for many in (False, True) for c in (0.003, 0.03, 0.3))
BOOSTING_GRID: Final = tuple(
    {"max_leaf_nodes": leaves, "max_iter": rounds, "min_samples_leaf": smallest}
    for leaves, smallest in ((8, 200), (31, 20))
    for rounds in (25, 50, 100, 200)
)


@dataclass(frozen=True)
class MonthScores:
    """Log loss and AUC of one model on one month's evaluation rows."""

    log_loss: float
    auc: float

    @classmethod
    def of(cls, labels: Labels, probabilities: Floats) -> "MonthScores":
        """Scores probabilities, shape (rows,)."""
        return cls(log_loss(labels, probabilities), auc(labels, probabilities))


def arguments(parser: argparse.ArgumentParser) -> None:
    """Whose runs, and how many months."""
    parser.add_argument("--home", type=Path, help="PERENNIAL_HOME of runs on these months")
    parser.add_argument("--through", default="2013-06", help="last month, such as 2013-06")


def run(options: argparse.Namespace) -> Outcome:
    """Compares month by month."""
    return compared(options.home, options.through)


def compared(home: Path | None, through: str) -> Outcome:
    """The tables; good where the network, if there is one, is within the bounds."""
    rows = typed_rows()
    lines = ["month    rate         regression   boosting     network      difference     (log loss/AUC)"]
    differences: list[tuple[float, float]] = []
    for number, (month, train, judged) in enumerate(windows(rows, through), start=1):
        labels = rows[LABEL].to_numpy()[judged]
        rate = MonthScores.of(labels, np.full(len(labels), rows[LABEL].to_numpy()[train].mean()))
        regression = tuned(rows, train, judged, LINEAR_GRID, regression_of)
        boosting = tuned(rows, train, judged, BOOSTING_GRID, boosting_of)
        network = _network(home, month, number, len(labels), lines) if home else None
        cells = [_cell(scores) for scores in (rate, regression, boosting, network)]
        if network:
            # Each figure against the better of the two in that figure.
            better = min(regression.log_loss, boosting.log_loss), max(regression.auc, boosting.auc)
            differences.append((network.log_loss - better[0], better[1] - network.auc))
            cells.append(f"{differences[-1][0]:+.4f}/{-differences[-1][1]:+.4f}")
        lines.append(f"{month}   {'  '.join(cells)}")
        print(lines[-1], file=sys.stderr, flush=True)
    good = _judged(differences, lines)
    if home:
        good = july(rows, home / "flights" / "models", through, lines) and good
    return Outcome("\n".join(lines), good=good)


def typed_rows() -> Any:
    """The past as the pipeline types it, with `day`, `minute`, `hour`, `weekday`, `service` and `anchor`."""
    rows = flights.past_rows()
    for name in (*INTS, *WEATHER):
        kind = "int64" if name in INTS and not rows[name].isna().any() else "float32"
        rows[name] = pd.to_numeric(rows[name]).astype(kind)
    # Which rows are anchors depends on neither period nor tail.
    rows["anchor"] = splits_of(row_hashes(_table(rows), LABEL), None, SpanDays(), ANCHOR_SHARE) == ANCHOR
    time = pd.to_datetime(rows["sched_dep"])
    rows["day"] = time.dt.strftime("%Y-%m-%d")
    rows["hour"], rows["weekday"] = time.dt.hour, time.dt.weekday
    rows["minute"] = time.dt.hour * 60 + time.dt.minute
    rows["service"] = rows["carrier"] + rows["flight"].astype(str)
    return rows


def _table(rows: Any) -> pa.Table:
    """The rows as ArrowExampleGen hashes them."""
    columns = {}
    for name in flights.COLUMNS:
        kind = pa.int64() if name in INTS else pa.float32() if name in WEATHER else pa.binary()
        columns[name] = pa.array(
            rows[name], pa.string() if kind == pa.binary() else kind, from_pandas=True
        ).cast(kind)
    return pa.table(columns)


def windows(rows: Any, through: str) -> Iterator[tuple[str, Bools, Bools]]:
    """Yields each month up to `through` with the masks of the rows to learn from and to judge by."""
    days = rows["day"].to_numpy(str)
    anchor = rows["anchor"].to_numpy()
    for month in sorted({day[:7] for day in days if day[:7] <= through}):
        newest = np.unique(days[np.char.startswith(days, month)])[-EVAL_DAYS:]
        yield month, ~anchor & (days < newest[0]), ~anchor & (days >= newest[0]) & (days <= newest[-1])


def tuned(
    rows: Any, train: Bools, judged: Bools, grid: tuple[dict[str, Any], ...], maker: Maker
) -> MonthScores:
    """Chooses by log loss on the last days of `train`, fits on all of them, and scores `judged`."""
    days = rows["day"].to_numpy(str)
    late = train & (days >= np.unique(days[train])[-EVAL_DAYS])
    losses = [_fitted(rows, train & ~late, late, maker(settings)).log_loss for settings in grid]
    return _fitted(rows, train, judged, maker(grid[int(np.argmin(losses))]))


def _fitted(rows: Any, train: Bools, judged: Bools, model: Any) -> MonthScores:
    model.fit(rows[train], rows[LABEL][train])
    return MonthScores.of(rows[LABEL].to_numpy()[judged], model.predict_proba(rows[judged])[:, 1])


def regression_of(settings: Mapping[str, Any]) -> Any:
    """A logistic regression on scaled numbers and one-hot categories; gaps are filled and marked."""
    numbers = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    categories = OneHotEncoder(handle_unknown="ignore", min_frequency=20)
    return make_pipeline(
        make_column_transformer(
            (numbers, ["distance", *WEATHER]), (categories, [*FEW, *(MANY if settings["many"] else ())])
        ),
        LogisticRegression(C=settings["C"], max_iter=1000),
    )


def boosting_of(settings: Mapping[str, Any]) -> Any:
    """A gradient boosting of trees, which takes gaps as they are."""
    return _Boosting(settings)


class _Boosting:
    """Codes texts as numbers by their order of first appearance, for trees that take numbers only."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._model = HistGradientBoostingClassifier(
            learning_rate=0.05,
            categorical_features=list(range(BOOSTED_CATEGORIES)),
            early_stopping=False,
            random_state=SEED,
            **settings,
        )
        self._codes: dict[str, dict[str, int]] = {}

    def fit(self, rows: Any, labels: Any) -> None:
        """Learns codes and trees."""
        for name in BOOSTED:
            if rows[name].dtype == object:
                self._codes[name] = {text: code for code, text in enumerate(rows[name].dropna().unique())}
        self._model.fit(self._numbers(rows), labels)

    def predict_proba(self, rows: Any) -> Floats:
        """Probabilities, shape (rows, 2); an unseen text is missing."""
        return np.asarray(self._model.predict_proba(self._numbers(rows)))

    def _numbers(self, rows: Any) -> Floats:
        columns = [
            rows[name].map(self._codes[name]) if name in self._codes else rows[name] for name in BOOSTED
        ]
        return np.column_stack([column.to_numpy(np.float32) for column in columns])


def _network(home: Path, month: str, spans: int, rows: int, lines: list[str]) -> MonthScores | None:
    """The candidate's scores in the last run that judged by this month's last days; None: there is none."""
    newest = None
    for file in sorted((home / "flights" / "runs").glob("*/summary.json")):
        summary = json.loads(file.read_text())
        if not summary.get("candidate") or not str(summary["evaluated_on"]["last_day"]).startswith(month):
            continue
        if len(summary["trained_on"]["spans"]) == spans:
            newest = summary
    if newest is None:
        return None
    if newest["evaluated_on"]["rows"] != rows:
        lines.append(
            f"! {month}: the run was evaluated on {newest['evaluated_on']['rows']} rows, "
            f"the yardsticks on {rows}"
        )
    metrics = newest["candidate"]["metrics"]
    return MonthScores(metrics["log_loss"], metrics["auc"])


def _cell(scores: MonthScores | None) -> str:
    return f"{scores.log_loss:.4f}/{scores.auc:.3f}" if scores else "-".ljust(12)


def _judged(differences: list[tuple[float, float]], lines: list[str]) -> bool:
    """Adds a line: how far behind the network is, on average and at worst. Whether that is within bounds."""
    if not differences:
        return True
    behind = np.array(differences)
    average, worst = behind.mean(0), behind.max(0)
    passed = bool((average <= ON_AVERAGE).all() and (worst <= AT_ANY_MONTH).all())
    lines.append(
        f"network behind the better of the two, {len(behind)} months: log loss {average[0]:+.4f} on average, "
        f"{worst[0]:+.4f} at worst; AUC {average[1]:+.4f} on average, {worst[1]:+.4f} at worst; "
        f"bounds {ON_AVERAGE} and {AT_ANY_MONTH}: {'passed' if passed else 'FAILED'}"
    )
    return passed


def july(rows: Any, models: Path, through: str, lines: list[str]) -> bool:
    """Adds lines that compare, on July's rows, the last version up to `through` with January's alone.

    The intervals leave out a day at a time, as the Evaluator's do; 95%.
    """
    versions: dict[str, Path] = {}
    for card in sorted(models.glob(f"*/{CARD_FILE}"), key=lambda file: int(file.parent.name)):
        spans = [_name(span) for span in json.loads(card.read_text())["spans"]]
        if spans == ["2013-01"]:
            versions["January's"] = card.parent
        elif spans and max(spans) <= through:
            versions["the live"] = card.parent
    if len(versions) < 2:
        lines.append("July: not checked; it needs a version of January alone and a later one.")
        return False
    chosen = rows[rows["day"].str.startswith(JULY)]
    labels, days = chosen[LABEL].to_numpy(), chosen["day"].to_numpy(str)
    answers = {name: raw_scores(folder, chosen) for name, folder in versions.items()}
    for name, folder in versions.items():
        cell = _cell(MonthScores.of(labels, answers[name]))
        lines.append(f"July, {len(labels)} rows: {name} model (version {folder.name}): {cell}")
    passed = True
    for name, metric, sign in (("log loss", log_loss, -1), ("AUC", auc, 1)):
        interval = jackknife(lambda keep, m=metric: _gain(m, labels, answers, keep), days, 0.95)  # type: ignore[misc]
        better = sign * interval.estimate > 0
        passed = passed and better
        lines.append(
            f"July, {name}, live minus January's: {interval.estimate:+.4f}, by day "
            f"[{interval.low:+.4f}, {interval.high:+.4f}] over {interval.groups} days: "
            f"{'better' if better else 'NOT BETTER'}"
        )
    return passed


def _gain(
    metric: Callable[[Labels, Floats], float], labels: Labels, answers: Mapping[str, Floats], keep: Bools
) -> float:
    return metric(labels[keep], answers["the live"][keep]) - metric(labels[keep], answers["January's"][keep])


def _name(span: Any) -> str:
    """The span's name; a model card has it alone or with its version."""
    return str(span["span"] if isinstance(span, dict) else span)


def raw_scores(folder: Path, rows: Any) -> Floats:
    """Scores raw rows through the version's `raw_columns` signature; shape (rows,)."""
    from serving.model.engine import Engine  # TensorFlow, which the yardsticks alone do without

    engine = Engine.load(folder)
    names = [column.name for column in engine.columns]
    kinds = {column.name: column.kind for column in engine.columns}
    scores = []
    for start in range(0, len(rows), 5000):
        part = rows.iloc[start : start + 5000][names]
        cells = [
            [
                None if value != value else int(value) if kinds[name] == "int" else value
                for value in part[name].tolist()
            ]
            for name in names
        ]
        scores.append(
            engine.score_rows([dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True)])
        )
    engine.close()
    return np.concatenate(scores)
