"""Probes one candidate: real rows of the window and hostile ones, served and scored by the training side."""

import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import tensorflow as tf
from tensorflow_metadata.proto.v0 import schema_pb2

from components.serving_probe.hostile import Row, probe_rows
from components.serving_probe.process import ProbeProcess
from components.serving_probe.verdict import Verdict, judge, unservable
from perennial.errors import PerennialError, Unservable, UserCodeError
from perennial.schema import model_columns
from perennial.training.raw_rows import read_rows
from perennial.training.training_side import TrainingSide
from serving.model.columns import InputColumn
from serving.offline.probe import Requests, write_requests
from serving.requests.forms import as_csv_line, as_example

SEED: Final = 20130101


@dataclass(frozen=True)
class Candidate:
    """Where the parts of a candidate lie.

    Attributes:
        model: Folder of the SavedModel.
        model_run: Folder of the Trainer's ModelRun artifact.
        transform_graph: Folder of the Transform's graph artifact.
        schema: The curated schema.
    """

    model: Path
    model_run: Path
    transform_graph: Path
    schema: schema_pb2.Schema


def probe_candidate(
    candidate: Candidate, files: Sequence[str], count: int, python: str, timeout: float
) -> Verdict:
    """Serves the candidate in a process of its own and compares its scores with the training side's.

    Args:
        candidate: What to probe.
        files: Gzip TFRecords of raw tf.Examples, in the order in which they are preferred.
        count: How many real rows to take; as many copies with gaps and some hundred hostile rows join them.
        python: Interpreter of the serving environment.
        timeout: Seconds that the serving process has.

    Returns:
        SERVABLE or UNSERVABLE.
    """
    columns = model_columns(candidate.schema, "SERVING")
    try:
        with ProbeProcess.started(python) as process, tempfile.TemporaryDirectory() as folder:
            real = read_rows(files, columns, count)
            if not real:
                return unservable("There are no rows to probe with.")
            rows = probe_rows(real, columns, SEED)
            requests = in_three_forms([row.row for row in rows], columns)
            write_requests(requests, Path(folder) / "requests")
            process.send(candidate.model, Path(folder) / "requests")
            side = TrainingSide(candidate.transform_graph, candidate.model_run, candidate.schema)
            expected = expected_scores(side, requests.examples, [row.what for row in rows])
            reply = process.reply(timeout)
    except UserCodeError as error:
        logging.getLogger(__name__).warning("The use case's code failed in the probe.", exc_info=True)
        return unservable(str(error))
    except PerennialError as error:
        return unservable(str(error))
    except tf.errors.OpError as error:
        # Its message may hold values of the rows.
        return unservable(f"The rows of the probe cannot be scored as in training ({type(error).__name__}).")
    return judge(expected, reply, [row.what for row in rows], side.head)


def expected_scores(side: TrainingSide, examples: Sequence[bytes], what: Sequence[str]) -> Any:
    """The training side's scores of serialized tf.Examples, as `TrainingSide.score` gives them.

    Raises:
        Unservable: It cannot score one of them; says in words which.
    """
    try:
        return side.score(examples)
    except tf.errors.InvalidArgumentError as error:
        raise Unservable(
            f"{side.place_of(error)}: this operation fails on {_first_failing(side, examples, what)}.",
            "Fix it: it must take every string, every number and missing cells.",
        ) from error


def _first_failing(side: TrainingSide, examples: Sequence[bytes], what: Sequence[str]) -> str:
    for example, words in zip(examples, what, strict=True):
        try:
            side.score([example])
        except tf.errors.InvalidArgumentError:
            return words
    return "the rows together, but on none of them alone"


def in_three_forms(rows: Sequence[Row], columns: Sequence[InputColumn]) -> Requests:
    """The same rows as JSON rows, CSV lines and tf.Examples."""
    return Requests(
        rows, [as_csv_line(row, columns) for row in rows], [as_example(row, columns) for row in rows]
    )
