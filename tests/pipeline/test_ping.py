"""What is called when a run begins and ends, at a real receiver; and that the URL is shown nowhere."""

import time
from collections.abc import Iterator

import pytest

from perennial.errors import UsageError
from pipeline import ping
from pipeline.ping import Ping
from tests.receiver import SECRET, Receiver, receiving

VARIABLE = "PERENNIAL_PING_TEST"


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with receiving() as server:
        monkeypatch.setenv(VARIABLE, server.url)
        yield server


def called(exit_code: int = 0, text: str = "PUSHED: It is better.") -> list[str]:
    """The calls of a run; gives the warnings."""
    warnings: list[str] = []
    made = Ping(VARIABLE, warnings.append)
    made.start()
    made.end(exit_code, text)
    made.finish()
    return warnings


def test_a_run_that_ends_with_0_calls_start_and_the_url(receiver: Receiver) -> None:
    assert called() == []
    assert receiver.calls == [("/URL/start", ""), ("/URL", "PUSHED: It is better.")]
    first, last = receiver.queries
    assert first == last
    assert len(first["rid"][0]) == 36


def test_any_other_code_calls_fail_with_verdict_and_reason(receiver: Receiver) -> None:
    assert called(3, "DATA_BLOCKED: Span 2013-04 is blocked.") == []
    assert receiver.calls[-1] == ("/URL/fail", "DATA_BLOCKED: Span 2013-04 is blocked.")


def test_a_query_and_a_slash_at_the_end_stay_right(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, f" {receiver.url}/?create=1\n")
    assert called() == []
    assert [path for path, _ in receiver.calls] == ["/URL/start", "/URL"]
    assert receiver.queries[0]["create"] == ["1"]


def test_a_long_reason_is_cut(receiver: Receiver) -> None:
    called(1, "x" * 50_000)
    assert len(receiver.calls[-1][1]) == 10_000


def test_a_slow_start_is_received_before_the_end_and_does_not_slow_the_run(receiver: Receiver) -> None:
    receiver.seconds = {"/start": 0.3}
    warnings: list[str] = []
    began = time.monotonic()
    made = Ping(VARIABLE, warnings.append)
    made.start()
    made.end(0, "KEPT")
    assert time.monotonic() - began < 0.2
    made.finish()
    assert [path for path, _ in receiver.calls] == ["/URL/start", "/URL"]
    assert warnings == []


@pytest.mark.parametrize("status", [404, 500, 301, 307])
def test_another_answer_than_2xx_is_a_line_without_the_url(receiver: Receiver, status: int) -> None:
    receiver.status = status
    (warning,) = called()
    assert warning.startswith(f"The URL in {VARIABLE} was called without success: it answered {status}")
    assert SECRET not in warning
    assert "127.0.0.1" not in warning
    # None was followed.
    assert [path for path, _ in receiver.calls] == ["/URL/start", "/URL"]


def test_a_receiver_that_hangs_is_left_after_the_time_allowed(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ping.SECONDS == 10
    monkeypatch.setattr(ping, "SECONDS", 0.2)
    receiver.seconds = {"URL": 20.0, "/start": 20.0}
    began = time.monotonic()
    (warning,) = called()
    assert time.monotonic() - began < 2
    assert "no answer within" in warning


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/x", "http://no-such-host.invalid/x", "https://127.0.0.1:9"]
)
def test_a_receiver_that_is_not_there_is_a_line_without_the_url(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv(VARIABLE, url)
    (warning,) = called()
    assert "without success" in warning
    assert "127" not in warning
    assert "invalid" not in warning


@pytest.mark.parametrize("value", ["", "  "])
def test_a_variable_that_is_not_set_is_one_warning(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(VARIABLE, value)
    assert called() == [f"The variable {VARIABLE} (`schedule.ping_url_env`) is not set: no URL is called."]


def test_without_a_variable_nothing_is_called() -> None:
    warnings: list[str] = []
    made = Ping(None, warnings.append)
    made.start()
    made.end(1, "FAILED")
    made.finish()
    assert warnings == []


@pytest.mark.parametrize(
    "url",
    [
        f"ftp://example.org/{SECRET}",
        f"file:///etc/{SECRET}",
        f"hc-ping.com/{SECRET}",
        f"https:///{SECRET}",
        f"https://user:{SECRET}@example.org/",
        f"https://example.org:http/{SECRET}",
        f"https://example.org:99999/{SECRET}",
        f"https://[example.org/{SECRET}",
        f"https://example.org/a {SECRET}",
        f"https://example.org/ä{SECRET}",
        f"https://example.org/\x1b{SECRET}",
        SECRET,
    ],
)
def test_a_value_that_is_no_url_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv(VARIABLE, url)
    with pytest.raises(UsageError) as raised:
        Ping(VARIABLE, lambda _: None)
    assert VARIABLE in raised.value.problem
    assert SECRET not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
