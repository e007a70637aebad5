"""Growth is judged, drawn, and made of wider code and exports."""

import ast
from datetime import datetime, timezone
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from benchmarks.harness.resume import Result
from benchmarks.proofs.growth.exports import (
    DROPPED,
    copies,
    renumbered,
    widened,
    with_numbers,
    write_span,
)
from benchmarks.proofs.growth.picture import svg
from benchmarks.proofs.growth.proof import AXES, goals, panels, rendered
from perennial.files import file_digest
from pipeline.config import REPOSITORY
from pipeline.export_folders import content_digest, find_exports

SCHEMA = REPOSITORY / "schemas" / "flights.pbtxt"
TRANSFORM = REPOSITORY / "transforms" / "flights.py"


def cost(wall: float, memory: int) -> Result:
    return {"wall": wall, "cpu": wall, "peak_tree": memory, "peak_process": memory, "nodes": {}}


def all_results(growth: float) -> dict[str, Result]:
    return {
        f"{axis.name}-{point}": cost(10.0 * (point / axis.points[0]) ** growth, 1 << 30)
        for axis in AXES
        for point in axis.points
    }


def test_time_that_grows_more_than_linearly_misses_its_goal() -> None:
    assert {line[2] for line in goals(all_results(growth=0.9))} == {"met"}
    missed = [line[0] for line in goals(all_results(growth=1.1)) if line[2] != "met"]
    assert len(missed) == 2 * len(AXES)
    assert all("time" in goal for goal in missed)


def test_memory_that_grows_with_the_rows_misses_its_goal() -> None:
    lines = goals({"rows-1": cost(10, 100), "rows-10": cost(50, 121)})
    assert [line[2] for line in lines if "memory" in line[0]] == ["**missed**"] * 2


def test_what_was_not_measured_is_not_judged() -> None:
    assert goals({"rows-10": cost(10, 1), "spans-12": cost(1, 1)}) == []


def test_a_page_of_some_points_is_rendered() -> None:
    page = rendered({"rows-1": cost(10, 1), "rows-3": cost(20, 1)})
    assert "| 3 \u00d7 the year | 20.0 |" in page
    assert "## Spans" not in page


def test_the_picture_is_svg_with_a_panel_an_axis() -> None:
    picture = ElementTree.fromstring(svg(panels(all_results(growth=1))))
    lines = picture.findall("{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == 3 * len(AXES)


@pytest.mark.parametrize("columns", [13, 130])
def test_a_wide_schema_has_as_many_columns_with_the_label_last(columns: int) -> None:
    schema = text_format.Parse(SCHEMA.read_text(), schema_pb2.Schema())
    wide = widened(schema, copies(columns))
    names = [feature.name for feature in wide.feature]
    assert len(set(names)) == len(names) == columns
    assert names[-1] == "late"
    assert not set(names) & set(DROPPED)


def test_a_wide_transform_scales_every_further_column() -> None:
    names = [name for name, _ in copies(130)]
    numbers = _numbers(with_numbers(TRANSFORM.read_text(), names))
    assert [name for name in numbers if name in names] == names
    assert not set(numbers) & set(DROPPED)
    assert set(numbers) - set(names) == set(_numbers(TRANSFORM.read_text())) - set(DROPPED)


def test_a_transform_without_numbers_is_refused() -> None:
    with pytest.raises(ValueError, match="NUMBERS"):
        with_numbers(Path(__file__).read_text().replace("NUMBERS: Final", "OTHERS: Final"), [])


def _numbers(source: str) -> tuple[str, ...]:
    for node in ast.parse(source).body:
        if (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and node.target.id == "NUMBERS"
        ):
            assert node.value is not None
            return tuple(ast.literal_eval(node.value))
    return ()


def test_spans_that_are_written_are_complete_exports(tmp_path: Path) -> None:
    rows = pd.DataFrame({"sched_dep": ["2013-01-01 05:15:00"] * 3, "late": [0, 1, 0]})
    write_span(tmp_path / "001", rows)
    (export,) = find_exports(tmp_path, "number", "success_file", datetime.now(timezone.utc))
    assert (export.state, export.manifest_rows) == ("complete", {"part-00000.csv.gz": 3})
    assert content_digest(export, file_digest)


def test_each_copy_of_a_row_has_another_flight_number_within_the_schema() -> None:
    rows = pd.DataFrame({"flight": ["1", "9999", "1545"], "late": [0, 1, 0]})
    copies = [renumbered(rows, copy) for copy in range(10)]
    assert copies[0].equals(rows)
    numbers = pd.concat(copies).groupby(level=0)["flight"].agg(list)
    assert all(len(set(each)) == 10 and all(1 <= int(one) <= 9999 for one in each) for each in numbers)
