"""The Evaluator's executor on small real models: what it writes, blesses and says."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma
from pydantic import ValidationError

from components.evaluator import scoring
from components.evaluator.compared import compared_with
from components.evaluator.evidence import LiveModel
from components.evaluator.settings import OVERALL
from perennial import progress
from perennial.errors import NodeFailed, SchemaError
from perennial.task import Task
from tests.components.evaluator.small_windows import make_rows

Evaluate = Callable[..., Any]
CARD = {"version": 3, "trained_on": {"first_day": "2013-01-01", "last_day": "2013-03-24"}}


def test_a_good_candidate_without_champion_is_blessed(evaluate: Evaluate, save_model: Any) -> None:
    done: list[tuple[int, int | None, str]] = []
    progress.listen(lambda *each: done.append(each))
    result = evaluate(save_model(2.0))
    assert result.judgement["blessed"]
    assert result.judgement["comparison"]["outcome"] == "no_champion"
    assert result.judgement["champion"] is None
    assert [path.name for path in Path(result.blessing.uri).iterdir()] == ["BLESSED"]
    assert result.blessing.get_int_custom_property("blessed") == 1
    assert done[-1] == (2400, 2400, "rows evaluated")
    assert not list(Path(result.folder, "evaluation").glob("**/*.npz"))


def test_tfma_opens_its_files_and_the_judgement_agrees(evaluate: Evaluate, save_model: Any) -> None:
    result = evaluate(save_model(2.0), save_model(0.5, card=CARD))
    output = str(result.folder / "evaluation")
    opened = tfma.load_eval_result(output, model_name="candidate")
    by_slice = {key: values[""][""] for key, values in opened.slicing_metrics}
    assert {key[0][0] for key in by_slice if key} == {"carrier", "hour_band"}
    for name, value in result.judgement["candidate"]["metrics"].items():
        assert by_slice[()][name]["doubleValue"] == value
    for each in result.judgement["slices"]:
        metrics = by_slice[((each["slice"], each["value"]),)]
        assert metrics["example_count"]["doubleValue"] == each["rows"]
        assert metrics["log_loss"]["doubleValue"] == each["candidate"]["log_loss"]
    assert tfma.load_validation_result(output).validation_ok


@pytest.mark.parametrize("with_champion", [False, True])
def test_both_engines_write_the_same_metrics_validations_and_judgement(
    evaluate: Evaluate, save_model: Any, with_champion: bool
) -> None:
    champion = save_model(0.5, card=CARD) if with_champion else None
    memory, beam = (evaluate(save_model(2.0), champion, engine=engine) for engine in ("in_memory", "beam"))
    assert memory.judgement == beam.judgement
    ours, theirs = (str(result.folder / "evaluation") for result in (memory, beam))
    metrics = [sorted(map(_text, tfma.load_metrics(folder))) for folder in (ours, theirs)]
    assert metrics[0] == metrics[1]
    validations = [_text(tfma.load_validation_result(folder)) for folder in (ours, theirs)]
    assert validations[0] == validations[1]
    configs = [tfma.load_eval_result(folder, model_name="candidate").config for folder in (ours, theirs)]
    assert configs[0] == configs[1]


def _text(proto: Any) -> str:
    """A proto as text, its repeated parts in one order: Beam's is any."""
    return "\n".join(sorted(str(proto).splitlines()))


def test_the_judged_difference_is_that_of_tfmas_metrics(evaluate: Evaluate, save_model: Any) -> None:
    result = evaluate(save_model(2.0), save_model(0.5, card=CARD))
    judgement = result.judgement
    assert judgement["blessed"]
    assert judgement["comparison"]["outcome"] == "better"
    assert judgement["champion"]["version"] == 3
    by_model = [judgement[model]["metrics"]["log_loss"] for model in ("candidate", "champion")]
    assert judgement["comparison"]["difference"] == pytest.approx(by_model[0] - by_model[1], abs=1e-6)
    assert result.blessing.get_string_custom_property("baseline_model").startswith("/")
    worst = max(each["candidate"]["log_loss"] - each["champion"]["log_loss"]
                for each in judgement["slices"] if each["rows"] >= 100)  # fmt: skip
    assert f"by {-worst:.4f} on" in result.reason("slices")["sentence"]


def test_a_candidate_turned_upside_down_is_not_blessed_and_days_the_champion_knows_leave(
    evaluate: Evaluate, save_model: Any
) -> None:
    card = {"version": 4, "trained_on": {"first_day": "2013-01-01", "last_day": "2013-03-28"}}
    result = evaluate(save_model(-2.0), save_model(2.0, card=card))
    assert not result.judgement["blessed"]
    assert [path.name for path in Path(result.blessing.uri).iterdir()] == ["NOT_BLESSED"]
    assert result.blessing.get_int_custom_property("blessed") == 0
    assert not tfma.load_validation_result(str(result.folder / "evaluation")).validation_ok
    assert result.judgement["comparison"]["outcome"] == "not_checked"
    assert result.judgement["comparison"]["days_left_out"] == 4


