"""Results of trainings: kept by what they follow from, never mixed."""

from dataclasses import replace
from pathlib import Path

from perennial.store.span_version import SpanVersion
from pipeline import config
from pipeline.backtest.policies import Training
from pipeline.backtest.results import Keys, LossesOnSpan, Results
from pipeline.config import UseCase
from pipeline.plan import SchemaPlan
from tests.pipeline.backtest.outcomes import result

TRAINING = Training(("1", "2"))
SCHEMA = SchemaPlan(uri="s", digest="d", columns="[]")


def version(span: str, digest: str = "content") -> SpanVersion:
    return SpanVersion(
        span=span,
        version=1,
        digest=digest,
        arrived="2013",
        verdict="OK",
        reasons=(),
        judged_with="j",
        rows=9,
        quarantined=0,
        examples="examples",
        statistics="statistics",
        read_as="{}",
        later_verdict="",
        later_reasons=(),
        decision="",
        why="",
    )


def use_case_in(home: Path) -> UseCase:
    return config.load("flights").model_copy(update={"home": home})


def test_a_result_is_taken_by_its_key_alone(tmp_path: Path) -> None:
    results = Results(tmp_path / "results")
    assert results.get(TRAINING, "k") is None
    results.add(TRAINING, result(TRAINING, {"3": LossesOnSpan("c", {"": [9, 4.5]})}))
    known = results.get(TRAINING, "k")
    assert known is not None
    assert known.has({"3": "c"})
    assert not known.has({"3": "other content"})
    assert not known.has({"3": "c", "4": "c"})
    assert results.get(TRAINING, "other code") is None
    assert results.others(TRAINING, "other code") == 1
    assert results.others(TRAINING, "k") == 0


def test_spans_judged_before_stay_in_a_result(tmp_path: Path) -> None:
    results = Results(tmp_path / "results")
    for span in ("3", "4"):
        results.add(TRAINING, result(TRAINING, {span: LossesOnSpan("c", {"": [9, 4.5]})}))
    known = results.get(TRAINING, "k")
    assert known is not None
    assert known.has({"3": "c", "4": "c"})


def test_results_of_other_trainings_are_no_results_of_other_code(tmp_path: Path) -> None:
    results = Results(tmp_path / "results")
    first, warm = Training(("1",)), Training(("1", "2"), continues=Training(("1",)))
    for other in (warm, replace(TRAINING, refit=True), replace(warm, refit=True)):
        results.add(other, result(other, {"3": LossesOnSpan("c", {"": [9, 4.5]})}))
    assert results.others(TRAINING, "other code") == 0
    assert results.others(warm, "other code") == 1
    # Every second span, so that it began with another model.
    longer = Training(("1", "2", "3"), continues=first)
    results.add(longer, result(longer, {"4": LossesOnSpan("c", {"": [9, 4.5]})}))
    assert results.others(replace(longer, continues=warm), "other code") == 0


def test_a_damaged_result_counts_as_none(tmp_path: Path) -> None:
    results = Results(tmp_path / "results")
    results.add(TRAINING, result(TRAINING, {"3": LossesOnSpan("c", {"": [9, 4.5]})}))
    (file,) = (tmp_path / "results").iterdir()
    file.write_text(file.read_text()[:40])
    assert results.get(TRAINING, "k") is None
    assert list(results.all()) == []


def test_a_key_follows_settings_content_and_policy(tmp_path: Path) -> None:
    use_case, versions = use_case_in(tmp_path), [version("1"), version("2")]
    key = Keys(use_case, SCHEMA, versions).of_training(TRAINING)
    assert Keys(use_case, SCHEMA, versions).of_training(TRAINING) == key
    seeded = use_case.model_copy(update={"training": use_case.training.model_copy(update={"seed": 1})})
    edited = [
        Keys(seeded, SCHEMA, versions).of_training(TRAINING),
        Keys(use_case, SCHEMA.model_copy(update={"digest": "e"}), versions).of_training(TRAINING),
        Keys(use_case, SCHEMA, [version("1"), version("2", "new rows")]).of_training(TRAINING),
        Keys(use_case, SCHEMA, versions).of_training(replace(TRAINING, refit=True)),
        Keys(use_case, SCHEMA, versions).of_training(replace(TRAINING, continues=Training(("1",)))),
    ]
    assert len({key, *edited}) == 6


def test_a_key_does_not_follow_what_no_node_of_a_training_is_given(tmp_path: Path) -> None:
    use_case, versions = use_case_in(tmp_path), [version("1"), version("2")]
    key = Keys(use_case, SCHEMA, versions).of_training(TRAINING)
    evaluation = use_case.evaluation.model_copy(update={"min_days": 9})
    serving = use_case.serving.model_copy(update={"probe_rows": 900})
    other = use_case.model_copy(update={"evaluation": evaluation, "serving": serving})
    assert Keys(other, SCHEMA, versions).of_training(TRAINING) == key
