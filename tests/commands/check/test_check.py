"""What `check` says of small real exports; it says what `run` would, and changes nothing."""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from commands.check.check import check
from components.arrow_example_gen.ingest import Cutting, read_export
from perennial import row_sketch
from perennial.errors import SchemaError, UsageError
from perennial.files import folder_digest
from perennial.reading.columns import export_columns
from perennial.reading.reading import ExportFormat
from perennial.store.ledger import Ledger
from pipeline import config
from pipeline.config import UseCase
from pipeline.ledgers import opened
from serving.model.answers import Answers
from serving.model.checks import RowChecks
from serving.observe.request_log import RequestLog
from tests.flights_past import past_rows
from tests.flights_spans import flights_schema, rows_of, statistics_of_span


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """A real export of February: a header, then rows."""
    rows = past_rows()
    month = rows[rows["sched_dep"].str.startswith("2013-02")]
    return str(month.to_csv(index=False)).splitlines(keepends=True)


def _export(use_case: UseCase, lines: Sequence[str], manifest: Any = None) -> Path:
    folder = use_case.home / "inbox" / "2013-02"
    folder.mkdir(parents=True)
    (folder / "part-0.csv").write_text("".join(lines))
    if manifest is not None:
        size = (folder / "part-0.csv").stat().st_size
        sha256 = hashlib.sha256((folder / "part-0.csv").read_bytes()).hexdigest()
        entry = {"path": "part-0.csv", "bytes": size, "sha256": sha256, **manifest}
        (folder / "_SUCCESS").write_text(json.dumps({"files": [entry]}))
    return folder


def _with(lines: Sequence[str], change: Callable[[str], str], count: int) -> list[str]:
    """The lines with the first `count` rows changed."""
    return [lines[0], *map(change, lines[1 : count + 1]), *lines[count + 1 :]]


def test_a_real_export_is_ok_and_what_could_not_be_checked_is_listed(
    use_case: UseCase, ledger: Ledger, lines: list[str]
) -> None:
    judgement = check(use_case, ledger, _export(use_case, lines[:3001], {"rows": 3000}))
    assert (judgement["verdict"], judgement["reasons"]) == ("OK", [])
    assert (judgement["rows"], judgement["quarantined"], judgement["quarantine"]) == (3000, 0, [])
    assert (judgement["anomalies"], judgement["drift"]) == ([], [])
    # Nothing was accepted before, also no days, and 3,000 rows are too few for the rate of late flights.
    assert len(judgement["not_checked"]) == 5


def test_a_single_file_can_be_checked(use_case: UseCase, ledger: Ledger, lines: list[str]) -> None:
    judgement = check(use_case, ledger, _export(use_case, lines[:1001]) / "part-0.csv")
    assert (judgement["verdict"], judgement["rows"]) == ("OK", 1000)


def test_an_export_written_in_another_way_is_read_by_the_config(
    use_case: UseCase, ledger: Ledger, lines: list[str]
) -> None:
    written = {"delimiter": ";", "encoding": "utf-16", "decimal": ",", "skipfooter": 1}
    exports = use_case.exports.model_copy(update=written)
    folder = _export(use_case, lines[:1001])
    text = "".join(lines[:1001]).replace(",", ";").replace(".", ",") + "Total\n"
    (folder / "part-0.csv").write_text(text, encoding="utf-16")
    judgement = check(use_case.model_copy(update={"exports": exports}), ledger, folder)
    assert (judgement["verdict"], judgement["rows"], judgement["quarantined"]) == ("OK", 1000, 0)
    assert [row["line"] for row in judgement["quarantine"]] == [1002]
    assert check(use_case, ledger, folder)["verdict"] == "REFUSED"


def test_a_check_changes_nothing(use_case: UseCase, lines: list[str]) -> None:
    folder = _export(use_case, lines[:1001], {})
    with opened(use_case) as ledger:
        _accept_january(use_case, ledger)
    before = folder_digest(use_case.home)
    with opened(use_case) as ledger:
        check(use_case, ledger, folder)
    assert folder_digest(use_case.home) == before


