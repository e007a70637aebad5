"""Renames, drops and adds columns of real tables, and counts what `evolve` makes of each."""

import argparse
import itertools
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa

from benchmarks.harness.page import Outcome
from benchmarks.proofs.tables.sources import TABLES, PublicTable, add_packages
from commands.evolve.contents import Contents
from commands.evolve.renames import matches, swapped
from commands.new.sniffing.sniff import sniff
from commands.new.source import format_of
from components.arrow_example_gen.ingest import read_file
from perennial.reading.columns import Column
from perennial.reading.reading import ExportFormat
from pipeline.use_cases.flights import past_rows

# Wider tables are cut, as pairs of columns are tried.
_MOST_COLUMNS: Final = 30
_MOST_WRONG: Final = 0.03
_RENAMED: Final = "a column has another name"
_GONE: Final = "the same, and another column is gone"
_NEW: Final = "the same, and another column is new"
_ALL: Final = "all columns have other names"
_UNRELATED: Final = "a column is gone and another one is new"
_KINDS: Final = (_RENAMED, _GONE, _NEW, _ALL, _UNRELATED)
_FATES: Final = ("recognised", "asked", "wrong", "left")
_HOW: Final = """Each table is two spans in use and an export: neighbouring months of flights, the thirds of a
table with a time column, random thirds of others. Columns of the export get names that say nothing.
"Recognised" is taken without a question; "wrong" is another column, taken without a question; "asked" leaves
it to a person; what is left is taken for a column that is gone and another one that is new. Two columns that
changed places are tried for all pairs of one kind; where their contents are alike, this cannot be seen."""


class Triple(NamedTuple):
    """Two spans in use, an export, and which columns are dates."""

    former: Sequence[pa.Table]
    export: pa.Table
    dates: frozenset[str]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where the packages are."""
    add_packages(parser)


def run(options: argparse.Namespace) -> Outcome:
    """Tries every table."""
    by_table: dict[str, Counter[tuple[str, str]]] = {}
    for name, triple in _triples(options.packages):
        counts = by_table.setdefault(name, Counter())
        contents = _contents(triple, triple.export)
        _try_renames(contents, _columns(triple), counts)
        _try_swaps(triple, counts)
    total = sum(by_table.values(), Counter())
    renamed = sum(total[kind, "wrong"] for kind in _KINDS[:-1]) / _number(total, _KINDS[:-1])
    unrelated = total[_UNRELATED, "wrong"] / _number(total, [_UNRELATED])
    return Outcome(_page(by_table, total), good=max(renamed, unrelated) <= _MOST_WRONG)


def _triples(packages: Path) -> Iterator[tuple[str, Triple]]:
    rows = past_rows()
    with tempfile.TemporaryDirectory() as folder:
        months = []
        for month in range(1, 13):
            path = Path(folder) / f"{month}.csv"
            rows[rows["sched_dep"].str.startswith(f"2013-{month:02d}")].to_csv(path, index=False)
            months.append(_read(path))
        for one, two, (export, dates) in zip(months, months[1:], months[2:], strict=False):
            yield "flights, by months", Triple((one[0], two[0]), export, dates)
        for table in TABLES:
            path = Path(folder) / f"{table.name}{table.suffix}"
            table.write(packages, path)
            yield table.name, _thirds(table, *_read(path))


def _read(path: Path) -> tuple[pa.Table, frozenset[str]]:
    """A file's rows, and its columns of dates."""
    sniffed = sniff(path)
    columns = tuple(Column(name, sniffed.kinds[name], required=False) for name in sniffed.columns)
    export = ExportFormat(columns[:_MOST_COLUMNS], written=format_of(sniffed, "", None).written)
    return read_file(path, export).table, frozenset(export.written.rules.date_format)


def _thirds(table: PublicTable, rows: pa.Table, dates: frozenset[str]) -> Triple:
    if table.time is None:
        rows = rows.take(pa.array(np.random.default_rng(0).permutation(rows.num_rows)))
    third = rows.num_rows // 3
    one, two, export = (rows.slice(number * third, third) for number in range(3))
    return Triple((one, two), export, dates)


def _columns(triple: Triple) -> Mapping[str, str]:
    """Each column that has a value, and its name in the export where it has another one."""
    last = triple.former[-1]
    names = [name for name in last.column_names if last[name].null_count < last.num_rows]
    return {name: f"c{number}" for number, name in enumerate(names)}


def _contents(triple: Triple, export: pa.Table) -> Contents:
    """The export has each column by its own name, and by one that says nothing."""
    columns = {name: export[name] for name in export.column_names}
    names = _columns(triple)
    columns |= {new: export[old] for old, new in names.items()}
    texts = {name: column for name, column in columns.items() if pa.types.is_binary(column.type)}
    dates = {*triple.dates, *(new for old, new in names.items() if old in triple.dates)}
    return Contents(triple.former, columns, texts, triple.dates, dates)


