"""`calibrate`: the state, what would have alarmed, what can be seen, the rate that stays, and errors."""

from contextlib import closing
from pathlib import Path

import pytest

from commands.calibrate.calibrate import calibrate_use_case
from commands.calibrate.text import calibrate_block
from commands.command_line import main
from perennial.drift.day_file import FILE, write_days
from perennial.errors import Busy, UsageError
from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanAlarm
from pipeline import config
from pipeline.config import UseCase
from pipeline.run import lock
from tests.perennial.drift.streams import day_names, summarised
from tests.small_config import TEXT

DAYS = day_names(91)


@pytest.fixture(scope="module")
def summaries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Summaries of three months, of which the last day of the second was far warmer."""
    folder = tmp_path_factory.mktemp("days")
    months = {
        month: [day for day in DAYS if day.startswith(month)] for month in ("2013-01", "2013-02", "2013-03")
    }
    for month, days in months.items():
        (folder / month).mkdir()
        write_days(folder / month / FILE, summarised(days))
    return folder


@pytest.fixture
def use_case(tmp_path: Path) -> UseCase:
    made = config.parse(
        TEXT + "exports: {time_column: day}\n", name="flights", home=tmp_path, source="flights.yaml"
    )
    made.make_root()
    return made


def accept(use_case: UseCase, summaries: Path, *months: str, alarm: str = "") -> None:
    """Lets the gate accept months; one of them with an alarm since a day."""
    with closing(Ledger(use_case.root / "ledger.db")) as ledger:
        for month in months:
            version = ledger.spans.arrive(month, f"content of {month}")
            alarms = [SpanAlarm("temp/level", "warn", alarm, "", ("temp",), "It is warmer.", False)]
            ledger.spans.judge(
                version,
                "OK",
                [],
                rows=9,
                quarantined=0,
                judged_with="j",
                run_id="r",
                days=str(summaries / month),
                calibration=1,
                alarms=alarms if alarm.startswith(month) else (),
            )


def test_a_long_history_is_calibrated_and_says_what_it_would_have_alarmed_and_can_see(
    use_case: UseCase, summaries: Path
) -> None:
    accept(use_case, summaries, "2013-01", "2013-02", "2013-03")
    content = calibrate_use_case(use_case, "1 per 90 days", write_schema=False)
    assert (content["state"], content["days"], content["days_needed"]) == ("calibrated", 90, 0)
    assert (content["rate"], content["calibration"], content["left_out"]) == ("1 per 90 days", 1, 0)
    assert (content["first_day"], content["last_day"]) == ("2013-01-01", "2013-03-31")
    page = Path(content["page"]).read_text()
    assert page.index("CALIBRATED") < page.index("1 per 90 days") < page.index("What would have alarmed")
    assert f"Page: {content['page']}" in calibrate_block(content)
    assert content["threshold"] > 0
    judged = content["false_alarms"]["judged_days"]
    assert 0 < judged <= 90
    assert content["false_alarms"]["stated"] == round(judged / 90, 2)
    assert content["false_alarms"]["would_have_alarmed"] == len(content["alarms"])
    level = next(each for each in content["sizes"] if (each["column"], each["measure"]) == ("temp", "level"))
    assert 0 < level["up"][0] < level["up"][1] < 40
    text = calibrate_block(content)
    assert text.startswith(
        "CALIBRATED  flights: 1 per 90 days  (calibration 1)\n  Made from 90 days of accepted"
    )
    assert "The smallest shift that its first day shows" in text
    again = calibrate_use_case(use_case, None, write_schema=False)
    assert again == content  # the rate stays, and nothing is made twice


def test_a_short_history_is_not_calibrated_and_says_how_many_days_are_needed(
    use_case: UseCase, summaries: Path
) -> None:
    accept(use_case, summaries, "2013-01")
    content = calibrate_use_case(use_case, None, write_schema=False)
    assert (content["state"], content["days"], content["threshold"]) == ("not calibrated", 31, None)
    assert content["days_needed"] > 0
    assert (content["rate"], content["alarms"], content["sizes"]) == ("1 per quarter", [], [])
    text = calibrate_block(content)
    assert text.startswith(f"NOT CALIBRATED  flights: {content['days_needed']} more days of accepted history")
    assert "the gate says so of each span" in text


def test_days_of_an_alarm_that_nobody_decided_about_are_left_out(use_case: UseCase, summaries: Path) -> None:
    accept(use_case, summaries, "2013-01", "2013-02", "2013-03", alarm="2013-03-30")
    content = calibrate_use_case(use_case, None, write_schema=False)
    assert (content["days"], content["left_out"]) == (88, 2)
    assert "Left out: 2 days of alarms that no person has decided about" in calibrate_block(content)


def test_without_accepted_spans_or_summaries_it_says_what_to_do(use_case: UseCase, summaries: Path) -> None:
    with pytest.raises(UsageError, match="flights has no accepted span") as caught:
        calibrate_use_case(use_case, None, write_schema=False)
    assert caught.value.exit_code == 2
    with closing(Ledger(use_case.root / "ledger.db")) as ledger:
        version = ledger.spans.arrive("2013-01", "A")
        ledger.spans.judge(version, "OK", [], rows=9, quarantined=0, judged_with="j", run_id="r")
    with pytest.raises(UsageError, match="No accepted span of flights has summaries of its days"):
        calibrate_use_case(use_case, None, write_schema=False)


def test_a_use_case_that_never_ran_has_nothing_to_calibrate_on(tmp_path: Path) -> None:
    never = config.parse(TEXT, name="flights", home=tmp_path / "none", source="flights.yaml")
    with pytest.raises(UsageError, match="has no accepted span"):
        calibrate_use_case(never, None, write_schema=False)
    assert not never.root.exists()


@pytest.mark.parametrize("rate", ["often", "", "1 per 0 days", "3 per day", "1 per 100 years"])
def test_a_rate_that_is_none_is_an_error_and_is_not_set(
    use_case: UseCase, summaries: Path, rate: str
) -> None:
    accept(use_case, summaries, "2013-01")
    with pytest.raises(UsageError) as caught:
        calibrate_use_case(use_case, rate, write_schema=False)
    assert caught.value.exit_code == 2
    assert "1 per quarter" in caught.value.remedy
    with closing(Ledger(use_case.root / "ledger.db")) as ledger:
        assert (ledger.calibrations.rate(), ledger.calibrations.newest()) == ("", None)


def test_spans_of_an_hour_cannot_be_calibrated(tmp_path: Path) -> None:
    hourly = config.parse(TEXT + "exports: {span: hour}\n", name="flights", home=tmp_path, source="f.yaml")
    hourly.make_root()
    with pytest.raises(UsageError, match="Spans of an hour are no whole days"):
        calibrate_use_case(hourly, None, write_schema=False)


def test_a_run_in_progress_comes_first(use_case: UseCase) -> None:
    with lock.held(use_case.root / "lock", "a run"), pytest.raises(Busy):
        calibrate_use_case(use_case, None, write_schema=False)


def test_the_command_line_gives_a_wrong_rate_the_code_of_wrong_options(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PERENNIAL_HOME", str(tmp_path))
    assert main(["calibrate", "flights", "--false-alarms", "rarely", "--json"]) == 2
    assert "`rarely` is no rate of false alarms." in capsys.readouterr().err
