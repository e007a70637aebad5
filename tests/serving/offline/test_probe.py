"""The probe's process: one request in, one reply out."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from serving.model.columns import InputColumn, RowError
from serving.model.engine import Engine, InputError
from serving.offline.probe import Requests, RowFailed, probe, read_requests, write_requests
from serving.requests.forms import as_csv_line, as_example
from tests import tiny_use_case

REPOSITORY = Path(__file__).resolve().parents[3]


def _requests(
    rows: list[dict[str, Any]], columns: tuple[InputColumn, ...] = tiny_use_case.COLUMNS
) -> Requests:
    return Requests(
        rows, [as_csv_line(row, columns) for row in rows], [as_example(row, columns) for row in rows]
    )


def _ask(request: dict[str, str]) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        [REPOSITORY / ".venv-serving" / "bin" / "python", "-m", "serving.offline.probe"],
        input=json.dumps(request),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout)


def test_requests_are_read_as_they_were_written(tmp_path: Path) -> None:
    requests = _requests([{"colour": "two\nlines\u2028\x85 é", "size": -(2**63), "heat": 0.1}, {}])
    write_requests(requests, tmp_path / "requests")
    assert read_requests(tmp_path / "requests") == requests


def test_the_process_replies_with_the_engines_scores(tiny: Any, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = tiny_use_case.rows(30)
    write_requests(_requests(rows), tmp_path / "requests")
    code, reply = _ask({"model": tiny.serving_model_dir, "requests": str(tmp_path / "requests")})
    expected = Engine.load(Path(tiny.serving_model_dir)).score_rows(rows).tolist()
    assert code == 0
    for form in ("rows", "lines", "examples"):
        assert reply["scores"][form] == pytest.approx(expected, abs=1e-6)
    assert reply["startup_seconds"] > 0
    assert 0 < reply["latency_ms"]["p50"] <= reply["latency_ms"]["p99"]


def test_a_model_that_does_not_load_is_an_error_in_the_reply(tmp_path: Path) -> None:
    write_requests(_requests([{}]), tmp_path / "requests")
    code, reply = _ask({"model": str(tmp_path), "requests": str(tmp_path / "requests")})
    assert (code, reply["row"]) == (1, None)
    assert "Cannot load the SavedModel" in reply["error"]


def test_the_row_that_brings_a_batch_down_is_named(tiny: Any) -> None:
    good = _requests([{}, {"size": 1}, {}])
    model = Path(tiny.serving_model_dir)
    with pytest.raises(RowFailed) as raised:
        probe(model, Requests(good.rows, [good.lines[0], "a,b,SECRET,1", good.lines[2]], good.examples))
    assert raised.value.row == 1
    assert "SECRET" not in str(raised.value)
    with pytest.raises(RowError, match="Row 2, column 'size'"):
        probe(model, Requests([{}, {}, {"size": 1.5}], good.lines, good.examples))


def test_a_first_row_that_fails_fails_the_probe(tiny: Any) -> None:
    with pytest.raises(InputError):
        probe(Path(tiny.serving_model_dir), Requests([{}], ["one cell"], [b""]))
