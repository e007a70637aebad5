"""The one wording for wrong values in a use case's YAML: line, key, what was expected, what kind came."""

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from perennial.errors import ConfigError
from pipeline import config
from tests.pipeline.wrong_texts import EVALUATION, FLOOR, problem, unfit
from tests.small_config import HYPERPARAMETERS, TEXT


@pytest.fixture(autouse=True)
def _one_schema_of_a_task(monkeypatch: pytest.MonkeyPatch) -> None:
    """To make the JSON Schema is nearly all of the time that a wrong text takes."""
    monkeypatch.setattr(config, "_schema", lambda task: _schema(str(task)))


_schema = cache(config._schema)
HOURS = "[{when: {column: hour, hours: %s}}]"
BANDS = "two or more ascending hours from 0 to 24, such as [0, 12, 24]"
TIME = "a time such as 90s, 30m, 2h or 1d"
ALL_OF_THEM = "steps_per_epoch, epochs, batch_size, learning_rate, ema_momentum and early_stopping"
TASK = "binary, multiclass or regression"
GATE = (
    "min_rows, drift_min_rows, label_rate, label_shares, label_numbers, max_outside_share, max_seen_share and"
    " policy"
)
MARKERS = "a text, a number, a list of these, or a mapping of columns to these"
FORMATS = "a format, or a list of formats or of {format: F, from: SPAN}"
OUT_OF_RANGE = "got a value out of range"


@pytest.mark.parametrize(
    ("section", "line", "key", "expected"),
    [
        ("description: 7", 5, "description", "text, got an integer"),
        (
            "window:\n  spans: many",
            6,
            "window.spans",
            "an integer from 1, or all, got a text of another form",
        ),
        ("window: {spans: 1.5}", 5, "window.spans", "an integer from 1, or all, got a number"),
        ("window: {spans: 0}", 5, "window.spans", f"an integer from 1, or all, {OUT_OF_RANGE}"),
        (
            "window: 7",
            5,
            "window",
            "a mapping of spans, since, eval_days, eval_min_rows and max_shrink, got an integer",
        ),
        (
            "exports: {span: fortnight}",
            5,
            "exports.span",
            "month, week, day, hour or number, got none of these",
        ),
        ("exports: {delimiter: ;;}", 5, "exports.delimiter", "one character, got a text of another form"),
        ("exports: {path: 7}", 5, "exports.path", "a folder, got an integer"),
        ("exports: {na_values: true}", 5, "exports.na_values", f"{MARKERS}, got true or false"),
        (
            "exports: {na_values: [NA, true]}",
            5,
            "exports.na_values[1]",
            "a text or a number, got true or false",
        ),
        (
            "exports: {na_values: {x: {y: 1}}}",
            5,
            "exports.na_values.x",
            "a text, a number, or a list of these, got a mapping",
        ),
        ("exports: {true_values: 7}", 5, "exports.true_values", "a text or a list of texts, got an integer"),
        ("exports: {date_format: {day: 7}}", 5, "exports.date_format.day", f"{FORMATS}, got an integer"),
        (
            "exports: {date_format: {day: []}}",
            5,
            "exports.date_format.day",
            f"{FORMATS}, got a list of another form",
        ),
        ("exports: {time_zone: 2}", 5, "exports.time_zone", "text, got an integer"),
        (
            "exports: {complete_when: 7}",
            5,
            "exports.complete_when",
            "success_file, or a time such as {stable: 60s}, got an integer",
        ),
        (
            "exports: {anchor_share: 0.5}",
            5,
            "exports.anchor_share",
            f"a number above 0 and below 0.5, {OUT_OF_RANGE}",
        ),
        ("run: {deadline: soon}", 5, "run.deadline", f"{TIME}, got a text of another form"),
        ("run: {deadline: 0s}", 5, "run.deadline", f"{TIME}, {OUT_OF_RANGE}"),
        (
            "serving: {private: {tail: has}}",
            5,
            "serving.private.tail",
            "omit or hash, got none of these (did you mean `hash`?)",
        ),
        ("serving: {versions: [4, x]}", 5, "serving.versions[1]", "an integer from 1, got text"),
        ("task: regresion", 5, "task", f"{TASK}, got none of these (did you mean `regression`?)"),
        ("task: [binary]", 5, "task", f"{TASK}, got a list"),
        ("classes: [[a], b]", 5, "classes[0]", "text, an integer or a number, got a list"),
        ("data: 7", 5, "data", f"a mapping of {GATE}, got an integer"),
        ("data:\n  min_rows: '7'", 6, "data.min_rows", "an integer from 0, got text"),
        ("data: {min_rows: -1}", 5, "data.min_rows", f"an integer from 0, {OUT_OF_RANGE}"),
        ("data: {min_rows: true}", 5, "data.min_rows", "an integer from 0, got true or false"),
        ("data: {min_rows: 2013-01-01}", 5, "data.min_rows", "an integer from 0, got text"),
        (
            "data: {label_rate: 0.3}",
            5,
            "data.label_rate",
            "a mapping of min, max and min_rows, got a number",
        ),
        (
            "data: {label_rate: {min: 0, max: 2}}",
            5,
            "data.label_rate.max",
            f"a number from 0 to 1, {OUT_OF_RANGE}",
        ),
        ("data: {policy: {feature: temp}}", 5, "data.policy", "a list, got a mapping"),
        (
            "data:\n  policy:\n    - temp",
            7,
            "data.policy[0]",
            "a mapping of feature, anomaly and action, got text",
        ),
        (
            "data: {policy: [{feature: 3, action: note}]}",
            5,
            "data.policy[0].feature",
            "the name of a column, or *, got an integer",
        ),
        (
            "data:\n  policy:\n  - action: note\n  - action: stop",
            8,
            "data.policy[1].action",
            "block, warn or note, got none of these",
        ),
    ],
)
def test_a_wrong_value_is_reported_by_what_was_expected_and_the_kind_it_is(
    section: str, line: int, key: str, expected: str
) -> None:
    assert problem(f"{TEXT}{section}\n") == unfit(line, key, expected)


