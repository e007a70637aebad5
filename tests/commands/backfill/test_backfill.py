"""A backfill from its plan to its end, with a chain that follows a script."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from commands.backfill.backfill import cancel, carry_out, planned
from commands.backfill.order import BackfillOrder, made
from commands.backfill.output import outcome_block, plan_block
from perennial.errors import Busy, UsageError
from perennial.store.backfills import Which
from pipeline.execution.messages import Broken, Failure
from pipeline.run import lock
from pipeline.run.overdue import newest_span
from pipeline.run.scope import SpanScope
from pipeline.summary import Summary
from tests.pipeline.run.scene import Scene
from tests.pipeline.run.scripted import Script


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A root in which spans 1 to 6 have landed and nothing was run; its window is 3 spans."""
    made_scene = Scene(tmp_path / "home")
    made_scene.metadata()
    for span in range(1, 7):
        made_scene.land(str(span))
    return made_scene


def _order(first: str, last: str, which: Which = "missing", *, is_each: bool = False) -> BackfillOrder:
    return BackfillOrder(first, last, which, is_each)


def _backfill(scene: Scene, wanted: BackfillOrder, script: Script | None = None) -> dict[str, Any]:
    chosen = script or Script()

    def run(scope: SpanScope) -> Summary:
        return scene.run(chosen, scope=scope, trigger="backfill")

    plan, content = planned(scene.use_case, wanted, is_dry=False)
    return carry_out(scene.use_case, plan, content, run)


def _plan(scene: Scene, wanted: BackfillOrder) -> dict[str, Any]:
    return planned(scene.use_case, wanted, is_dry=True)[1]


def _actions(content: dict[str, Any]) -> dict[str, str]:
    return {entry["span"]: entry["action"] for entry in content["spans"]}


def _read(script: Script) -> Sequence[str]:
    return [span for span in script.passes if span]


def test_missing_spans_older_than_the_window_are_read_and_not_trained_on(scene: Scene) -> None:
    assert scene.run().verdict == "PUSHED"  # reads 4 to 6
    script = Script()
    content = _backfill(scene, _order("1", "6"), script)
    assert _actions(content) == {"1": "read", "2": "read", "3": "read"}
    # The spans of the window are compared with these, and judged again.
    assert _read(script) == ["1", "2", "3", "4", "5", "6"]
    assert content["judged_again"] == ["4", "5", "6"]
    assert [(run["verdict"], run["through"]) for run in content["runs"]] == [("NOTHING_NEW", "6")]
    assert [entry["in_window"] for entry in content["spans"]] == [False] * 3
    assert content["exit_code"] == 0
    assert scene.last_run()["trigger"] == "backfill"
    assert "Not trained on: 3 spans (oldest: 1, newest: 3), outside of the window" in plan_block(content, 60)


def test_a_second_backfill_has_nothing_to_do_and_runs_nothing(scene: Scene) -> None:
    _backfill(scene, _order("1", "6"))
    script = Script()
    content = _backfill(scene, _order("1", "6"), script)
    assert (content["spans"], content["runs"], script.passes) == ([], [], [])
    assert outcome_block(content) == "Nothing was run."
    assert "Every export of this range was read before." in plan_block(content, 60)


def test_a_range_is_read_alone_with_what_any_run_reads_up_to_its_end(scene: Scene) -> None:
    script = Script()
    content = _backfill(scene, _order("3", "4"), script)
    assert content["also_read"] == ["2"]
    assert script.passes == ["2", "3", "4", ""]
    assert content["expected"]["trainings"] == 1


def test_each_newer_span_gets_a_training_in_data_order(scene: Scene) -> None:
    script = Script()
    content = _backfill(scene, _order("1", "4", is_each=True), script)
    assert script.passes == ["1", "", "2", "", "3", "", "4", ""]
    assert [run["through"] for run in content["runs"]] == ["1", "2", "3", "4"]


def test_with_each_no_run_trains_on_less_than_is_in_use(scene: Scene) -> None:
    """Spans older than what has arrived are read in one run up to that: an older model never replaces one."""
    scene.run(through="5")
    script = Script()
    content = _backfill(scene, _order("1", "6", is_each=True), script)
    assert [run["through"] for run in content["runs"]] == ["5", "6"]
    assert script.passes[-2:] == ["6", ""]
    assert script.passes.count("") == 1


