"""Makes a use case of a person's table: reads it, decides, cuts it into spans, and writes the files."""

import dataclasses
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from commands.cutting import spans
from commands.cutting.pieces import Pieces, pieces_of, whole_files
from commands.cutting.spans import SpanRule
from commands.cutting.spans_of_times import SpansOfTimes
from commands.new.curate import Curated, curate, label_values
from commands.new.former import Former
from commands.new.label import TaskChoice, choose_task
from commands.new.label_bounds import label_bounds
from commands.new.plan import TablePlan
from commands.new.settings import ChosenSettings, settings_of
from commands.new.sniffing.sniff import sniff
from commands.new.source import Source, days_of, format_of, read
from commands.new.summary import NewSummary, look_at, problems_of
from commands.new.texts import Texts
from commands.new.whole_spans import without_partial
from commands.new.write import Written, paths_of, refuse_name, write
from perennial.errors import UsageError
from perennial.task import Kind
from pipeline import config

_TWO_SEASONS: Final = 548  # days


def new(
    name: str,
    path: Path,
    label: str,
    time_column: str | None = None,
    asked: Kind | None = None,
    repository: Path = config.REPOSITORY,
    *,
    replace: bool = False,
) -> NewSummary:
    """Makes the use case `name` of the table at `path`.

    Args:
        name: Of the use case.
        path: A CSV or Parquet file, or a folder of them.
        label: The column to predict.
        time_column: The column that says when a row happened; None: rows have no time.
        asked: The task; None: it is inferred from the label.
        repository: Where the files of a use case are written to.
        replace: Whether a use case of this name may be replaced that has another label, task or time column.

    Raises:
        UsageError: The name, a column, the label or the file is not what it must be, or there is a use case
            of this name that is not to be replaced; nothing was written.
        FileRefused: The file cannot be read without loss; nothing was written.
    """
    root = config.home() / name
    refuse_name(name, root, repository)
    former = Former.of(name, root, repository)
    former.refuse_live(path)
    if not replace:
        former.refuse_other(label=label, time_column=time_column)
    sniffed = sniff(path, label)
    if sniffed.problems:
        raise UsageError(*problems_of(sniffed))
    whole = read(sniffed, label, time_column)
    choice = choose_task(whole.table[label], label, asked)
    if not replace:
        former.refuse_other(task=choice.task.kind)
    cut = _cut(name, whole, choice, time_column)
    span_of_row = spans.span_numbers(cut.days, cut.source.table.num_rows, cut.rule, cut.plan.spans)
    missing = _unlabelled(cut.source, cut.rule, time_column)
    bad_share, unlabelled_share = _worst_shares(cut.plan, cut.pieces, missing)
    chosen = settings_of(
        cut.plan,
        cut.days,
        span_of_row,
        _numbers(cut.source.table[label]),
        bad_share=bad_share,
        unlabelled_share=unlabelled_share,
    )
    bounds = label_bounds(choice.task, cut.source.table[label], span_of_row)
    statistics = cut.curated.statistics
    texts, gate_notes = Texts(cut.plan, choice, cut.source, chosen, bounds, span_of_row, statistics).made()
    use_case = config.parse(
        texts[paths_of(name)["yaml"]], name=name, home=config.home(), source=f"{name}.yaml"
    )
    use_case.make_root()
    written = write(root, use_case.exports_folder, texts, cut.pieces, repository)
    return _summary(cut, choice, chosen, gate_notes, written, use_case.exports_folder)


@dataclass(frozen=True)
class _CutTable:
    """A person's table, cut into spans.

    Attributes:
        source: The rows of the spans.
        plan: What is known of the use case.
        curated: Its columns.
        rule: Which rows go to which span.
        days: The day of each row; None without a time column.
        pieces: What each file gives to each span.
        notes: Sentences on spans that are not written.
    """

    source: Source
    plan: TablePlan
    curated: Curated
    rule: SpanRule
    days: npt.NDArray[np.str_] | None
    pieces: Mapping[str, Sequence[Pieces]]
    notes: tuple[str, ...]


def _cut(name: str, whole: Source, choice: TaskChoice, time_column: str | None) -> _CutTable:
    """Chooses spans and columns, without the rows that are not used."""
    source = _without_left_out(whole, choice)
    all_days = days_of(source.table, time_column) if time_column else None
    rule = spans.span_rule(all_days)
    source, days, partial = without_partial(source, all_days, rule, name)
    curated = curate(source, choice, time_column)
    rows = whole.table.num_rows + whole.bad + whole.unlabelled.num_rows
    plan = _plan(name, rows, source, choice, curated, rule, days, time_column)
    labelled = {rule.span_of(day) for day in np.unique(all_days)} if all_days is not None else {spans.ONE}
    pieces, not_written = _with_rows(plan, _pieces(source, rule, time_column), labelled)
    return _CutTable(source, plan, curated, rule, days, pieces, (*not_written, *partial))


