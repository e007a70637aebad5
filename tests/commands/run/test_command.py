"""What `run` answers where another run holds the lock; of other runs: tests/pipeline/run and tests/e2e."""

import pytest

from commands.command_line import main
from pipeline.config import UseCase
from pipeline.run import lock
from tests.commands.versions import Ask


def test_a_run_beside_another_one_is_busy(
    use_case: UseCase, answer: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    with lock.held(use_case.root / "lock", "run-1"):
        code, reply = answer("run", "flights")
        assert (code, reply["verdict"], reply["run_id"]) == (5, "BUSY", "")
        assert main(["run", "flights"]) == 5
    assert "Next: Wait for the other run to end, or run `doctor`." in capsys.readouterr().out


@pytest.mark.parametrize("options", [["--accept-fewer-rows"], ["--why", "tests"]])
def test_fewer_rows_are_accepted_with_a_reason_only(answer: Ask, options: list[str]) -> None:
    code, reply = answer("run", "flights", *options)
    assert (code, reply["error"]) == (2, "--accept-fewer-rows and --why go together.")


@pytest.mark.parametrize(
    ("span", "words"),
    [
        ("2013", "--through: expected a span such as 2013-01, as `exports.span` is month."),
        ("2013-09", "--through: flights has no span '2013-09'."),
    ],
)
def test_an_unknown_span_starts_nothing(use_case: UseCase, answer: Ask, span: str, words: str) -> None:
    code, reply = answer("run", "flights", "--through", span)
    assert (code, reply["error"]) == (2, words)
    assert not (use_case.root / "ledger.db").exists()