SLICES = "a column's name, or a name with its `column` and `hours`"


@pytest.mark.parametrize(
    ("evaluation", "key", "expected"),
    [
        ("threshold: 1.5", "threshold", f"a number from 0 to 1, {OUT_OF_RANGE}"),
        ("threshold: true", "threshold", "a number from 0 to 1, got true or false"),
        ("yardstick: 'yes'", "yardstick", "true or false, got text"),
        ("anchors: {min_rows: 0}", "anchors.min_rows", f"an integer from 1, {OUT_OF_RANGE}"),
        ("anchors: [1]", "anchors", "a mapping of min_rows and max_log_loss_increase, got a list"),
        (
            "champion: {when_inconclusive: maybe}",
            "champion.when_inconclusive",
            "push or keep, got none of these",
        ),
        ("champion: {confidence: 95}", "champion.confidence", f"a number from 0.5 to 0.9999, {OUT_OF_RANGE}"),
        ("min_days: 1", "min_days", f"an integer from 5, {OUT_OF_RANGE}"),
        ("slices: carrier", "slices", f"a list, each {SLICES}, got text"),
        ("slices: [7]", "slices[0]", f"{SLICES}, got an integer"),
        (
            "slices: [{a: {column: b}, c: {column: d}}]",
            "slices[0]",
            f"{SLICES}, got a mapping of another form",
        ),
        ("slices: [a, a]", "slices", "a different name for each slice; one is used twice"),
        (f"slices: {HOURS % '[6]'}", "slices[0].when.hours", BANDS),
        (f"slices: {HOURS % '[9, 6]'}", "slices[0].when.hours", BANDS),
        (
            f"slices: {HOURS % '[6, x]'}",
            "slices[0].when.hours[1]",
            "an integer from 0 to 24, got text",
        ),
    ],
)
def test_a_wrong_value_of_the_evaluation_is_reported_in_the_same_words(
    evaluation: str, key: str, expected: str
) -> None:
    text = TEXT.replace(EVALUATION, f"evaluation:\n  {FLOOR}\n  {evaluation}\n")
    assert problem(text) == unfit(6, f"evaluation.{key}", expected)


