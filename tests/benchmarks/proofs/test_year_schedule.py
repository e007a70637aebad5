"""Stories of the schedule, worked out by hand from the documents: the oracle answers each as they say."""

from datetime import timedelta

import pytest

from benchmarks.proofs.year.dates import moment, next_cron, spans_from, text
from benchmarks.proofs.year.plan import DAILY
from benchmarks.proofs.year.runs import KILLED
from tests.benchmarks.proofs.year_story import YearStory, begun


@pytest.fixture
def story() -> YearStory:
    return begun()


def test_a_week_of_normal_days_is_a_version_a_day(story: YearStory) -> None:
    for number, day in enumerate(spans_from("2013-01-08", "2013-01-14"), start=2):
        story.land(day)
        morning = text(next_cron(DAILY, moment(f"{day}T23:00:00Z")) + timedelta(minutes=1))[:16]
        assert story.look(morning) == ("cron", "PUSHED", 0, 1, number)
        assert story.look(f"{morning[:11]}12:00") == ("", "", 0, 0, number)
    answers = story.answers("2013-01-15T12:00")
    assert answers.live_window == tuple((day, 1) for day in spans_from("2013-01-08", "2013-01-14"))
    assert answers.next == {moment("2013-01-16T01:30:00Z")}
    assert (answers.overdue.state, answers.missing, answers.words["2013-01-14"]) == (
        "fresh",
        (),
        frozenset({"in_use"}),
    )


def test_a_downtime_of_three_days_is_one_training(story: YearStory) -> None:
    story.land("2013-01-08", "2013-01-09", "2013-01-10")
    assert story.answers("2013-01-11T09:00").overdue.state == "overdue"
    assert story.look("2013-01-11T09:00") == ("catch_up", "PUSHED", 0, 1, 2)
    assert story.look("2013-01-11T09:01") == ("", "", 0, 0, 2)
    assert story.answers("2013-01-11T09:01").overdue.state == "fresh"
    story.land("2013-01-11")
    assert story.look("2013-01-12T01:31") == ("cron", "PUSHED", 0, 1, 3)


def test_a_look_within_an_hour_of_the_last_missed_time_is_a_cron_run(story: YearStory) -> None:
    story.land("2013-01-08", "2013-01-09", "2013-01-10")
    assert story.look("2013-01-11T02:30") == ("cron", "PUSHED", 0, 1, 2)


def test_an_outcome_fits_what_it_says_and_nothing_else(story: YearStory) -> None:
    story.land("2013-01-08")
    (pushed,) = story.looks("2013-01-09T01:31")
    (idle,) = story.looks("2013-01-09T01:40")
    assert pushed.fits("cron", "PUSHED", 0, 1, 2)
    assert idle.fits("", "", 0, 0, 2)
    for wrong in (
        ("catch_up", "PUSHED", 0, 1, 2),
        ("cron", "KEPT", 0, 1, 2),
        ("cron", "PUSHED", 3, 1, 2),
        ("cron", "PUSHED", 0, 2, 2),
        ("cron", "PUSHED", 0, 1, 3),
    ):
        assert not pushed.fits(*wrong)
    assert not idle.fits("cron", "NOTHING_NEW", 0, 0, 2)


def test_a_freeze_keeps_a_candidate_until_a_person_approves_it(story: YearStory) -> None:
    story.event("configure", freeze=("2013-01-09", "2013-01-10"))
    story.land("2013-01-08")
    assert story.look("2013-01-09T01:31") == ("cron", "KEPT", 0, 1, 1)
    assert story.answers("2013-01-09T02:00").candidate_waits
    assert story.event("approve") == {0}
    answers = story.answers("2013-01-09T03:00")
    assert (answers.live, answers.candidate_waits) == (2, False)
    assert answers.live_window[-1] == ("2013-01-08", 1)
    assert story.event("approve") == {2}


