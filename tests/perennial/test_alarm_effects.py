"""Effects of drift alarms on a model that was really trained, from the summaries of the spans before."""

import datetime
from pathlib import Path
from typing import Any

import pytest

from perennial.alarm_effects import effects_of_alarms
from perennial.drift.day_file import FILE, write_days
from perennial.drift.day_summaries import DayTable
from perennial.drift.orders import AlarmOrder, HistorySpan
from perennial.live_effects import LiveEffects
from tests import tiny_use_case
from tests.perennial.test_live_effects import days, live

__all__ = ["live"]
FIRST = datetime.date(2013, 1, 1)
Stored = tuple[list[HistorySpan], DayTable]


def alarm(*columns: str, since: str = "", until: str = "", baseline: str = "previous") -> AlarmOrder:
    return AlarmOrder(subject="/".join(columns), since=since, until=until, columns=columns, baseline=baseline)


@pytest.fixture
def stored(tmp_path: Path) -> Stored:
    """A span of two usual weeks in the history, and one after it whose rows are colder."""
    rows = tiny_use_case.rows(900, days=14)
    history = []
    for place, name in enumerate(sorted({str(row["day"])[:10] for row in rows})):
        folder = tmp_path / "days" / str(place)
        folder.mkdir(parents=True)
        write_days(folder / FILE, days([row for row in rows if str(row["day"])[:10] == name]))
        history.append(HistorySpan(span=name, days=str(folder), trained=place < 7))
    colder = tiny_use_case.rows(300, days=3, seed=5)
    shifted = [
        {
            **row,
            "heat": None if row["heat"] is None else row["heat"] - 4,  # type: ignore[operator]
            "day": str(datetime.date.fromisoformat(str(row["day"])[:10]) + datetime.timedelta(days=14)),
        }
        for row in colder
    ]
    return history, days(shifted)


@pytest.mark.parametrize("baseline", ["previous", "season", "training"])
def test_a_column_that_fell_moves_the_scores_whatever_it_is_compared_with(
    live: tuple[Path, str], stored: Stored, baseline: str
) -> None:
    history, changed = stored
    effects = LiveEffects(*live, tiny_use_case.TASK)
    asked = [alarm("heat", since=str(changed.days[0]), baseline=baseline), alarm("colour", baseline=baseline)]
    fell, other = effects_of_alarms(asked, "2013-01", changed, history, effects)
    assert (fell.subject, other.subject) == ("heat", "colour")
    assert fell.number is not None
    assert other.number is not None
    assert fell.number < -0.005
    assert abs(other.number) < 0.03
    assert fell.text.startswith("It moves the predicted probability that `good` is 1 by -0.")


def test_what_is_not_known_says_why(live: tuple[Path, str], stored: Stored, tmp_path: Path) -> None:
    history, changed = stored
    since = str(changed.days[0])

    def text(asked: AlarmOrder, spans: list[HistorySpan], digest: str = live[1]) -> Any:
        effects = LiveEffects(live[0], digest, tiny_use_case.TASK)
        (only,) = effects_of_alarms([asked], "2013-01", changed, spans, effects)
        assert only.number is None
        return only.text.removeprefix("Its effect on the live model's scores is not known: ")

    assert text(alarm(since=since), history) == "the number of rows is nothing that the model takes."
    assert text(alarm("heat", since=since), []) == "there are no days to compare with."
    assert text(alarm("heat", since=since), history, "other") == "no model is live."
    assert text(alarm("good", since=since), history) == "the label is nothing that the model takes."
    assert text(alarm("gone", since=since), history).startswith("none of its columns can be replaced")
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / FILE).write_bytes(b"no summaries")
    spans = [*history, HistorySpan(span="2013-01-14", days=str(damaged))]
    assert text(alarm("heat", since=since), spans) == "the summaries of the days before are damaged."


def test_days_of_an_alarm_that_nobody_has_decided_about_are_compared_with_nothing(
    live: tuple[Path, str], stored: Stored
) -> None:
    history, changed = stored
    in_doubt = [span.model_copy(update={"alarms": (("", ""),)}) for span in history]
    effects = LiveEffects(*live, tiny_use_case.TASK)
    asked = [alarm("heat", since=str(changed.days[0]))]
    (only,) = effects_of_alarms(asked, "2013-01", changed, in_doubt, effects)
    assert only.text.endswith("there are no days to compare with.")
