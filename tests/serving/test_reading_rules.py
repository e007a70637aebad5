"""A version with reading rules of its own: each entry point reads a row as any other does."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorflow.core.example import example_pb2

from serving.grpc.rows import raw_form
from serving.http.openapi import document
from serving.http.page import models_json
from serving.model.engine import Engine
from serving.model.folder import READING_FILE
from serving.model.models import LoadedVersion
from serving.model.saved_model import LoadError
from serving.reading.csv_dialect import CsvDialect
from serving.reading.rules import ReadingRules
from serving.reading.version_rules import VersionRules
from serving.requests.raw_rows import from_csv, from_json
from tests.serving.bounded_versions import bounded

RULES = VersionRules(
    ReadingRules(
        decimal=",",
        na_values={"*": ("NA",), "size": ("NA", "-9")},
        true_values=("ja",),
        false_values=("nein",),
        date_format={"day": ("%d.%m.%Y %H:%M",)},
        time_zone="Europe/Berlin",
    ),
    CsvDialect(";", skipinitialspace=True),
)
COLUMNS = ("day", "colour", "size", "heat")
# What is written, and what the model is to see: (day, colour, size, heat).
ROWS: list[tuple[tuple[Any, ...], tuple[Any, ...]]] = [
    (("29.03.2024 08:00", "red", "3", "1,5"), (b"2024-03-29 08:00:00", b"red", 3, 1.5)),
    (("2024-03-29T07:00:00Z", "red", "3,0", "15e-1"), (b"2024-03-29 08:00:00", b"red", 3, 1.5)),
    (("2024-03-29 08:00", "NA", "ja", "true"), (b"2024-03-29 08:00:00", b"", 1, 1.0)),
    (("NA", "", " -9", ""), (b"", b"", -2147483648, np.nan)),
]
REFUSED = ("tomorrow", "red", "3.5", "1.5")


@pytest.fixture(scope="module")
def version(tiny: Any, tmp_path_factory: pytest.TempPathFactory) -> LoadedVersion:
    """The tiny model with these rules; nobody closes it."""
    folder = tmp_path_factory.mktemp("rules") / "3"
    return LoadedVersion("tiny", 3, bounded(tiny.serving_model_dir, folder, {}, RULES))


def _example(cells: tuple[Any, ...]) -> bytes:
    example = example_pb2.Example()
    for name, cell in zip(COLUMNS, cells, strict=True):
        example.features.feature[name].bytes_list.value.append(cell.encode())
    return example.SerializeToString()


def _every_form(engine: Engine, rows: list[tuple[Any, ...]]) -> dict[str, Any]:
    """The same rows by each entry point."""
    listed = [dict(zip(COLUMNS, cells, strict=True)) for cells in rows]
    columns = {name: [row[name] for row in listed] for name in COLUMNS}
    lines = [";".join(cells) for cells in rows]
    commas = [",".join(f'"{cell}"' for cell in cells) for cells in rows]
    examples = [_example(cells) for cells in rows]
    b64 = [{"b64": base64.b64encode(one).decode()} for one in examples]
    tensors = {name: np.array([cell.encode() for cell in column], object) for name, column in columns.items()}

    def by_json(request: dict[str, Any]) -> Any:
        return from_json(json.loads(json.dumps(request)), engine.checks).rows

    def by_grpc(signature: str, **inputs: Any) -> Any:
        form = raw_form(engine, signature, set(inputs))
        assert form
        return form(inputs, engine)

    texts = [{name: {"b64": base64.b64encode(row[name].encode()).decode()} for name in row} for row in listed]
    return {
        "rows": by_json({"instances": listed}),
        "rows of bytes": by_json({"instances": texts}),
        "columns": by_json({"inputs": columns}),
        "examples": by_json({"instances": b64}),
        "csv": from_csv("\n".join([";".join(COLUMNS), *lines]).encode(), engine.checks).rows,
        "csv with commas": from_csv("\n".join([",".join(COLUMNS), *commas]).encode(), engine.checks).rows,
        "csv_lines": by_json({"signature_name": "csv_lines", "instances": lines}),
        "csv_lines with commas": by_json({"signature_name": "csv_lines", "instances": commas}),
        "grpc columns": by_grpc("raw_columns", **tensors),
        "grpc examples": by_grpc("", examples=np.array(examples, object)),
        "grpc lines": by_grpc("csv_lines", lines=np.array([line.encode() for line in lines], object)),
    }


def test_each_entry_point_reads_the_same_values(version: LoadedVersion) -> None:
    assert version.engine
    for name, rows in _every_form(version.engine, [written for written, _ in ROWS]).items():
        read = version.engine.checks.read(rows)
        assert not read.errors, name
        for array, column in zip(read.arrays, zip(*(seen for _, seen in ROWS), strict=True), strict=True):
            np.testing.assert_array_equal(array, np.array(column, array.dtype), err_msg=name)


def test_each_entry_point_refuses_the_same_cell_in_the_same_words(version: LoadedVersion) -> None:
    assert version.engine
    refusals = {
        name: [str(error) for error in version.engine.score_requests([rows])[0].errors]
        for name, rows in _every_form(version.engine, [ROWS[0][0], REFUSED]).items()
    }
    expected = "expected a date written %d.%m.%Y %H:%M or ISO8601, got text."
    assert refusals == {name: [f"Row 1, column 'day': {expected}"] for name in refusals}


def test_a_typed_tensor_has_sentinels_for_missing(version: LoadedVersion) -> None:
    assert version.engine
    form = raw_form(version.engine, "raw_columns", set(COLUMNS))
    assert form
    tensors = {
        "day": np.array([b"", b"29.03.2024 08:00"], object),
        "colour": np.array([b"", b"red"], object),
        "size": np.array([-2147483648, 3], np.int64),
        "heat": np.array([np.nan, 1.5], np.float32),
    }
    read = version.engine.checks.read(form(tensors, version.engine))
    assert not read.errors
    np.testing.assert_array_equal(read.arrays[2], [-2147483648, 3])
    np.testing.assert_array_equal(read.arrays[3], np.array([np.nan, 1.5], np.float32))


def test_requests_that_are_read_ahead_are_scored_as_others(version: LoadedVersion) -> None:
    engine = version.engine
    assert engine
    rows: list[Any] = [dict(zip(COLUMNS, written, strict=True)) for written, _ in ROWS]
    rows.insert(1, dict(zip(COLUMNS, REFUSED, strict=True)))
    both = engine.score_requests([rows, engine.checks.read(rows), [], rows[:1]])
    alone = engine.score_requests([rows])[0]
    for scored in both[:2]:
        np.testing.assert_array_equal(scored.scores, alone.scores)
        assert [str(error) for error in scored.errors] == [str(error) for error in alone.errors]
    assert [len(scored.scores) for scored in both] == [5, 5, 0, 1]
    assert np.isnan(alone.scores).tolist() == [False, True, False, False, False]


def test_the_document_and_the_page_name_the_formats(version: LoadedVersion) -> None:
    schemas = document(["tiny"], [version], release="1")["components"]["schemas"]
    day = schemas["tiny_Row"]["properties"]["day"]
    assert day["description"] == "A date or time, written %d.%m.%Y %H:%M or ISO 8601. Other text is refused."
    assert day["examples"] == ["29.03.2024 08:00", "2024-03-29 08:00:00"]
    assert "day;colour;size;heat" in schemas["tiny_Csv"]["description"]
    (model,) = models_json([version], {"tiny": 3})["models"]
    assert model["versions"][0]["columns"][0]["formats"] == ("%d.%m.%Y %H:%M", "ISO8601")
    assert version.engine
    assert not version.engine.checks.read([model["versions"][0]["example"]]).errors


def test_a_version_without_the_file_reads_as_a_plain_csv(tmp_path: Path) -> None:
    assert VersionRules.of(tmp_path / READING_FILE) == VersionRules()


def test_rules_come_back_as_they_were_written() -> None:
    assert VersionRules.from_json(RULES.to_json()) == RULES
    assert VersionRules.from_json(RULES.cells.to_json()) == VersionRules(RULES.cells)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"decimal": ".", "other": 1}',
        '{"csv": {"delimiter": ""}}',
        '{"csv": {"delimiter": ",", "quote": 1}}',
        '{"csv": [","]}',
        '{"time_zone": "Europe/Nowhere"}',
        '{"date_format": {"day": ["%Q"]}}',
        '{"date_format": {"size": ["%Y"]}}',
    ],
)
def test_a_damaged_file_is_a_version_that_cannot_be_loaded(tiny: Any, tmp_path: Path, text: str) -> None:
    folder = bounded(tiny.serving_model_dir, tmp_path / "1", {})
    (folder / READING_FILE).write_text(text)
    with pytest.raises(LoadError, match="Cannot load a model that takes raw rows"):
        Engine.load(folder)