def test_a_run_between_two_of_a_backfill_is_never_followed_by_an_older_window(scene: Scene) -> None:
    """The schedule may read the newest spans meanwhile: an older model never replaces that run's."""
    trained: list[tuple[str, ...]] = []

    def run(scope: SpanScope) -> Summary:
        summary = scene.run(scope=scope, trigger="backfill")
        trained.append(summary.trained_on.spans if summary.trained_on else ())
        if len(trained) == 1:
            assert scene.run(trigger="cron").verdict == "PUSHED"  # trained on 4 to 6
        return summary

    plan, content = planned(scene.use_case, _order("1", "3", is_each=True), is_dry=False)
    carry_out(scene.use_case, plan, content, run)
    assert trained == [("1",), (), ()]
    assert [each["through"] for each in content["runs"]] == ["1", "2", "3"]
    with scene.ledger() as ledger:
        assert [current.verdict for span in "123" if (current := ledger.spans.current(span))] == ["OK"] * 3


def test_one_that_is_given_up_while_a_run_goes_on_ends_after_that_run(scene: Scene) -> None:
    def run(scope: SpanScope) -> Summary:
        with lock.held(scene.root / "lock", "a run of it"):
            assert "Run a run of it" in cancel(scene.use_case)["running"]
        return scene.run(scope=scope, trigger="backfill")

    plan, content = planned(scene.use_case, _order("1", "3", is_each=True), is_dry=False)
    content = carry_out(scene.use_case, plan, content, run)
    assert [each["through"] for each in content["runs"]] == ["1"]
    assert (content["cancelled"], content["left"], content["continue"]) == (True, [], None)
    assert outcome_block(content).startswith("It was given up meanwhile")


def test_a_plan_says_that_settings_changed_since_the_last_training(scene: Scene) -> None:
    scene.run()
    scene.edit("training:", "training:\n  seed: 18")
    content = _plan(scene, _order("1", "3"))
    assert ([run["trains"] for run in content["runs"]], content["expected"]["trainings"]) == ([True], 1)
    assert _backfill(scene, _order("1", "3"))["runs"][0]["verdict"] == "PUSHED"


def test_a_summary_that_is_no_summary_does_not_count_as_a_past_run(scene: Scene) -> None:
    with scene.ledger():  # makes it
        pass
    for number, text in enumerate(("{}", "[]", '{"nodes": [1], "seconds": 2}', "{")):
        folder = scene.root / "runs" / str(number)
        folder.mkdir(parents=True)
        (folder / "summary.json").write_text(text)
    assert _plan(scene, _order("1", "3"))["expected"]["seconds"] is None


def test_a_blocked_span_is_reported_and_does_not_stop_the_rest(scene: Scene) -> None:
    script = Script(gates={"2": "BLOCK"})
    content = _backfill(scene, _order("1", "4", is_each=True), script)
    assert [run["verdict"] for run in content["runs"]] == ["PUSHED", "DATA_BLOCKED", "PUSHED", "PUSHED"]
    assert content["exit_code"] == 3
    assert content["left"] == []
    assert {entry["span"]: entry["outcome"]["state"] for entry in content["spans"]}["2"] == "BLOCK"
    assert "spans flights accept|reject SPAN --why ..." in outcome_block(content)


def test_an_old_span_that_is_blocked_gives_3_though_the_run_goes_well(scene: Scene) -> None:
    content = _backfill(scene, _order("1", "4"), Script(gates={"2": "BLOCK"}))
    assert [run["exit_code"] for run in content["runs"]] == [0]
    assert content["exit_code"] == 3


def test_failed_spans_are_those_that_are_refused_blocked_or_wait(scene: Scene) -> None:
    gates = {"3": "REFUSED", "4": "UNLABELLED", "5": "BLOCK"}
    _backfill(scene, _order("1", "6"), Script(gates=gates))
    content = _plan(scene, _order("1", "6", "failed"))
    # What is blocked is judged again when another span has come: that may have had its rows by mistake.
    assert _actions(content) == {"3": "read", "4": "stands", "5": "judge"}
    with scene.ledger() as ledger:
        ledger.spans.decide("5", "accept", "A test.")
    assert _actions(_plan(scene, _order("1", "6", "failed"))) == {"3": "read", "4": "stands"}


