"""The texts of a use case's files, of all that was decided about its table."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc
from tensorflow_metadata.proto.v0 import statistics_pb2

from commands.new import drift, render, schema
from commands.new.hyperparameters import hyperparameters
from commands.new.label import TaskChoice
from commands.new.label_bounds import LabelBounds
from commands.new.plan import TablePlan
from commands.new.settings import ChosenSettings
from commands.new.source import Source
from commands.new.write import paths_of
from pipeline import config
from pipeline.span_names import SpanKind

_FORMAT_COMMENTS: Final = {
    "delimiter": "between cells",
    "encoding": "of the files",
    "decimal": "decimal mark",
    "thousands": "thousands separator",
    "na_values": "cells that count as missing, like an empty one",
    "true_values": "1 in columns of numbers, like true",
    "false_values": "0 in columns of numbers, like false",
    "date_format": "of all columns of dates; a cell that is none goes to quarantine",
    "time_zone": "of the clock to which times with an offset are converted",
    "skipinitialspace": "a space after a delimiter is not part of the cell",
    "skipfooter": "lines at the end that are not rows",
    "quotechar": "around a cell that has a delimiter",
    "escapechar": "before a quote that is part of a cell, and before itself",
    "escape_unquoted": "false, Spark's way: only in quoted cells",
}
_HYPERPARAMETER_COMMENTS: Final = {
    "bins": "for the rank of each number",
    "embedding_size": "maximum, for a category",
    "members": "networks that share most weights; their outputs are averaged",
    "steps_per_epoch": "an epoch is this many steps, not a pass over the rows",
    "epochs": "at most",
    "ema_momentum": "of the averaged weights",
}
_EXPECT: Final[Mapping[SpanKind, str]] = {
    "month": "{ every: 31d, within: 5d }",
    "day": "{ every: 1d, within: 6h }",
}


class Texts:
    """Writes them, none of them to disk."""

    def __init__(
        self,
        plan: TablePlan,
        choice: TaskChoice,
        source: Source,
        chosen: ChosenSettings,
        bounds: LabelBounds,
        span_of_row: npt.NDArray[np.int64],
        statistics: statistics_pb2.DatasetFeatureStatisticsList,
    ) -> None:
        """Takes what was decided, the table, each row's span, and TFDV's statistics of the table."""
        self._plan = plan
        self._choice = choice
        self._source = source
        self._chosen = chosen
        self._bounds = bounds
        self._span_of_row = span_of_row
        self._statistics = statistics

    def made(self) -> tuple[dict[str, str], tuple[str, ...]]:
        """Path below the repository -> text, the YAML last; and what the data gate reports on the spans."""
        paths = paths_of(self._plan.name)
        yaml = self._yaml()
        schema_text, gate_notes = self._schema(yaml)
        plan = self._plan
        texts = {
            paths["schema"]: schema_text,
            paths["transform"]: render.as_python(render.filled("transform.py.j2", plan=plan)),
            paths["model"]: render.as_python(render.filled("model.py.j2", plan=plan)),
            paths["test"]: render.as_python(render.filled("test.py.j2", plan=plan)),
            paths["yaml"]: yaml,
        }
        return texts, gate_notes

    def _schema(self, yaml: str) -> tuple[str, tuple[str, ...]]:
        """The schema's text, with thresholds from the spans' distances; and what the gate reports on them."""
        plan, missing = self._plan, self._worst_missing()
        label = plan.task.label
        draft = schema.parsed(self._schema_text(missing, {}), plan)
        by_span = drift.Spans(plan.spans, (self._statistics,))
        if len(plan.spans) > 1:
            by_span = drift.statistics_by_span(self._source.table, self._span_of_row, plan.spans, draft)
        gate = config.parse(yaml, name=plan.name, home=config.home(), source=f"{plan.name}.yaml").data
        measured = drift.largest_drift(drift.judged(by_span, draft, gate, label))
        text = self._schema_text(missing, measured)
        final = schema.parsed(text, plan)
        gate_notes = [
            f"Span {span.name}: {reason}"
            for span, result in zip(plan.spans, drift.judged(by_span, final, gate, label), strict=False)
            for reason in result.reasons
        ]
        return text, tuple(gate_notes)

    def _schema_text(self, missing: Mapping[str, float], measured: Mapping[str, float]) -> str:
        entries = schema.entries_of(self._plan, missing, measured)
        return render.filled("schema.pbtxt.j2", plan=self._plan, entries=entries)

    def _worst_missing(self) -> dict[str, float]:
        """Column -> its largest missing share in a span."""
        worst = {}
        spans_rows = np.bincount(self._span_of_row, minlength=len(self._plan.spans))
        for column in self._plan.columns:
            absent = pc.is_null(self._source.table[column.name]).to_numpy()
            counts = np.bincount(self._span_of_row[absent], minlength=len(spans_rows))
            worst[column.name] = float((counts / np.maximum(spans_rows, 1)).max())
        return worst

    def _yaml(self) -> str:
        plan, chosen = self._plan, self._chosen
        rows = [span.rows for span in plan.spans]
        several = f"The spans of this table have {min(rows):,} to {max(rows):,} rows."
        return render.filled(
            "use_case.yaml.j2",
            plan=plan,
            choice=self._choice,
            settings=chosen,
            bounds=self._bounds,
            title=_title(plan),
            reasons=_reasons(plan, chosen),
            rows_of_spans=several if len(rows) > 1 else f"This table has {rows[0]:,} rows.",
            format_lines=_lines(self._source.sniffed.exports, _FORMAT_COMMENTS),
            hyperparameter_lines=_lines(
                hyperparameters(plan, chosen.train_rows, chosen.stopping_days), _HYPERPARAMETER_COMMENTS
            ),
            expect=_EXPECT.get(plan.span_kind, "{ every: 7d, within: 1d }"),
            positive=render.yaml_text(plan.task.classes[1]) if plan.task.kind == "binary" else "",
        )


def _lines(values: Mapping[str, Any], comments: Mapping[str, str]) -> list[str]:
    """Keys and values as lines of YAML, with their comments."""
    return [
        f"{key}: {render.yaml_text(value)}" + (f" # {comments[key]}" if key in comments else "")
        for key, value in values.items()
    ]


def _reasons(plan: TablePlan, chosen: ChosenSettings) -> dict[str, str]:
    """Why settings that follow from the spans' rows are what they are, as ends of comments."""
    if len(plan.spans) == 1:
        return {
            "min_rows": "a hundredth of this table, at most 100: the next span may be much smaller",
            "drift_min_rows": "as few as a distance needs: the next span may be much smaller than this table",
            "window": "this table, and room for those to come",
        }
    return {
        "min_rows": f"a tenth of {chosen.usual_rows:,}, the rows of the span that the median row is in",
        "drift_min_rows": "half the rows of this table's smaller spans, between 100 and 5,000",
        "window": _window_reason(plan, chosen.spans),
    }


def _window_reason(plan: TablePlan, spans: int) -> str:
    if spans == len(plan.spans):
        return "those of this table, as they have many rows"
    periods = {"day": 366, "month": 36}
    if periods.get(plan.span_kind) == spans:
        return {"day": "a year", "month": "three years"}[plan.span_kind]
    return f"{len(plan.spans)} of this table, and room for those to come"


def _title(plan: TablePlan) -> str:
    columns = sum(column.role in ("number", "category", "date") for column in plan.columns)
    what = {
        "binary": f"whether {plan.task.label} is {plan.task.classes[1] if plan.task.classes else ''}",
        "multiclass": f"{plan.task.label}, one of {len(plan.task.classes)} classes",
        "regression": f"{plan.task.label}, a number",
    }[plan.task.kind]
    return " ".join(f"Predicts {what}, from {columns} columns.".split())
