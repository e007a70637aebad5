"""Runs that prune after their verdict, with a scripted chain; and what later runs make of it."""

import shutil
from pathlib import Path

import pytest

from commands.span_states import span_states
from pipeline import files_lock
from pipeline.run.retention.prune import prune
from tests.pipeline.run.scene import Scene
from tests.pipeline.run.scripted import Script


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which five spans came in turn, of which three are in the window; a copy is beside it."""
    home = tmp_path_factory.mktemp("retention") / "home"
    made = Scene(home)
    made.metadata()
    for number in range(1, 6):
        made.land(str(number))
        assert made.run(Script(model=f"model {number}")).verdict == "PUSHED"
    shutil.copytree(home, home.with_name("saved"))
    return home


@pytest.fixture
def scene(saved: Path) -> Scene:
    """That home as it was, at the same path: the ledger holds absolute paths."""
    shutil.rmtree(saved)
    shutil.copytree(saved.with_name("saved"), saved)
    return Scene(saved)


def _rows(scene: Scene) -> list[str]:
    """The spans whose rows are there, as far as the ledger knows."""
    with scene.ledger() as ledger:
        versions = [version for each in ledger.spans.versions().values() for version in each]
    return sorted(each.span for each in versions if not each.pruned and Path(each.examples).is_dir())


def _states(scene: Scene) -> dict[str, tuple[str, int | None, str]]:
    with scene.ledger() as ledger:
        states = span_states(scene.use_case, ledger)
    return {each["span"]: (each["state"], each["in_use"], " ".join(each["reasons"])) for each in states}


OLDER = "It is older than the spans of the window (`window.spans` is 3)."


def test_a_run_leaves_the_rows_of_the_window_and_says_that_older_spans_are_outside_of_it(
    scene: Scene,
) -> None:
    assert _rows(scene) == ["3", "4", "5"]
    assert _states(scene)["2"] == ("OK", None, OLDER)
    assert _states(scene)["3"] == ("OK", 1, "")
    script = Script()
    assert scene.run(script).verdict == "NOTHING_NEW"
    assert script.passes == []


def test_outputs_on_disk_are_as_many_once_the_window_is_full(scene: Scene) -> None:
    def outputs(node: str) -> int:
        return len(list((scene.root / "artifacts" / node).glob("*/*")))

    nodes = ("ArrowExampleGen", "Window", "Trainer", "Evaluator")
    before = [outputs(node) for node in nodes]
    for number in range(6, 8):
        scene.land(str(number))
        scene.run(Script(model=f"model {number}"))
    assert [outputs(node) for node in nodes] == before == [3, 0, 0, 0]


def test_a_window_that_grows_reads_what_was_pruned_again(scene: Scene) -> None:
    scene.edit("spans: 3", "spans: 5")
    assert _states(scene)["1"][2] == (
        "Its rows were pruned when it was older than the window: the next run reads its export again."
    )
    script = Script(model="five spans")
    assert scene.run(script).verdict == "PUSHED"
    # The spans after them are judged again: their drift is measured from the new statistics.
    assert script.passes == ["1", "2", "3", "4", "5", ""]
    assert _rows(scene) == ["1", "2", "3", "4", "5"]


def test_accepted_content_that_is_read_again_stays_accepted(scene: Scene) -> None:
    scene.edit("spans: 3", "spans: 5")
    assert scene.run(Script(gates={"1": "BLOCK"}, model="five spans")).verdict == "PUSHED"
    state, in_use, _ = _states(scene)["1"]
    assert (state, in_use) == ("OK", 1)
    with scene.ledger() as ledger:
        version = ledger.spans.current("1")
    assert version is not None
    assert (version.later_verdict, version.verdict) == ("BLOCK", "OK")


def test_a_span_whose_export_is_gone_is_missing_in_a_larger_window_and_that_is_answer(scene: Scene) -> None:
    for file in (scene.use_case.exports_folder / "2").iterdir():
        file.unlink()
    (scene.use_case.exports_folder / "2").rmdir()
    assert "cannot be used" not in _states(scene)["2"][2]
    assert "cannot be used" not in scene.run().reason
    scene.edit("spans: 3", "spans: 5")
    summary = scene.run(Script(model="four spans"))
    sentence = (
        "Span 2 cannot be used: its rows were pruned when it was older than the window, and its export is"
        " gone. Run `land flights FILE` with its file."
    )
    assert summary.verdict == "PUSHED"
    assert sentence in summary.reason
    assert sentence in _states(scene)["2"][2]
    assert _rows(scene) == ["1", "3", "4", "5"]


def test_the_span_that_takes_the_place_of_a_rejected_one_is_read_again(scene: Scene) -> None:
    with scene.ledger() as ledger:
        ledger.spans.decide("4", "reject", "It is wrong.")
    script = Script(model="without 4")
    assert scene.run(script).verdict == "PUSHED"
    assert script.passes == ["2", "3", "5", ""]


def test_rows_that_come_again_are_compared_with_those_of_pruned_spans(scene: Scene) -> None:
    scene.land("6")
    script = Script(model="six")
    scene.run(script)
    assert script.others["6"] == ["1", "2", "3", "4", "5"]


def test_a_run_up_to_an_older_span_reads_its_own_window(scene: Scene) -> None:
    script = Script(model="up to 3")
    scene.run(script, through="3")
    assert script.passes == ["1", "2", "3", ""]
    assert _rows(scene) == ["1", "2", "3", "4", "5"]
    scene.run(Script(model="all again"))
    assert _rows(scene) == ["3", "4", "5"]


def test_a_backup_keeps_a_run_from_pruning_and_the_next_one_does_it(scene: Scene) -> None:
    scene.land("6")
    with files_lock.shared(scene.root):
        assert scene.run(Script(model="six")).verdict == "PUSHED"
    busy = "A backup or a backtest uses the files of flights, or another process prunes them."
    assert scene.shown.warnings == [f"Nothing was pruned. {busy} The next run prunes."]
    assert _rows(scene) == ["3", "4", "5", "6"]
    assert scene.run().verdict == "NOTHING_NEW"
    assert scene.shown.warnings == []
    assert _rows(scene) == ["4", "5", "6"]


def test_pruning_that_fails_is_a_warning(scene: Scene) -> None:
    (scene.root / "spans" / "3").write_text("a file where a folder should be")
    scene.land("6")
    summary = scene.run(Script(model="six"))
    assert (summary.verdict, summary.exit_code) == ("PUSHED", 0)
    (warning,) = scene.shown.warnings
    assert warning.startswith(f"Pruning failed: {scene.root}/spans/3")
    assert _rows(scene) == ["3", "4", "5", "6"]


def test_what_a_killed_prune_left_is_swept_by_the_next_run(scene: Scene) -> None:
    (scene.root / "trash" / "0-half").mkdir(parents=True)
    (scene.root / "spans" / "9" / f".v1.{'0' * 32}").mkdir(parents=True)
    scene.run()
    assert not (scene.root / "trash").exists()
    assert not (scene.root / "spans" / "9").exists()


def test_a_ledger_that_is_rebuilt_knows_which_spans_were_pruned(scene: Scene) -> None:
    (scene.root / "ledger.db").write_text("damaged")
    scene.run(Script(candidate="bad"))
    assert _states(scene)["2"] == ("OK", None, OLDER)
    assert _rows(scene) == ["3", "4", "5"]


def test_after_a_rejection_of_the_newest_span_nothing_is_read_again(scene: Scene) -> None:
    scene.land("6")
    assert scene.run(Script(candidate="bad")).verdict == "KEPT"
    assert _rows(scene) == ["3", "4", "5", "6"]
    with scene.ledger() as ledger:
        ledger.spans.decide("6", "reject", "It is wrong.")
    script = Script(candidate="bad")
    scene.run(script)
    assert [span for span in script.passes if span] == []


def test_a_card_that_no_run_has_recorded_yet_stays_when_its_version_goes(scene: Scene) -> None:
    """As in the root of an older release whose conversion was killed between the ledger and the cards."""
    with scene.ledger() as ledger:
        ledger.versions._rows("UPDATE versions SET card='{}'")
        keep = scene.use_case.keep.model_copy(update={"models": 1})
        use_case = scene.use_case.model_copy(update={"keep": keep})
        pruned = prune(use_case, ledger)
        gone = {int(item.key) for item in pruned.goes if item.kind == "versions"}
        assert gone
        assert ledger.versions.cards(gone).keys() == gone
