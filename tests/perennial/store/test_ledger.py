"""What the ledger remembers of spans, runs, versions and alerts."""

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from perennial.errors import UsageError
from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanVersion, Verdict
from perennial.store.tables import FORMAT
from pipeline.config import REPOSITORY


def _judged(ledger: Ledger, span: str, digest: str, verdict: Verdict, judged_with: str = "j") -> SpanVersion:
    version = ledger.spans.arrive(span, digest)
    ledger.spans.judge(
        version, verdict, [f"It is {verdict}."], rows=5, quarantined=1, judged_with=judged_with, run_id="r",
        examples="e", statistics="s",
    )  # fmt: skip
    current = ledger.spans.current(span)
    assert current is not None
    return current


def _in_use(ledger: Ledger, span: str) -> int | None:
    version = ledger.spans.in_use(span)
    return version.version if version else None


def test_content_that_comes_back_is_a_new_version(ledger: Ledger) -> None:
    arrived = [ledger.spans.arrive("2013-01", digest).version for digest in ("A", "A", "B", "A", "A")]
    assert arrived == [1, 1, 2, 3, 3]
    assert [version.digest for version in ledger.spans.versions_of("2013-01")] == ["A", "B", "A"]


def test_spans_are_numbered_apart(ledger: Ledger) -> None:
    assert ledger.spans.arrive("2013-01", "A").version == 1
    assert ledger.spans.arrive("2013-02", "B").version == 1
    assert sorted(ledger.spans.names()) == ["2013-01", "2013-02"]


def test_what_was_not_judged_is_not_in_use(ledger: Ledger) -> None:
    version = ledger.spans.arrive("2013-01", "A")
    assert (version.verdict, version.accepted, version.withheld) == ("NEW", False, False)
    assert _in_use(ledger, "2013-01") is None
    assert _in_use(ledger, "never-came") is None


def test_a_verdict_is_kept_whole(ledger: Ledger) -> None:
    judged = _judged(ledger, "2013-01", "A", "WARN")
    assert (judged.verdict, judged.reasons, judged.judged_with) == ("WARN", ("It is WARN.",), "j")
    assert (judged.rows, judged.quarantined, judged.examples, judged.statistics) == (5, 1, "e", "s")


@pytest.mark.parametrize("verdict", ["OK", "WARN"])
def test_an_accepted_replacement_is_in_use(ledger: Ledger, verdict: Verdict) -> None:
    _judged(ledger, "2013-01", "A", "OK")
    _judged(ledger, "2013-01", "B", verdict)
    assert _in_use(ledger, "2013-01") == 2


@pytest.mark.parametrize("verdict", ["BLOCK", "REFUSED"])
def test_a_replacement_that_is_blocked_or_refused_leaves_the_former_in_use(
    ledger: Ledger, verdict: Verdict
) -> None:
    _judged(ledger, "2013-01", "A", "OK")
    replaced = _judged(ledger, "2013-01", "B", verdict)
    assert _in_use(ledger, "2013-01") == 1
    assert replaced.withheld


def test_a_rejected_span_is_out_with_all_its_versions(ledger: Ledger) -> None:
    _judged(ledger, "2013-01", "A", "OK")
    _judged(ledger, "2013-01", "B", "OK")
    rejected = ledger.spans.decide("2013-01", "reject", "the sensor was broken")
    assert (rejected.decision, rejected.why) == ("reject", "the sensor was broken")
    assert not rejected.withheld
    assert _in_use(ledger, "2013-01") is None


def test_a_blocked_span_that_a_person_accepts_is_in_use(ledger: Ledger) -> None:
    _judged(ledger, "2013-01", "A", "BLOCK")
    accepted = ledger.spans.decide("2013-01", "accept", "a holiday")
    assert accepted.accepted
    assert not accepted.withheld
    assert _in_use(ledger, "2013-01") == 1


def test_the_last_word_of_a_person_counts(ledger: Ledger) -> None:
    _judged(ledger, "2013-01", "A", "BLOCK")
    ledger.spans.decide("2013-01", "accept", "a holiday")
    ledger.spans.decide("2013-01", "reject", "no, it was not")
    assert _in_use(ledger, "2013-01") is None
    ledger.spans.decide("2013-01", "accept", "it was")
    assert _in_use(ledger, "2013-01") == 1


def test_a_judgement_stands_for_its_content_only(ledger: Ledger) -> None:
    _judged(ledger, "2013-01", "A", "BLOCK")
    ledger.spans.decide("2013-01", "accept", "a holiday")
    replaced = _judged(ledger, "2013-01", "B", "BLOCK")
    assert (replaced.decision, replaced.withheld) == ("", True)
    assert _in_use(ledger, "2013-01") == 1
    again = _judged(ledger, "2013-01", "A", "BLOCK")
    assert (again.version, again.decision) == (3, "")


