"""Which span `check` takes an export for, on 300 real rows of February that have landed as 2013-02."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from commands.check.check import check
from components.arrow_example_gen.ingest import Cutting, read_export
from perennial import row_sketch
from perennial.errors import UsageError
from perennial.files import file_digest
from perennial.reading.columns import export_columns
from perennial.reading.reading import ExportFormat
from perennial.store.ledger import Ledger
from pipeline import export_folders
from pipeline.config import UseCase
from tests.flights_past import past_rows
from tests.flights_spans import flights_schema

AS_LANDED = "This is span 2013-02 as it has landed: OK, in use."


@pytest.fixture(scope="module")
def content() -> bytes:
    rows = past_rows()
    february = rows[rows["sched_dep"].str.startswith("2013-02")].iloc[:300]
    return bytes(february.to_csv(index=False).encode())


@pytest.fixture
def february(use_case: UseCase, ledger: Ledger, content: bytes) -> Path:
    """The folder of the span, which is in use."""
    return _land(use_case, ledger, "2013-02", {"part-0.csv": content})


def _land(use_case: UseCase, ledger: Ledger, span: str, files: dict[str, bytes], verdict: Any = "OK") -> Path:
    folder = use_case.exports_folder / span
    folder.mkdir(parents=True)
    for name, each in {"_SUCCESS": b"", **files}.items():
        (folder / name).write_bytes(each)
    export = export_folders.look_into(folder)
    columns = export_columns(flights_schema(), "TRAINING")
    form = ExportFormat(columns, "late", "sched_dep", task=use_case.answers)
    examples = use_case.root / "examples" / span
    examples.mkdir(parents=True)
    sketch = read_export(export.files, form, Cutting(), {"span": span, "version": 1, "digest": ""}).sketch
    sketch.write(examples / row_sketch.FILE)
    version = ledger.spans.arrive(span, export_folders.content_digest(export, file_digest))
    ledger.spans.judge(
        version, verdict, [], rows=300, quarantined=0, judged_with="j", run_id="r", examples=str(examples)
    )
    return folder


def _kinds(judgement: dict[str, Any]) -> list[str]:
    return [anomaly["kind"] for anomaly in judgement["anomalies"]]


@pytest.mark.parametrize("path", ["", "part-0.csv", "../2013-02/part-0.csv"])
def test_a_path_in_the_exports_folder_is_its_span(
    use_case: UseCase, ledger: Ledger, february: Path, path: str
) -> None:
    judgement = check(use_case, ledger, february / path)
    assert (judgement["verdict"], judgement["reasons"]) == ("OK", [])
    assert (judgement["span"], judgement["notes"]) == ("2013-02", [AS_LANDED])


@pytest.mark.parametrize("name", ["feb.csv", "2013-02.csv.gz", "feb.v1.2013.csv", "2013-02/a.csv"])
def test_the_rows_of_a_landed_span_elsewhere_are_that_span(
    use_case: UseCase, ledger: Ledger, february: Path, content: bytes, name: str
) -> None:
    path = use_case.home / "inbox" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    judgement = check(use_case, ledger, path)
    assert (judgement["verdict"], judgement["span"], judgement["notes"]) == ("OK", "2013-02", [AS_LANDED])


@pytest.mark.parametrize(("name", "span"), [("2013-03.csv", None), ("feb.csv", "2013-03")])
def test_as_another_span_they_are_blocked_as_run_would(
    use_case: UseCase, ledger: Ledger, february: Path, content: bytes, name: str, span: str | None
) -> None:
    path = use_case.home / name
    path.write_bytes(content)
    judgement = check(use_case, ledger, path, span=span)
    assert (judgement["verdict"], _kinds(judgement)) == ("BLOCK", ["outside_period", "same_content"])
    assert (judgement["span"], judgement["landed"], judgement["notes"]) == ("2013-03", None, [])


def test_a_landed_span_is_compared_with_those_that_arrived_before_it_as_run_does(
    use_case: UseCase, ledger: Ledger, february: Path, content: bytes
) -> None:
    folder = _land(use_case, ledger, "2013-03", {"part-0.csv": content})  # a person could have accepted it
    assert check(use_case, ledger, february)["verdict"] == "OK"
    judgement = check(use_case, ledger, folder)
    assert "same_content" in _kinds(judgement)
    assert judgement["notes"] == ["This is span 2013-03 as it has landed: OK, in use."]
    ledger.spans.decide("2013-03", "reject", "a copy")
    notes = check(use_case, ledger, folder)["notes"]
    assert notes == ["This is span 2013-03 as it has landed: OK, a person rejected it, not in use."]


def test_one_file_of_a_span_stands_for_all_and_a_corrected_span_is_a_new_version(
    use_case: UseCase, ledger: Ledger, february: Path, content: bytes
) -> None:
    header, *rows = content.splitlines(keepends=True)
    (february / "part-0.csv").write_bytes(header + b"".join(rows[:100]))
    (february / "part-1.csv").write_bytes(header + b"".join(rows[100:290]))
    judgement = check(use_case, ledger, february / "part-1.csv")
    assert (judgement["verdict"], judgement["rows"]) == ("OK", 290)
    assert judgement["notes"] == [
        "part-1.csv is one of 2 files of span 2013-02: all were checked, as `run` reads them.",
        "Span 2013-02 has other content than at the last run.",
    ]


def test_what_run_does_not_read_is_named(
    use_case: UseCase, ledger: Ledger, february: Path, content: bytes
) -> None:
    (february.parent / "2013-04").symlink_to(february)
    (judgement,) = [check(use_case, ledger, february.parent / "2013-04")]
    assert judgement["notes"] == [
        "`run` does not read span 2013-04 as it is: Expected a folder, got a symbolic link."
    ]
    assert judgement["verdict"] == "BLOCK"
    waiting = february.parent / "2013-05"
    waiting.mkdir()
    (waiting / "a.csv").write_bytes(content)
    assert "No _SUCCESS file yet." in check(use_case, ledger, waiting)["notes"][0]
    (february / "_SUCCESS").write_text(json.dumps({"files": []}))
    assert check(use_case, ledger, february / "part-0.csv")["verdict"] == "REFUSED"


def test_a_span_after_a_missing_one_is_not_read_yet_where_runs_wait_for_it(
    use_case: UseCase, ledger: Ledger, february: Path, content: bytes
) -> None:
    waiting = use_case.model_copy(update={"exports": use_case.exports.model_copy(update={"gap": "wait"})})
    missing = "span 2013-03 is missing before it (`exports.gap: wait`)."
    path = use_case.home / "2013-04.csv"
    path.write_bytes(content)
    assert check(waiting, ledger, path)["notes"] == [f"`run` would not read it yet: {missing}"]
    assert check(use_case, ledger, path)["notes"] == []
    landed = february.parent / "2013-04"
    landed.mkdir()
    (landed / "a.csv").write_bytes(content)
    (landed / "_SUCCESS").touch()
    (note,) = check(waiting, ledger, landed)["notes"]
    assert note == f"`run` does not read span 2013-04 as it is: S{missing[1:]}"


def test_all_exports_at_once_and_a_span_that_is_none_are_usage_errors(
    use_case: UseCase, ledger: Ledger, february: Path
) -> None:
    for path in (use_case.exports_folder, use_case.home):
        with pytest.raises(UsageError, match="has all exports of the use case"):
            check(use_case, ledger, path)
    with pytest.raises(UsageError, match="Not a span name"):
        check(use_case, ledger, february, span="March")
