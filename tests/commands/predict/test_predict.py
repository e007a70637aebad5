"""`predict` from end to end: what it writes, what it refuses, and what it leaves behind."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import local_runner
from commands.predict import predict as command
from perennial.errors import (
    Busy,
    FileRefused,
    NothingLive,
    PerennialError,
    Stopped,
    Unservable,
    UsageError,
)
from pipeline import config
from tests.commands.predict.tables import (
    GOOD,
    csv_file,
    server_scores,
    use_case,
    with_rules_of,
)

GUIDE = config.REPOSITORY / "docs" / "guides" / "predict.md"
REASON = {"column", "reason", "rows"}
SUMMARY = {
    "use_case": "trains",
    "version": 3,
    "rows": 1_000,
    "scored": 998,
    "refused": 2,
    "skipped": 1,
    "seconds": 1.25,
    "output": "out.csv",
    "refused_file": "out.refused.csv",
    "reasons": [
        {"column": "size", "reason": "too large", "rows": 1},
        {"column": "", "reason": "odd", "rows": 1},
    ],
}


def test_a_real_process_scores_as_the_server_does(
    homes: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("PERENNIAL_HOME", str(homes["plain"]))
    out = tmp_path / "out.csv"
    code = local_runner.main(["predict", "flights", str(csv_file(tmp_path, GOOD)), str(out), "--json"])
    reply = json.loads(capsys.readouterr().out)
    assert (code, reply["rows"], reply["scored"], reply["refused"]) == (0, 50, 50, 0)
    listed = GUIDE.read_text().partition("`--json` answers with")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", listed)) == {*reply, *REASON}
    assert (reply["version"], reply["output"], reply["refused_file"]) == (1, str(out), None)
    scored = pd.read_csv(out)
    scores = server_scores(homes["plain"])
    assert np.abs(scored["probability_1"] - scores).max() < 1e-6
    assert np.abs(scored["probability_0"] - (1 - scores)).max() < 1e-6
    assert scored["prediction"].tolist() == (scores >= 0.5).astype(int).tolist()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is empty"),
        ("day,size,heat\n1,1,1\n", "'colour' is missing"),
        (GOOD.replace("more", "prediction", 1), "already has column `prediction`"),
        (GOOD + '"open', "the record on line 52 is never closed"),
    ],
)
def test_what_cannot_be_scored_is_reported_and_nothing_is_written(
    text: str, expected: str, homes: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(PerennialError, match=expected):
        command.predict(use_case(homes["plain"]), csv_file(tmp_path, text), tmp_path / "out.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_neither_tensorflow_nor_tfx_is_imported_beside_the_scoring_process() -> None:
    code = "import sys, commands.predict.predict; print({'tensorflow', 'tfx', 'pandas'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=config.REPOSITORY, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


@pytest.mark.parametrize(
    ("name", "out", "expected"),
    [
        ("in.csv", "out.parquet", r"OUT must have IN's format \(\.csv or \.csv\.gz\)"),
        ("in.csv", "out.txt", r"IN's format \(\.csv"),
        ("in.csv", "nowhere/out.csv", "folder of out.csv does not exist"),
        ("in.parquet", "out.csv", r"IN's format \(\.parquet\)"),
        ("in.tfrecord", "out.csv", "it is tfrecord"),
        ("not-there.csv", "out.csv", "does not exist"),
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
    with pytest.raises(UsageError, match=r"Version 7 does not exist; versions: 1\."):
        command.predict(use_case(homes["plain"]), csv_file(tmp_path, GOOD), tmp_path / "out.csv", version=7)
    with pytest.raises(NothingLive, match="No version of flights is live"):
        command.predict(use_case(tmp_path), csv_file(tmp_path, GOOD), tmp_path / "out.csv")


TO_SCORE_NOW = "Set --version {} to score with an intact version."
ROLL_BACK = "Run `rollback flights --to 2 --why ...`{}, or `run flights` to train a new one."
RUN = "No other version is intact: run `run flights` to train a new one."


@pytest.mark.parametrize(
    ("damaged", "version", "remedy"),
    [
        ([3], None, f"{TO_SCORE_NOW.format(2)} {ROLL_BACK.format(' (intact versions: 2, 1)')}"),
        ([3], 3, f"{TO_SCORE_NOW.format(2)} {ROLL_BACK.format(' (intact versions: 2, 1)')}"),
        ([3, 1], None, f"{TO_SCORE_NOW.format(2)} {ROLL_BACK.format('')}"),
        ([3, 1], 1, TO_SCORE_NOW.format(2)),
        ([1], 1, TO_SCORE_NOW.format(3)),
        ([3, 2, 1], None, RUN),
    ],
)
def test_a_damaged_version_does_not_score_and_an_intact_one_is_named(
    homes: dict[str, Path], tmp_path: Path, damaged: list[int], version: int | None, remedy: str
) -> None:
    models = tmp_path / "flights" / "models"
    for number in (1, 2, 3):
        shutil.copytree(homes["plain"] / "flights" / "models" / "1", models / str(number))
    for number in damaged:
        (models / str(number) / "fingerprint.pb").write_bytes(b"")
    with pytest.raises(Unservable) as caught:
        command.predict(use_case(tmp_path), csv_file(tmp_path, GOOD), tmp_path / "out.csv", version)
    number = version or 3
    assert caught.value.problem == (
        f"Version {number} is damaged: its files have changed since it was published."
    )
    assert caught.value.remedy == remedy
    assert not (tmp_path / "out.csv").exists()


def test_a_signal_leaves_nothing_behind(homes: dict[str, Path], tmp_path: Path) -> None:
    source, out = csv_file(tmp_path, GOOD), tmp_path / "out.csv"
    environment = {**os.environ, "PERENNIAL_HOME": str(homes["plain"])}
    run = [sys.executable, str(config.REPOSITORY / "local_runner.py"), "predict", "flights"]
    process = subprocess.Popen([*run, str(source), str(out)], env=environment, stderr=subprocess.PIPE)
    while not (tmp_path / ".out.csv.partial").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.terminate()
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors.decode().splitlines()[0]) == (
        1,
        "Stopped by SIGTERM; nothing was written.",
    )
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_the_answer_counts_rows_and_names_both_files_and_the_reasons() -> None:
    assert command.summary_text(SUMMARY).splitlines() == [
        "998 of 1,000 rows scored by version 3 of trains in 1.2 s: out.csv",
        "  1 footer line is left out.",
        "  2 rows are refused: out.refused.csv",
        "          1  size: too large",
        "          1  odd",
        "  Fix these rows in that file, then run `predict` on it.",
    ]


def test_the_exit_codes_are_those_that_the_guide_lists() -> None:
    listed = {int(code) for code in re.findall(r"(?m)^\| (\d) \|", GUIDE.read_text())}
    errors = (UsageError, Unservable, Busy, NothingLive, Stopped, FileRefused)
    assert listed == {0, command.SOME_REFUSED, *(error.exit_code for error in errors)}


RENAMED = "{time_column: day, rename: {extent: size}}"


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_renamed_column_is_scored_and_keeps_the_tables_name(
    homes: dict[str, Path], tmp_path: Path, quick: None, suffix: str
) -> None:
    after = use_case(tmp_path, RENAMED)
    with_rules_of(after, homes["plain"])
    out = tmp_path / f"out{suffix}"
    assert command.predict(after, _renamed(tmp_path, suffix), out)["scored"] == 50
    scored = pd.read_csv(out) if suffix == ".csv" else pd.read_parquet(out)
    assert "extent" in scored
    assert "size" not in scored
    assert np.abs(scored["probability_1"] - server_scores(homes["plain"])).max() < 1e-6


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_version_from_before_the_rename_does_not_score_the_new_name(
    homes: dict[str, Path], tmp_path: Path, suffix: str
) -> None:
    before = use_case(homes["plain"], RENAMED)
    with pytest.raises(FileRefused, match=r"it is from before `exports\.rename` gave `size` this name"):
        command.predict(before, _renamed(tmp_path, suffix), tmp_path / f"out{suffix}")


def _renamed(folder: Path, suffix: str) -> Path:
    path = csv_file(folder, GOOD.replace("size", "extent", 1))
    if suffix == ".csv":
        return path
    pd.read_csv(path).to_parquet(folder / "renamed.parquet")
    return folder / "renamed.parquet"
