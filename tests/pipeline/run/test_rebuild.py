"""A ledger that is damaged or gone: what is rebuilt from what else lies on disk, and what is lost."""

import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from perennial.store import registry
from perennial.store.ledger import Ledger
from pipeline.config import UseCase
from pipeline.execution.lineage import Lineage
from pipeline.run.outputs import Outputs
from pipeline.run.rebuild import ledger_problem, rebuild_if_damaged
from pipeline.run.recovery import recover

FIRST, SECOND = "20130201T060000.000000Z", "20130301T060000.500000Z"


@pytest.fixture
def use_case(use_case: UseCase) -> UseCase:
    """A root as two runs left it: a version, a span that was read twice, one that was refused."""
    ledger = Ledger(use_case.root / "ledger.db")
    model = use_case.home / "model"
    model.mkdir()
    (model / "saved_model.pb").write_text("graph")
    registry.publish(use_case.models_folder, ledger, model, {}, champion=None, run_id=FIRST, why="w")
    ledger.close()
    Lineage(str(use_case.root / "metadata.db"))
    metadata = sqlite3.connect(use_case.root / "metadata.db")
    for number, digest in ((1, "A"), (2, "B")):
        _read(use_case, metadata, number, digest)
    metadata.commit()
    metadata.close()
    _ran(use_case, FIRST, "PUSHED", [_span("2013-01", 1, "OK")], [])
    judgement = {"span": "2013-01", "version": 2, "decision": "accept", "who": "w", "why": "y", "at": "t"}
    spans = [_span("2013-01", 2, "BLOCK"), _span("2013-02", 1, "REFUSED")]
    _ran(use_case, SECOND, "DATA_BLOCKED", spans, [judgement])
    return use_case


def _read(use_case: UseCase, metadata: sqlite3.Connection, number: int, digest: str) -> None:
    """The examples and statistics of one arrival of January, as the chain leaves them."""
    summary = {"span": "2013-01", "version": number, "digest": digest, "rows": 5, "quarantined": 1}
    for kind, (node, key) in enumerate((("ArrowExampleGen", "examples"), ("SpanStatistics", "statistics"))):
        folder = use_case.root / "artifacts" / node / key / str(number)
        folder.mkdir(parents=True)
        (folder / "summary.json").write_text(json.dumps(summary))
        artifact = 2 * number + kind
        metadata.execute("INSERT INTO Artifact (id, type_id, uri) VALUES (?, 1, ?)", (artifact, str(folder)))
        metadata.execute(
            "INSERT INTO Event (artifact_id, execution_id, type) VALUES (?, ?, ?)",
            (artifact, 10 + number, 3 + kind),
        )


def _span(span: str, version: int, verdict: str) -> dict[str, Any]:
    return {
        "span": span,
        "version": version,
        "rows": 5,
        "quarantined": 1,
        "verdict": verdict,
        "reasons": ["So it is."],
    }


def _ran(use_case: UseCase, run_id: str, verdict: str, spans: list[Any], judgements: list[Any]) -> None:
    folder = use_case.root / "runs" / run_id
    folder.mkdir(parents=True)
    summary = {"run_id": run_id, "verdict": verdict, "exit_code": 3, "reason": "So it is.", "seconds": 61.7}
    (folder / "summary.json").write_text(json.dumps(summary | {"spans": spans, "judgements": judgements}))


def _harm(use_case: UseCase, content: bytes | None) -> None:
    (use_case.root / "ledger.db").unlink()
    if content is not None:
        (use_case.root / "ledger.db").write_bytes(content)


def _recovered(use_case: UseCase) -> Ledger:
    ledger = Ledger(use_case.root / "ledger.db")
    recover(use_case, ledger, Outputs(use_case.root / "artifacts", ledger))
    return ledger


def test_a_whole_ledger_is_left_alone(use_case: UseCase) -> None:
    before = (use_case.root / "ledger.db").read_bytes()
    assert rebuild_if_damaged(use_case) == ""
    assert (use_case.root / "ledger.db").read_bytes() == before


