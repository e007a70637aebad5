"""Begins training with the weights of an earlier version, or says why it begins cold.

Nothing is assumed of the transform or of the network: both graphs are applied to the same raw rows, and with
the weights carried over the network has to score as the version does (docs/decisions/warm-start.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from perennial.examples import DTYPES, dense_columns
from perennial.files import read_json
from perennial.training.carry_over import carried
from perennial.training.data import TransformGraph
from perennial.training.head import Head
from perennial.training.id_mapping import unclear
from perennial.training.predecessor import (
    FAILS_ON_ROWS,
    NOT_LOADED,
    FeatureComparison,
    fits,
    predecessor_of,
    sampled,
    score_in,
)
from perennial.training.scaling import Scaling
from perennial.training.signatures import scores_of
from perennial.training.starting_point import StartingPoint
from perennial.training.table import Layout, Table
from perennial.training.unseen_rows import rows_to_stop_by
from serving.model.columns import InputColumn
from serving.reading.values import MISSING

# Share of the rows whose ids have to follow from the former ones; the others had values that are rare by now.
CLEAR: Final = 0.9
# This share of the sampled rows must get the same score by both, within this difference: of a probability, or
# of a regression in standard deviations of the label.
AGREEING: Final = 0.9
CLOSE: Final = 1e-3
# A value that no column has, to see what id an unknown one gets.
_UNKNOWN: Final = {"string": "\x01unknown", "int": -(2**40) - 7, "float": float("nan")}


@dataclass(frozen=True)
class Beginning:
    """Where training begins.

    Attributes:
        head: The task's head; of a warm start with the version's scale of the label.
        stop: Of a warm start the rows to stop by, as in `Table.chosen`; None: cold, or nothing is searched.
        why_cold: Why it is cold though a warm start was asked for; else empty.
    """

    head: Head
    stop: npt.NDArray[np.int32] | None = None
    why_cold: str = ""

    def parts_of(self, table: Table) -> tuple[Table, Table] | None:
        """Of a warm start the rows to learn from and those to stop by; None where `stop` is."""
        if self.stop is None:
            return None
        held_out = np.isin(table.chosen, self.stop)
        return table.where(~held_out), table.where(held_out)


class WarmStart:
    """The version to start from, and its features beside the new ones.

    Attributes:
        why_cold: Why there is no warm start; empty as long as nothing speaks against it.
        comparison: Compares the features while the rows are read; None: there is nothing to compare.
    """

    def __init__(self, point: StartingPoint, transform: TransformGraph, layout: Layout) -> None:
        """Loads the version, if there is one to start from."""
        self._point = point
        self._transform = transform
        self.why_cold = point.why_cold
        self.comparison: FeatureComparison | None = None
        if self.why_cold:
            return
        former, self.why_cold = predecessor_of(point)
        if former is None:
            return
        if problem := fits(former.transform, transform, layout):
            self.why_cold = point.unfit(problem)
            return
        self._former = former
        self.comparison = FeatureComparison(former.transform, layout)

    def give_up(self) -> None:
        """Training begins cold: the version's transform, which is compared, fails on rows that are read."""
        self.comparison = None
        self.why_cold = self._point.unfit(FAILS_ON_ROWS)

    def begin(
        self,
        model: keras.Model,
        table: Table,
        head: Head,
        columns: Sequence[InputColumn],
        files: Sequence[str],
        days: int | None,
        *,
        searches: bool = True,
    ) -> Beginning:
        """Gives the network the version's weights, if nothing speaks against it.

        Args:
            model: The new network; it is left as it is if training begins cold.
            table: Its train rows, which `comparison` has seen.
            head: The task's head, scaled by these rows.
            columns: The raw columns, the label among them.
            files: The files of the train rows, in a split's folder of the window.
            days: How many days decide when to stop; None: rows have no days.
            searches: Whether the number of epochs is searched; only then are there rows to stop by.
        """
        if self.comparison is None:
            return Beginning(head, why_cold=self.why_cold)
        scaling = self._former.scaling or Scaling({}, 0.0, 1.0)
        kept = Head(head.task, scaling.mean, scaling.std)
        stop, why = None, ""
        if searches:
            window = read_json(Path(files[0]).parents[1] / "window.json")
            stop, why = rows_to_stop_by(self._point, table, window, days)
        why = why or self._scale_lost(head, kept) or self._carry_over(model, columns)
        if why:
            return Beginning(head, why_cold=why)
        fresh = [variable.numpy() for variable in model.variables]
        self._assign(model, self._weights)
        if why := self._other_scores(model, kept, columns, files):
            self._assign(model, fresh)
            return Beginning(head, why_cold=why)
        return Beginning(kept, stop)

    def record(self, beginning: Beginning) -> dict[str, Any]:
        """What `training.json` says: the version, and why training began cold, if it did."""
        return {"version": self._point.version or None, "why_cold": beginning.why_cold}

    def _scale_lost(self, head: Head, kept: Head) -> str:
        if head.std and not kept.std:
            return self._point.unfit("all of its labels were equal")
        return ""

    def _carry_over(self, model: keras.Model, columns: Sequence[InputColumn]) -> str:
        """Prepares the weights of the new network from the version's; gives why that is not possible."""
        comparison = self.comparison
        if comparison is None or comparison.differing:
            return self._point.unfit(f"its feature `{comparison and comparison.differing}` has other values")
        raw = _made_up_rows([column for column in columns if column.name in self._transform.dtypes])
        comparison.add_made_up(self._transform, raw)
        mappings = comparison.mappings()
        if problem := unclear(mappings, CLEAR):
            return self._point.unfit(problem)
        self._weights, problem = carried(model, self._former.weights, mappings)
        return self._point.unfit(problem) if problem else ""

    def _other_scores(
        self, model: keras.Model, head: Head, columns: Sequence[InputColumn], files: Sequence[str]
    ) -> str:
        """Why the network with the version's weights does not score as the version does; empty: it does."""
        agree = total = 0
        served = [column for column in columns if column.name != head.task.label]
        for examples in sampled(files):
            raw = dense_columns(examples, served)
            ours = score_in(head.outputs(scores_of(model, self._transform, raw, head)))
            try:
                theirs = self._former.score(examples)
            except NOT_LOADED as error:
                return self._point.unfit(f"it does not score ({type(error).__name__})")
            if ours.shape != theirs.shape:
                return self._point.unfit("its scores have another shape")
            # Of scores that are no numbers none is near.
            near = np.abs(ours - theirs) <= CLOSE * (head.std or 1.0)
            agree += int(near.reshape(len(near), -1).all(axis=1).sum())
            total += len(near)
        if agree < AGREEING * total:
            return self._point.unfit(
                f"with its weights the network scores {total - agree} of {total} rows otherwise"
            )
        return ""

    @staticmethod
    def _assign(model: keras.Model, weights: Sequence[Any]) -> None:
        for variable, value in zip(model.variables, weights, strict=True):
            variable.assign(value)


def _made_up_rows(columns: Sequence[InputColumn]) -> dict[str, tf.Tensor]:
    """Two raw rows: one without any value, one with values that nothing has."""
    return {
        column.name: tf.constant([MISSING[column.kind], _UNKNOWN[column.kind]], DTYPES[column.kind])
        for column in columns
    }
