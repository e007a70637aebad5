"""Freshness and the last run, as the ledger has them."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from perennial import clock
from perennial.store.ledger import Ledger
from perennial.store.span_version import Verdict
from pipeline import config
from pipeline.config import UseCase
from pipeline.run import lock
from pipeline.run.overdue import freshness_of, newest_span, run_problem
from tests.pipeline.run import trains

NOW = clock.moment("2013-04-10T00:00:00Z")


def expecting(use_case: UseCase, expect: str = "{every: 1d, within: 6h}", span: str = "day") -> UseCase:
    text = trains.YAML.replace("span: number", f"span: {span}") + f"schedule: {{expect: {expect}}}\n"
    return config.parse(text, name="flights", home=use_case.home, source="flights.yaml")


def arrive(ledger: Ledger, span: str, verdict: Verdict = "OK", digest: str = "a") -> None:
    version = ledger.spans.arrive(span, digest)
    ledger.spans.judge(version, verdict, [], rows=7, quarantined=1, judged_with="w", run_id="r")


def arrive_at(monkeypatch: pytest.MonkeyPatch, ledger: Ledger, spans: Sequence[tuple[str, str]]) -> None:
    for span, moment in spans:
        monkeypatch.setattr(clock, "now", lambda moment=moment: clock.moment(moment))
        arrive(ledger, span)


def test_a_use_case_that_expects_nothing_has_no_freshness(use_case: UseCase, ledger: Ledger) -> None:
    assert freshness_of(use_case, ledger, NOW) is None


def test_no_accepted_span_is_not_known(use_case: UseCase, ledger: Ledger) -> None:
    arrive(ledger, "2013-04-01", "BLOCK")
    known = freshness_of(expecting(use_case), ledger, NOW)
    assert known
    assert known.state == "unknown"
    assert "Span 2013-04-01 arrived, but is not accepted (BLOCK): see `spans flights`." in known.message


def test_an_old_span_that_comes_late_makes_nothing_fresh(use_case: UseCase, ledger: Ledger) -> None:
    arrive(ledger, "2013-04-08")
    before = freshness_of(expecting(use_case), ledger, NOW)
    arrive(ledger, "2013-01-01")
    assert freshness_of(expecting(use_case), ledger, NOW) == before
    assert before
    assert before.newest_span == "2013-04-08"


def test_a_newer_span_that_is_not_accepted_is_named(use_case: UseCase, ledger: Ledger) -> None:
    arrive(ledger, "2013-04-01")
    arrive(ledger, "2013-04-02", "REFUSED")
    arrive(ledger, "2013-04-03", "BLOCK")
    known = freshness_of(expecting(use_case), ledger, NOW)
    assert known
    assert (known.state, known.newest_span) == ("overdue", "2013-04-01")
    assert known.message.endswith("2 spans arrived, but are not accepted: see `spans flights`.")


def test_a_refused_replacement_leaves_the_former_version_and_its_date(
    use_case: UseCase, ledger: Ledger
) -> None:
    arrive(ledger, "2013-04-09")
    arrive(ledger, "2013-04-09", "REFUSED", digest="b")
    known = freshness_of(expecting(use_case), ledger, NOW)
    assert known
    assert (known.state, known.newest_span) == ("fresh", "2013-04-09")


def test_a_rejected_span_does_not_count(use_case: UseCase, ledger: Ledger) -> None:
    arrive(ledger, "2013-04-01")
    arrive(ledger, "2013-04-09")
    ledger.spans.decide("2013-04-09", "reject", "half of it is missing")
    newest = newest_span(ledger, "day")
    assert newest
    assert newest.span == "2013-04-01"


def test_spans_named_by_another_kind_do_not_count(use_case: UseCase, ledger: Ledger) -> None:
    for span in ("2013-03", "2013-W20", "99", "2013-04-01", "2013-04-02T10"):
        arrive(ledger, span)
    newest = newest_span(ledger, "day")
    assert newest
    assert newest.span == "2013-04-01"


def test_numbers_count_by_arrival(use_case: UseCase, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = [("10", "2013-04-01T00:00:00Z"), ("9", "2013-04-02T00:00:00Z"), ("2", "2013-04-02T00:00:00Z")]
    arrive_at(monkeypatch, ledger, moments)
    newest = newest_span(ledger, "number")
    assert newest
    assert (newest.span, clock.stamp(newest.arrived)) == ("9", "2013-04-02T00:00:00Z")
    known = freshness_of(expecting(use_case, span="number"), ledger, clock.moment("2013-04-04T05:59:59Z"))
    assert known
    assert (known.state, known.since) == ("warn", newest.arrived + timedelta(hours=30))


def test_the_last_run_is_named_if_it_failed_or_was_killed(use_case: UseCase, ledger: Ledger) -> None:
    assert run_problem(use_case, ledger) is None
    ledger.runs.begin("r1", "manual")
    ledger.runs.end("r1", "FAILED", 1, "The disk is full.", "")
    assert "The disk is full." in (run_problem(use_case, ledger) or "")
    ledger.runs.begin("r2", "manual")
    assert run_problem(use_case, ledger) == (
        "Run r2 was killed; run `run flights`, which cleans up after it."
    )
    with lock.held(use_case.root / "lock", "r2"):
        assert run_problem(use_case, ledger) is None
    ledger.runs.end("r2", "KEPT", 0, "So it is.", "")
    assert run_problem(use_case, ledger) is None


def test_a_lock_that_this_user_cannot_read_is_not_taken_for_a_killed_run(
    use_case: UseCase, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.runs.begin("r1", "manual")

    def forbidden(path: object) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(lock, "is_held", forbidden)
    assert run_problem(use_case, ledger) == ("Run r1 has not ended; this user cannot see whether it goes on.")
