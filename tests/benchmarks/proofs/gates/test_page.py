"""What the proof of the gates counts, and when it fails."""

from typing import Any

from benchmarks.proofs.gates.agreement import differences
from benchmarks.proofs.gates.page import page, problems
from benchmarks.proofs.gates.reasons import BlockReason
from benchmarks.proofs.gates.result import (
    UNTOUCHED,
    DamageTrial,
    GateFinding,
    LandedSpan,
    SeriesResult,
    counts_by_kind,
    outcome_of_damage,
)

SERIES = "iris, shuffled, new saw half"
DRIFT = GateFinding("drift_extreme", "petal", "block", "Column `petal` is far away.")
WARNING = GateFinding("drift", "petal", "warn", "Column `petal` is away.")


def span(name: str, *findings: GateFinding, **changes: Any) -> LandedSpan:
    severities = {each.severity for each in findings}
    verdict = "BLOCK" if "block" in severities else "WARN" if "warn" in severities else "OK"
    return LandedSpan(
        **{
            "span": name,
            "rows": 10,
            "seen": False,
            "verdict": verdict,
            "findings": findings,
            "not_checked": (),
            **changes,
        }
    )


def result(*spans: LandedSpan, damaged: tuple[DamageTrial, ...] = ()) -> SeriesResult:
    return SeriesResult(SERIES, spans, damaged, "")


def reason(*, right: bool, spans: tuple[str, ...] = ()) -> BlockReason:
    return BlockReason(SERIES, "drift_extreme", "petal", right, "A real change.", spans)


def many(count: int, *others: LandedSpan) -> SeriesResult:
    return result(*(span(str(number)) for number in range(count)), *others)


def test_the_proof_fails_if_nobody_has_looked_at_a_blocked_span() -> None:
    results = [many(99, span("100", DRIFT))]
    (sentence,) = problems(results, [reason(right=False, spans=("7",))])
    assert "span 100 is blocked (drift_extreme `petal`)" in sentence
    assert problems(results, [reason(right=False, spans=("100",))]) == []
    assert "not looked at" in page(results, reasons=[])


def test_a_span_that_new_had_seen_needs_a_reason_too() -> None:
    assert problems([many(99, span("100", DRIFT, seen=True))], [])


def test_the_proof_fails_if_more_than_a_fiftieth_is_blocked_wrongly_by_all_or_by_one_finding() -> None:
    results = [many(97, span("98", DRIFT), span("99", DRIFT), span("100", DRIFT))]
    of_all, of_one = problems(results, [reason(right=False)])
    assert of_all == "all findings: 3 of 100 later spans are blocked wrongly, more than 2%."
    assert of_one == "drift_extreme: 3 of 100 later spans are blocked wrongly, more than 2%."
    assert problems(results, [reason(right=True)]) == []


def test_a_span_counts_once_for_each_kind_by_its_strongest_finding() -> None:
    counts = counts_by_kind([span("1", WARNING, DRIFT, WARNING), span("2", WARNING)])
    assert {kind: dict(each) for kind, each in counts.items()} == {
        "drift_extreme": {"block": 1},
        "drift": {"warn": 2},
    }


def test_damage_is_withheld_only_by_what_the_span_has_not_without_it() -> None:
    untouched = span("9", WARNING)
    assert outcome_of_damage(DamageTrial("units", "petal", span("9", WARNING, DRIFT)), untouched) == "block"
    assert outcome_of_damage(DamageTrial("units", "petal", untouched), untouched) == ""
    refused = span("9", verdict="REFUSED")
    assert outcome_of_damage(DamageTrial("gone", "petal", refused), untouched) == "block"


def test_a_series_that_is_blocked_without_damage_says_nothing_of_damage() -> None:
    damaged = (
        DamageTrial(UNTOUCHED, "", span("9", DRIFT)),
        DamageTrial("half of the rows", "", span("9", DRIFT)),
    )
    text = page([result(span("9", DRIFT), damaged=damaged)], reasons=[reason(right=True)])
    assert "|half of the rows|" not in text


def test_results_come_back_from_plain_data_as_they_were() -> None:
    one = span("1", WARNING, not_checked=("The label was not checked.",))
    values = {
        "spans": [one.to_json()],
        "damaged": [{"kind": "units", "column": "petal", **one.to_json()}],
        "problem": "",
    }
    assert SeriesResult.from_json(SERIES, values) == result(
        one, damaged=(DamageTrial("units", "petal", one),)
    )


def test_a_run_that_judges_in_another_way_is_named() -> None:
    spans = [span("1", WARNING), span("2")]
    run = [
        {"span": "1", "rows": 10, "verdict": "WARN", "reasons": [WARNING.message]},
        {"span": "2", "rows": 10, "verdict": "BLOCK", "reasons": []},
    ]
    assert differences(spans, [*run[:1], {**run[1], "verdict": "OK"}]) == []
    assert [each[:7] for each in differences(spans, run)] == ["Span 2:"]