def _try_renames(contents: Contents, names: Mapping[str, str], counts: Counter[tuple[str, str]]) -> None:
    for old, new in names.items():
        _count(counts, _RENAMED, contents, [old], {old: new}, [new])
        for other in names.keys() - {old}:
            _count(counts, _GONE, contents, [old, other], {old: new}, [new])
            _count(counts, _NEW, contents, [old], {old: new}, [new, names[other]])
            _count(counts, _UNRELATED, contents, [old], {}, [names[other]])
    _count(counts, _ALL, contents, [*names], names, [*names.values()])


def _count(
    counts: Counter[tuple[str, str]],
    kind: str,
    contents: Contents,
    missing: Sequence[str],
    right: Mapping[str, str],
    added: Sequence[str],
) -> None:
    """Counts the renames that are to be recognised, or the columns that have none."""
    likely = {match.old: match for match in matches(contents, missing, added)}
    wrong = sum(not match.doubt and right.get(old) != match.new for old, match in likely.items())
    sure = [old for old in right if old in likely and not likely[old].doubt and likely[old].new == right[old]]
    asked = sum(bool(likely[old].doubt) for old in (right or missing) if old in likely)
    number = len(right) or len(missing)
    counts[kind, "recognised"] += len(sure)
    counts[kind, "asked"] += asked
    counts[kind, "wrong"] += wrong
    counts[kind, "left"] += max(0, number - len(sure) - asked - wrong)
    counts[kind, "all"] += number


def _try_swaps(triple: Triple, counts: Counter[tuple[str, str]]) -> None:
    names = [*_columns(triple)]
    counts["swap", "exports"] += 1
    counts["swap", "false alarms"] += len(swapped(_contents(triple, triple.export), names))
    kinds = {name: (triple.export[name].type, name in triple.dates) for name in names}
    for one, other in itertools.combinations(names, 2):
        if kinds[one] == kinds[other]:
            changed = dict(zip(triple.export.column_names, triple.export.columns, strict=True))
            changed[one], changed[other] = changed[other], changed[one]
            pairs = swapped(_contents(triple, pa.table(changed)), [one, other])
            counts["swap", "recognised" if pairs else "missed"] += 1
            # The export has no `other`: `one` holds its content, and a new column that of `one`.
            chains = swapped(_contents(triple, pa.table(changed)), [one], [other], [_columns(triple)[other]])
            counts["chain", "recognised" if chains else "missed"] += 1
    _try_false_chains(triple, counts)


def _try_false_chains(triple: Triple, counts: Counter[tuple[str, str]]) -> None:
    """Counts where a column that is gone and one that is new look as if columns had moved on."""
    contents, names = _contents(triple, triple.export), _columns(triple)
    for old, other in itertools.permutations(names, 2):
        present = [name for name in names if name != old]
        counts["chain", "exports"] += 1
        counts["chain", "false alarms"] += len(swapped(contents, present, [old], [names[other]]))


def _number(counts: Counter[tuple[str, str]], kinds: Sequence[str]) -> int:
    return sum(counts[kind, "all"] for kind in kinds)


def _page(by_table: Mapping[str, Counter[tuple[str, str]]], total: Counter[tuple[str, str]]) -> str:
    lines = [
        _HOW,
        "",
        "| change | columns | recognised | asked | wrong | gone and new |",
        "|---|---|---|---|---|---|",
    ]
    for kind in _KINDS:
        number = total[kind, "all"]
        cells = [f"{total[kind, fate]:,} ({total[kind, fate] / number:.1%})" for fate in _FATES]
        lines.append(f"| {kind} | {number:,} | {' | '.join(cells)} |")
    lines += [
        "",
        f"Columns that changed places: {_moved(total, 'swap', 'exports as they are')}",
        "",
        (
            "A column is gone, another one holds its content, and a new one that of the other:"
            f" {_moved(total, 'chain', 'exports of which a column is gone and another one new')}"
        ),
        "",
        "Columns with another name, alone or with another change:",
        "",
        *_head("table"),
    ]
    for name, counts in by_table.items():
        cells = [f"{sum(counts[kind, fate] for kind in _KINDS[:-1]):,}" for fate in _FATES]
        lines.append(f"| {name} | {_number(counts, _KINDS[:-1]):,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _moved(total: Counter[tuple[str, str]], kind: str, exports: str) -> str:
    pairs = total[kind, "recognised"] + total[kind, "missed"]
    return (
        f"{total[kind, 'recognised']:,} of {pairs:,} pairs recognised; false alarms in"
        f" {total[kind, 'exports']:,} {exports}: {total[kind, 'false alarms']}."
    )


def _head(first: str) -> list[str]:
    return [f"| {first} | columns | {' | '.join(_FATES[:-1])} | gone and new |", "|---|---|---|---|---|---|"]
