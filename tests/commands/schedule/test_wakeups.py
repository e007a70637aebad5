"""What wakes the schedule."""

import os
import signal
import time

from commands.schedule.wakeups import Wakeups


def test_a_signal_wakes_and_is_counted_and_the_former_handlers_come_back() -> None:
    former = signal.getsignal(signal.SIGTERM)
    # A shell starts what it runs in the background with SIGINT ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with Wakeups() as wakeups:
        os.kill(os.getpid(), signal.SIGTERM)
        began = time.monotonic()
        wakeups.wait(20)
        os.kill(os.getpid(), signal.SIGINT)
        wakeups.wait(20)
        assert time.monotonic() - began < 10
        assert wakeups.stops == 2
        os.kill(os.getpid(), signal.SIGCHLD)
        wakeups.wait(20)
        assert wakeups.stops == 2
    assert signal.getsignal(signal.SIGTERM) is former
    signal.signal(signal.SIGINT, before)


def test_a_signal_that_nohup_ignores_stops_nothing() -> None:
    former = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Wakeups() as wakeups:
            os.kill(os.getpid(), signal.SIGHUP)
            wakeups.wait(0)
            assert wakeups.stops == 0
    finally:
        signal.signal(signal.SIGHUP, former)
