"""A row is refused as the server would refuse it, by the schema that travels with the version."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from commands.predict import predict as command
from commands.predict.rules import Rules, laid_out, taken
from perennial.errors import Unservable
from serving.model.folder import READING_FILE
from serving.reading.values import MISSING
from tests.commands.predict.tables import (
    HEADER,
    csv_file,
    engine,
    line_of,
    use_case,
    with_rules_of,
    write_card,
)


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
    summary = command.predict(use_case(homes["plain"]), csv_file(tmp_path, text), tmp_path / "out.csv")
    refused = pd.read_csv(summary["refused_file"])
    (scored,) = engine(homes["plain"] / "flights" / "models" / "1").score_requests([rows])
    expected = [[error.column, error.problem] for error in scored.errors]
    assert refused[["_column", "_reason"]].to_numpy().tolist() == expected
    assert len(expected) == 3


@pytest.mark.usefixtures("quick")
def test_a_version_reads_by_the_rules_that_travel_with_it(homes: dict[str, Path], tmp_path: Path) -> None:
    settings = 'delimiter: ;, quotechar: "\'", decimal: ",", true_values: [ja], na_values: {heat: \'-\'}'
    german = use_case(tmp_path / "home", f"{{{settings}}}")
    with_rules_of(german, homes["plain"])
    rows = "2013-01-01;red;'ja';1,5;0;\n2013-01-01;red;1;1.5;0;\n2013-01-01;red;1,0;-;0;\n"
    text = HEADER.replace(",", ";") + rows
    edited = use_case(tmp_path / "home")
    counts = [
        command.predict(each, csv_file(tmp_path, text), tmp_path / f"{number}.csv")
        for number, each in enumerate((german, edited))
    ]
    # The config's rules and dialect are those of the next version.
    assert [(each["scored"], each["reasons"][0]["column"]) for each in counts] == [(2, "heat")] * 2


@pytest.mark.usefixtures("quick")
def test_a_version_of_an_older_release_reads_by_the_rules_of_the_config(
    homes: dict[str, Path], tmp_path: Path
) -> None:
    german = use_case(tmp_path / "home", '{decimal: ","}')
    folder = with_rules_of(german, homes["plain"])
    (folder / READING_FILE).unlink()
    write_card(folder)
    text = HEADER + '2013-01-01,red,1,"1,5",0,\n2013-01-01,red,1,1.5,0,\n'
    assert command.predict(german, csv_file(tmp_path, text), tmp_path / "out.csv")["scored"] == 1


def test_columns_are_laid_out_with_sentinels_where_a_cell_is_missing() -> None:
    table = pa.table(
        {
            "n": pa.array([1, None], pa.int64()),
            "x": pa.array([None, 1.5], pa.float32()),
            "s": pa.array([b"a", None], pa.binary()),
        }
    )
    number, real, text = laid_out(table)
    assert number.tolist() == [1, MISSING["int"]]
    assert np.isnan(real[0])
    assert text.to_pylist()[0] == b"a"
    wanted = np.array([False, True])
    assert [len(column) for column in taken([number, real, text], wanted)] == [1, 1, 1]
    assert laid_out(table.slice(0, 0))[0].tolist() == []


def test_a_version_without_its_schema_is_reported(tmp_path: Path) -> None:
    with pytest.raises(Unservable, match=r"The schema, the task or the reading rules of version 7 cannot"):
        Rules.of(tmp_path / "7")
