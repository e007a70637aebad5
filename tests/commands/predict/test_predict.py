"""`predict` from end to end: what it writes, what it refuses, and what it leaves behind."""

import gzip
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import local_runner
from commands.predict import csv_table
from commands.predict import predict as command
from commands.predict.output import aside, refused_file
from commands.predict.scorer import Scorer
from perennial.errors import Busy, FileRefused, NothingLive, PerennialError, Unservable, UsageError
from perennial.reading import chunks, source_files
from pipeline import config
from tests import tiny_use_case
from tests.commands.predict.tables import HEADER, TASKS, InProcess, engine, line_of, use_case

ROWS = tiny_use_case.rows(50, seed=8)
GOOD = HEADER + "".join(map(line_of, ROWS))
EXPORTS = "{time_column: day}"


class _InProcess(InProcess):
    def __init__(self, _python: Path, version: Path, _width: object) -> None:
        super().__init__(version)

    def __enter__(self) -> "_InProcess":
        return self

    def __exit__(self, *_error: object) -> None:
        pass


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scores in this process: starting another takes seconds."""
    monkeypatch.setattr(command, "Scorer", _InProcess)


def _cut_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_files, "_CHUNK", 100)
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 300)


def _csv(folder: Path, text: str, name: str = "in.csv") -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def _scores(home: Path) -> Any:
    """What the server's engine makes of the rows, one by one as requests hold them."""
    wanted = ("day", "colour", "size", "heat")
    (scored,) = engine(home / "flights" / "models" / "1").score_requests(
        [[{name: row[name] for name in wanted} for row in ROWS]]
    )
    assert not scored.errors
    return scored.scores