def test_too_few_rows_are_blocked(use_case: UseCase, ledger: Ledger, lines: list[str]) -> None:
    judgement = check(use_case, ledger, _export(use_case, lines[:101]))
    assert judgement["verdict"] == "BLOCK"
    assert [(anomaly["kind"], anomaly["severity"]) for anomaly in judgement["anomalies"]] == [
        ("too_few_rows", "block")
    ]
    assert "fewer than min_rows (200)" in judgement["reasons"][0]


def test_another_airport_is_blocked_by_its_column(
    use_case: UseCase, ledger: Ledger, lines: list[str]
) -> None:
    changed = _with(lines[:1001], lambda line: line.replace(",EWR,", ",PHL,").replace(",JFK,", ",PHL,"), 500)
    judgement = check(use_case, ledger, _export(use_case, changed))
    assert judgement["verdict"] == "BLOCK"
    assert [(anomaly["feature"], anomaly["kind"]) for anomaly in judgement["anomalies"]] == [
        ("origin", "unexpected_values")
    ]
    assert "PHL" not in json.dumps(judgement)


def test_a_bad_row_is_set_aside_and_listed_with_its_line(
    use_case: UseCase, ledger: Ledger, lines: list[str]
) -> None:
    changed = _with(lines[:3001], lambda line: line.replace(",", ",x,", 1), 1)
    judgement = check(use_case, ledger, _export(use_case, changed, {"rows": 3000}))
    assert (judgement["verdict"], judgement["rows"], judgement["quarantined"]) == ("OK", 2999, 1)
    (row,) = judgement["quarantine"]
    assert (row["file"], row["line"]) == ("part-0.csv", 2)


def _no_late(lines: list[str]) -> list[str]:
    return [line.rsplit(",", 1)[0] + "\n" for line in lines]


def _many_bad(lines: list[str]) -> list[str]:
    return _with(lines, lambda line: line.replace(",", ",x,", 1), 20)


@pytest.mark.parametrize(
    ("change", "manifest", "reason"),
    [
        (lambda lines: lines, {"bytes": 9}, "part-0.csv: _SUCCESS lists 9 bytes"),
        (
            lambda lines: lines,
            {"rows": 1001},
            "part-0.csv: _SUCCESS lists 1,001 rows, but the file has 1,000.",
        ),
        (lambda lines: lines, {"sha256": "0" * 64}, "part-0.csv: SHA-256 differs from the one in _SUCCESS."),
        (_no_late, None, "late"),
        (_many_bad, None, "20"),
        (lambda lines: [], None, ""),
    ],
)
def test_what_run_would_refuse_is_refused(
    use_case: UseCase,
    ledger: Ledger,
    lines: list[str],
    change: Callable[[list[str]], list[str]],
    manifest: Any,
    reason: str,
) -> None:
    judgement = check(use_case, ledger, _export(use_case, change(lines[:1001]), manifest))
    assert judgement["verdict"] == "REFUSED"
    assert reason in judgement["reasons"][0]
    assert judgement["not_checked"] == ["Nothing else was checked: the export is refused."]


def test_a_folder_without_files_is_refused(use_case: UseCase, ledger: Ledger) -> None:
    (use_case.home / "2013-02").mkdir()
    assert check(use_case, ledger, use_case.home / "2013-02")["verdict"] == "REFUSED"


def _accept_january(use_case: UseCase, ledger: Ledger) -> Path:
    return _accept(use_case, ledger, "2013-01")


def _accept(use_case: UseCase, ledger: Ledger, span: str) -> Path:
    statistics = use_case.root / "statistics"
    (statistics / "Split-span").mkdir(parents=True)
    file = statistics / "Split-span" / "FeatureStats.pb"
    file.write_bytes(statistics_of_span(span).SerializeToString())
    version = ledger.spans.arrive(span, "A")
    ledger.spans.judge(
        version, "OK", [], rows=26398, quarantined=0, judged_with="", run_id="r", statistics=str(statistics)
    )  # fmt: skip
    return file