def test_a_judgement_outlives_a_new_verdict_on_the_same_content(ledger: Ledger) -> None:
    _judged(ledger, "2013-01", "A", "BLOCK", judged_with="old schema")
    ledger.spans.decide("2013-01", "accept", "a holiday")
    assert _judged(ledger, "2013-01", "A", "BLOCK", judged_with="new schema").accepted


def test_what_was_accepted_and_can_no_longer_be_read_is_withheld_again(ledger: Ledger) -> None:
    _judged(ledger, "2013-01", "A", "BLOCK")
    ledger.spans.decide("2013-01", "accept", "a holiday")
    refused = _judged(ledger, "2013-01", "A", "REFUSED", judged_with="a stricter config")
    assert (refused.accepted, refused.withheld) == (False, True)


def test_a_span_that_never_arrived_cannot_be_judged(ledger: Ledger) -> None:
    with pytest.raises(UsageError, match="No complete export of span '2013-01' has arrived"):
        ledger.spans.decide("2013-01", "reject", "no")


def test_what_was_not_read_cannot_be_accepted_but_rejected(ledger: Ledger) -> None:
    _judged(ledger, "2013-01", "A", "REFUSED")
    with pytest.raises(UsageError, match="Unreadable spans cannot be accepted"):
        ledger.spans.decide("2013-01", "accept", "please")
    assert not ledger.spans.decide("2013-01", "reject", "known").withheld
    ledger.spans.arrive("2013-02", "B")
    with pytest.raises(UsageError, match="Span '2013-02' has not been read yet"):
        ledger.spans.decide("2013-02", "accept", "please")


