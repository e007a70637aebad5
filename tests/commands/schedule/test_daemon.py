"""The living schedule under a clock that tests set; its runs find no exports, so they are short."""

import signal
from collections.abc import Iterator
from contextlib import closing

import pytest

from perennial.store.ledger import Ledger
from tests.commands.schedule.living import Living, living


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    with living(tmp_path_factory.mktemp("living")) as made:
        yield made


def test_a_day_with_a_broken_neighbour_a_second_daemon_a_clock_that_jumps_and_a_stop(place: Living) -> None:
    place.configure("flights", "{cron: '30 5 * * *', retry: []}")
    place.configure("broken", "{cron: '30 5 * *'}")
    place.set_clock("2013-04-02 05:00:00")
    daemon = place.daemon()
    place.wait_for(lambda: place.count("flights: NO_MODEL, exit code 6") == 1)  # no run was made before
    assert place.count("broken: broken.yaml") == 1
    code, answer = place.command("schedule", "--once")
    assert code == answer["exit_code"] == 5
    assert f"process {daemon.pid}" in answer["error"]
    place.set_clock("2013-04-05 12:00:00")
    place.configure("broken", "{push: ask}")
    daemon.send_signal(signal.SIGCHLD)  # what wakes it after 30 s at the latest
    place.wait_for(lambda: place.count("flights: run begins, catch_up") == 1)
    place.wait_for(lambda: place.count("broken: resolved: broken.yaml") == 1)
    daemon.send_signal(signal.SIGTERM)
    assert daemon.wait(20) == 0
    assert place.lines[-1] == "the schedule ends"
    _, status = place.command("status", "flights")
    assert [run["trigger"] for run in status["last_runs"]] == ["catch_up", "cron"]
    schedule = status["schedule"]
    assert (schedule["daemon"], schedule["missed"]) == (None, 3)
    assert schedule["next"] == "2013-04-06T05:30:00Z"


def test_the_run_survives_the_daemon_and_a_stop_ends_a_run_that_takes_too_long(place: Living) -> None:
    place.configure("flights", "{cron: '30 5 * * *', stop_within: 1s, retry: [1d]}")
    place.set_clock("2013-04-10 05:30:00")
    first = place.daemon("flights")
    run = place.held_run("flights")
    first.kill()
    first.wait()
    second = place.daemon("flights")
    place.wait_for(lambda: place.count("the schedule begins") == 1)
    run.resume()
    run.wait(20)
    assert place.count("run begins") == 0
    # The run has settled the time of the 10th, though nobody recorded it.
    place.set_clock("2013-04-11 05:30:00")
    second.send_signal(signal.SIGCHLD)
    run = place.held_run("flights")
    second.send_signal(signal.SIGTERM)
    place.wait_for(lambda: place.count("the run is stopped: SIGTERM") == 1)
    assert second.poll() is None
    run.resume()
    assert second.wait(20) == 0
    # FAILED, or the verdict that stood already, or none where it had hardly begun.
    assert place.count(", exit code ") == 1
    assert place.lines[-1] == "the schedule ends"
    with closing(Ledger(place.home / "flights" / "ledger.db")) as ledger:
        newest = ledger.ticks.newest()
        began = ledger.runs.newest(1)[0]["began"] > "2013-04-11"
    assert newest is not None
    # A run that had hardly begun has settled nothing: the next schedule catches it up.
    assert ((newest["due"], newest["outcome"]) == ("2013-04-11T05:30:00Z", "cron")) == began