def test_a_refused_span_is_read_again_though_nothing_changed(scene: Scene) -> None:
    """What refused it may lie in a library, or in memory that was short."""
    _backfill(scene, _order("1", "6"), Script(gates={"2": "REFUSED"}))
    script = Script()
    content = _backfill(scene, _order("1", "6", "failed"), script)
    assert _read(script)[0] == "2"
    assert [entry["outcome"]["state"] for entry in content["spans"]] == ["OK"]
    assert content["exit_code"] == 0
    nothing = plan_block(_plan(scene, _order("1", "6", "failed")), 60)
    assert "No span of this range is refused or blocked" in nothing


def test_a_blocked_span_is_judged_again_once_settings_changed(scene: Scene) -> None:
    scene.edit("spans: 3", "spans: 6")
    _backfill(scene, _order("1", "6"), Script(gates={"2": "BLOCK"}))
    scene.edit("training:", "data: {min_rows: 2}\ntraining:")
    script = Script()
    content = _backfill(scene, _order("2", "2", "failed"), script)
    assert _actions(content) == {"2": "judge"}
    assert "2" in _read(script)


def test_all_reads_again_what_is_not_there_any_more_and_nothing_else(scene: Scene) -> None:
    scene.edit("spans: 3", "spans: 6")
    _backfill(scene, _order("1", "6"))
    with scene.ledger() as ledger:
        version = ledger.spans.in_use("2")
    assert version is not None
    shutil.rmtree(version.examples)
    content = _plan(scene, _order("1", "6", "all"))
    # Those after it are compared with it.
    assert _actions(content) == {"1": "cached", "2": "read", **dict.fromkeys("3456", "judge")}
    script = Script()
    _backfill(scene, _order("1", "6", "all"), script)
    assert _read(script)[0] == "2"
    assert set(_actions(_plan(scene, _order("1", "6", "all"))).values()) == {"cached"}


def test_spans_that_were_pruned_are_not_missing_and_all_reads_them_again(scene: Scene) -> None:
    _backfill(scene, _order("1", "6"))
    scene.run()  # prunes
    assert _plan(scene, _order("1", "6"))["spans"] == []
    content = _plan(scene, _order("1", "6", "all"))
    assert _actions(content) == {**dict.fromkeys("123", "read"), **dict.fromkeys("456", "cached")}
    assert content["spans"][0]["why"] == "Its rows were pruned when it was older than the window."
    script = Script()
    _backfill(scene, _order("1", "3", "all"), script)
    assert {"1", "2", "3"} <= set(_read(script))


def test_what_a_person_rejected_stays_out(scene: Scene) -> None:
    _backfill(scene, _order("1", "6"))
    with scene.ledger() as ledger:
        ledger.spans.decide("2", "reject", "Wrong.")
    content = _plan(scene, _order("2", "2", "all"))
    assert _actions(content) == {"2": "stands"}
    assert "see above what a person can do" in plan_block(content, 60)
    assert _plan(scene, _order("1", "2"))["spans"] == []


def test_a_replaced_export_counts_as_missing(scene: Scene) -> None:
    _backfill(scene, _order("1", "6"))
    scene.land("1", "other rows")
    content = _plan(scene, _order("1", "6"))
    assert [(entry["span"], entry["why"]) for entry in content["spans"]] == [
        ("1", "Its export was replaced.")
    ]


def test_an_export_that_was_only_copied_is_not_read_again(scene: Scene) -> None:
    """As after a restored backup: the plan does not say that all is read."""
    _backfill(scene, _order("4", "6"))
    exports = scene.use_case.exports_folder
    shutil.copytree(exports, exports.with_name("copy"))
    shutil.rmtree(exports)
    exports.with_name("copy").rename(exports)
    assert set(_actions(_plan(scene, _order("4", "6", "all"))).values()) == {"cached"}


def test_an_export_that_is_not_complete_waits_and_is_named(scene: Scene) -> None:
    (scene.use_case.exports_folder / "2" / "_SUCCESS").unlink()
    content = _plan(scene, _order("1", "3"))
    assert _actions(content) == {"1": "read", "2": "waits", "3": "read"}
    assert content["spans"][1]["state"] == "WAITING"
    content = _backfill(scene, _order("1", "3"))
    assert content["spans"][1]["outcome"]["reasons"] == ["No _SUCCESS file yet."]
    assert "WAITING" in outcome_block(content)


