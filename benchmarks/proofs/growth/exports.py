"""Exports that are longer, in more spans, or wider than the real year; and the code for wide ones."""

import gzip
import hashlib
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from benchmarks.harness.chain_runs import MONTHS, USE_CASE, compile_all
from perennial.files import file_digest, write_json
from perennial.schema import read_schema
from pipeline.export_manifest import SUCCESS
from pipeline.use_cases import flights

ROWS_A_PART: Final = 10_000
SEED: Final = 17
# Left out, so that 13 columns remain: two that no feature is made of, and two numbers.
DROPPED: Final = ("tailnum", "wind_dir", "wind_gust", "visib")
# What the further columns are noisy copies of.
COPIED: Final = ("temp", "dewp", "humid", "wind_speed", "pressure")
NOISE: Final = 0.05  # of a column's standard deviation
_SHIFT: Final = 997


def _folder(root: Path, name: str) -> Path:
    """Where exports of this name lie, as this very file writes them."""
    return root / f"exports-{name}-{file_digest(Path(__file__))[:8]}"


def more_rows(root: Path, factor: int) -> tuple[Path, list[str]]:
    """The year's twelve spans with `factor` times the rows; gives folder and spans.

    Rows that are there again count once (DataGate's `repeated_file`), so each copy has other flight numbers.
    """
    target = _folder(root, f"rows-{factor}")
    if not all((target / month / SUCCESS).is_file() for month in MONTHS):
        rows = flights.past_rows()
        months = rows[flights.TIME_COLUMN].str.slice(0, 7)
        for month in MONTHS:
            part = rows[months == month]
            write_span(target / month, pd.concat([renumbered(part, copy) for copy in range(factor)]))
    return target, list(MONTHS)


def renumbered(rows: pd.DataFrame, copy: int) -> pd.DataFrame:
    """The rows with flight numbers shifted within the schema's 1 to 9999; those of copy 0 stay."""
    numbers = (rows["flight"].astype(int) - 1 + _SHIFT * copy) % 9999 + 1
    return rows.assign(flight=numbers.astype(str))


def more_spans(root: Path, count: int) -> tuple[Path, list[str]]:
    """The year's rows in so many numbered spans of whole days; gives folder and spans."""
    target = _folder(root, f"spans-{count}")
    spans = [f"{number:03d}" for number in range(1, count + 1)]
    if not all((target / span / SUCCESS).is_file() for span in spans):
        rows = flights.past_rows()
        days, number = np.unique(rows[flights.TIME_COLUMN].str.slice(0, 10), return_inverse=True)
        numbers = number * count // len(days)
        for index, span in enumerate(spans):
            write_span(target / span, rows[numbers == index])
    return target, spans


def more_columns(root: Path, count: int) -> tuple[Path, list[str]]:
    """The year's twelve spans with so many columns, the label included; gives folder and spans."""
    target = _folder(root, f"columns-{count}")
    if not all((target / month / SUCCESS).is_file() for month in MONTHS):
        rows = flights.past_rows().drop(columns=list(DROPPED))
        months = rows[flights.TIME_COLUMN].str.slice(0, 7)
        spread = {name: pd.to_numeric(rows[name]).std() for name in COPIED}
        for month in MONTHS:
            part = rows[months == month]
            draw = np.random.default_rng([SEED, int(month[-2:])])
            further = {
                name: (pd.to_numeric(part[source]) + draw.normal(0, NOISE * spread[source], len(part))).round(
                    2
                )
                for name, source in copies(count)
            }
            write_span(target / month, pd.concat([part, pd.DataFrame(further, index=part.index)], axis=1))
    return target, list(MONTHS)


def copies(columns: int) -> list[tuple[str, str]]:
    """Name and source of each further column, where there are so many columns in all."""
    further = columns - (len(flights.COLUMNS) - len(DROPPED))
    return [(f"{COPIED[at % len(COPIED)]}_{at:03d}", COPIED[at % len(COPIED)]) for at in range(further)]


def write_span(folder: Path, rows: Any) -> None:
    """Writes rows as parts, each a CSV of gzip's quickest level, and then `_SUCCESS`."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    entries = []
    for name, part in _parts(rows):
        content = gzip.compress(part.to_csv(index=False).encode(), compresslevel=1, mtime=0)
        (folder / name).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        entries.append({"path": name, "bytes": len(content), "sha256": digest, "rows": len(part)})
    write_json(folder / SUCCESS, {"files": entries})


def _parts(rows: Any) -> Iterator[tuple[str, Any]]:
    for number, start in enumerate(range(0, len(rows), ROWS_A_PART)):
        yield f"part-{number:05d}.csv.gz", rows.iloc[start : start + ROWS_A_PART]


def widen(code: Path, columns: int) -> None:
    """Edits a copy of the code so that its flights have so many columns, all further ones scaled numbers."""
    schema_file = code / "schemas" / f"{USE_CASE}.pbtxt"
    schema = read_schema(schema_file)
    schema_file.write_text(text_format.MessageToString(widened(schema, copies(columns))))
    transform = code / "transforms" / f"{USE_CASE}.py"
    transform.write_text(with_numbers(transform.read_text(), [name for name, _ in copies(columns)]))
    compile_all(code)


def widened(schema: schema_pb2.Schema, further: Sequence[tuple[str, str]]) -> schema_pb2.Schema:
    """The schema without the dropped columns, and with further ones before the label, unbounded."""
    kept = [feature for feature in schema.feature if feature.name not in DROPPED]
    known = {feature.name: feature for feature in kept}
    made = []
    for name, source in further:
        feature = schema_pb2.Feature()
        feature.CopyFrom(known[source])
        feature.name = name
        feature.float_domain.ClearField("min")
        feature.float_domain.ClearField("max")
        made.append(feature)
    wide = schema_pb2.Schema()
    wide.CopyFrom(schema)
    del wide.feature[:]
    wide.feature.extend([*kept[:-1], *made, kept[-1]])
    return wide


def with_numbers(source: str, further: Sequence[str]) -> str:
    """The source of a transform whose tuple `NUMBERS` lacks the dropped columns and has the further ones.

    Raises:
        ValueError: It has no such tuple.
    """
    match = re.search(r"^NUMBERS: Final = \(\n(.*?)^\)\n", source, re.MULTILINE | re.DOTALL)
    if not match:
        raise ValueError("The transform has no tuple NUMBERS.")
    lines = [line for line in match[1].splitlines() if not any(f'"{name}"' in line for name in DROPPED)]
    lines += [f'    "{name}",' for name in further]
    return source[: match.start(1)] + "\n".join(lines) + "\n" + source[match.end(1) :]
