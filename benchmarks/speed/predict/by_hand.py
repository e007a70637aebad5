"""What a person would write to score a CSV of flights with scikit-learn: fit once; read, score and write.

Usage: python -m benchmarks.speed.predict.by_hand fit KIND TRAIN MODEL
       python -m benchmarks.speed.predict.by_hand score MODEL IN OUT

KIND is `boosting` (HistGradientBoostingClassifier) or `logistic` (LogisticRegression), both with their
default hyperparameters. `score` prints one line of JSON: the seconds of `predict_proba` alone.
"""

import json
import pickle
import sys
import time
from pathlib import Path
from typing import Any, Final

import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

_CATEGORIES: Final = ["carrier", "origin", "dest"]
_PARTS: Final = ["hour", "weekday", "month"]
_NUMBERS: Final = [
    *("flight", "distance", "temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip"),
    *("pressure", "visib"),
]
_LABEL: Final = "late"


def read(path: Path) -> pd.DataFrame:
    """Reads flights, with the hour, weekday and month of their departure."""
    rows = pd.read_csv(path, parse_dates=["sched_dep"])
    times = rows["sched_dep"].dt
    return rows.assign(hour=times.hour, weekday=times.dayofweek, month=times.month)


def boosting() -> Any:
    """A default gradient boosting over the columns as numbers."""
    columns = make_column_transformer(
        (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), _CATEGORIES),
        ("passthrough", [*_PARTS, *_NUMBERS]),
    )
    return make_pipeline(columns, HistGradientBoostingClassifier())


def logistic() -> Any:
    """A logistic regression over categories one-hot and numbers filled in and scaled."""
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), [*_CATEGORIES, *_PARTS]),
        (make_pipeline(SimpleImputer(), StandardScaler()), _NUMBERS),
    )
    return make_pipeline(columns, LogisticRegression(max_iter=300))


_KINDS: Final = {"boosting": boosting, "logistic": logistic}


def fit(kind: str, train: Path, model: Path) -> None:
    """Fits one and keeps it."""
    rows = read(train)
    model.write_bytes(pickle.dumps(_KINDS[kind]().fit(rows, rows[_LABEL])))


def score(model: Path, source: Path, out: Path) -> float:
    """Scores a CSV into another; gives the seconds of `predict_proba` alone."""
    fitted = pickle.loads(model.read_bytes())
    rows = read(source)
    began = time.perf_counter()
    probabilities = fitted.predict_proba(rows)
    seconds = time.perf_counter() - began
    rows = rows.drop(columns=_PARTS)
    rows["prediction"] = probabilities.argmax(axis=1)
    rows["probability_0"], rows["probability_1"] = probabilities.T
    rows.to_csv(out, index=False)
    return seconds


def main(arguments: list[str]) -> None:
    """Fits or scores."""
    if arguments[0] == "fit":
        fit(arguments[1], Path(arguments[2]), Path(arguments[3]))
    else:
        print(json.dumps({"predict_proba": score(*map(Path, arguments[1:]))}))


if __name__ == "__main__":
    main(sys.argv[1:])