def test_drift_is_measured_from_the_accepted_span_before(
    use_case: UseCase, ledger: Ledger, lines: list[str]
) -> None:
    file = _accept_january(use_case, ledger)
    folder = _export(use_case, lines)
    judgement = check(use_case, ledger, folder)
    assert judgement["verdict"] == "OK", judgement["reasons"]
    assert {"temp", "carrier"} <= {drift["feature"] for drift in judgement["drift"]}

    file.unlink()
    judgement = check(use_case, ledger, folder)
    assert (judgement["drift"], judgement["verdict"]) == ([], "OK")
    # `run` would read it again, if its export is there.
    landed = use_case.exports_folder / "2013-01"
    landed.mkdir(parents=True)
    for name in ("part-0.csv", "_SUCCESS"):
        (landed / name).touch()
    (first, *_) = check(use_case, ledger, folder)["not_checked"]
    assert first.startswith("Drift was not checked from span 2013-01: what was read of it is lost. Run `run")


def test_a_copy_of_a_span_in_use_is_blocked_as_run_would(
    use_case: UseCase, ledger: Ledger, lines: list[str]
) -> None:
    folder = _export(use_case, lines[:1001])
    columns = export_columns(flights_schema(), "TRAINING")
    export = ExportFormat(columns, "late", "sched_dep", task=use_case.answers)
    identity: dict[str, str | int] = {"span": "2013-01", "version": 1, "digest": "A"}
    examples = use_case.home / "examples"
    examples.mkdir()
    read_export([folder / "part-0.csv"], export, Cutting(), identity).sketch.write(examples / row_sketch.FILE)
    version = ledger.spans.arrive("2013-01", "A")
    ledger.spans.judge(
        version, "OK", [], rows=1000, quarantined=0, judged_with="", run_id="r", examples=str(examples)
    )
    (folder / "part-0.csv").write_text("".join([lines[0], *lines[1000:0:-1]]))
    judgement = check(use_case, ledger, folder)
    assert judgement["verdict"] == "BLOCK"
    assert [anomaly["kind"] for anomaly in judgement["anomalies"]] == ["same_content"]
    # It replaces the span itself.
    moved = folder.rename(folder.with_name("2013-01"))
    assert [anomaly["kind"] for anomaly in check(use_case, ledger, moved)["anomalies"]] == ["outside_period"]


def test_an_export_without_labels_waits(use_case: UseCase, ledger: Ledger, lines: list[str]) -> None:
    unlabelled = _with(lines[:1001], lambda line: line.rsplit(",", 1)[0] + ",\n", 1000)
    judgement = check(use_case, ledger, _export(use_case, unlabelled))
    assert judgement["verdict"] == "WAITING"
    assert "1,000 of 1,000 rows have no label yet" in judgement["reasons"][0]


@pytest.fixture(scope="module")
def july() -> list[dict[str, Any]]:
    """July's flights as requests hold them: a missing cell is null, and there is no label."""
    rows = rows_of("2013-07").astype(object).where(lambda frame: frame.notna(), None).to_dict("records")
    whole = [name for name, kind in KINDS.items() if kind == "int"]
    return [
        {name: int(cell) if name in whole and cell is not None else cell for name, cell in row.items()}
        for row in rows
    ]


KINDS = {column.name: column.kind for column in export_columns(flights_schema(), "SERVING")}


def _log(folder: Path, rows: Sequence[Any], **private: str) -> Path:
    """The day's folder of a request log of these rows."""
    types = {"int": "INT", "float": "FLOAT", "string": "BYTES"}
    checks = RowChecks({"feature": [{"name": name, "type": types[kind]} for name, kind in KINDS.items()]})
    engine = SimpleNamespace(checks=checks, answers=Answers())
    version: Any = SimpleNamespace(model="flights", number=1, engine=engine)
    log = RequestLog(folder, 1.0, max_bytes=1 << 28, max_days=30, private=private, period=0.01)
    for first in range(0, len(rows), 10_000):
        part = rows[first : first + 10_000]
        log.offer(version, part, [0.25] * len(part))
        while log._waiting:
            time.sleep(0.001)
    log.close()
    (day,) = folder.glob("*-*-*")
    return day