def test_the_first_run_after_a_freeze_publishes_what_waits_if_nothing_newer_landed(story: YearStory) -> None:
    story.event("configure", freeze=("2013-01-09",))
    story.land("2013-01-08")
    assert story.look("2013-01-09T01:31") == ("cron", "KEPT", 0, 1, 1)
    assert story.look("2013-01-09T22:59") == ("", "", 0, 0, 1)  # 23:59 in Berlin
    assert story.look("2013-01-10T01:31") == ("cron", "PUSHED", 0, 0, 2)
    assert story.answers("2013-01-10T02:00").live_window[-1] == ("2013-01-08", 1)


def test_a_newer_candidate_replaces_what_waits(story: YearStory) -> None:
    story.event("configure", freeze=("2013-01-09",))
    story.land("2013-01-08")
    story.look("2013-01-09T01:31")
    story.land("2013-01-09")
    assert story.look("2013-01-10T01:31") == ("cron", "PUSHED", 0, 1, 2)
    assert not story.answers("2013-01-10T02:00").candidate_waits


def test_what_waits_because_push_asks_is_void_once_another_version_is_live(story: YearStory) -> None:
    story.event("configure", push="ask")
    story.land("2013-01-08")
    assert story.look("2013-01-09T01:31") == ("cron", "KEPT", 0, 1, 1)
    assert story.look("2013-01-10T01:31") == ("cron", "NOTHING_NEW", 0, 0, 1)
    story.event("configure", push="auto")
    story.land("2013-01-09", "2013-01-10")
    assert story.look("2013-01-11T01:31") == ("cron", "PUSHED", 0, 1, 2)
    assert story.event("approve") == {2}


def test_what_was_compared_with_another_live_version_is_not_approved(story: YearStory) -> None:
    story.land("2013-01-08")
    assert story.look("2013-01-09T01:31")[4] == 2
    story.event("configure", push="ask")
    story.land("2013-01-09")
    assert story.look("2013-01-10T01:31") == ("cron", "KEPT", 0, 1, 2)
    assert story.event("rollback") == {0}
    assert story.event("approve") == {1, 2}
    assert story.answers("2013-01-10T03:00").live == 3
    story.event("configure", push="auto")
    story.land("2013-01-10")
    assert story.look("2013-01-11T01:31") == ("cron", "PUSHED", 0, 1, 4)
    assert story.answers("2013-01-11T03:00").candidate_waits is False


def test_overdue_is_answered_with_the_daemon_dead(story: YearStory) -> None:
    states = [
        (at, story.answers(at).overdue.state, story.answers(at).overdue.code)
        for at in ("2013-01-09T04:59", "2013-01-09T05:00", "2013-01-10T05:00", "2013-06-01T00:00")
    ]
    assert [state[1:] for state in states] == [("fresh", 0), ("warn", 1), ("overdue", 2), ("overdue", 2)]
    assert story.answers("2013-06-01T00:00").overdue.since == moment("2013-01-10T05:00:00Z")


def test_a_killed_run_is_retried_after_five_minutes(story: YearStory) -> None:
    story.land("2013-01-08")
    assert story.look("2013-01-09T01:31", fault="kill_run", point="Evaluator") == ("cron", "", -9, 1, 1)
    assert story.look("2013-01-09T01:35") == ("", "", 0, 0, 1)
    assert story.look("2013-01-09T01:36") == ("retry", "PUSHED", 0, 0, 2)  # the Trainer had ended


def test_three_retries_and_no_fourth(story: YearStory) -> None:
    story.land("2013-01-08")
    failed = {"fault": "kill_chain", "point": "Trainer"}
    assert story.look("2013-01-09T01:31", **failed) == ("cron", "FAILED", 1, 0, 1)
    assert story.look("2013-01-09T01:36", **failed) == ("retry", "FAILED", 1, 0, 1)
    assert story.look("2013-01-09T02:05") == ("", "", 0, 0, 1)
    assert story.look("2013-01-09T02:06", **failed) == ("retry", "FAILED", 1, 0, 1)
    assert story.look("2013-01-09T04:06", **failed) == ("retry", "FAILED", 1, 0, 1)
    assert story.look("2013-01-09T23:00") == ("", "", 0, 0, 1)
    assert story.look("2013-01-10T01:31") == ("cron", "PUSHED", 0, 1, 2)


