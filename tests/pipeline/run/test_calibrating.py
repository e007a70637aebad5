"""Which calibration judges a span: what it is made from, when it is made anew, and what a kill leaves."""

import json
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from perennial.drift.calibration_file import read_calibration
from perennial.drift.calibration_order import carry_out
from perennial.drift.day_file import FILE, write_days
from perennial.drift.orders import CalibrationOrder, CalibrationOutcome, HistorySpan
from perennial.errors import NodeFailed
from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanAlarm
from pipeline import config
from pipeline.config import UseCase
from pipeline.execution.calibrator import Calibrator
from pipeline.run.calibrating import (
    Calibrations,
    calibration_in_memory,
    open_before,
    order_of,
)
from pipeline.run.calibration_paths import calibration_file
from tests.perennial.drift.streams import day_names, summarised
from tests.small_config import TEXT

pytestmark = pytest.mark.usefixtures("one_digest_of_code")
RATE = "1 per quarter"
DAYS = day_names(66)


def use_case_of(home: Path, more: str = "") -> UseCase:
    text = f"{TEXT}exports: {{span: day, time_column: day}}\n{more}"
    made = config.parse(text, name="flights", home=home, source="flights.yaml")
    made.make_root()
    return made


@pytest.fixture(scope="module")
def summaries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The summaries of 66 days, one folder a day."""
    folder = tmp_path_factory.mktemp("days")
    for day in DAYS:
        (folder / day).mkdir()
        write_days(folder / day / FILE, summarised([day]))
    return folder


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    use_case_of(tmp_path)
    with closing(Ledger(tmp_path / "flights" / "ledger.db")) as opened:
        yield opened


class CountedCalibrations:
    """Makes calibrations in this process, and counts them."""

    def __init__(self) -> None:
        self.orders: list[CalibrationOrder] = []

    def __call__(self, order: CalibrationOrder, file: Path) -> CalibrationOutcome:
        self.orders.append(order)
        return carry_out(order, file)


def judge(ledger: Ledger, day: str, summaries: Path, *alarms: SpanAlarm) -> None:
    """Lets the gate accept a day."""
    version = ledger.spans.arrive(day, f"content of {day}")
    ledger.spans.judge(
        version,
        "WARN" if alarms else "OK",
        [],
        rows=300,
        quarantined=0,
        judged_with="j",
        run_id="r",
        days=str(summaries / day),
        calibration=1,
        alarms=alarms,
    )


def alarm(since: str, until: str = "") -> SpanAlarm:
    return SpanAlarm("temp/level", "warn", since, until, ("temp",), "It is warmer.", False)


def test_it_is_made_of_the_accepted_spans_before_and_not_again_while_these_are_the_same(
    tmp_path: Path, ledger: Ledger, summaries: Path
) -> None:
    use_case, made = use_case_of(tmp_path), CountedCalibrations()
    calibrations = Calibrations(use_case, ledger, "r", made)
    assert calibrations.before(DAYS[0]) is None
    for day in DAYS[:65]:
        judge(ledger, day, summaries)
    ledger.spans.decide(DAYS[3], "reject", "half of it")
    first = calibrations.before(DAYS[65])
    assert first is not None
    assert [span.span for span in made.orders[0].spans] == [*DAYS[:3], *DAYS[4:65]]
    assert (first.number, first.rate, first.state, first.days) == (1, RATE, "calibrated", 64)
    assert read_calibration(calibration_file(use_case.root, 1)).calibrated
    assert (calibrations.before(DAYS[65]), len(made.orders)) == (first, 1)
    given = json.loads(calibrations.given(DAYS[65]))
    assert (given["number"], given["digest"]) == (1, first.digest)
    assert [HistorySpan.model_validate(each) for each in given["spans"]] == list(made.orders[0].spans)
    of_older = calibrations.before(DAYS[20])
    assert of_older is not None
    assert (of_older.number, of_older.state, of_older.days, of_older.needed > 0) == (
        2,
        "not calibrated",
        19,
        True,
    )
    assert calibrations.before(DAYS[65]) == first
    judge(ledger, DAYS[65], summaries)
    assert (calibrations.before(DAYS[65]), len(made.orders)) == (first, 2)  # that span is not before itself
    after = calibrations.before(None)
    assert after is not None
    assert (after.number, after.days) == (3, 65)


def test_another_rate_or_setting_makes_another_one(tmp_path: Path, ledger: Ledger, summaries: Path) -> None:
    for day in DAYS[:5]:
        judge(ledger, day, summaries)
    made = CountedCalibrations()
    Calibrations(use_case_of(tmp_path), ledger, "r", made).before(None)
    ledger.calibrations.set_rate("2 per year")
    Calibrations(use_case_of(tmp_path), ledger, "r", made).before(None)
    odd = use_case_of(tmp_path, "drift: {calendar: [2013-01-01], pinned: [2013-01-02]}\n")
    Calibrations(odd, ledger, "r", made).before(None)
    assert [order.rate for order in made.orders] == [RATE, "2 per year", "2 per year"]
    assert [span.span for span in made.orders[2].spans if span.pinned] == ["2013-01-02"]
    noted = use_case_of(tmp_path, "drift: {policy: [{action: note}]}\n")
    ledger.calibrations.set_rate(RATE)
    Calibrations(noted, ledger, "r", made).before(None)
    assert len(made.orders) == 3


def test_days_of_an_alarm_are_left_out_until_a_person_accepts_the_span(
    tmp_path: Path, ledger: Ledger, summaries: Path
) -> None:
    for day in DAYS[:9]:
        judge(ledger, day, summaries)
    judge(ledger, DAYS[9], summaries, alarm(DAYS[9]))
    use_case, made = use_case_of(tmp_path), CountedCalibrations()
    left_out = Calibrations(use_case, ledger, "r", made).before(None)
    assert left_out is not None
    assert made.orders[0].spans[-1].alarms == ((DAYS[9], ""),)
    assert left_out.days == 9
    ledger.spans.decide(DAYS[9], "accept", "a warm winter")
    taken_in = Calibrations(use_case, ledger, "r", made).before(None)
    assert taken_in is not None
    assert (taken_in.days, made.orders[1].spans[-1].alarms) == (10, ())


def test_what_goes_on_from_the_span_before_is_known_until_it_ends_or_a_person_decides(
    tmp_path: Path, ledger: Ledger, summaries: Path
) -> None:
    use_case = use_case_of(tmp_path)
    judge(ledger, DAYS[0], summaries, alarm(DAYS[0], DAYS[0]))
    judge(ledger, DAYS[1], summaries, alarm(DAYS[1]))
    assert list(open_before(use_case, ledger, DAYS[1])) == []
    assert list(open_before(use_case, ledger, DAYS[2])) == [("temp/level", DAYS[1], ("temp",))]
    ledger.spans.decide(DAYS[1], "accept", "a warm winter")
    assert list(open_before(use_case, ledger, DAYS[2])) == []


def test_a_kill_between_the_file_and_its_record_leaves_a_file_that_is_not_used(
    tmp_path: Path, ledger: Ledger, summaries: Path
) -> None:
    for day in DAYS[:5]:
        judge(ledger, day, summaries)
    use_case = use_case_of(tmp_path)

    def killed(order: CalibrationOrder, file: Path) -> CalibrationOutcome:
        carry_out(order, file)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Calibrations(use_case, ledger, "r1", killed).before(None)
    assert calibration_file(use_case.root, 1).is_file()
    assert ledger.calibrations.newest() is None
    record = Calibrations(use_case, ledger, "r2", carry_out).before(None)
    assert record is not None
    assert (record.number, record.run_id) == (2, "r2")


@pytest.mark.parametrize("damage", ["gone", "another content"])
def test_one_whose_file_is_damaged_is_made_again(
    tmp_path: Path, ledger: Ledger, summaries: Path, damage: str
) -> None:
    for day in DAYS[:5]:
        judge(ledger, day, summaries)
    use_case, made = use_case_of(tmp_path), CountedCalibrations()
    first = Calibrations(use_case, ledger, "r", made).before(None)
    file = calibration_file(use_case.root, 1)
    file.unlink() if damage == "gone" else file.write_bytes(damage.encode())
    looked_at = calibration_in_memory(use_case, ledger, None)
    assert looked_at is not None
    assert [each.span for each in looked_at[2]] == DAYS[:5]
    assert (looked_at[0], ledger.calibrations.newest()) == (0, first)  # nothing was written
    again = Calibrations(use_case, ledger, "r", made).before(None)
    assert first is not None
    assert again is not None
    assert (again.number > 1 or damage == "gone", again.digest) == (True, first.digest)


def test_days_older_than_the_history_do_not_count(tmp_path: Path, ledger: Ledger, summaries: Path) -> None:
    for day in DAYS[:20]:
        judge(ledger, day, summaries)
    use_case = use_case_of(tmp_path, "drift: {history: 10d}\n")
    order = order_of(use_case, ledger, None, RATE)
    assert order is not None
    record = Calibrations(use_case, ledger, "r", carry_out).before(None)
    assert record is not None
    assert record.days == 10


def test_spans_of_an_hour_have_none(tmp_path: Path, ledger: Ledger, summaries: Path) -> None:
    judge(ledger, DAYS[0], summaries)
    text = f"{TEXT}exports: {{span: hour, time_column: day}}\n"
    hourly = config.parse(text, name="flights", home=tmp_path, source="flights.yaml")
    assert order_of(hourly, ledger, None, RATE) is None


def test_a_process_of_its_own_makes_the_same_and_says_what_is_wrong(
    tmp_path: Path, ledger: Ledger, summaries: Path
) -> None:
    for day in DAYS[:5]:
        judge(ledger, day, summaries)
    order = order_of(use_case_of(tmp_path), ledger, None, RATE)
    assert order is not None
    here = carry_out(order, tmp_path / "here.npz")
    damaged = order.model_copy(update={"spans": (order.spans[0].model_copy(update={"days": "/nowhere"}),)})
    with closing(Calibrator(tmp_path / "log.txt")) as calibrator:
        assert calibrator.make(order, tmp_path / "there.npz") == here
        with pytest.raises(NodeFailed, match="/nowhere"):
            calibrator.make(damaged, tmp_path / "never.npz")
        assert calibrator.make(order, tmp_path / "again.npz") == here
        process = calibrator._process
        assert process is not None
        process.send_signal(signal.SIGKILL)
        process.wait()
        with pytest.raises(NodeFailed, match=f"ended with code -{signal.SIGKILL.value}"):
            calibrator.make(order, tmp_path / "never.npz")
        assert calibrator.make(order, tmp_path / "once more.npz") == here  # it is started again
    assert (tmp_path / "there.npz").read_bytes() == (tmp_path / "here.npz").read_bytes()
