"""The name under which things are noted."""

import os

import pytest

from perennial.store.who import who


def test_a_user_that_the_machine_has_no_name_for_goes_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    assert who() == "uid 54321"


def test_a_user_is_noted_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    assert who() == "ada"