def test_a_file_is_read_anew_only_when_it_changed(ledger: Ledger, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("1")
    first = ledger.files.digest(file)
    assert ledger.files.digest(file) == first
    file.write_text("2")
    assert ledger.files.digest(file) != first


def test_runs_are_listed_newest_first_once_they_ended(ledger: Ledger) -> None:
    for run_id, verdict in (("1", "PUSHED"), ("2", "KEPT")):
        ledger.runs.begin(run_id, "manual")
        ledger.runs.end(run_id, verdict, 0, "So it is.", "f")
    ledger.runs.begin("3", "manual")
    assert [run["run_id"] for run in ledger.runs.last(9)] == ["2", "1"]
    assert [run["run_id"] for run in ledger.runs.last(1)] == ["2"]


def test_a_run_that_never_ended_is_listed_with_what_it_followed_from(ledger: Ledger) -> None:
    ledger.runs.begin("1", "manual")
    ledger.runs.begin("2", "manual")
    ledger.runs.intend("2", "inputs")
    assert ledger.runs.interrupted() == [("1", ""), ("2", "inputs")]
    for run_id, _ in ledger.runs.interrupted():
        ledger.runs.end(run_id, "FAILED", 1, "", "")
    assert ledger.runs.interrupted() == []


def test_what_is_settled_is_what_the_last_settled_run_left_whatever_failed_since(ledger: Ledger) -> None:
    assert ledger.runs.settled_fingerprint() == ""
    ended = [("PUSHED", "f", "f"), ("DATA_BLOCKED", "g", "g"), ("FAILED", "", "g"), ("KEPT", "h", "h")]
    for number, (verdict, fingerprint, settled) in enumerate(ended):
        ledger.runs.begin(str(number), "manual")
        ledger.runs.end(str(number), verdict, 0, "", fingerprint)
        assert ledger.runs.settled_fingerprint() == settled


class _Interrupted(dict[str, str]):
    """Outputs in the middle of which a signal arrives."""

    def items(self) -> Any:
        yield "/artifacts/1", "digest"
        raise KeyboardInterrupt


def test_a_signal_while_outputs_are_noted_leaves_what_is_noted_after_it(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.db")
    with pytest.raises(KeyboardInterrupt):
        ledger.outputs.note(_Interrupted(one="1"))
    ledger.runs.begin("1", "manual")
    ledger.runs.end("1", "FAILED", 1, "It was stopped by SIGTERM.", "")
    ledger.close()
    again = Ledger(tmp_path / "ledger.db")
    assert [run["verdict"] for run in again.runs.last(9)] == ["FAILED"]
    assert again.outputs.digests() == {}
    again.close()


def test_a_run_that_is_noted_twice_began_once(ledger: Ledger) -> None:
    for _ in range(2):
        ledger.runs.begin("1", "manual")
    ledger.runs.end("1", "FAILED", 1, "There was no room.", "")
    assert [(run["run_id"], run["verdict"]) for run in ledger.runs.last(9)] == [("1", "FAILED")]


def test_a_run_that_has_not_ended_or_was_interrupted_settles_nothing(ledger: Ledger) -> None:
    ledger.runs.begin("1", "manual")
    ledger.runs.end("1", "KEPT", 0, "", "f")
    ledger.runs.begin("2", "manual")
    assert ledger.runs.settled_fingerprint() == "f"
    ledger.runs.intend("2", "inputs")
    assert ledger.runs.settled_fingerprint() == "f"
    ledger.runs.end("2", "FAILED", 1, "It was interrupted.", "")
    assert ledger.runs.settled_fingerprint() == "f"


def test_a_version_that_is_noted_stays_as_it_is(ledger: Ledger) -> None:
    ledger.versions.publish(2, "r2", "d2", "then", 1, "first")
    ledger.versions.publish(1, "r1", "d1", "then", None, "earlier")
    ledger.versions.publish(2, "other", "other", "now", None, "second")
    versions = [
        (row["version"], row["run_id"], row["digest"], row["restores"]) for row in ledger.versions.all()
    ]
    assert versions == [(1, "r1", "d1", None), (2, "r2", "d2", 1)]


def test_of_each_kind_one_alert_is_open_until_it_is_over(ledger: Ledger) -> None:
    kinds = ("DATA_BLOCKED", "FAILED")
    ledger.alerts.set({"DATA_BLOCKED": "Span 2013-01 is blocked."}, kinds, "r1")
    ledger.alerts.set({"DATA_BLOCKED": "Span 2013-02 is blocked.", "FAILED": "It failed."}, kinds, "r2")
    alerts = [(alert["kind"], alert["message"], alert["run_id"]) for alert in ledger.alerts.open()]
    assert alerts == [
        ("DATA_BLOCKED", "Span 2013-02 is blocked.", "r1"),
        ("FAILED", "It failed.", "r2"),
    ]
    ledger.alerts.set({}, ("DATA_BLOCKED", "NO_MODEL"), "r3")
    assert [alert["kind"] for alert in ledger.alerts.open()] == ["FAILED"]


def test_all_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    first = Ledger(tmp_path / "ledger.db")
    _judged(first, "2013-01", "A", "OK")
    first.close()
    second = Ledger(tmp_path / "ledger.db")
    assert _in_use(second, "2013-01") == 1
    second.close()


def test_a_ledger_of_a_newer_format_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    connection = sqlite3.connect(file)
    connection.execute(f"PRAGMA user_version={FORMAT + 1}")
    connection.close()
    before = file.read_bytes()
    with pytest.raises(
        UsageError, match=f"has format {FORMAT + 1}; this release reads up to format {FORMAT}"
    ):
        Ledger(file)
    assert file.read_bytes() == before


def test_processes_that_open_it_first_at_the_same_time_all_get_it(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from perennial.store.ledger import Ledger;"
        " sys.stdin.read(); ledger = Ledger(Path(sys.argv[1]));"
        " ledger.runs.begin(sys.argv[2], 'manual'); ledger.close()"
    )
    file = tmp_path / "ledger.db"
    children = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(file), str(number)], cwd=REPOSITORY, stdin=subprocess.PIPE
        )
        for number in range(4)
    ]
    for child in children:
        if child.stdin:
            child.stdin.close()
    assert [child.wait() for child in children] == [0] * 4
    ledger = Ledger(file)
    assert sorted(run_id for run_id, _ in ledger.runs.interrupted()) == ["0", "1", "2", "3"]
    ledger.close()


def test_what_another_process_wrote_of_a_span_is_seen_at_once(tmp_path: Path) -> None:
    ours, others = Ledger(tmp_path / "ledger.db"), Ledger(tmp_path / "ledger.db")
    version = ours.spans.arrive("1", "A")
    ours.spans.judge(version, "OK", [], rows=7, quarantined=0, judged_with="j", run_id="r")
    assert others.spans.names() == ["1"]
    others.spans.decide("1", "reject", "half of it")
    assert ours.spans.in_use("1") is None
    assert (others.spans.arrive("2", "B").version, ours.spans.names()) == (1, ["1", "2"])
    ours.forget_outputs()
    assert [ledger.spans.versions_of("1")[0].judged_with for ledger in (ours, others)] == ["", ""]
    for ledger in (ours, others):
        ledger.close()
