"""Tables as databases and tools write them: `new` finds how, and the reader reads what was written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from perennial.reading.columns import Column
from perennial.reading.read_csv import read_csv
from perennial.reading.reading import ExportFormat
from pipeline.config_sections import ExportsSection
from tests.commands.new.sniffing.sniffed_text import sniff_text

ROWS = 40


class Writer(NamedTuple):
    """How a writer writes the rows (a number, a time, a text, a number that may be missing).

    Attributes:
        header: Its first lines.
        row: A row, by its number.
        exports: What `new` writes into the YAML.
        last: The last row, as it is read.
        encoding: Of the text.
    """

    header: str
    row: Callable[[int], str]
    exports: dict[str, Any]
    last: tuple[Any, ...]
    encoding: str = "utf-8"


UTC = {"date_format": {"at": "ISO8601"}, "time_zone": "UTC"}
AT = b"2024-03-09 08:39:00"
WRITERS = {
    "BigQuery": Writer(
        "i,at,t,n\n",
        lambda i: f"{i},2024-03-09 08:{i:02}:00{'.5' if i < 2 else ''} UTC,a {i % 3},{i or ''}\n",
        UTC,
        (39, AT, b"a 0", 39),
    ),
    "Athena quotes all": Writer(
        '"i","at","t","n"\n',
        lambda i: f'"{i}","2024-03-09 08:{i:02}:00.000 UTC","a {i % 3}","{i or ""}"\n',
        UTC,
        (39, AT, b"a 0", 39),
    ),
    "Snowflake": Writer(
        "i,at,t,n\n",
        lambda i: f'{i},2024-03-09 08:{i:02}:00.000 +0000,"a ""{i % 3}""",{i or chr(92) + "N"}\n',
        {**UTC, "na_values": ["\\N"]},
        (39, AT, b'a "0"', 39),
    ),
    "SQL Server's bcp -w": Writer(
        "i\tat\tt\tn\r\n",
        lambda i: f"{i}\t2024-03-09 08:{i:02}:00.0000000 +01:00\tgr\xfcn {i % 3}\t{i or ''}\r\n",
        {
            "encoding": "utf-16-le",
            "delimiter": "\t",
            "date_format": {"at": "ISO8601"},
            "time_zone": "Europe/Berlin",
        },
        (39, AT, "gr\xfcn 0".encode(), 39),
        "utf-16-le",
    ),
    "Redshift's UNLOAD with ESCAPE": Writer(
        "i|at|t|n\n",
        lambda i: f"{i}|2024-03-09 08:{i:02}:00|a\\|{i % 3}|{i or ''}\n",
        {"quotechar": None, "escapechar": "\\", "delimiter": "|", "date_format": {"at": "ISO8601"}},
        (39, AT, b"a|0", 39),
    ),
    "psql, unaligned": Writer(
        "i|at|t|n\n",
        lambda i: f"{i}|2024-03-09 08:{i:02}:00+00|a|{i or ''}\n" + "(40 rows)\n" * (i == ROWS - 1),
        {"delimiter": "|", "skipfooter": 1, **UTC},
        (39, AT, b"a", 39),
    ),
    "SAS": Writer(
        "i,at,t,n\n",
        lambda i: f"{i},09MAR2024:08:{i:02}:00,a {i % 3},{i or '.'}\n",
        {"date_format": {"at": "%d%b%Y:%H:%M:%S"}, "na_values": ["."]},
        (39, AT, b"a 0", 39),
    ),
    "Oracle": Writer(
        '"i","at","t","n"\n',
        lambda i: f'{i},09-MAR-24 08.{i:02}.00.000000000 AM,"a {i % 3}",{i or ""}\n',
        {"date_format": {"at": "%d-%b-%y %I.%M.%S.%f %p"}},
        (39, AT, b"a 0", 39),
    ),
    "Excel in French, with narrow spaces": Writer(
        "\ufeffsep=;\r\ni;at;t;n\r\n",
        lambda i: f"{i};{i % 28 + 1:02}/03/2024 08:{i:02};a {i % 3};{i + 1}\u202f000,5\r\n",
        {
            **{"delimiter": ";", "decimal": ",", "thousands": "\u202f"},
            "date_format": {"at": "%d/%m/%Y %H:%M"},
        },
        (39, b"2024-03-12 08:39:00", b"a 0", 40000.5),
    ),
    "R's write.csv": Writer(
        '"","i","at","t","n"\n',
        lambda i: f'"{i + 1}",{i},"2024-03-09 08:{i:02}:00","a {i % 3}",{i or "NA"}\n',
        {"date_format": {"at": "ISO8601"}, "na_values": ["NA"]},
        (39, AT, b"a 0", 39),
    ),
    "Java's ZonedDateTime": Writer(
        "i,at,t,n\n",
        lambda i: f"{i},2024-03-09T08:{i:02}+01:00[Europe/Paris],a {i % 3},{i or ''}\n",
        {"date_format": {"at": "ISO8601"}, "time_zone": "Europe/Berlin"},
        (39, AT, b"a 0", 39),
    ),
    "a web page": Writer(
        "i,at,t,n\n",
        lambda i: f"{i},Sat Mar 09 2024 08:{i:02}:00 GMT+0000 (UTC),a {i % 3},\xa0{i}\xa0\n",
        {"date_format": {"at": "%a %b %d %Y %H:%M:%S %z"}, "time_zone": "UTC"},
        (39, AT, b"a 0", 39),
    ),
}


@pytest.mark.parametrize("name", WRITERS)
def test_what_a_writer_wrote_is_read(tmp_path: Path, name: str) -> None:
    writer = WRITERS[name]
    text = writer.header + "".join(map(writer.row, range(ROWS)))
    sniffed = sniff_text(tmp_path, text.encode(writer.encoding))
    assert (sniffed.exports, sniffed.problems) == (writer.exports, ())
    columns = tuple(Column(column, sniffed.kinds[column], required=False) for column in sniffed.columns)
    written = ExportsSection(**sniffed.exports).csv_format
    read = read_csv(sniffed.files[0], ExportFormat(columns, written=written))
    assert tuple(read.table.slice(ROWS - 1).to_pylist()[0].values()) == writer.last
    assert read.table.num_rows == ROWS
