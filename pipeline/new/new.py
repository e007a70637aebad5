"""Makes a use case of a person's table: reads it, decides, cuts it into spans, and writes the files."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from tensorflow_metadata.proto.v0 import statistics_pb2

from components.data_gate.settings import Settings as Gate
from pipeline import config
from pipeline.errors import UsageError
from pipeline.new import drift, render, schema, settings, spans
from pipeline.new.curate import curate, label_values
from pipeline.new.hyperparameters import hyperparameters
from pipeline.new.label import Answer, answer_of
from pipeline.new.plan import TablePlan
from pipeline.new.records import Pieces, pieces_of
from pipeline.new.source import Source, days_of, read
from pipeline.new.told import New, look_at, problems_of
from pipeline.new.write import paths_of, refuse_name, write
from pipeline.sniff import sniff
from pipeline.task import Kind

_FORMAT_COMMENTS: Final = {
    "delimiter": "between two cells",
    "encoding": "of the text",
    "decimal": "before a number's fraction",
    "thousands": "between a number's digits",
    "na_values": "cells that stand for a missing one, beside the empty one",
    "date_format": "read as ISO dates",
    "skipfooter": "lines at the end that are no rows",
}
_TWO_SEASONS: Final = 548  # days
_HYPERPARAMETER_COMMENTS: Final = {
    "bins": "of each number's rank",
    "embedding_size": "of a category, at most",
    "members": "networks, which share most weights and are averaged",
    "steps_per_epoch": "an epoch is so many steps, not a pass over the rows",
    "epochs": "at most",
    "ema_momentum": "of the averaged weights",
}


def new(
    name: str,
    path: Path,
    label: str,
    time_column: str | None = None,
    asked: Kind | None = None,
    repository: Path = config.REPOSITORY,
) -> New:
    """Makes the use case `name` of the table at `path`.

    Args:
        name: Of the use case.
        path: A CSV or Parquet file, or a folder of them.
        label: The column to predict.
        time_column: The column that says when a row happened; None: rows have no time.
        asked: The task; None: it is inferred from the label.
        repository: Where the files of a use case are written to.

    Raises:
        UsageError: The name, a column, the label or the file is not what it must be; nothing was written.
        FileRefused: The file cannot be read without loss; nothing was written.
    """
    root = config.home() / name
    refuse_name(name, root, repository)
    sniffed = sniff(path)
    if sniffed.problems:
        raise UsageError(*problems_of(sniffed))
    whole = read(sniffed, label, time_column)
    answer = answer_of(whole.table[label], label, asked)
    source = _without_left_out(whole, answer)
    curated = curate(source, answer, time_column)
    days = days_of(source.table, time_column) if time_column else None
    cut = spans.cut_of(days)
    pieces = pieces_of(source, cut, time_column)
    planned = spans.spans_of(days, source.table.num_rows, cut)
    plan = TablePlan(
        name=name,
        task=answer.task,
        columns=curated.columns,
        time_column=time_column,
        rows=source.table.num_rows + source.bad,
        days=len(np.unique(days)) if days is not None else 0,
        seasons=days is not None and spans.days_covered(days) >= _TWO_SEASONS,
        span_kind=cut.kind,
        spans=planned,
    )
    span_of_row = spans.span_numbers(days, source.table.num_rows, cut, planned)
    chosen = settings.settings_of(
        plan, days, span_of_row, _numbers(source.table[label]), _bad_share(plan, pieces)
    )
    made = _Made(plan, answer, source, chosen, span_of_row, curated.statistics)
    texts, gate_said = made.texts()
    use_case = config.parse(
        texts[paths_of(name)["yaml"]], name=name, home=config.home(), source=f"{name}.yaml"
    )
    use_case.make_root()
    written = write(root, use_case.exports_folder, texts, pieces, repository)
    return New(
        plan=plan,
        sniffed=sniffed,
        why=answer.why,
        bad=source.bad,
        train_rows=chosen.train_rows,
        eval_rows=chosen.eval_rows,
        cut=cut.said,
        look_at=(*look_at(plan, answer, sniffed, source.bad, chosen), *curated.look_at, *gate_said),
        written=written,
        exports=use_case.exports_folder,
    )


def _without_left_out(source: Source, answer: Answer) -> Source:
    """The table without the rows of classes that have too few."""
    if not answer.left_out:
        return source
    _, has_class = label_values(source.table, answer)
    table = source.table.filter(pa.array(has_class))
    return Source(source.sniffed, table, source.bad + answer.left_out_rows)


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[np.float64] | None:
    return None if pa.types.is_binary(column.type) else column.cast(pa.float64()).to_numpy()


def _bad_share(plan: TablePlan, pieces: Mapping[str, Sequence[Pieces]]) -> float:
    """The largest share of a span's rows that cannot be read or has no class."""
    good = {span.name: span.rows for span in plan.spans}
    shares = []
    for name, parts in pieces.items():
        rows = parts[0].rows if parts[0].whole else sum(part.rows for part in parts)
        shares.append(1 - good.get(name, 0) / rows if rows else 0.0)
    return max(0.0, *shares)