def test_a_log_of_real_requests_has_no_anomaly(
    use_case: UseCase, ledger: Ledger, july: list[dict[str, Any]]
) -> None:
    _accept(use_case, ledger, "2013-06")
    day = _log(use_case.requests_folder, july)
    judgement = check(use_case, ledger, day)
    assert (judgement["environment"], judgement["verdict"], judgement["reasons"]) == ("SERVING", "OK", [])
    assert (judgement["rows"], judgement["quarantined"]) == (len(july), 0)
    assert (judgement["anomalies"], judgement["ignored_columns"]) == ([], [])
    assert len(judgement["drift"]) == sum(
        feature.HasField("drift_comparator") for feature in flights_schema().feature
    )
    assert judgement["not_checked"] == [
        "Drift was not compared with the history (columns: 14): fewer than 3 pairs of earlier spans.",
        "The label was not checked: late is not in the environment SERVING.",
    ]
    # The very statistics of the rows, as the pipeline has them.
    same = check(use_case, ledger, use_case.requests_folder)
    assert same["drift"] == judgement["drift"]


def test_the_day_in_progress_is_checked_by_what_is_whole_of_it(
    use_case: UseCase, ledger: Ledger, july: list[dict[str, Any]]
) -> None:
    day = _log(use_case.requests_folder, july[::29])
    (day / "_part-2-1-0.csv").write_text("half a line of a part that is being wri")
    judgement = check(use_case, ledger, day)
    assert (judgement["verdict"], judgement["rows"]) == ("OK", len(july[::29]))


def test_a_requests_column_in_another_unit_is_reported(
    use_case: UseCase, ledger: Ledger, july: list[dict[str, Any]]
) -> None:
    _accept(use_case, ledger, "2013-06")
    celsius = [{**row, "temp": row["temp"] and (row["temp"] - 32) * 5 / 9} for row in july]
    judgement = check(use_case, ledger, _log(use_case.requests_folder, celsius))
    assert judgement["verdict"] == "BLOCK"
    assert [drift["feature"] for drift in judgement["drift"] if drift["severity"] != "ok"] == ["temp"]


def test_private_columns_are_not_asked_for_and_are_listed_as_not_checked(
    use_case: UseCase, ledger: Ledger, july: list[dict[str, Any]]
) -> None:
    day = _log(use_case.requests_folder, july[::29], tailnum="hash", sched_dep="omit", flight="hash")
    judgement = check(use_case, ledger, day)
    assert (judgement["verdict"], judgement["reasons"], judgement["quarantined"]) == ("OK", [], 0)
    for name in ("flight", "sched_dep", "tailnum"):
        assert (
            f"Column `{name}` was not checked: it is private and not in the log." in judgement["not_checked"]
        )
    (day / "_private.json").write_text("{")
    assert check(use_case, ledger, day)["verdict"] == "REFUSED"


def test_the_environment_can_be_set(
    use_case: UseCase, ledger: Ledger, july: list[dict[str, Any]], lines: list[str]
) -> None:
    elsewhere = _log(use_case.home / "copy", july[::29])
    assert check(use_case, ledger, elsewhere)["verdict"] == "REFUSED"
    assert check(use_case, ledger, elsewhere, "SERVING")["verdict"] == "OK"
    judgement = check(use_case, ledger, _export(use_case, lines[:1001]), "SERVING")
    assert (judgement["verdict"], judgement["ignored_columns"]) == ("OK", ["late"])


def test_a_path_with_nothing_at_it_is_a_usage_error(use_case: UseCase, ledger: Ledger) -> None:
    with pytest.raises(UsageError, match="nothing does not exist"):
        check(use_case, ledger, use_case.home / "nothing")


@pytest.mark.parametrize("text", [None, "feature {"])
def test_a_schema_that_is_wrong_is_a_usage_error(
    use_case: UseCase, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str | None
) -> None:
    monkeypatch.setattr(config, "REPOSITORY", tmp_path)
    (tmp_path / "schemas").mkdir()
    if text is not None:
        (tmp_path / "schemas" / "flights.pbtxt").write_text(text)
    with pytest.raises(SchemaError, match=r"schemas/flights\.pbtxt"):
        check(use_case, ledger, use_case.home)
