"""Steps are done once, taken up where they stopped, and done anew for other code."""

from pathlib import Path

import pytest

from benchmarks.harness.resume import (
    Done,
    Result,
    Results,
    Step,
    StepFailed,
    keep_only_of,
    median,
    run_steps,
    with_needs,
)


class Counted:
    """Steps that count how often each was measured, and fail where a test asks for it."""

    def __init__(self) -> None:
        self.measured: list[str] = []
        self.failing = ""

    def step(self, name: str, *needs: str) -> Step:
        def measure(folder: Path, results: Results) -> Result:
            assert not list(folder.iterdir())
            assert set(needs) <= set(results)
            (folder / "leftover").touch()
            self.measured.append(name)
            if name == self.failing:
                raise StepFailed(name)
            return {"wall": float(len(self.measured)), "nodes": {}}

        return Step(name, measure, needs)


def test_a_second_run_measures_nothing_again(tmp_path: Path) -> None:
    counted = Counted()
    steps = [counted.step("ours"), counted.step("template", "ours")]
    first = run_steps(steps, tmp_path, "code")
    assert run_steps(steps, tmp_path, "code") == first
    assert counted.measured == ["ours", "template"]


def test_a_stopped_run_goes_on_with_an_empty_folder_where_it_stopped(tmp_path: Path) -> None:
    counted = Counted()
    steps = [counted.step("ours"), counted.step("template", "ours")]
    counted.failing = "template"
    with pytest.raises(StepFailed):
        run_steps(steps, tmp_path, "code")
    counted.failing = ""
    assert set(run_steps(steps, tmp_path, "code")) == {"ours", "template"}
    assert counted.measured == ["ours", "template", "template"]


def test_results_of_other_code_are_measured_anew(tmp_path: Path) -> None:
    counted = Counted()
    run_steps([counted.step("ours")], tmp_path, "old")
    run_steps([counted.step("ours")], tmp_path, "new")
    assert counted.measured == ["ours", "ours"]


def test_repetitions_alternate_and_give_medians(tmp_path: Path) -> None:
    counted = Counted()
    results = run_steps([counted.step("ours"), counted.step("template")], tmp_path, "code", repeat=3)
    assert counted.measured == ["ours", "template"] * 3
    assert results["ours"]["wall"] == 3


def test_what_a_chosen_step_needs_is_done_as_well() -> None:
    counted = Counted()
    steps = [counted.step("a"), counted.step("b", "a"), counted.step("c", "b"), counted.step("d")]
    assert [step.name for step in with_needs(steps, ["c"])] == ["a", "b", "c"]
    assert [step.name for step in with_needs(steps, [])] == ["a", "b", "c", "d"]


def test_an_unknown_step_is_named_with_the_known_ones() -> None:
    with pytest.raises(StepFailed, match=r"No step 'yaer'\. Choose from: year"):
        with_needs([Counted().step("year")], ["yaer"])


def test_medians_are_taken_of_measures_and_nodes_alone() -> None:
    results = [
        {"wall": wall, "verdict": f"run {wall}", "nodes": {"Trainer": wall / 2}} for wall in (3.0, 9.0, 4.0)
    ]
    assert median(results) == {"wall": 4.0, "verdict": "run 3.0", "nodes": {"Trainer": 2.0}}


def test_a_piece_of_work_is_done_once_and_again_for_other_code(tmp_path: Path) -> None:
    done, seen = Done(tmp_path, "old"), []

    def work() -> Result:
        seen.append("work")
        return {"code": 3, "passed": True}

    assert done.once("at the node's end", work) == done.once("at the node's end", work)
    assert seen == ["work"]
    assert done.get("at the node's start") is None
    assert Done(tmp_path, "new").get("at the node's end") is None
    assert Done(tmp_path, "new").get("at the node's end", any_code=True) == {"code": 3, "passed": True}


def test_a_result_without_content_counts_as_done(tmp_path: Path) -> None:
    done = Done(tmp_path, "code")
    done.add("restored", {})
    assert done.once("restored", lambda: {"again": True}) == {}


def test_a_folder_is_kept_for_the_same_code_and_emptied_for_other(tmp_path: Path) -> None:
    folder = tmp_path / "proof"
    for code, fresh, stays in (("old", False, False), ("old", False, True), ("new", False, False)):
        keep_only_of(folder, code, fresh=fresh)
        assert (folder / "home").exists() == stays
        (folder / "home").mkdir(exist_ok=True)
    keep_only_of(folder, "new", fresh=True)
    assert not (folder / "home").exists()