def test_a_reboot_after_the_rename_leaves_the_version_live_once(story: YearStory) -> None:
    story.land("2013-01-08")
    assert story.look("2013-01-09T01:31", fault="reboot", point="rename") == ("cron", "", -9, 1, 2)
    assert story.look("2013-01-09T01:36") == ("retry", "NOTHING_NEW", 0, 0, 2)


def test_a_second_daemon_exits_5_and_a_dead_one_leaves_its_run(story: YearStory) -> None:
    story.land("2013-01-08")
    both = story.oracle.look(moment("2013-01-09T01:31:00Z"), fault="two_daemons")
    assert (both.second_codes, both.outcomes[0].verdict) == (frozenset({5}), "PUSHED")
    dead = story.oracle.look(moment("2013-01-09T01:31:00Z"), fault="kill_daemon", point="Trainer")
    assert (dead.second_codes, dead.outcomes[0].codes, dead.outcomes[0].live) == (frozenset({0}), KILLED, 2)


def test_a_full_disk_fails_the_run_and_the_next_look_carries_on(story: YearStory) -> None:
    story.land("2013-01-08")
    outcomes = story.looks("2013-01-09T01:31", fault="disk_full")
    assert [(outcome.verdict, outcome.codes, outcome.live) for outcome in outcomes] == [
        ("FAILED", frozenset({1}), 1),
        ("", frozenset({1}), 1),  # there was no room to note a run
    ]
    assert story.look("2013-01-09T01:37")[1:] == ("PUSHED", 0, 1, 2)


def test_a_pause_ends_in_one_run(story: YearStory) -> None:
    story.event("pause")
    for day in ("08", "09", "10"):
        story.land(f"2013-01-{day}")
        assert story.look(f"2013-01-{int(day) + 1:02d}T01:31") == ("", "", 0, 0, 1)
    assert story.answers("2013-01-11T02:00").paused
    story.event("resume")
    assert story.look("2013-01-11T12:00") == ("catch_up", "PUSHED", 0, 1, 2)
    assert story.look("2013-01-11T12:01") == ("", "", 0, 0, 2)


def test_a_broken_config_stops_the_ticks_and_is_caught_up(story: YearStory) -> None:
    story.event("break_config")
    story.land("2013-01-08")
    assert story.look("2013-01-09T01:31") == ("", "", 2, 0, 1)
    answers = story.answers("2013-01-09T02:00")
    assert (answers.overdue.code, answers.config_alert) == (3, True)
    story.event("fix_config")
    assert story.look("2013-01-09T12:00") == ("catch_up", "PUSHED", 0, 1, 2)
    assert not story.answers("2013-01-09T12:00").config_alert


def test_a_clock_that_was_ahead_costs_no_tick(story: YearStory) -> None:
    assert story.look("2013-01-20T09:00") == ("catch_up", "NOTHING_NEW", 0, 0, 1)
    assert story.look("2013-01-08T09:05") == ("", "", 0, 0, 1)
    story.land("2013-01-08")
    assert story.look("2013-01-09T01:31") == ("cron", "PUSHED", 0, 1, 2)


def test_a_day_that_has_not_begun_by_the_clock_waits(story: YearStory) -> None:
    story.land("2013-01-08")
    outcomes = story.looks("2013-01-05T01:31")
    assert [(sorted(outcome.triggers), outcome.verdict) for outcome in outcomes] == [
        ([], ""),
        (["new_export"], "NOTHING_NEW"),
    ]
    assert story.look("2013-01-09T01:36") == ("cron", "PUSHED", 0, 1, 2)