class _Made:
    """The files' texts, of all that was decided."""

    def __init__(
        self,
        plan: TablePlan,
        answer: Answer,
        source: Source,
        chosen: settings.Settings,
        span_of_row: npt.NDArray[np.int64],
        statistics: statistics_pb2.DatasetFeatureStatisticsList,
    ) -> None:
        self._plan = plan
        self._answer = answer
        self._source = source
        self._chosen = chosen
        self._span_of_row = span_of_row
        self._statistics = statistics

    def texts(self) -> tuple[dict[str, str], tuple[str, ...]]:
        """Path below the repository -> text, the YAML last; and what the data gate says of the spans."""
        paths = paths_of(self._plan.name)
        yaml = self._yaml()
        schema_text, said = self._schema(yaml)
        plan = self._plan
        texts = {
            paths["schema"]: schema_text,
            paths["transform"]: render.as_python(render.filled("transform.py.j2", plan=plan)),
            paths["model"]: render.as_python(render.filled("model.py.j2", plan=plan)),
            paths["test"]: render.as_python(render.filled("test.py.j2", plan=plan)),
            paths["yaml"]: yaml,
        }
        return texts, said

    def _schema(self, yaml: str) -> tuple[str, tuple[str, ...]]:
        """The schema's text, its thresholds as the spans' distances are; and what the gate says of them."""
        plan, missing = self._plan, self._worst_missing()
        label = plan.task.label
        draft = schema.parsed(self._schema_text(missing, {}), plan)
        by_span = drift.Spans(plan.spans, (self._statistics,))
        if len(plan.spans) > 1:
            by_span = drift.statistics_by_span(self._source.table, self._span_of_row, plan.spans, draft)
        data = config.parse(yaml, name=plan.name, home=config.home(), source=f"{plan.name}.yaml").data
        gate = Gate.parse(json.dumps(data))
        measured = drift.largest_drift(drift.judged(by_span, draft, gate, label))
        text = self._schema_text(missing, measured)
        final = schema.parsed(text, plan)
        said = [
            f"Span {span.name}: {reason}"
            for span, result in zip(plan.spans, drift.judged(by_span, final, gate, label), strict=False)
            for reason in result.reasons
        ]
        return text, tuple(said)

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
        several = f"The spans of the table have {min(rows):,} to {max(rows):,}."
        return render.filled(
            "use_case.yaml.j2",
            plan=plan,
            answer=self._answer,
            settings=chosen,
            title=_title(plan),
            rows_said=several if len(rows) > 1 else f"The table has {rows[0]:,}.",
            format_lines=_lines(self._source.sniffed.exports, _FORMAT_COMMENTS),
            hyperparameter_lines=_lines(
                hyperparameters(plan, chosen.train_rows, chosen.stopping_days), _HYPERPARAMETER_COMMENTS
            ),
            positive=render.yaml_text(plan.task.classes[1]) if plan.task.kind == "binary" else "",
        )


def _lines(values: Mapping[str, Any], comments: Mapping[str, str]) -> list[str]:
    """Keys and values as lines of YAML, with their comments."""
    return [
        f"{key}: {render.yaml_text(value)}" + (f" # {comments[key]}" if key in comments else "")
        for key, value in values.items()
    ]


def _title(plan: TablePlan) -> str:
    columns = sum(column.role in ("number", "category", "date") for column in plan.columns)
    what = {
        "binary": f"whether {plan.task.label} is {plan.task.classes[1] if plan.task.classes else ''}",
        "multiclass": f"{plan.task.label}, one of {len(plan.task.classes)} classes",
        "regression": f"{plan.task.label}, a number",
    }[plan.task.kind]
    return " ".join(f"Predicts {what}, from {columns} columns.".split())
