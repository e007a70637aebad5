"""On which moments a candidate may be pushed."""

from datetime import datetime, timezone

import pytest

from perennial.push_rules import PushRules

RULES = PushRules(freeze=("sat", "sun", "2026-12-24"), timezone="Europe/Berlin")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("moment", "entry"),
    [
        ("2026-03-27T22:59:59", ""),  # Friday
        ("2026-03-27T23:00:00", "sat"),  # midnight in Berlin
        ("2026-03-29T21:59:59", "sun"),  # the day that has 23 hours there
        ("2026-03-29T22:00:00", ""),
        ("2026-12-23T23:00:00", "2026-12-24"),
        ("2026-12-24T23:00:00", ""),
    ],
)
def test_a_day_is_frozen_from_midnight_to_midnight_of_its_zone(moment: str, entry: str) -> None:
    assert RULES.frozen_by(_at(moment)) == entry
    assert RULES.withhold(_at(moment)) == ("freeze" if entry else None)


def test_where_a_person_decides_that_counts_on_each_day() -> None:
    rules = PushRules(push="ask", freeze=("sat",))
    assert [rules.withhold(_at(day)) for day in ("2026-03-28", "2026-03-30")] == ["ask", "ask"]
    assert rules.sentence(_at("2026-03-28"), "flights") == (
        "The candidate waits for `approve flights`: `schedule.push` is ask."
    )


def test_without_rules_a_candidate_is_pushed_on_each_day() -> None:
    assert PushRules().withhold(_at("2026-03-28")) is None
    assert PushRules().sentence(_at("2026-03-28"), "flights") == ""


def test_rules_travel_as_text() -> None:
    assert PushRules.from_json(RULES.to_json()) == RULES
