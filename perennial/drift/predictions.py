"""What a model answered on the rows of a span: its days and every row's score, in one folder.

The days are in the form of the day summaries of a table with the columns `prediction` and, of three or more
classes, `confidence`.
"""

import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2

from perennial.drift.day_file import FILE, read_days, write_days
from perennial.drift.day_summaries import DayTable, empty_days
from perennial.drift.prediction_facts import PredictionFacts, damaged, read_facts, write_facts
from perennial.drift.summarise import days_of
from perennial.task import Task

# The columns of the days.
PREDICTION: Final = "prediction"
CONFIDENCE: Final = "confidence"
SCORES_FILE: Final = "scores.npz"
_TIME: Final = "time"

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Predictions:
    """A model's answers on the rows of a span.

    Attributes:
        facts: What they are.
        days: By day the column `prediction`: of a binary task or a regression numbers, of several classes the
            class with the highest probability as text, and then also `confidence`, that probability. No days
            where the model is absent.
        scores: float32, shape (rows,), in the order of the Examples' files by split and name: the
            probability of the positive, the number, or of several classes the highest probability.
        classes: int16, shape (rows,), the place of that class, -1 for none; shape (0,) of other tasks.
    """

    facts: PredictionFacts
    days: DayTable
    scores: Scores
    classes: npt.NDArray[np.int16]

    @classmethod
    def of_answers(
        cls, facts: PredictionFacts, task: Task, answers: Scores, times: npt.NDArray[Any] | None
    ) -> "Predictions":
        """Makes them from a model's answers.

        Args:
            facts: `rows` and `not_finite` are filled in.
            task: What was asked.
            answers: Of every row, as `perennial.saved_models.load_model` gives them.
            times: ISO dates or times of the rows, bytes, shape (rows,), `b""` is missing; None: all rows are
                of one day.
        """
        scores, classes = answers, np.zeros(0, np.int16)
        if task.kind == "multiclass":
            scores = answers.max(axis=1)
            classes = np.where(np.isfinite(scores), answers.argmax(axis=1), -1).astype(np.int16)
        missing = ~np.isfinite(scores)
        columns = {PREDICTION: pa.array(scores, pa.float32(), mask=missing)}
        if task.kind == "multiclass":
            names = pa.array([str(each).encode() for each in task.classes], pa.binary())
            columns = {
                PREDICTION: names.take(pa.array(classes, mask=missing)),
                CONFIDENCE: columns[PREDICTION],
            }
        known = replace(facts, rows=len(scores), not_finite=int(missing.sum()))
        return cls(known, _days(columns, times), scores, classes)

    @classmethod
    def absent(cls, facts: PredictionFacts, why: str) -> "Predictions":
        """None: the model could not answer."""
        return cls(replace(facts, absent=why), empty_days(), np.zeros(0, np.float32), np.zeros(0, np.int16))

    def write(self, folder: Path) -> None:
        """Writes `days.arrow`, `scores.npz` and, last, `predictions.json`."""
        folder.mkdir(parents=True, exist_ok=True)
        write_days(folder / FILE, self.days)
        with (folder / SCORES_FILE).open("wb") as file:
            np.savez_compressed(file, scores=self.scores, classes=self.classes)
        write_facts(folder, self.facts)

    @classmethod
    def read(cls, folder: Path) -> "Predictions":
        """Reads what `write` wrote.

        Raises:
            DaysDamaged: It is not what was written.
        """
        facts, days = read_facts(folder), read_days(folder / FILE)
        try:
            with (folder / SCORES_FILE).open("rb") as file, np.load(file, allow_pickle=False) as stored:
                scores, classes = stored["scores"], stored["classes"]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise damaged(folder / SCORES_FILE) from error
        if scores.shape != (facts.rows,):
            raise damaged(folder / SCORES_FILE)
        return cls(facts, days, scores, classes)


def _days(columns: dict[str, pa.Array], times: npt.NDArray[Any] | None) -> DayTable:
    """The days of the rows of a table with these columns."""
    schema = schema_pb2.Schema()
    for name, values in columns.items():
        is_number = pa.types.is_floating(values.type)
        schema.feature.add(name=name, type=schema_pb2.FLOAT if is_number else schema_pb2.BYTES)
    if times is None:
        return days_of(pa.table(columns), schema)
    schema.feature.add(name=_TIME, type=schema_pb2.BYTES)
    table = pa.table({**columns, _TIME: pa.array(times, pa.binary(), mask=np.asarray(times == b""))})
    days = days_of(table, schema, _TIME)
    kept = {name: column for name, column in days.columns.items() if name in columns}
    return replace(days, columns=kept, sample=days.sample.drop(list({_TIME} & set(days.sample.column_names))))
