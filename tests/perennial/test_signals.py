"""Signals that stop a command: raised once, then held, then given back."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from perennial.signals import STOPPING, Interrupted, stop_signals


@pytest.fixture
def arrived() -> Iterator[list[int]]:
    """The signals that arrive where they went before."""
    received: list[int] = []
    former = {
        number: signal.signal(number, lambda number, _frame: received.append(number)) for number in STOPPING
    }
    yield received
    for number, handler in former.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", STOPPING)
def test_the_first_signal_raises_and_further_ones_do_nothing(arrived: list[int], number: int) -> None:
    with stop_signals() as signals:
        signals.catch()
        with pytest.raises(Interrupted, match=signal.Signals(number).name):
            signal.raise_signal(number)
        for other in STOPPING:
            signal.raise_signal(other)
    assert arrived == []


def test_what_is_held_arrives_once_it_is_released(arrived: list[int]) -> None:
    with stop_signals() as signals:
        signals.catch()
        signals.hold()
        signal.raise_signal(signal.SIGTERM)
        assert arrived == []
    assert arrived == [signal.SIGTERM]
    signal.raise_signal(signal.SIGHUP)
    assert arrived == [signal.SIGTERM, signal.SIGHUP]


def test_a_signal_that_another_thread_takes_is_held_as_well(arrived: list[int]) -> None:
    idle = threading.Event()
    thread = threading.Thread(target=idle.wait)
    thread.start()
    try:
        with stop_signals() as signals:
            signals.catch()
            signals.hold()
            # Where this thread blocks it, the kernel gives it to the other.
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.05)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
            assert arrived == []
        assert arrived == [signal.SIGTERM]
    finally:
        idle.set()
        thread.join()


def test_before_they_are_caught_signals_go_where_they_went(arrived: list[int]) -> None:
    with stop_signals():
        signal.raise_signal(signal.SIGINT)
    assert arrived == [signal.SIGINT]