def test_a_dry_run_changes_nothing(scene: Scene) -> None:
    before = sorted(path for path in scene.use_case.home.rglob("*"))
    _plan(scene, _order("1", "6"))
    assert sorted(path for path in scene.use_case.home.rglob("*")) == before


def test_a_plan_knows_how_long_only_from_past_runs(scene: Scene) -> None:
    first = _plan(scene, _order("1", "3"))
    assert first["expected"]["seconds"] is None
    assert "not known yet" in plan_block(first, 60)
    _backfill(scene, _order("1", "3"))
    second = _plan(scene, _order("4", "6", is_each=True))["expected"]
    assert (second["spans"], second["trainings"], second["past_spans"]) == (3, 3, 3)
    assert second["seconds"] >= 4.5  # 3 spans of 3 nodes of half a second, and 3 trainings
    assert second["bytes"] > 0


def test_a_run_that_may_pass_its_deadline_is_announced(scene: Scene) -> None:
    _backfill(scene, _order("1", "3"))
    assert "`run.deadline`" in plan_block(_plan(scene, _order("4", "6")), 1)
    assert "`run.deadline`" not in plan_block(_plan(scene, _order("4", "6")), 7200)


def test_one_that_was_killed_goes_on_by_the_same_command(scene: Scene) -> None:
    """The second of four runs fails: its spans and those after it are left."""
    fails = Failure(kind="node_failed", problem="It broke.", remedy="Fix it.")
    happens = iter([None, fails])
    script = Script(at={"Trainer": lambda: next(happens)})
    wanted = _order("1", "4", is_each=True)
    content = _backfill(scene, wanted, script)
    assert (content["exit_code"], content["left"]) == (1, ["2", "3", "4"])
    assert "backfill flights --from 1 --to 4 --which missing --each" in outcome_block(content)
    again = Script()
    content = _backfill(scene, wanted, again)
    assert again.passes == ["", "3", "", "4", ""]
    assert (content["exit_code"], content["left"], content["done_before"]) == (0, [], ["1"])
    with scene.ledger() as ledger:
        assert ledger.backfills.open() is None


def test_what_a_killed_one_has_read_is_trained_on_when_it_goes_on(scene: Scene) -> None:
    script = Script(at={"Trainer": lambda: Broken(problem="It broke.", remedy="Fix it.")})
    assert _backfill(scene, _order("2", "4"), script)["exit_code"] == 1
    again = Script(gates={"3": "REFUSED"})
    content = _backfill(scene, _order("2", "4"), again)
    assert again.passes == [""]
    assert content["runs"][0]["verdict"] == "PUSHED"
    assert _actions(content) == {"2": "cached", "3": "cached", "4": "cached"}


def test_what_a_run_that_failed_has_read_outside_of_the_window_is_not_read_again(scene: Scene) -> None:
    """Else a backfill that takes longer than the deadline would begin anew each time."""
    scene.run()
    happens = iter([None, None, Broken(problem="It broke.", remedy="Fix it.")])
    script = Script(at={"ArrowExampleGen": lambda: next(happens)})
    assert _backfill(scene, _order("1", "3"), script)["exit_code"] == 1
    again = Script()
    _backfill(scene, _order("1", "3"), again)
    assert _read(again) == ["3", "4", "5", "6"]


def test_what_is_blocked_before_a_kill_counts_when_it_goes_on(scene: Scene) -> None:
    happens = iter([None, Broken(problem="It broke.", remedy="Fix it.")])
    script = Script(gates={"2": "BLOCK"}, at={"Trainer": lambda: next(happens)})
    wanted = _order("1", "3", is_each=True)
    content = _backfill(scene, wanted, script)
    assert [run["exit_code"] for run in content["runs"]] == [0, 3, 1]
    assert content["exit_code"] == 1  # it has not ended
    content = _backfill(scene, wanted, Script(gates={"2": "BLOCK"}))
    assert (content["done_before"], content["withheld"], content["exit_code"]) == (["1", "2"], ["2"], 3)
    assert "It goes on with what began" in plan_block(content | {"runs": []}, 60)