def test_a_live_model_that_knows_every_row_is_replaced_only_where_the_node_is_given_that_it_is_stale(
    evaluate: Evaluate, save_model: Any
) -> None:
    card = {"version": 4, "trained_on": {"first_day": "2013-01-01", "last_day": "2013-03-31"}}
    champion, candidate = save_model(2.0, card=card), save_model(2.0)
    for stale in (False, True):
        result = evaluate(candidate, champion, live_stale=stale)
        assert result.judgement["comparison"]["rows"] == 0
        assert result.judgement["blessed"] is stale


def test_what_could_not_be_checked_is_reported(
    evaluate: Evaluate, save_model: Any, make_window: Any, tmp_path: Path
) -> None:
    whole = save_model(0.7, card=CARD)
    damaged = type(whole)()
    damaged.uri = str(tmp_path / "champion")
    shutil.copytree(whole.uri, damaged.uri)
    (tmp_path / "champion" / "Format-Serving" / "saved_model.pb").write_bytes(b"\xff" * 8)
    no_anchors = make_window(make_rows(600, 1), [], files=1)
    result = evaluate(save_model(2.0), damaged, examples=no_anchors, time_column="", slices=["carrier"])
    assert result.judgement["blessed"]
    assert result.judgement["champion"] is None
    assert result.judgement["champion_problem"].startswith("it cannot be loaded (")
    assert "counts as absent" in result.reason("champion")["sentence"]
    assert result.reason("anchors")["state"] == "not_checked"
    assert result.judgement["evaluated_on"]["days"] is None
    assert result.judgement["candidate"]["intervals"]["log_loss"]


def _card(text: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / "model_card.json").write_text(text)

    return write


@pytest.mark.parametrize(
    "damage",
    [
        _card("{"),
        _card("[]"),
        _card('{"trained_on": [1]}'),
        _card('{"trained_on": "2013"}'),
        _card('{"trained_on": {"first_day": 1, "last_day": 2}}'),
        lambda folder: (folder / "model_card.json").mkdir(),
    ],
)
def test_a_champion_with_a_wrong_card_counts_as_absent(
    damage: Callable[[Path], None], save_model: Any, tmp_path: Path
) -> None:
    whole = save_model(0.5)
    champion = type(whole)()
    champion.uri = str(tmp_path / "champion")
    shutil.copytree(whole.uri, champion.uri)
    damage(tmp_path / "champion" / "Format-Serving")
    known = compared_with([champion], [], Task("binary", "late"), stale=False).champion
    assert known is not None
    assert known.problem.startswith("it cannot be loaded (")


def test_a_card_that_cannot_be_opened_makes_the_champion_absent(
    save_model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a remote file system, of which TensorFlow raises its own errors."""

    def denied(path: str) -> Any:
        raise tf.errors.PermissionDeniedError(None, None, path)

    monkeypatch.setattr("components.evaluator.compared.fileio.open", denied)
    known = compared_with([save_model(0.5, card=CARD)], [], Task("binary", "late"), stale=False).champion
    assert known is not None
    assert known.problem == "it cannot be loaded (PermissionDeniedError)"


def test_a_card_without_days_is_no_problem(save_model: Any) -> None:
    for trained_on in (None, {}, {"first_day": None, "last_day": None}):
        champion = save_model(0.5, card={"version": 3, "trained_on": trained_on})
        known = compared_with([champion], [], Task("binary", "late"), stale=False).champion
        assert known == LiveModel(3)


def test_models_that_answer_no_number_are_reported(evaluate: Evaluate, save_model: Any) -> None:
    result = evaluate(save_model(2.0, broken=True), save_model(1.0, broken=True, card=CARD))
    assert not result.judgement["blessed"]
    assert result.reason("scores")["state"] == "failed"
    assert result.judgement["champion"] is None
    assert result.judgement["champion_problem"].startswith("it gives no probability for 2,400")


def test_no_rows_to_evaluate_on_are_not_blessed(
    evaluate: Evaluate, save_model: Any, make_window: Any
) -> None:
    result = evaluate(save_model(2.0), examples=make_window([], [], files=1))
    assert not result.judgement["blessed"]
    assert result.reason("scores")["sentence"] == "There are no rows to evaluate on."


def test_a_row_without_label_fails_the_node(evaluate: Evaluate, save_model: Any, make_window: Any) -> None:
    rows = make_rows(50, 7)
    rows[3]["late"] = None
    with pytest.raises(NodeFailed, match="must be one of the classes in every evaluated row"):
        evaluate(save_model(2.0), examples=make_window(rows, rows[:2], files=1))


def test_what_cannot_start_is_reported_with_its_cause(
    evaluate: Evaluate, save_model: Any, tmp_path: Path
) -> None:
    with pytest.raises(ValidationError, match="minimum AUC"):
        evaluate(save_model(2.0), bounds={})
    with pytest.raises(SchemaError, match="`weather`"):
        evaluate(save_model(2.0), slices=["weather"])
    empty = type(save_model(2.0))()
    empty.uri = str(tmp_path / "nothing")
    with pytest.raises(NodeFailed, match="serving_default"):
        evaluate(empty)


def test_metrics_are_read_back_by_slice(evaluate: Evaluate, save_model: Any) -> None:
    result = evaluate(save_model(2.0))
    metrics = scoring.metrics_by_slice(str(result.folder / "evaluation"), "candidate")
    assert metrics[OVERALL]["example_count"] == 2100
    assert metrics["carrier", "(missing)"]["example_count"] == 42