@pytest.mark.parametrize(
    ("before", "after", "key", "expected"),
    [
        (" epochs: 1", " epochs: '1'", "epochs", "an integer from 1, got text"),
        (" epochs: 1", " epochs: 1.0", "epochs", "an integer from 1, got a number"),
        ("batch_size: 8", "batch_size: 0", "batch_size", f"an integer from 1, {OUT_OF_RANGE}"),
        ("learning_rate: 0.1", "learning_rate: 1e-3", "learning_rate", "a number above 0, got text"),
        (
            "ema_momentum: 0.5",
            "ema_momentum: 1",
            "ema_momentum",
            f"a number above 0 and below 1, {OUT_OF_RANGE}",
        ),
        ("patience: 1", "patience: x", "early_stopping.patience", "an integer from 1, got text"),
        (
            "{days: 1, patience: 1}",
            "3",
            "early_stopping",
            "a mapping of days and patience, got an integer",
        ),
        (HYPERPARAMETERS, "[]", "", f"a mapping of {ALL_OF_THEM}, got a list"),
    ],
)
def test_a_wrong_hyperparameter_is_reported_in_the_same_words(
    before: str, after: str, key: str, expected: str
) -> None:
    path = f"training.hyperparameters.{key}".rstrip(".")
    assert problem(TEXT.replace(before, after)) == unfit(3, path, expected)


def test_a_kind_of_anomaly_that_is_misspelt_is_reported_with_the_nearest_one() -> None:
    message = problem(TEXT + "data:\n  policy:\n    - {anomaly: drfit, action: note}\n")
    assert message.startswith("flights.yaml, line 7: `data.policy[0].anomaly`: expected *, missing_column, ")
    assert message.endswith(", got none of these (did you mean `drift`?).")


def test_each_mistake_of_every_section_is_reported_once_and_no_value_is() -> None:
    text = TEXT.replace("epochs: 1", "epochs: hunter2").replace("0.6", "hunter2")
    message = problem(
        text + "data: {min_rows: hunter2}\nexports: {span: hunter2}\nclasses: [hunter2, [hunter2]]\n"
    )
    assert "hunter2" not in message
    keys = ("classes[1]", "exports.span", "data.min_rows", "training.hyperparameters.epochs")
    assert [message.count(f"`{key}`: expected") for key in (*keys, "evaluation.bounds.auc.min")] == [1] * 5


# Each section, with a value at every depth that there is.
CUTS = "slices: [a, {b: {column: c, hours: [0, 9]}}], champion: {confidence: 0.9}"
WHOLE = f"""{TEXT}description: x
classes: []
exports: {{span: day, complete_when: {{stable: 60s}}, na_values: [NA], date_format: {{day: '%Y-%m-%d'}}}}
data: {{min_rows: 7, label_rate: {{min: 0.1, max: 0.2}}, policy: [{{anomaly: drift, action: note}}]}}
window: {{spans: 3}}
serving: {{versions: [4], labels: {{stable: 4}}, private: {{tail: hash}}, request_log: {{share: 0.1}}}}
run: {{deadline: 2h}}
beam_pipeline_args: [--streaming]
""".replace(EVALUATION, f"evaluation: {{{FLOOR}, {CUTS}}}\n")
VALUES = yaml.safe_load(WHOLE)


def places(values: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every key and entry of a list."""
    for key, value in values.items() if isinstance(values, dict) else enumerate(values):
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))


def outcome(text: str) -> str:
    """What is said of a text; nothing where it is a use case."""
    try:
        config.parse(text, name="x", home=Path("/h"), source="x.yaml")
    except ConfigError as error:
        return error.problem
    return ""


@pytest.mark.parametrize("path", list(places(VALUES)), ids=str)
def test_whatever_stands_anywhere_is_read_or_refused_in_our_words(path: tuple[Any, ...]) -> None:
    each: tuple[Any, ...] = (None, True, "hunter2", -7, 1.5, [], [[]], {}, {"hunter2": 1}, {2: 3})
    for value in each:
        values = copy.deepcopy(VALUES)
        inner = values
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value
        message = outcome(yaml.dump(values, Dumper=yaml.CSafeDumper))
        assert not message or message.startswith("x.yaml, line "), json.dumps(value)
        assert not message or "expected" in message or "unknown key" in message
        assert not any(words in message for words in ("Input", "valid", "``"))
