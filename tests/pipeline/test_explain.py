"""The one wording for wrong and missing keys of a use case's YAML: file, line, key, the nearest right one."""

import pytest

from tests.pipeline.wrong_texts import EVALUATION, FLOOR, problem, unfit
from tests.small_config import HYPERPARAMETERS, TEXT


def no_key(line: int, key: str, near: str) -> str:
    return f"flights.yaml, line {line}: unknown key `{key}` (did you mean `{near}`?)."


@pytest.mark.parametrize(
    ("section", "line", "key", "near"),
    [
        ("window:\n  eval_day: 7", 6, "window.eval_day", "window.eval_days"),
        ("exports:\n  spam: day", 6, "exports.spam", "exports.span"),
        (
            "exports: {complete_when: {stabel: 60s}}",
            5,
            "exports.complete_when.stabel",
            "exports.complete_when.stable",
        ),
        ("data:\n  min_row: 7", 6, "data.min_row", "data.min_rows"),
        ("data:\n  label_rate: {mn: 0.1, max: 0.2}", 6, "data.label_rate.mn", "data.label_rate.min"),
        (
            "serving:\n  request_log:\n    shares: 1",
            7,
            "serving.request_log.shares",
            "serving.request_log.share",
        ),
        ("run: {deadlin: 2h}", 5, "run.deadlin", "run.deadline"),
        ("windows: {spans: 1}", 5, "windows", "window"),
        (
            "data:\n  policy:\n    - {anomaly: drift, action: note}\n    - {acton: block}",
            8,
            "data.policy[1].acton",
            "data.policy[1].action",
        ),
    ],
)
def test_a_wrong_key_is_named_with_its_line_and_the_nearest_right_one(
    section: str, line: int, key: str, near: str
) -> None:
    assert problem(f"{TEXT}{section}\n").startswith(no_key(line, key, near))


@pytest.mark.parametrize(
    ("evaluation", "line", "key", "near"),
    [
        ("{slicse: [carrier], " + FLOOR + "}", 4, "evaluation.slicse", "evaluation.slices"),
        ("\n  bounds:\n    acu: {min: 0.6}", 6, "evaluation.bounds.acu", "evaluation.bounds.auc"),
        (
            "\n  bounds:\n    auc:\n      mim: 0.6",
            7,
            "evaluation.bounds.auc.mim",
            "evaluation.bounds.auc.min",
        ),
        (
            "\n  " + FLOOR + "\n  slices:\n    - carrier\n    - hour:\n        colum: dep",
            9,
            "evaluation.slices[1].hour.colum",
            "evaluation.slices[1].hour.column",
        ),
        (
            "\n  " + FLOOR + "\n  champion: {confidense: 0.9}",
            6,
            "evaluation.champion.confidense",
            "evaluation.champion.confidence",
        ),
        (
            "\n  " + FLOOR + "\n  anchors: {max_rmse_increase: 0.9}",
            6,
            "evaluation.anchors.max_rmse_increase",
            "evaluation.anchors.max_log_loss_increase",
        ),
    ],
)
def test_a_wrong_key_of_the_evaluation_is_named_in_the_same_words(
    evaluation: str, line: int, key: str, near: str
) -> None:
    text = TEXT.replace(EVALUATION, f"evaluation: {evaluation}\n")
    assert problem(text) == no_key(line, key, near)


def test_a_wrong_key_that_is_near_a_compulsory_one_is_reported_once() -> None:
    key, near = "training.hyperparamters", "training.hyperparameters"
    assert problem(TEXT.replace("hyperparameters:", "hyperparamters:")) == no_key(3, key, near)


def test_a_wrong_key_like_no_other_is_named_with_those_there_are() -> None:
    known = "Known keys: `spans`, `since`, `eval_days`, `eval_min_rows` and `max_shrink`."
    expected = f"flights.yaml, line 5: unknown key `window.xyz`. {known}"
    assert problem(TEXT + "window: {xyz: 1}\n") == expected
    assert "`name`" not in problem(TEXT + "xyz: 1\n")


@pytest.mark.parametrize("key", ["1", "yes", "null"])
def test_a_key_that_is_no_text_is_no_key(key: str) -> None:
    assert problem(f"{TEXT}window: {{{key}: 2}}\n").startswith("flights.yaml, line 5: unknown key `window")


