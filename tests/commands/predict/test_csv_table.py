"""A CSV is scored with its records kept byte for byte."""

import gzip
from pathlib import Path

import pytest

from commands.predict import csv_table
from commands.predict import predict as command
from perennial.errors import FileRefused
from tests.commands.predict.tables import (
    EXPORTS,
    GOOD,
    HEADER,
    csv_file,
    cut_often,
    use_case,
    with_rules_of,
)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", ["in.csv", "in.csv.gz"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_a_csv_holds_is_kept_byte_for_byte(
    name: str, end: str, homes: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_often(monkeypatch)
    lines = GOOD.splitlines()
    text = end.join(["\ufeff" + lines[0], *lines[1:20], "", *lines[20:]])
    out = tmp_path / name.replace("in", "out")
    command.predict(use_case(homes["plain"], EXPORTS), csv_file(tmp_path, text, name), out)
    written = (gzip.decompress(out.read_bytes()) if name.endswith(".gz") else out.read_bytes()).decode()
    lines = written.split(end)
    assert end.join(",".join(line.rsplit(",", 3)[:-3]) if line else "" for line in lines) == text
    assert lines[0].endswith(",prediction,probability_0,probability_1")


@pytest.mark.usefixtures("quick")
def test_a_csv_as_people_have_them_keeps_its_form(homes: dict[str, Path], tmp_path: Path) -> None:
    exports = (
        '{time_column: day, delimiter: ";", encoding: cp1252, decimal: ",", na_values: ["N/A"],'
        ' date_format: {day: "%d.%m.%Y"}, skipfooter: 1}'
    )
    rows = ['1.2.2013;red;1,5;"ä;b"', ";;;", "3.2.2013;blau;N/A;€", "Summe;;;2", ""]
    text = "\r\n".join(["sep=;", "day;colour;heat;größe", *rows])
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(text.encode("cp1252"))
    office = use_case(tmp_path / "home", exports)
    with_rules_of(office, homes["two"])
    summary = command.predict(office, source, out)
    # A line of delimiters alone is a row, as for the server.
    assert (summary["rows"], summary["scored"], summary["refused"], summary["skipped"]) == (3, 3, 0, 1)
    lines = out.read_bytes().decode("cp1252").split("\r\n")
    assert lines[:2] == ["sep=;", "day;colour;heat;größe;prediction;probability_no;probability_yes, sir"]
    assert [line.rsplit(";", 3)[0] for line in lines[2:]] == [
        '1.2.2013;red;1,5;"ä;b"',
        ";;;",
        "3.2.2013;blau;N/A;€",
        "",
    ]
    assert lines[2].split(";")[-1].startswith("0,")


@pytest.mark.usefixtures("quick")
def test_a_table_in_folders_and_in_sparks_dialect_keeps_both(homes: dict[str, Path], tmp_path: Path) -> None:
    settings = r'{time_column: day, escapechar: "\\", escape_unquoted: false}'
    for colour, rows in (("red%2C%20dark", '"a \\"b\\"",1\nC:\\x,9\n'), ("blue", "c,2\n")):
        folder = tmp_path / "table" / f"colour={colour}" / "day=2013-01-01"
        folder.mkdir(parents=True)
        (folder / "part.csv").write_text("note,size\n" + rows)
    out = tmp_path / "out.csv"
    spark = use_case(tmp_path / "home", settings)
    with_rules_of(spark, homes["two"])
    summary = command.predict(spark, tmp_path / "table", out)
    assert (summary["scored"], summary["refused"]) == (2, 1)
    header, *lines = out.read_text().splitlines()
    assert header.startswith('note,size,colour,day,prediction,probability_no,"probability_yes, sir"')
    assert lines[0].startswith("c,2,blue,2013-01-01,")
    assert lines[1].startswith('"a \\"b\\"",1,"red, dark",2013-01-01,')
    refused = Path(summary["refused_file"]).read_text().splitlines()[1]
    assert refused.startswith("colour=red%2C%20dark/day=2013-01-01/part.csv,3,size,")
    assert refused.endswith('"C:\\\\x",9,"red, dark",2013-01-01,')


@pytest.mark.usefixtures("quick")
def test_a_header_alone_gives_a_header(homes: dict[str, Path], tmp_path: Path) -> None:
    summary = command.predict(use_case(homes["plain"]), csv_file(tmp_path, HEADER), tmp_path / "out.csv")
    assert (summary["rows"], summary["refused_file"]) == (0, None)
    expected = HEADER.replace("\n", ",prediction,probability_0,probability_1\n")
    assert (tmp_path / "out.csv").read_text() == expected


@pytest.mark.usefixtures("quick")
def test_a_file_that_grows_out_of_all_proportion_is_refused(
    homes: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_table, "DEFAULT_MAX_BYTES", 10_000)
    source = csv_file(tmp_path, HEADER + "2013-01-01,red,1,1.0,0,x\n" * 20_000, "in.csv.gz")
    with pytest.raises(FileRefused, match="holds more than 129600 bytes when decompressed"):
        command.predict(use_case(homes["plain"]), source, tmp_path / "out.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv.gz"]