def test_a_root_in_which_nothing_ran_has_no_ledger_to_miss(tmp_path: Path) -> None:
    assert ledger_problem(tmp_path) == ""
    (tmp_path / "runs" / FIRST).mkdir(parents=True)
    (tmp_path / "ledger.db").touch()
    assert ledger_problem(tmp_path) == ""


def _overwritten(whole: bytes) -> bytes:
    return whole[:4096] + b"\xff" * 4096 + whole[8192:]


@pytest.mark.parametrize(
    ("harm", "problem"),
    [
        (lambda whole: whole[: len(whole) // 2], "is damaged"),
        (_overwritten, "is damaged"),
        (lambda whole: b"not a database" * 500, "is damaged"),
        (lambda whole: b"", "is missing"),
        (lambda whole: None, "is missing"),
    ],
)
def test_however_it_was_damaged_it_is_set_aside_and_reported(
    use_case: UseCase, harm: Callable[[bytes], bytes | None], problem: str
) -> None:
    content = harm((use_case.root / "ledger.db").read_bytes())
    _harm(use_case, content)
    reason = rebuild_if_damaged(use_case)
    assert reason.startswith(f"ledger.db {problem}: what is left was set aside")
    assert "Lost: " in reason
    assert "a pause of the schedule" in reason
    aside = list(use_case.root.glob("ledger.db.damaged-*"))
    assert [path.read_bytes() for path in aside] == ([] if content is None else [content])
    assert rebuild_if_damaged(use_case) == ""


def test_versions_and_runs_come_back(use_case: UseCase) -> None:
    _harm(use_case, None)
    rebuild_if_damaged(use_case)
    ledger = _recovered(use_case)
    (version,) = ledger.versions.all()
    assert (version["version"], version["run_id"]) == (1, FIRST)
    runs = [(run["run_id"], run["began"], run["ended"], run["verdict"]) for run in ledger.runs.last(9)]
    assert runs == [
        (SECOND, "2013-03-01T06:00:00Z", "2013-03-01T06:01:02Z", "DATA_BLOCKED"),
        (FIRST, "2013-02-01T06:00:00Z", "2013-02-01T06:01:01Z", "PUSHED"),
    ]
    assert ledger.runs.settled_fingerprint() == ""
    ledger.close()


def test_arrivals_go_on_counting_and_judgements_stand(use_case: UseCase) -> None:
    _harm(use_case, None)
    rebuild_if_damaged(use_case)
    ledger = _recovered(use_case)
    arrivals = [(each.version, each.digest, each.verdict) for each in ledger.spans.versions_of("2013-01")]
    assert arrivals == [(1, "A", "OK"), (2, "B", "BLOCK")]
    used = ledger.spans.in_use("2013-01")
    assert used is not None
    assert (used.version, used.decision, Path(used.statistics).parent.name) == (2, "accept", "statistics")
    assert ledger.spans.arrive("2013-01", "B").version == 2
    assert ledger.spans.arrive("2013-01", "C").version == 3
    assert ledger.spans.arrive("2013-02", "whatever lies there now").version == 2
    ledger.close()


def test_judgements_stand_where_an_older_run_has_a_later_id_as_the_clock_was_set_back(
    use_case: UseCase,
) -> None:
    _ran(use_case, "20301201T060000.000000Z", "PUSHED", [], [])
    _harm(use_case, None)
    rebuild_if_damaged(use_case)
    ledger = _recovered(use_case)
    assert [each["decision"] for each in ledger.spans.judgements()] == ["accept"]
    ledger.close()


def test_a_span_arrived_when_the_first_run_that_judged_it_began(use_case: UseCase) -> None:
    _ran(use_case, "20130401T060000.000000Z", "PUSHED", [_span("2013-01", 1, "OK")], [])
    _harm(use_case, None)
    reason = rebuild_if_damaged(use_case)
    ledger = _recovered(use_case)
    arrived = [each.arrived for each in ledger.spans.versions_of("2013-01")]
    assert arrived == ["2013-02-01T06:00:00Z", "2013-03-01T06:00:00Z"]
    assert "a pause of the schedule (run `schedule pause` again)" in reason
    ledger.close()


def test_no_gate_is_named_as_the_judge_of_what_comes_back(use_case: UseCase) -> None:
    _harm(use_case, None)
    rebuild_if_damaged(use_case)
    ledger = _recovered(use_case)
    current = ledger.spans.current("2013-01")
    assert current is not None
    # Not empty, so that a span whose export is gone stays in use; and no digest, so that one that is there
    # is judged anew.
    assert current.judged_with == "rebuilt"
    assert str(use_case.root / "artifacts/ArrowExampleGen/examples/2") in ledger.outputs.digests()
    ledger.close()


def test_with_metadata_damaged_as_well_spans_are_read_anew(use_case: UseCase) -> None:
    _harm(use_case, b"")
    os.truncate(use_case.root / "metadata.db", 5000)
    rebuild_if_damaged(use_case)
    ledger = _recovered(use_case)
    current = ledger.spans.current("2013-01")
    assert current is not None
    assert (current.version, current.digest, current.judged_with) == (2, "B", "")
    assert ledger.outputs.digests() == {}
    assert not (use_case.root / "artifacts").exists()
    ledger.close()


def test_outputs_that_a_summary_names_count_only_if_they_are_still_of_that_span(use_case: UseCase) -> None:
    folder = use_case.root / "artifacts/ArrowExampleGen/examples/1"  # of January
    outputs = {"examples": str(folder), "statistics": str(folder), "read_as": "{}"}
    spans = [_span("2013-01", 3, "OK") | outputs, _span("2013-03", 1, "OK") | outputs]
    _ran(use_case, "20130401T060000.000000Z", "PUSHED", spans, [])
    _harm(use_case, None)
    rebuild_if_damaged(use_case)
    ledger = _recovered(use_case)
    january, march = ledger.spans.current("2013-01"), ledger.spans.current("2013-03")
    assert january is not None
    assert march is not None
    assert (january.digest, january.examples, january.read_as) == ("A", str(folder), "{}")
    assert (march.digest, march.examples, march.statistics, march.read_as) == ("", "", "", "")
    ledger.close()


def test_a_run_that_was_cut_off_is_dead_after_a_rebuild_too(use_case: UseCase) -> None:
    (use_case.root / "runs" / "20130401T060000.000000Z-2").mkdir()
    _harm(use_case, None)
    rebuild_if_damaged(use_case)
    ledger = _recovered(use_case)
    (last,) = ledger.runs.last(1)
    assert (last["run_id"], last["verdict"]) == ("20130401T060000.000000Z-2", "FAILED")
    assert ledger.runs.interrupted() == []
    ledger.close()


def test_what_sqlite_keeps_beside_the_file_goes_with_it(use_case: UseCase) -> None:
    _harm(use_case, None)
    (use_case.root / "ledger.db-journal").write_bytes(b"half a transaction")
    rebuild_if_damaged(use_case)
    assert not (use_case.root / "ledger.db-journal").exists()
    assert list(use_case.root.glob("ledger.db-journal.damaged-*"))


def test_a_rebuilding_that_was_cut_off_is_begun_anew(use_case: UseCase) -> None:
    _harm(use_case, None)
    half = Ledger(use_case.root / "ledger.db.rebuilt")
    half.spans.arrive("2013-01", "half")
    half.close()
    assert ledger_problem(use_case.root) == "is missing"
    rebuild_if_damaged(use_case)
    ledger = _recovered(use_case)
    assert [each.digest for each in ledger.spans.versions_of("2013-01")] == ["A", "B"]
    assert not (use_case.root / "ledger.db.rebuilt").exists()
    ledger.close()


def test_runs_of_an_earlier_release_come_back_as_well(use_case: UseCase) -> None:
    for path in use_case.root.glob("runs/*/summary.json"):
        summary = json.loads(path.read_text())
        del summary["judgements"]
        path.write_text(json.dumps(summary))
    _harm(use_case, None)
    rebuild_if_damaged(use_case)
    ledger = _recovered(use_case)
    assert [run["verdict"] for run in ledger.runs.last(9)] == ["DATA_BLOCKED", "PUSHED"]
    assert ledger.spans.judgements() == []
    ledger.close()
