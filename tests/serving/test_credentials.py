"""Tokens in a file: which are let in, what file is refused, and when a change of it holds."""

import time
from pathlib import Path

import pytest

from serving import credentials
from serving.credentials import AuthError, BearerTokens
from tests.serving.secret_files import GOOD, OTHER, secret_file


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        (f"Bearer {GOOD}", True),
        (f"bearer {OTHER}", True),
        (f"Bearer  {GOOD} ", True),
        (GOOD, False),
        (f"Basic {GOOD}", False),
        (f"Bearer {GOOD}x", False),
        (f"Bearer {GOOD[:-1]}", False),
        ("Bearer # ours", False),
        ("Bearer ", False),
        ("Bearer é\udcff", False),
        ("", False),
        (None, False),
    ],
)
def test_only_a_whole_token_is_let_in(tokens: BearerTokens, given: str | None, allowed: bool) -> None:
    assert tokens.allow(given) is allowed


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o620, 0o601])
def test_a_file_that_is_open_to_others_is_an_error(tmp_path: Path, mode: int) -> None:
    with pytest.raises(AuthError, match="too open"):
        BearerTokens(secret_file(tmp_path / "tokens", GOOD, mode))


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o640])
def test_a_file_of_its_user_or_group_is_none(tmp_path: Path, mode: int) -> None:
    assert BearerTokens(secret_file(tmp_path / "tokens", GOOD, mode)).allow(f"Bearer {GOOD}")


@pytest.mark.parametrize(
    "text", ["", "# nobody\n", "short", "two tokens-in-a-single-line", "ünicode-is-no-token-here"]
)
def test_a_file_without_good_tokens_is_an_error_that_shows_none(tmp_path: Path, text: str) -> None:
    with pytest.raises(AuthError) as raised:
        BearerTokens(secret_file(tmp_path / "tokens", text))
    assert not text or text not in str(raised.value)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AuthError, match="Cannot read"):
        BearerTokens(tmp_path / "tokens")


def test_a_change_of_the_file_holds_within_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = secret_file(tmp_path / "tokens", GOOD)
    tokens = BearerTokens(path)
    assert not tokens.allow(f"Bearer {OTHER}")
    monkeypatch.setattr(credentials, "_LOOK_EVERY", 0)
    secret_file(path, OTHER)
    assert tokens.allow(f"Bearer {OTHER}")
    assert not tokens.allow(f"Bearer {GOOD}")
    path.chmod(0o644)
    assert not tokens.allow(f"Bearer {OTHER}")
    path.chmod(0o600)
    assert tokens.allow(f"Bearer {OTHER}")
    path.unlink()
    assert not tokens.allow(f"Bearer {OTHER}")
    assert [record.message.split(":")[0] for record in caplog.records] == ["All requests are refused"] * 2
    assert OTHER not in caplog.text


def test_looking_at_a_token_costs_microseconds(tokens: BearerTokens) -> None:
    began = time.perf_counter()
    for _ in range(1000):
        tokens.allow(f"Bearer {GOOD}")
    assert time.perf_counter() - began < 0.1
