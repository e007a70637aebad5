"""How the tests of commands ask one for its answer."""

import json
from typing import Any

import pytest

from commands.command_line import main
from tests.commands.versions import Ask


@pytest.fixture
def answer(capsys: pytest.CaptureFixture[str]) -> Ask:
    """Runs a command with `--json` in this process; gives its exit code and what it answered."""

    def ask(*arguments: str) -> tuple[int, Any]:
        code = main([*arguments, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return ask
