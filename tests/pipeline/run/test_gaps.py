"""Which spans are missing between others, and what `exports.gap` makes of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from perennial.store.ledger import Ledger
from pipeline.config import UseCase
from pipeline.export_folders import ExportFolder
from pipeline.run.gaps import alert_sentence, held_back, missing_spans
from tests.pipeline.run.scene import Scene

pytestmark = pytest.mark.usefixtures("one_digest_of_code")


@pytest.fixture
def ledger(tmp_path: Path) -> Any:
    ledger = Ledger(tmp_path / "ledger.db")
    yield ledger
    ledger.close()


def _use_case(home: Path, **exports: Any) -> UseCase:
    made = Scene(home).use_case
    section = type(made.exports).model_validate({**made.exports.model_dump(), **exports})
    return made.model_copy(update={"exports": section})


def _exports(*names: str, state: Any = "complete") -> list[ExportFolder]:
    return [ExportFolder(name, Path(name), state) for name in names]


def _wide(use_case: UseCase, spans: int) -> UseCase:
    return use_case.model_copy(update={"window": use_case.window.model_copy(update={"spans": spans})})


@pytest.mark.parametrize(
    ("kind", "there", "missing"),
    [
        ("month", ("2012-12", "2013-02"), ["2013-01"]),
        ("week", ("2015-W52", "2016-W02"), ["2015-W53", "2016-W01"]),
        ("day", ("2013-02-27", "2013-03-02"), ["2013-02-28", "2013-03-01"]),
        ("hour", ("2013-03-31T00", "2013-03-31T03"), ["2013-03-31T01", "2013-03-31T02"]),
        ("number", ("1", "5"), []),
        ("month", ("2013-01",), []),
        ("month", (), []),
        ("month", ("2012-11", "7", "backup"), []),
    ],
)
def test_what_is_between_two_spans_is_missing(
    tmp_path: Path, ledger: Ledger, kind: str, there: Sequence[str], missing: list[str]
) -> None:
    use_case = _use_case(tmp_path / "home", span=kind)
    names = [each.span for each in missing_spans(use_case, ledger, _exports(*there))]
    assert names == missing


def test_numbers_that_are_years_have_gaps_by_their_steps(tmp_path: Path, ledger: Ledger) -> None:
    use_case = _use_case(tmp_path / "home", span="number", years=5)
    (gap,) = missing_spans(use_case, ledger, _exports("1990", "2000"))
    assert (gap.span, gap.expected) == ("1995", "2000-01-01T00:00:00Z")


def test_a_span_that_arrived_or_is_refused_is_there_and_one_that_is_not_complete_is_not(
    tmp_path: Path, ledger: Ledger
) -> None:
    use_case = _wide(_use_case(tmp_path / "home", span="day", time_zone="Europe/Berlin"), 9)
    ledger.spans.arrive("2013-01-02", "A")
    exports = [
        *_exports("2013-01-01", "2013-01-05"),
        *_exports("2013-01-03", state="refused"),
        *_exports("2013-01-04", "2013-01-06", state="waiting"),
    ]
    (gap,) = missing_spans(use_case, ledger, exports)
    assert (gap.span, gap.expected) == ("2013-01-04", "2013-01-04T23:00:00Z")


def test_only_gaps_since_the_oldest_span_of_the_window_count(tmp_path: Path, ledger: Ledger) -> None:
    use_case = _wide(_use_case(tmp_path / "home", span="month"), 2)
    exports = _exports("2012-01", "2013-01", "2013-03")
    assert [each.span for each in missing_spans(use_case, ledger, exports)] == ["2013-02"]


def test_a_folder_with_a_wrong_date_makes_a_list_of_a_thousand_at_most(
    tmp_path: Path, ledger: Ledger
) -> None:
    use_case = _use_case(tmp_path / "home", span="hour")
    exports = _exports("1000-01-01T00", "2013-01-01T00", "2013-01-01T02")
    missing = missing_spans(use_case, ledger, exports)
    assert (len(missing), missing[-1].span) == (1000, "2013-01-01T01")


def test_with_wait_all_after_the_first_gap_is_held_back_until_a_person_gives_it_up(
    tmp_path: Path, ledger: Ledger
) -> None:
    use_case = _wide(_use_case(tmp_path / "home", span="month", gap="wait"), 12)
    exports = _exports("2013-01", "2013-03", "2013-05")
    held = held_back(use_case, ledger, missing_spans(use_case, ledger, exports), exports)
    assert held.note == (
        "2 spans (oldest: 2013-03, newest: 2013-05) wait. Span 2013-02 is missing before them"
        " (`exports.gap: wait`)."
    )
    ledger.spans.decide_absent("2013-02", "reject", "a strike")
    missing = missing_spans(use_case, ledger, exports)
    held = held_back(use_case, ledger, missing, exports)
    assert held.note == ("Span 2013-05 waits. Span 2013-04 is missing before it (`exports.gap: wait`).")
    assert "No span after it is read." in alert_sentence(use_case, missing)


def test_with_wait_the_gap_stays_one_however_many_spans_wait(tmp_path: Path, ledger: Ledger) -> None:
    use_case = _wide(_use_case(tmp_path / "home", span="month", gap="wait"), 2)
    ledger.spans.arrive("2013-01", "A")
    exports = _exports("2013-01", "2013-03", "2013-04", "2013-05")
    missing = missing_spans(use_case, ledger, exports)
    assert [each.span for each in missing] == ["2013-02"]
    assert held_back(use_case, ledger, missing, exports).spans == {"2013-03", "2013-04", "2013-05"}


def test_a_span_that_was_read_before_the_setting_was_wait_does_not_wait(
    tmp_path: Path, ledger: Ledger
) -> None:
    use_case = _wide(_use_case(tmp_path / "home", span="month", gap="wait"), 12)
    for span in ("2013-01", "2013-03"):
        ledger.spans.arrive(span, "A")
    exports = _exports("2013-01", "2013-03", "2013-04")
    held = held_back(use_case, ledger, missing_spans(use_case, ledger, exports), exports)
    assert held.note == "Span 2013-04 waits. Span 2013-02 is missing before it (`exports.gap: wait`)."


# ---- whole runs --------------------------------------------------------------------------------------------


def _scene(home: Path, gap: str) -> Scene:
    scene = Scene(home)
    scene.metadata()
    scene.edit("{span: number,", f"{{span: month, gap: {gap},")
    for span in ("2013-01", "2013-03"):
        scene.land(span)
    return scene


def test_with_warn_a_run_goes_on_and_the_alert_closes_when_the_span_comes(tmp_path: Path) -> None:
    scene = _scene(tmp_path / "home", "warn")
    summary = scene.run()
    assert (summary.verdict, [span.span for span in summary.spans]) == ("PUSHED", ["2013-01", "2013-03"])
    (warning,) = summary.warnings
    assert (warning.kind, warning.span) == ("SPAN_MISSING", None)
    assert warning.message == (
        "Span 2013-02 is missing between spans that are there; it has been expected since"
        " 2013-03-01T00:00:00Z. Export what is missing, or run `spans flights"
        " reject 2013-02 --why ...` if it never comes."
    )
    assert scene.alerts() == {"SPAN_MISSING"}
    assert (scene.run().verdict, scene.alerts()) == ("NOTHING_NEW", {"SPAN_MISSING"})
    scene.land("2013-02")
    assert (scene.run().verdict, scene.alerts()) == ("PUSHED", set())


def test_with_wait_no_span_after_the_gap_is_read_until_it_comes(tmp_path: Path) -> None:
    scene = _scene(tmp_path / "home", "wait")
    summary = scene.run()
    assert [span.span for span in summary.spans] == ["2013-01"]
    again = scene.run()
    assert (again.verdict, again.exit_code) == ("NOTHING_NEW", 0)
    assert "Span 2013-03 waits. Span 2013-02 is missing before it (`exports.gap: wait`)." in again.reason
    assert scene.alerts() == {"SPAN_MISSING"}
    scene.land("2013-02")
    summary = scene.run()
    assert [span.span for span in summary.spans] == ["2013-02", "2013-03"]
    assert scene.alerts() == set()


def test_with_wait_a_person_may_give_the_span_up_and_it_may_come_later(tmp_path: Path) -> None:
    scene = _scene(tmp_path / "home", "wait")
    scene.run()
    with scene.ledger() as ledger:
        ledger.spans.decide_absent("2013-02", "reject", "a strike")
    assert [span.span for span in scene.run().spans] == ["2013-03"]
    assert scene.alerts() == set()
    scene.land("2013-02")
    assert next((span.span, span.version, span.verdict) for span in scene.run().spans) == ("2013-02", 1, "OK")


def test_with_skip_a_run_goes_on_and_alerts_nothing(tmp_path: Path) -> None:
    scene = _scene(tmp_path / "home", "skip")
    assert (scene.run().verdict, scene.alerts()) == ("PUSHED", set())


def test_what_a_person_gave_up_is_restored_with_a_damaged_ledger(tmp_path: Path) -> None:
    scene = _scene(tmp_path / "home", "warn")
    with scene.ledger() as ledger:
        ledger.spans.decide_absent("2013-02", "reject", "a strike")
    assert (scene.run().verdict, scene.alerts()) == ("PUSHED", set())
    (scene.root / "ledger.db").write_bytes(b"damaged")
    scene.run()
    with scene.ledger() as ledger:
        assert ledger.spans.absent() == {"2013-02": "a strike"}
