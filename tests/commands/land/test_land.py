"""The next file is cut into spans that appear whole, replace nothing unasked, and can be read."""

import gzip
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from commands.land import land as module
from commands.land.command import land_block
from commands.land.land import land
from perennial import clock
from perennial.errors import ExportsUnreadable, FileRefused, SpanRefused, UsageError
from perennial.files import replace_folder
from perennial.store.ledger import Ledger
from pipeline import export_folders
from pipeline.config import UseCase
from pipeline.use_cases.flights import COLUMNS
from tests.commands.versions import Ask


def rows(days: int = 40, first: str = "2013-01-01", late: str = "0") -> pd.DataFrame:
    """A flight a day."""
    frame = pd.DataFrame({name: ["1"] * days for name in COLUMNS})
    frame["sched_dep"] = pd.date_range(first, periods=days).strftime("%Y-%m-%d 10:00:00")
    return frame.assign(late=late, carrier="UA", origin="JFK", dest="BOS", tailnum="N1")


def written(folder: Path, frame: pd.DataFrame, name: str = "next.csv") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, index=False)
    return path


def states(answer: dict[str, Any]) -> list[tuple[str, str, int]]:
    return [(span["span"], span["state"], span["rows"]) for span in answer["spans"]]


def test_a_file_is_cut_by_the_time_column_into_complete_spans_with_a_manifest(
    use_case: UseCase, tmp_path: Path
) -> None:
    answer = land(use_case, written(tmp_path, rows()))
    assert states(answer) == [("2013-01", "landed", 31), ("2013-02", "landed", 9)]
    january, february = export_folders.exports_of(use_case)
    assert (january.state, february.state) == ("complete", "complete")
    assert january.manifest_rows == {"next.csv": 31}
    assert january.checksums is not None
    assert len(january.checksums["next.csv"]) == 64
    assert sorted(path.name for path in use_case.exports_folder.iterdir()) == ["2013-01", "2013-02"]


def test_the_same_file_has_landed_already_whatever_it_is_called(use_case: UseCase, tmp_path: Path) -> None:
    land(use_case, written(tmp_path, rows()))
    again = land(use_case, written(tmp_path, rows(), "copy.csv"))
    assert [state for _, state, _ in states(again)] == ["already landed"] * 2
    assert (use_case.exports_folder / "2013-01/next.csv").exists()


def test_other_content_replaces_nothing_unless_that_is_wanted(use_case: UseCase, tmp_path: Path) -> None:
    land(use_case, written(tmp_path, rows()))
    other = written(tmp_path, rows(70, late="1"), "other.csv")
    with pytest.raises(
        UsageError, match="Nothing was landed: these spans are there with other content"
    ) as no:
        land(use_case, other)
    assert "--replace" in no.value.remedy
    assert not (use_case.exports_folder / "2013-03").exists()
    answer = land(use_case, other, replace=True)
    assert [state for _, state, _ in states(answer)] == ["replaced", "replaced", "landed"]
    assert [path.name for path in (use_case.exports_folder / "2013-01").glob("*.csv")] == ["other.csv"]


def test_a_span_that_only_the_ledger_knows_is_not_replaced_either(
    use_case: UseCase, ledger: Ledger, tmp_path: Path
) -> None:
    ledger.spans.arrive("2013-01", "another digest")
    with pytest.raises(UsageError, match="2013-01"):
        land(use_case, written(tmp_path, rows()))