@pytest.mark.parametrize(
    ("before", "after", "line", "key", "expected"),
    [
        ("label: late\n", "", None, "label", "text"),
        (
            f"  hyperparameters: {HYPERPARAMETERS}\n",
            "  seed: 1\n",
            2,
            "training.hyperparameters",
            "a mapping of",
        ),
        (" epochs: 1,", "", 3, "training.hyperparameters.epochs", "an integer from 1"),
        (", patience: 1", "", 3, "training.hyperparameters.early_stopping.patience", "an integer from 1"),
        (EVALUATION, "", None, "evaluation", "a mapping of"),
        (EVALUATION, "evaluation: {}\n", 4, "evaluation.bounds.auc.min", "a minimum AUC"),
        (
            EVALUATION,
            "evaluation:\n  bounds:\n    auc: {max: 1}\n",
            6,
            "evaluation.bounds.auc.min",
            "a minimum AUC",
        ),
        (
            EVALUATION,
            f"{EVALUATION[:-2]}, slices: [a, {{b: {{}}}}]}}\n",
            4,
            "evaluation.slices[1].b.column",
            "text",
        ),
        (
            EVALUATION,
            f"{EVALUATION}data: {{label_rate: {{min: 0.1}}}}\n",
            5,
            "data.label_rate.max",
            "a number from 0 to 1",
        ),
        (
            EVALUATION,
            f"{EVALUATION}data:\n  policy:\n    - anomaly: drift\n",
            7,
            "data.policy[0].action",
            "block, warn or note",
        ),
        (
            EVALUATION,
            f"{EVALUATION}exports: {{complete_when: {{}}}}\n",
            5,
            "exports.complete_when.stable",
            "a time such as",
        ),
    ],
)
def test_a_missing_key_is_named_with_the_line_of_what_it_is_missing_in(
    before: str, after: str, line: int | None, key: str, expected: str
) -> None:
    text = problem(TEXT.replace(before, after))
    where = f"flights.yaml, line {line}" if line else "flights.yaml"
    assert text.startswith(f"{where}: `{key}`: expected {expected}")
    # A floor is asked for by the evaluation's own rule (components/evaluator/settings.py).
    assert text.endswith(
        ", but it is missing."
        if "floor" in expected
        else ", and there is none."
        if "floor" in expected
        else ", but it is missing."
    )


def test_a_missing_hyperparameter_is_reported_with_what_is_there_instead() -> None:
    section = "training.hyperparameters"
    expected = f"an integer from 1, but it is missing (there is `{section}.epoch`)"
    assert problem(TEXT.replace(" epochs: 1", " epoch: 1")) == unfit(3, f"{section}.epochs", expected)


@pytest.mark.parametrize(
    ("section", "line", "key", "expected"),
    [
        (
            "data:\n  label_rate: {min: 0.9, max: 0.1}",
            6,
            "data.label_rate",
            "`min` to be below `max`",
        ),
        ("classes: [a, a]", 5, "classes", "each class once, got one twice"),
        ("classes: [a]", 5, "classes", "two for a binary task (or none, for 0 and 1), got 1"),
        ("classes: [a, b]\ntask: multiclass", 5, "classes", "three or more for a multiclass task, got 2"),
        ("exports: {path: 's3://a'}", 5, "exports.path", "a folder on this machine, got a URL"),
        (
            "classes: [a, b]\ndata: {label_rate: {min: 0.1, max: 0.2}}",
            6,
            "data.label_rate",
            "none: it is the share of 1, and this label is not 0 and 1",
        ),
    ],
)
def test_what_a_rule_of_our_own_refuses_has_its_place_as_well(
    section: str, line: int, key: str, expected: str
) -> None:
    assert problem(f"{TEXT}{section}\n") == unfit(line, key, expected)


def test_a_regression_has_other_keys_a_floor_of_its_own_and_no_classes() -> None:
    known = "Known keys: `rmse`, `mae`, `r2`, `bias` and `example_count`."
    expected = f"flights.yaml, line 4: unknown key `evaluation.bounds.auc`. {known}"
    assert problem(f"{TEXT}task: regression\n") == expected
    bare = TEXT.replace(EVALUATION, "task: regression\nevaluation: {bounds: {}}\n")
    floor = "a minimum R² (explained share of the label's variance) such as 0.1"
    assert problem(bare) == unfit(5, "evaluation.bounds.r2.min", f"{floor}, but it is missing")
    with_classes = bare.replace("{}", "{r2: {min: 0.1}}") + "classes: [1, 2]\n"
    assert problem(with_classes) == unfit(6, "classes", "none for a regression")
