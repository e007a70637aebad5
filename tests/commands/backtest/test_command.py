"""`backtest` from the command line, as far as it goes without training."""

import pytest

from commands.command_line import main
from pipeline import config
from tests.commands.versions import Ask


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("--every", "0,1"), "--every: expected numbers from 1 on and `never`, separated by commas."),
        (("--every", "all"), "--every: expected numbers from 1 on and `never`, separated by commas."),
        (("--windows", "3;6"), "--windows: expected numbers from 1 on and `all`, separated by commas."),
        (("--windows", "never"), "--windows: expected numbers from 1 on and `all`, separated by commas."),
        (("--refit", "maybe"), "--refit: expected no or yes, or both separated by a comma; got 1 other."),
        (("--start", "hot"), "--start: expected cold or warm, or both separated by a comma; got 1 other."),
        ((), "--from: flights has no span '2013-01'."),
    ],
)
def test_wrong_arguments_are_usage_errors(
    home: object, answer: Ask, arguments: tuple[str, ...], error: str
) -> None:
    code, content = answer("backtest", "flights", "--from", "2013-01", "--to", "2013-04", *arguments)
    assert (code, content["error"]) == (2, error)


def test_a_dry_run_says_what_would_be_trained(
    home: object, answer: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = config.load("flights").exports_folder
    for span in ("2013-01", "2013-02", "2013-03"):
        (folder / span).mkdir(parents=True)
        (folder / span / "part.csv").write_text("late\n")
        (folder / span / "_SUCCESS").touch()
    order = ("backtest", "flights", "--from", "2013-01", "--to", "2013-03", "--dry-run")
    code, content = answer(*order)
    assert code == 0
    assert [each["as_of"] for each in content["trainings"]] == ["2013-01", "2013-02"]
    assert [(each["every"], each["window"]) for each in content["policies"]] == [("never", 3), (1, 3)]
    assert content["estimate"]["seconds"] is None
    assert main(list(order)) == 0
    text = capsys.readouterr().out
    assert "  2 trainings: 0 there, 2 to do.\n  3 spans to read first: 2013-01, 2013-02, 2013-03.\n" in text
    assert "Time: not known, as no run has read a span yet and no model was trained yet." in text
    assert text.endswith("Nothing was done: this is a dry run.\n")
