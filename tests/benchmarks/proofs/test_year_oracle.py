"""Stories of spans, worked out by hand from the documents: the oracle answers each as they say."""

import pytest

from tests.benchmarks.proofs.year_story import YearStory, begun


@pytest.fixture
def story() -> YearStory:
    return begun()


def test_a_blocked_day_is_blocked_at_each_run_until_a_person_accepts_it(story: YearStory) -> None:
    story.land("2013-01-08", variant="truncated")
    assert story.look("2013-01-09T01:31") == ("cron", "DATA_BLOCKED", 3, 0, 1)
    assert story.answers("2013-01-09T02:00").words["2013-01-08"] == {"blocked"}
    assert story.look("2013-01-09T12:00", act="run") == ("hand", "DATA_BLOCKED", 3, 0, 1)
    assert story.event("accept", "2013-01-08") == {0}
    assert story.look("2013-01-09T12:10") == ("", "", 0, 0, 1)  # no export has changed
    assert story.look("2013-01-10T01:31") == ("cron", "PUSHED", 0, 1, 2)
    assert story.answers("2013-01-10T02:00").in_use["2013-01-08"] == 1


def test_a_blocked_day_below_a_good_one_blocks_nothing(story: YearStory) -> None:
    story.land("2013-01-08", variant="unreadable")
    assert story.look("2013-01-09T01:31")[1] == "DATA_BLOCKED"
    story.land("2013-01-09")
    assert story.look("2013-01-10T01:31") == ("cron", "PUSHED", 0, 1, 2)
    assert story.answers("2013-01-10T02:00").words["2013-01-08"] == {"refused"}


def test_a_run_that_pushes_while_the_newest_span_is_blocked_exits_3(story: YearStory) -> None:
    story.land("2013-01-08", "2013-01-09")
    story.land("2013-01-09", variant="truncated")
    assert story.look("2013-01-10T01:31") == ("cron", "DATA_BLOCKED", 3, 1, 2)


def test_a_correction_makes_one_training(story: YearStory) -> None:
    story.land("2013-01-05")
    assert story.look("2013-01-08T10:00") == ("new_export", "PUSHED", 0, 1, 2)
    assert story.answers("2013-01-08T10:00").in_use["2013-01-05"] == 2
    assert story.look("2013-01-08T10:10") == ("", "", 0, 0, 2)
    story.event("rewrite", "2013-01-05")
    assert story.look("2013-01-08T10:20") == ("new_export", "NOTHING_NEW", 0, 0, 2)


def test_what_was_read_of_an_export_that_is_deleted_stays_in_use(story: YearStory) -> None:
    story.event("delete", "2013-01-05")
    assert story.look("2013-01-08T10:00") == ("new_export", "NOTHING_NEW", 0, 0, 1)
    answers = story.answers("2013-01-08T10:00")
    assert (answers.in_use["2013-01-05"], answers.deleted) == (1, frozenset({"2013-01-05"}))


def test_a_correction_that_is_blocked_leaves_the_former_rows_in_use(story: YearStory) -> None:
    story.land("2013-01-07", variant="truncated")
    assert story.look("2013-01-08T10:00") == ("new_export", "DATA_BLOCKED", 3, 0, 1)
    answers = story.answers("2013-01-08T10:00")
    assert (answers.in_use["2013-01-07"], answers.words["2013-01-07"]) == (1, frozenset({"blocked"}))


def test_a_correction_of_the_day_that_is_only_evaluated_on_may_be_the_same_model(story: YearStory) -> None:
    story.land("2013-01-07")
    outcomes = story.looks("2013-01-08T10:00")
    assert [(outcome.verdict, outcome.live) for outcome in outcomes] == [("PUSHED", 2), ("KEPT", 1)]
    assert [outcomes[1].fits("new_export", "KEPT", 0, trainings, 1) for trainings in (0, 1, 2)] == [
        True,
        True,
        False,
    ]