def test_parts_of_a_folder_and_a_span_by_its_name(use_case: UseCase, tmp_path: Path) -> None:
    part = written(tmp_path / "parts", rows(20), "a.csv")
    packed = rows(20, "2013-01-21").to_csv(index=False).encode()
    (part.parent / "b.csv.gz").write_bytes(gzip.compress(packed))
    assert states(land(use_case, part.parent)) == [("2013-01", "landed", 31), ("2013-02", "landed", 9)]
    assert states(land(use_case, part, "2013-07")) == [("2013-07", "landed", 20)]


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda frame: frame.drop(columns="late"), FileRefused, "'late' is missing"),
        (lambda frame: frame.drop(columns="sched_dep"), FileRefused, "'sched_dep' is missing"),
        (lambda frame: frame.assign(sched_dep="soon"), FileRefused, "no row has a date"),
        (lambda frame: frame.assign(late="x"), SpanRefused, "late"),
        (lambda frame: frame.assign(sched_dep="2999-01-01 10:00:00"), UsageError, "starts after today"),
    ],
)
def test_what_cannot_be_read_lands_nothing(
    use_case: UseCase, tmp_path: Path, change: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        land(use_case, written(tmp_path, change(rows())))
    assert not list(use_case.exports_folder.iterdir())


def test_rows_without_a_label_are_counted_and_listed_in_the_manifest(
    use_case: UseCase, tmp_path: Path, answer: Ask
) -> None:
    frame = rows()
    frame.loc[20:30, "late"] = ""
    code, landed = answer("land", "flights", str(written(tmp_path, frame)))
    assert code == 0
    january, _ = landed["spans"]
    assert (january["rows"], january["quarantined"], january["unlabelled"]) == (20, 0, 11)
    assert "11 without a label" in land_block(landed)
    _, checked = answer("check", "flights", str(use_case.exports_folder / "2013-01"))
    assert checked["rows"] == 20


def test_a_span_whose_labels_are_missing_lands_beside_the_others_and_is_named(
    use_case: UseCase, tmp_path: Path, answer: Ask
) -> None:
    frame = rows()
    frame.loc[31:, "late"] = ""
    code, landed = answer("land", "flights", str(written(tmp_path, frame)))
    assert (code, states(landed)) == (0, [("2013-01", "landed", 31), ("2013-02", "landed", 0)])
    (note,) = landed["notes"]
    assert note.startswith("Span 2013-02: 9 of 9 rows have no label yet")
    assert note.endswith("`run` waits for its labels.")
    assert note in land_block(landed)
    _, february = export_folders.exports_of(use_case)
    assert february.manifest_rows == {"next.csv": 9}


def test_the_last_span_waits_until_its_period_has_ended(
    use_case: UseCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Ask
) -> None:
    def on(day: str) -> None:
        monkeypatch.setattr(clock, "now", lambda: clock.moment(f"{day}T23:00:00Z"))

    file = str(written(tmp_path, rows(40)))
    on("2013-02-09")
    code, landed = answer("land", "flights", file)
    assert (code, states(landed)) == (0, [("2013-01", "landed", 31)])
    (note,) = landed["notes"]
    assert note.startswith("Not landed: span 2013-02 ends at 2013-03-01T00:00:00Z, so the file may not have")
    assert note.endswith("or use --replace to land it as it is.")
    on("2013-02-28")
    assert states(land(use_case, Path(file))) == [("2013-01", "already landed", 31)]
    only = written(tmp_path, rows(9, "2013-02-01", late="1"), "only.csv")
    with pytest.raises(UsageError, match="Nothing was landed: span 2013-02 ends at 2013-03-01T00:00:00Z"):
        land(use_case, only)
    assert states(land(use_case, only, "2013-02")) == [("2013-02", "landed", 9)]
    assert states(land(use_case, Path(file), replace=True))[1] == ("2013-02", "replaced", 9)
    on("2013-03-01")
    assert states(land(use_case, Path(file))) == [
        ("2013-01", "already landed", 31),
        ("2013-02", "already landed", 9),
    ]


def test_killed_between_two_spans_it_leaves_whole_ones_and_can_be_repeated(
    use_case: UseCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path, rows())

    def killed(aside: Path, folder: Path) -> None:
        if folder.name == "2013-02":
            raise KeyboardInterrupt
        replace_folder(aside, folder)

    with monkeypatch.context() as patch:
        patch.setattr(module, "replace_folder", killed)
        with pytest.raises(KeyboardInterrupt):
            land(use_case, file)
    assert [export.span for export in export_folders.exports_of(use_case)] == ["2013-01"]
    assert [state for _, state, _ in states(land(use_case, file))] == ["already landed", "landed"]


def test_spans_of_a_grown_parquet_file_have_landed_already(use_case: UseCase, tmp_path: Path) -> None:
    whole = rows(59)
    texts = {"sched_dep", "carrier", "origin", "dest", "tailnum"}
    whole = whole.astype({name: "int64" for name in whole.columns if name not in texts})
    whole["carrier"] = whole["carrier"].astype("category")
    file, grown = tmp_path / "flights.parquet", tmp_path / "grown.parquet"
    whole[:31].to_parquet(file, row_group_size=20)
    whole["carrier"] = whole["carrier"].cat.set_categories(["AA", "UA"])
    whole.to_parquet(grown)
    land(use_case, file)
    assert states(land(use_case, grown)) == [("2013-01", "already landed", 31), ("2013-02", "landed", 28)]


def numbered(use_case: UseCase, years: int = 0) -> UseCase:
    exports = use_case.exports.model_copy(update={"span": "number", "years": years})
    return use_case.model_copy(update={"exports": exports})


def test_a_number_is_the_next_one_and_the_same_file_gets_no_second(use_case: UseCase, tmp_path: Path) -> None:
    counted = numbered(use_case)
    assert states(land(counted, written(tmp_path, rows(), "a.csv"))) == [("1", "landed", 40)]
    assert states(land(counted, written(tmp_path, rows(late="1"), "b.csv"))) == [("2", "landed", 40)]
    assert states(land(counted, written(tmp_path, rows(), "c.csv"))) == [("1", "already landed", 40)]


def test_a_number_may_be_the_first_of_some_years(use_case: UseCase, tmp_path: Path) -> None:
    answer = land(numbered(use_case, years=5), written(tmp_path, rows(1200)))
    assert states(answer) == [("2010", "landed", 730), ("2015", "landed", 470)]


def test_the_command_answers_with_the_spans_and_what_to_run_next(
    use_case: UseCase, tmp_path: Path, answer: Ask
) -> None:
    code, landed = answer("land", "flights", str(written(tmp_path, rows())))
    assert (code, landed["next"]) == (0, "local_runner.py run flights")
    assert json.dumps(landed["spans"][0]) == (
        '{"span": "2013-01", "state": "landed", "rows": 31, "quarantined": 0, "unlabelled": 0}'
    )
    assert answer("land", "flights", str(tmp_path / "none.csv"))[0] == 2


def test_folders_named_by_the_time_column_make_the_spans(use_case: UseCase, tmp_path: Path) -> None:
    frame = rows(4, "2013-01-30")
    for time, day in frame.groupby("sched_dep"):
        folder = tmp_path / "table" / f"sched_dep={str(time).replace(' ', '%20')}"
        written(folder, day.drop(columns="sched_dep"), "part-0.csv")
    answer = land(use_case, tmp_path / "table")
    assert states(answer) == [("2013-01", "landed", 2), ("2013-02", "landed", 2)]
    january, _ = export_folders.exports_of(use_case)
    assert january.manifest_rows == {f"sched_dep=2013-01-{day}%2010:00:00/part-0.csv": 1 for day in (30, 31)}
    assert states(land(use_case, tmp_path / "table"))[0][1] == "already landed"


def test_a_csv_with_spaces_after_its_delimiters_is_cut_as_it_is(use_case: UseCase, tmp_path: Path) -> None:
    spaced = use_case.model_copy(
        update={"exports": use_case.exports.model_copy(update={"skipinitialspace": True})}
    )
    frame = rows().assign(carrier='"U, A"')
    text = "\n".join(", ".join(map(str, row)) for row in [frame.columns, *frame.to_numpy()]) + "\n"
    path = tmp_path / "next.csv"
    path.write_text(text)
    assert states(land(spaced, path)) == [("2013-01", "landed", 31), ("2013-02", "landed", 9)]
    landed = (spaced.exports_folder / "2013-02/next.csv").read_text()
    assert "2013-02-01 10:00:00" in landed


def test_nothing_lands_in_an_exports_path_that_does_not_exist(use_case: UseCase, tmp_path: Path) -> None:
    share = tmp_path / "share" / "exports"
    section = use_case.exports.model_copy(update={"path": share})
    elsewhere = use_case.model_copy(update={"exports": section})
    with pytest.raises(ExportsUnreadable, match="does not exist"):
        land(elsewhere, written(tmp_path, rows()))
    assert not share.parent.exists()


@pytest.mark.parametrize(
    ("kind", "first", "spans"),
    [
        ("week", "2012-12-29", ["2012-W52", "2013-W01"]),
        ("hour", "2013-01-01", ["2013-01-01T10", "2013-01-02T10", "2013-01-03T10", "2013-01-04T10"]),
    ],
)
def test_a_file_is_cut_into_weeks_and_hours(
    use_case: UseCase, tmp_path: Path, kind: Any, first: str, spans: list[str]
) -> None:
    section = use_case.exports.model_copy(update={"span": kind})
    answer = land(use_case.model_copy(update={"exports": section}), written(tmp_path, rows(4, first)))
    assert [name for name, _, _ in states(answer)] == spans
    assert sum(count for _, _, count in states(answer)) == 4