def test_a_real_process_scores_as_the_server_does(
    homes: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("PERENNIAL_HOME", str(homes["plain"]))
    out = tmp_path / "out.csv"
    code = local_runner.main(["predict", "flights", str(_csv(tmp_path, GOOD)), str(out), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert (code, told["rows"], told["scored"], told["refused"]) == (0, 50, 50, 0)
    assert (told["version"], told["output"], told["refused_file"]) == (1, str(out), None)
    found = pd.read_csv(out)
    scores = _scores(homes["plain"])
    assert np.abs(found["probability_1"] - scores).max() < 1e-6
    assert np.abs(found["probability_0"] - (1 - scores)).max() < 1e-6
    assert found["prediction"].tolist() == (scores >= 0.5).astype(int).tolist()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("task", TASKS)
def test_each_class_has_its_probability(task: str, homes: dict[str, Path], tmp_path: Path) -> None:
    scores = _scores(homes[task])
    command.predict(use_case(homes[task], EXPORTS), _csv(tmp_path, GOOD), tmp_path / "out.csv")
    found = pd.read_csv(tmp_path / "out.csv")
    added = list(found.columns[6:])
    if task == "number":
        assert added == ["prediction"]
        assert np.abs(found["prediction"] - scores).max() < 1e-6 * max(1.0, np.abs(scores).max())
        return
    classes = TASKS[task].classes
    assert added == ["prediction", *(f"probability_{name}" for name in classes)]
    probabilities = np.stack([1 - scores, scores], 1) if scores.ndim == 1 else scores
    assert np.abs(found[added[1:]].to_numpy() - probabilities).max() < 1e-6
    assert found["prediction"].tolist() == [classes[code] for code in probabilities.argmax(1)]


@pytest.mark.usefixtures("quick")
def test_a_threshold_of_the_use_case_decides(homes: dict[str, Path], tmp_path: Path) -> None:
    told = use_case(homes["plain"], EXPORTS, evaluation="threshold: 0.0")
    command.predict(told, _csv(tmp_path, GOOD), tmp_path / "out.csv")
    assert set(pd.read_csv(tmp_path / "out.csv")["prediction"]) == {1}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", ["in.csv", "in.csv.gz"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_a_csv_holds_is_kept_byte_for_byte(
    name: str, end: str, homes: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _cut_often(monkeypatch)
    lines = GOOD.splitlines()
    text = end.join(["\ufeff" + lines[0], *lines[1:20], "", *lines[20:]])
    out = tmp_path / name.replace("in", "out")
    command.predict(use_case(homes["plain"], EXPORTS), _csv(tmp_path, text, name), out)
    written = (gzip.decompress(out.read_bytes()) if name.endswith(".gz") else out.read_bytes()).decode()
    lines = written.split(end)
    assert end.join(",".join(line.rsplit(",", 3)[:-3]) if line else "" for line in lines) == text
    assert lines[0].endswith(",prediction,probability_0,probability_1")


@pytest.mark.usefixtures("quick")
def test_a_refused_row_goes_beside_with_its_reason(
    homes: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _cut_often(monkeypatch)
    lines = GOOD.splitlines(keepends=True)
    lines[3] = "2013-01-01,red,6,1.0,0,x\n"
    lines[20] = '2013-01-01,red,1.5,1.0,0,"two\nlines"\n'
    lines[30] = "2013-01-01,red\n"
    lines[50] = "2013-02-31,red,1,100,0,x"
    out = tmp_path / "out.csv"
    found = command.predict(use_case(homes["plain"], EXPORTS), _csv(tmp_path, "".join(lines)), out)
    assert (found["rows"], found["scored"], found["refused"]) == (50, 46, 4)
    assert len(pd.read_csv(out)) == 46
    refused = pd.read_csv(found["refused_file"], dtype=str)
    assert refused[["_file", "_line", "_column", "_reason"]].to_numpy().tolist() == [
        ["in.csv", "4", "size", "expected a value from -5 to 5, and another came."],
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
def test_what_was_refused_can_be_mended_and_scored(homes: dict[str, Path], tmp_path: Path) -> None:
    text = HEADER + "2013-01-01,red,6,1.0,0,x\n2013-01-01,red,1,1.0,0,x\n"
    found = command.predict(use_case(homes["plain"], EXPORTS), _csv(tmp_path, text), tmp_path / "out.csv")
    mended = tmp_path / "mended.csv"
    mended.write_text(Path(found["refused_file"]).read_text().replace("red,6", "red,5"))
    again = command.predict(use_case(homes["plain"], EXPORTS), mended, tmp_path / "out2.csv")
    assert (again["rows"], again["scored"]) == (1, 1)


@pytest.mark.usefixtures("quick")
def test_a_row_that_the_server_refuses_is_refused_in_its_words(
    homes: dict[str, Path], tmp_path: Path
) -> None:
    rows: list[dict[str, Any]] = [
        {"day": "2013-01-01", "colour": "red", "size": 6, "heat": 1.0},
        {"day": "2013-01-01", "colour": "red", "size": -6, "heat": 99.75},
        {"day": "2013-01-01", "colour": "red", "size": -2, "heat": 99.75},
    ]
    text = HEADER + "".join(line_of({**row, "good": 0}) for row in rows)
    found = command.predict(use_case(homes["plain"]), _csv(tmp_path, text), tmp_path / "out.csv")
    refused = pd.read_csv(found["refused_file"])
    (scored,) = engine(homes["plain"] / "flights" / "models" / "1").score_requests([rows])
    expected = [[error.column, error.problem] for error in scored.errors]
    assert refused[["_column", "_reason"]].to_numpy().tolist() == expected
    assert len(expected) == 3


@pytest.mark.usefixtures("quick")
def test_a_parquet_file_keeps_its_types(homes: dict[str, Path], tmp_path: Path) -> None:
    table = pa.table(
        {
            "size": pa.array([None, 1, 9], pa.int8()),
            "colour": pa.array(["red", "blue", "red"]).dictionary_encode(),
            "when": pa.array([1, 2, 3], pa.timestamp("ns", "Europe/Berlin")),
            "day": pa.array(["2013-01-01"] * 3, pa.large_string()),
            "heat": pa.array([1.5, None, 3.0], pa.float64()),
            "more": pa.array([[1], [], None], pa.list_(pa.int64())),
            "text": pa.array(["a", None, "b"]),
        }
    )
    source, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(table, source, compression="zstd", row_group_size=2, version="2.6")
    found = command.predict(use_case(homes["two"], EXPORTS), source, out)
    written = pq.read_table(out)
    assert written.select(table.column_names).equals(table.slice(0, 2))
    assert written.schema.names[7:] == ["prediction", "probability_no", "probability_yes, sir"]
    assert written.schema.field("prediction").type == pa.string()
    assert pq.ParquetFile(out).metadata.row_group(0).column(0).compression == "ZSTD"
    refused = pd.read_csv(found["refused_file"], dtype=str)
    assert refused[["_line", "_column", "size"]].to_numpy().tolist() == [["3", "size", "9"]]


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
    found = command.predict(use_case(homes["plain"], EXPORTS), folder, tmp_path / f"out.{kind}")
    assert found["scored"] == 20
    out = tmp_path / f"out.{kind}"
    written = pd.read_csv(out) if kind == "csv" else pd.read_parquet(out)
    expected = [np.nan if row["heat"] is None else row["heat"] for row in ROWS[:20]]
    assert written["heat"].tolist() == pytest.approx(expected, nan_ok=True)


@pytest.mark.usefixtures("quick")
def test_files_of_a_folder_with_other_columns_are_refused(homes: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "span"
    folder.mkdir()
    _csv(folder, GOOD, "a.csv")
    _csv(folder, GOOD.replace("more", "other", 1), "b.csv")
    with pytest.raises(FileRefused, match=r"b\.csv: the columns of a\.csv"):
        command.predict(use_case(homes["plain"]), folder, tmp_path / "out.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["span"]


@pytest.mark.usefixtures("quick")
def test_a_csv_as_people_have_them_comes_out_as_it_came_in(homes: dict[str, Path], tmp_path: Path) -> None:
    exports = (
        '{time_column: day, delimiter: ";", encoding: cp1252, decimal: ",", na_values: ["N/A"],'
        ' date_format: {day: "%d.%m.%Y"}, skipfooter: 1}'
    )
    rows = ['1.2.2013;red;1,5;"ä;b"', ";;;", "3.2.2013;blau;N/A;€", "Summe;;;2", ""]
    text = "\r\n".join(["sep=;", "day;colour;heat;größe", *rows])
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(text.encode("cp1252"))
    found = command.predict(use_case(homes["two"], exports), source, out)
    assert (found["rows"], found["scored"], found["skipped"]) == (2, 2, 1)
    lines = out.read_bytes().decode("cp1252").split("\r\n")
    assert lines[:2] == ["sep=;", "day;colour;heat;größe;prediction;probability_no;probability_yes, sir"]
    assert [line.rsplit(";", 3)[0] for line in lines[2:]] == [
        '1.2.2013;red;1,5;"ä;b"',
        "3.2.2013;blau;N/A;€",
        "",
    ]
    assert lines[2].split(";")[-1].startswith("0,")


@pytest.mark.usefixtures("quick")
def test_a_header_alone_gives_a_header(homes: dict[str, Path], tmp_path: Path) -> None:
    found = command.predict(use_case(homes["plain"]), _csv(tmp_path, HEADER), tmp_path / "out.csv")
    assert (found["rows"], found["refused_file"]) == (0, None)
    expected = HEADER.replace("\n", ",prediction,probability_0,probability_1\n")
    assert (tmp_path / "out.csv").read_text() == expected


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "the file is empty"),
        ("day,size,heat\n1,1,1\n", "'colour' is missing"),
        (GOOD.replace("more", "prediction", 1), "it has 'prediction'"),
        (GOOD + '"open', "a quoted cell of the record on line 52 is never closed"),
    ],
)
def test_what_cannot_be_scored_is_said_and_nothing_is_written(
    text: str, expected: str, homes: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(PerennialError, match=expected):
        command.predict(use_case(homes["plain"]), _csv(tmp_path, text), tmp_path / "out.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


@pytest.mark.usefixtures("quick")
def test_a_file_that_grows_out_of_all_proportion_is_refused(
    homes: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_table, "DEFAULT_MAX_BYTES", 10_000)
    source = _csv(tmp_path, HEADER + "2013-01-01,red,1,1.0,0,x\n" * 20_000, "in.csv.gz")
    with pytest.raises(FileRefused, match=r"holds more than \d+ bytes when decompressed"):
        command.predict(use_case(homes["plain"]), source, tmp_path / "out.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv.gz"]


def test_neither_tensorflow_nor_tfx_is_imported_beside_the_scoring_process() -> None:
    code = "import sys, commands.predict.predict; print({'tensorflow', 'tfx', 'pandas'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=config.REPOSITORY, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


@pytest.mark.usefixtures("quick")
def test_what_is_there_is_replaced_only_by_force(homes: dict[str, Path], tmp_path: Path) -> None:
    source, out = _csv(tmp_path, GOOD), tmp_path / "out.csv"
    out.write_text("mine")
    refused_file(out).write_text("of an earlier time")
    with pytest.raises(UsageError, match=r"out\.csv is there already"):
        command.predict(use_case(homes["plain"]), source, out)
    command.predict(use_case(homes["plain"]), source, out, force=True)
    assert len(pd.read_csv(out)) == 50
    assert not refused_file(out).exists()


@pytest.mark.parametrize("written", ["out.csv", "out.refused.csv"])
def test_what_is_read_is_never_written(written: str, homes: dict[str, Path], tmp_path: Path) -> None:
    source = _csv(tmp_path, GOOD)
    (tmp_path / written).hardlink_to(source)
    with pytest.raises(UsageError, match="it is what is read"):
        command.predict(use_case(homes["plain"]), source, tmp_path / "out.csv", force=True)
    assert source.read_text() == GOOD


@pytest.mark.parametrize(
    ("name", "out", "expected"),
    [
        ("in.csv", "out.parquet", r"ends in \.csv or \.csv\.gz"),
        ("in.csv", "out.txt", r"ends in \.csv"),
        ("in.csv", "nowhere/out.csv", "its folder is not there"),
        ("in.parquet", "out.csv", r"ends in \.parquet"),
        ("in.tfrecord", "out.csv", "is tfrecord"),
        ("not-there.csv", "out.csv", "nothing is there"),
    ],
)
def test_a_wrong_path_is_a_usage_error(
    name: str, out: str, expected: str, homes: dict[str, Path], tmp_path: Path
) -> None:
    if name.startswith("in"):
        (tmp_path / name).write_text(GOOD)
    with pytest.raises(UsageError, match=expected):
        command.predict(use_case(homes["plain"]), tmp_path / name, tmp_path / out)


def test_a_version_is_chosen_by_its_number(homes: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no version 7; there is: 1\."):
        command.predict(use_case(homes["plain"]), _csv(tmp_path, GOOD), tmp_path / "out.csv", version=7)
    with pytest.raises(NothingLive, match="Nothing of flights is live"):
        command.predict(use_case(tmp_path), _csv(tmp_path, GOOD), tmp_path / "out.csv")


def test_a_version_that_does_not_load_is_told_by_the_process(homes: dict[str, Path], tmp_path: Path) -> None:
    version = tmp_path / "flights" / "models" / "3"
    (version / "assets.extra").mkdir(parents=True)
    schema = homes["plain"] / "flights" / "models" / "1" / "assets.extra" / "schema.json"
    (version / "assets.extra" / "schema.json").write_text(schema.read_text())
    with pytest.raises(Unservable, match="Expected a whole SavedModel"):
        command.predict(use_case(tmp_path), _csv(tmp_path, GOOD), tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_a_scoring_process_that_is_killed_is_told(homes: dict[str, Path]) -> None:
    version = homes["plain"] / "flights" / "models" / "1"
    with Scorer(config.serving_python(), version, ()) as scorer:
        scorer._process.kill()
        with pytest.raises(Unservable, match="ended by SIGKILL"):
            scorer.score([np.zeros(1, np.int64)])


def test_a_signal_leaves_nothing_behind(homes: dict[str, Path], tmp_path: Path) -> None:
    source, out = _csv(tmp_path, GOOD), tmp_path / "out.csv"
    environment = {**os.environ, "PERENNIAL_HOME": str(homes["plain"])}
    run = [sys.executable, str(config.REPOSITORY / "local_runner.py"), "predict", "flights"]
    process = subprocess.Popen([*run, str(source), str(out)], env=environment, stderr=subprocess.PIPE)
    while not (tmp_path / ".out.csv.partial").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.terminate()
    _, told = process.communicate(timeout=30)
    assert (process.returncode, told.decode().splitlines()[0]) == (
        1,
        "Stopped by SIGTERM; nothing was written.",
    )
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_what_a_killed_process_left_is_taken_over_and_a_living_ones_is_not(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    (tmp_path / ".out.csv.partial").write_text("half a line")
    with aside(path) as file:
        file.write(b"whole")
        with pytest.raises(Busy, match=r"Another process writes out\.csv"), aside(path):
            pass
    assert path.read_text() == "whole"
    assert [one.name for one in tmp_path.iterdir()] == ["out.csv"]