def test_a_day_that_is_older_than_the_window_is_not_read(story: YearStory) -> None:
    story.land("2012-12-25")
    assert story.look("2013-01-08T10:00") == ("new_export", "NOTHING_NEW", 0, 0, 1)
    answers = story.answers("2013-01-08T10:00")
    assert "2012-12-25" not in answers.in_use
    assert answers.words["2012-12-25"] == {"new", "waiting"}


def test_an_old_day_that_comes_late_makes_nothing_fresh(story: YearStory) -> None:
    story.land("2013-01-09", "2013-01-10")
    assert story.look("2013-01-11T01:31") == ("cron", "PUSHED", 0, 1, 2)
    before = story.answers("2013-01-12T05:30").overdue
    assert (story.answers("2013-01-11T02:00").missing, before.state) == (("2013-01-08",), "warn")
    story.land("2013-01-08")
    assert story.look("2013-01-11T10:00") == ("new_export", "PUSHED", 0, 1, 3)
    assert story.answers("2013-01-12T05:30").overdue == before
    answers = story.answers("2013-01-12T05:30")
    assert (answers.missing, answers.late["2013-01-08"], answers.late["2013-01-10"]) == ((), True, False)


def test_labels_that_come_a_day_late_are_waited_for(story: YearStory) -> None:
    story.land("2013-01-08", variant="unlabelled")
    assert story.look("2013-01-09T01:31") == ("cron", "NOTHING_NEW", 0, 0, 1)
    answers = story.answers("2013-01-09T06:00")
    assert (answers.words["2013-01-08"], answers.overdue.state) == (frozenset({"waiting"}), "warn")
    story.land("2013-01-08", "2013-01-09")
    assert story.look("2013-01-10T01:31") == ("cron", "PUSHED", 0, 1, 2)


def test_a_rolled_back_model_is_not_pushed_again(story: YearStory) -> None:
    story.land("2013-01-08")
    assert story.look("2013-01-09T01:31")[4] == 2
    assert story.event("rollback") == {0}
    answers = story.answers("2013-01-09T03:00")
    assert (answers.live, answers.live_window[-1]) == (3, ("2013-01-07", 1))
    assert story.look("2013-01-10T01:31") == ("cron", "KEPT", 0, 0, 3)
    story.land("2013-01-09")
    assert story.look("2013-01-10T10:00") == ("new_export", "PUSHED", 0, 1, 4)


def test_a_span_that_a_person_rejects_is_trained_without_once(story: YearStory) -> None:
    story.event("reject", "2013-01-05")
    assert story.look("2013-01-08T10:00") == ("", "", 0, 0, 1)
    assert story.look("2013-01-09T01:31") == ("cron", "PUSHED", 0, 1, 2)
    assert story.look("2013-01-10T01:31") == ("cron", "NOTHING_NEW", 0, 0, 2)
    assert "2013-01-05" not in story.answers("2013-01-10T02:00").in_use


def test_a_day_without_success_is_missing_once_a_later_one_is_there(story: YearStory) -> None:
    story.land("2013-01-08", complete=False)
    assert story.look("2013-01-09T01:31") == ("cron", "NOTHING_NEW", 0, 0, 1)
    assert story.answers("2013-01-09T02:00").missing == ()
    story.land("2013-01-09")
    assert story.look("2013-01-10T01:31")[1] == "PUSHED"
    answers = story.answers("2013-01-10T02:00")
    assert (answers.missing, answers.missing_alert) == (("2013-01-08",), True)


def test_months_wait_for_one_that_is_missing_until_a_person_says_that_it_never_comes() -> None:
    story = YearStory("2013-01", "2013-03")
    assert story.look("2013-04-02T04:01")[1] == "PUSHED"
    story.land("2013-05")
    assert story.look("2013-06-02T04:01") == ("cron", "NOTHING_NEW", 0, 0, 1)
    answers = story.answers("2013-06-02T05:00")
    assert (answers.missing, answers.words["2013-05"]) == (("2013-04",), frozenset({"new", "waiting"}))
    assert story.event("reject", "2013-04") == {0}
    assert story.look("2013-06-02T12:00", act="run") == ("hand", "PUSHED", 0, 1, 2)
    assert story.answers("2013-06-02T13:00").words["2013-04"] == {"rejected", "missing", "absent"}
