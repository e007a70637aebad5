"""Every verdict has its exit code and its next step."""

from typing import get_args

from pipeline.verdict import EXIT_CODES, NEXT, Name


def test_every_verdict_has_an_exit_code_and_what_to_do_next() -> None:
    assert set(EXIT_CODES) == set(NEXT) == set(get_args(Name))
    assert [EXIT_CODES[name] for name in ("PUSHED", "KEPT", "NOTHING_NEW")] == [0, 0, 0]
    failing = [EXIT_CODES[name] for name in ("FAILED", "DATA_BLOCKED", "UNSERVABLE", "BUSY", "NO_MODEL")]
    assert failing == [1, 3, 4, 5, 6]