def test_a_refused_span_is_read_once_by_one_backfill(scene: Scene) -> None:
    _backfill(scene, _order("1", "3"), Script(gates={"2": "REFUSED", "3": "REFUSED"}))
    happens = iter([None, Broken(problem="It broke.", remedy="Fix it.")])
    script = Script(gates={"2": "REFUSED"}, at={"ArrowExampleGen": lambda: next(happens)})
    assert _backfill(scene, _order("1", "3", "failed"), script)["exit_code"] == 1
    again = Script(gates={"2": "REFUSED"})
    content = _backfill(scene, _order("1", "3", "failed"), again)
    assert _read(again) == ["3"]
    assert content["exit_code"] == 3


def test_a_span_whose_export_went_does_not_keep_a_backfill_open(scene: Scene) -> None:
    script = Script(at={"Trainer": lambda: Broken(problem="It broke.", remedy="Fix it.")})
    wanted = _order("1", "2", is_each=True)
    _backfill(scene, wanted, script)
    shutil.rmtree(scene.use_case.exports_folder / "2")
    assert _backfill(scene, wanted)["left"] == []
    with scene.ledger() as ledger:
        assert ledger.backfills.open() is None


def test_another_range_is_refused_while_one_is_open_until_it_is_given_up(scene: Scene) -> None:
    script = Script(at={"Trainer": lambda: Broken(problem="It broke.", remedy="Fix it.")})
    _backfill(scene, _order("1", "2"), script)
    with pytest.raises(UsageError) as caught:
        planned(scene.use_case, _order("1", "3"), is_dry=False)
    assert "`backfill flights --from 1 --to 2 --which missing` to go on" in str(caught.value)
    assert "`backfill flights --cancel`" in str(caught.value)
    assert _plan(scene, _order("1", "3"))["open"].startswith("The backfill 1 to 2 (missing)")
    with lock.held(scene.root / "lock", "a run of it"), pytest.raises(UsageError) as caught:
        planned(scene.use_case, _order("1", "3"), is_dry=False)
    assert "Wait until it has ended, or run `backfill flights --cancel`" in str(caught.value)
    assert "to go on" not in str(caught.value)
    assert cancel(scene.use_case)["left"] == ["1", "2"]
    assert _backfill(scene, _order("1", "3"))["exit_code"] == 0
    with pytest.raises(UsageError, match="No backfill of flights is open"):
        cancel(scene.use_case)


def test_nothing_is_begun_while_a_run_goes_on(scene: Scene) -> None:
    with lock.held(scene.root / "lock", "another"), pytest.raises(Busy, match="Nothing was started"):
        planned(scene.use_case, _order("1", "3"), is_dry=False)


def test_an_unservable_candidate_stops_those_after_it(scene: Scene) -> None:
    content = _backfill(scene, _order("1", "3", is_each=True), Script(candidate="unservable"))
    assert (content["exit_code"], content["left"]) == (4, ["2", "3"])


def test_old_spans_change_neither_freshness_nor_what_is_newest(scene: Scene) -> None:
    scene.use_case.exports_folder.joinpath("6").rename(scene.use_case.home / "aside")
    scene.edit("span: number, time_column: sched_dep", "span: month, time_column: sched_dep")
    for span in "12345":
        shutil.rmtree(scene.use_case.exports_folder / span)
    for span in ("2013-01", "2013-02", "2013-03", "2013-04"):
        scene.land(span)
    scene.run()
    with scene.ledger() as ledger:
        before = newest_span(ledger, "month")
    _backfill(scene, _order("2013-01", "2013-04"))
    with scene.ledger() as ledger:
        assert ledger.spans.in_use("2013-01") is not None
        assert newest_span(ledger, "month") == before


@pytest.mark.parametrize(
    ("first", "last", "problem"),
    [
        ("2013-01", "3", "--from: expected a span such as 7, as `exports.span` is number."),
        ("1", "", "--to: expected a span such as 7"),
        ("3", "1", "--from 3 is after --to 1."),
    ],
)
def test_a_wrong_range_is_refused(scene: Scene, first: str, last: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        made(scene.use_case, first, last, "missing", is_each=False)
    assert caught.value.problem.startswith(problem)


def test_a_range_in_which_nothing_lies_is_refused(scene: Scene) -> None:
    with pytest.raises(UsageError, match="no export or span from 7 to 9"):
        planned(scene.use_case, _order("7", "9"), is_dry=True)
