"""Small exports of five columns, and how the tests of reading write and read them."""

import gzip
from pathlib import Path

from components.arrow_example_gen.ingest import Cutting, Export, read_export
from perennial.reading.columns import Column
from perennial.reading.reading import ExportFormat

COLUMNS = (
    Column("day", "string", required=True),
    Column("n", "int", required=False),
    Column("x", "float", required=False),
    Column("s", "string", required=False),
    Column("y", "int", required=True),
)
EXPORT = ExportFormat(COLUMNS, label="y", time_column="day")
LENIENT = Cutting(max_bad_share=0.9)
IDENTITY: dict[str, str | int] = {"span": "2013-01", "version": 1, "digest": "d"}
HEADER = "day,n,x,s,y\n"


def read(paths: list[Path], cutting: Cutting = LENIENT, export: ExportFormat = EXPORT) -> Export:
    return read_export(paths, export, cutting, IDENTITY)


def part(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path