def _summary(
    cut: _CutTable,
    choice: TaskChoice,
    chosen: ChosenSettings,
    gate_notes: Sequence[str],
    written: Written,
    exports: Path,
) -> NewSummary:
    sniffed, unlabelled = cut.source.sniffed, cut.source.unlabelled.num_rows
    return NewSummary(
        plan=cut.plan,
        sniffed=sniffed,
        why=choice.why,
        bad=cut.source.bad,
        unlabelled=unlabelled,
        train_rows=chosen.train_rows,
        eval_rows=chosen.eval_rows,
        span_rule=cut.rule.description,
        look_at=(
            *look_at(cut.plan, choice, sniffed, cut.source.bad, unlabelled, chosen),
            *cut.notes,
            *cut.curated.look_at.values(),
            *gate_notes,
        ),
        written=written,
        exports=exports,
    )


def _pieces(source: Source, rule: SpanRule, time_column: str | None) -> Mapping[str, Sequence[Pieces]]:
    """Span -> what each file gives to it."""
    files = source.sniffed.files
    if time_column is None or rule == SpanRule("number"):
        rows = source.table.num_rows + source.bad + source.unlabelled.num_rows
        return {spans.ONE: whole_files(files, rows)}
    export = format_of(source.sniffed, "", time_column)
    return pieces_of(files, export, SpansOfTimes(rule, {None: export}))


def _plan(
    name: str,
    rows: int,
    source: Source,
    choice: TaskChoice,
    curated: Curated,
    rule: SpanRule,
    days: npt.NDArray[np.str_] | None,
    time_column: str | None,
) -> TablePlan:
    return TablePlan(
        name=name,
        task=choice.task,
        columns=curated.columns,
        time_column=time_column,
        rows=rows,
        days=len(np.unique(days)) if days is not None else 0,
        seasons=days is not None and spans.days_covered(days) >= _TWO_SEASONS,
        span_kind=rule.kind,
        span_years=rule.years,
        spans=spans.spans_of(days, source.table.num_rows, rule),
    )


def _with_rows(
    plan: TablePlan, pieces: Mapping[str, Sequence[Pieces]], labelled: Collection[str]
) -> tuple[Mapping[str, Sequence[Pieces]], tuple[str, ...]]:
    """The spans of the plan, and a sentence where others have no row to learn from.

    The newest rows often have no label yet, and a span of them would be refused.
    """
    good = {span.name for span in plan.spans}
    empty = sorted(pieces.keys() - set(labelled))
    sentence = (f"No span is written for {', '.join(empty)}: no row has a usable label.",)
    return {name: parts for name, parts in pieces.items() if name in good}, sentence if empty else ()


def _without_left_out(source: Source, choice: TaskChoice) -> Source:
    """The table without the rows of classes that have too few."""
    if not choice.left_out:
        return source
    _, has_class = label_values(source.table, choice)
    table = source.table.filter(pa.array(has_class))
    return dataclasses.replace(source, table=table, bad=source.bad + choice.left_out_rows)


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[np.float64] | None:
    return None if pa.types.is_binary(column.type) else column.cast(pa.float64(), safe=False).to_numpy()


def _unlabelled(source: Source, rule: SpanRule, time_column: str | None) -> Mapping[str, int]:
    """Span -> how many of its rows lack nothing but the label."""
    if time_column is None:
        return {spans.ONE: source.unlabelled.num_rows}
    return Counter(rule.span_of(str(day)) for day in days_of(source.unlabelled, time_column))


def _worst_shares(
    plan: TablePlan, pieces: Mapping[str, Sequence[Pieces]], unlabelled: Mapping[str, int]
) -> tuple[float, float]:
    """The largest share of a span's rows that cannot be read or has no class, and that lacks the label."""
    good = {span.name: span.rows for span in plan.spans}
    bad_share = unlabelled_share = 0.0
    for name, parts in pieces.items():
        rows = parts[0].rows if parts[0].whole else sum(part.rows for part in parts)
        missing = unlabelled.get(name, 0)
        if rows:
            bad_share = max(bad_share, (rows - missing - good.get(name, 0)) / rows)
            unlabelled_share = max(unlabelled_share, missing / rows)
    return bad_share, unlabelled_share
