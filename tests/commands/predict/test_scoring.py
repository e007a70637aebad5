"""Files of one table are scored into one, and refused rows are beside it with the reason."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from commands.predict import predict as command
from perennial.errors import FileRefused
from serving.requests import raw_rows
from tests.commands.predict.tables import (
    EXPORTS,
    GOOD,
    HEADER,
    ROWS,
    csv_file,
    cut_often,
    engine,
    use_case,
    with_rules_of,
)


@pytest.mark.usefixtures("quick")
def test_a_refused_row_goes_beside_with_its_reason(
    homes: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_often(monkeypatch)
    lines = GOOD.splitlines(keepends=True)
    lines[3] = "2013-01-01,red,6,1.0,0,x\n"
    lines[20] = '2013-01-01,red,1.5,1.0,0,"two\nlines"\n'
    lines[30] = "2013-01-01,red\n"
    lines[50] = "2013-02-31,red,1,100,0,x"
    out = tmp_path / "out.csv"
    summary = command.predict(use_case(homes["plain"], EXPORTS), csv_file(tmp_path, "".join(lines)), out)
    assert (summary["rows"], summary["scored"], summary["refused"]) == (50, 46, 4)
    assert len(pd.read_csv(out)) == 46
    refused = pd.read_csv(summary["refused_file"], dtype=str)
    assert refused[["_file", "_line", "_column", "_reason"]].to_numpy().tolist() == [
        ["in.csv", "4", "size", "expected a value from -5 to 5, got a value outside of this range."],
        ["in.csv", "21", "size", "expected an integer, got a decimal number"],
        ["in.csv", "32", np.nan, "expected 6 cells, got 2"],
        ["in.csv", "52", "day", "a date that does not exist"],
    ]
    assert refused["more"].tolist()[1] == "two\nlines"
    kept = [line for number, line in enumerate(lines) if number not in (3, 20, 30, 50)]
    assert [line.rsplit(",", 3)[0] for line in out.read_text().splitlines()] == [
        line.rstrip("\n") for line in kept
    ]


@pytest.mark.usefixtures("quick")
def test_refused_rows_can_be_fixed_and_scored(homes: dict[str, Path], tmp_path: Path) -> None:
    text = HEADER + "2013-01-01,red,6,1.0,0,x\n2013-01-01,red,1,1.0,0,x\n"
    source = csv_file(tmp_path, text)
    summary = command.predict(use_case(homes["plain"], EXPORTS), source, tmp_path / "out.csv")
    fixed = tmp_path / "fixed.csv"
    fixed.write_text(Path(summary["refused_file"]).read_text().replace("red,6", "red,5"))
    again = command.predict(use_case(homes["plain"], EXPORTS), fixed, tmp_path / "out2.csv")
    assert (again["rows"], again["scored"]) == (1, 1)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_folder_is_one_table(kind: str, homes: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "span"
    folder.mkdir()
    for part in (0, 1):
        frame = pd.DataFrame(ROWS[part * 10 : part * 10 + 10]).astype({"size": "Int64"})
        if kind == "csv":
            # The first one's last row has no line end.
            (folder / f"part-{part}.csv").write_text(frame.to_csv(index=False).rstrip("\n"))
        else:
            frame.to_parquet(folder / f"part-{part}.parquet")
    (folder / "_SUCCESS").touch()
    summary = command.predict(use_case(homes["plain"], EXPORTS), folder, tmp_path / f"out.{kind}")
    assert summary["scored"] == 20
    out = tmp_path / f"out.{kind}"
    written = pd.read_csv(out) if kind == "csv" else pd.read_parquet(out)
    expected = [np.nan if row["heat"] is None else row["heat"] for row in ROWS[:20]]
    assert written["heat"].tolist() == pytest.approx(expected, nan_ok=True)


@pytest.mark.usefixtures("quick")
def test_files_of_a_folder_with_other_columns_are_refused(homes: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "span"
    folder.mkdir()
    csv_file(folder, GOOD, "a.csv")
    csv_file(folder, GOOD.replace("more", "other", 1), "b.csv")
    with pytest.raises(
        FileRefused, match=r"b\.csv does not have the same columns, in the same order, as a\.csv"
    ):
        command.predict(use_case(homes["plain"]), folder, tmp_path / "out.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["span"]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_row_without_a_time_is_scored_as_by_the_server(
    kind: str, homes: dict[str, Path], tmp_path: Path
) -> None:
    rows = [{**row, "day": row["day"] if index else None} for index, row in enumerate(ROWS[:2])]
    source, out = tmp_path / f"in.{kind}", tmp_path / f"out.{kind}"
    frame = pd.DataFrame(rows).astype({"size": "Int64"})
    frame.to_csv(source, index=False) if kind == "csv" else frame.to_parquet(source)
    assert command.predict(use_case(homes["plain"], EXPORTS), source, out)["refused"] == 0
    written = pd.read_csv(out) if kind == "csv" else pd.read_parquet(out)
    served = engine(homes["plain"] / "flights" / "models" / "1").score_rows(
        [{name: row[name] for name in ("day", "colour", "size", "heat")} for row in rows]
    )
    assert np.abs(written["probability_1"] - served).max() < 1e-6


@pytest.mark.usefixtures("quick")
def test_a_format_that_reads_iso_dates_otherwise_reads_requests_and_files_alike(
    homes: dict[str, Path], tmp_path: Path
) -> None:
    case = use_case(tmp_path, "{time_column: day, date_format: {day: '%Y-%d-%m'}}")
    version = engine(with_rules_of(case, homes["plain"]))
    # What the probe before a push sends is read already: dates are ISO text.
    (of_probe,) = version.score_rows([{"day": "2013-04-03", "colour": "red", "size": 1, "heat": 1.0}])
    text = "day,colour,size,heat\n2013-03-04,red,1,1.0\n2013-03-29,red,1,1.0\n"
    summary = command.predict(case, csv_file(tmp_path, text), tmp_path / "out.csv")
    served = version.score_requests([raw_rows.from_csv(text.encode(), version.checks).rows])[0]
    assert (summary["refused"], [error.row for error in served.errors]) == (1, [1])
    assert [pd.read_csv(tmp_path / "out.csv")["probability_1"][0], served.scores[0]] == pytest.approx(
        [of_probe] * 2
    )
