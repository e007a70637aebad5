"""Which settings and which edits of code are a reason to judge or to train again, and which are none."""

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest

from perennial.drift.settings import DriftRule
from perennial.section import Section
from pipeline import config, inputs
from pipeline.cell_settings import DatedFormat
from pipeline.config import UseCase
from serving.reading.version_rules import VersionRules
from tests.small_config import TEXT

SPAN: Final = "judged and trained again"
WINDOW: Final = "trained again"
NOTHING: Final = "nothing new"

# Every setting, a value that is not its default, and what follows from it. A setting that is added to the
# config has to be added here; it is no input until a node is given it.
SETTINGS: Final[Mapping[str, tuple[Any, str]]] = {
    "description": ("Late flights.", NOTHING),
    "label": ("delayed", SPAN),
    "task": ("multiclass", SPAN),
    "classes": (("no", "yes"), SPAN),
    "data": ({"min_rows": 2}, SPAN),
    "drift.history": (86400, NOTHING),
    "drift.calendar": (
        (date(2013, 11, 28),),
        NOTHING,
    ),  # a calibration follows from it, and judges nothing anew
    "drift.baselines": (("season",), NOTHING),
    "drift.pinned": (("2013-01",), NOTHING),
    "drift.policy": ((DriftRule(action="block"),), SPAN),
    "evaluation": ({"threshold": 0.4}, WINDOW),
    "beam_pipeline_args": (("--runner=FlinkRunner",), SPAN),  # another engine
    "exports.path": (Path("/elsewhere"), NOTHING),
    "exports.span": ("day", NOTHING),  # the spans themselves are an input
    "exports.years": (5, NOTHING),  # for `land`
    "exports.gap": ("wait", NOTHING),  # as above
    "exports.complete_when": ({"stable": 60}, NOTHING),
    "exports.time_column": ("day", SPAN),
    "exports.delimiter": (";", SPAN),
    "exports.encoding": ("latin-1", SPAN),
    "exports.decimal": (",", SPAN),
    "exports.thousands": (".", SPAN),
    "exports.na_values": (("NA",), SPAN),
    "exports.true_values": (("ja",), SPAN),
    "exports.false_values": (("nein",), SPAN),
    "exports.date_format": ({"day": (DatedFormat(format="%d.%m.%Y"),)}, SPAN),
    "exports.time_zone": ("Europe/Berlin", SPAN),
    "exports.rename": ({"then": "day"}, SPAN),
    "exports.skipfooter": (1, SPAN),
    "exports.skipinitialspace": (True, SPAN),
    "exports.quotechar": ("'", SPAN),
    "exports.escapechar": ("\\", SPAN),
    "exports.escape_unquoted": (False, SPAN),
    "exports.max_bad_share": (0.5, SPAN),
    "exports.max_unlabelled_share": (0.9, SPAN),
    "exports.anchor_share": (0.1, SPAN),
    "exports.tail_days": (8, SPAN),
    "window.spans": (3, NOTHING),  # as above
    "window.since": ("2013-01", NOTHING),
    "window.eval_days": (8, WINDOW),
    "window.eval_min_rows": (8, WINDOW),
    "window.max_shrink": (0.5, WINDOW),
    "training.seed": (1, WINDOW),
    "training.hyperparameters": ({"epochs": 2}, WINDOW),
    "training.refit": (True, WINDOW),
    "training.agreement": ({"max_ks": 0.3}, NOTHING),  # of a use case that does not refit
    "training.start": ("warm", WINDOW),
    "keep": ({"models": 3}, NOTHING),
    "serving.probe_rows": (600, WINDOW),
    "serving.versions": ((4,), NOTHING),
    "serving.labels": ({"stable": 4}, NOTHING),
    "serving.request_log": ({"share": 0.5}, NOTHING),
    "serving.private": ({"tailnum": "hash"}, WINDOW),  # private values stay out of the warm-up rows
    "run.deadline": (60, NOTHING),
    "schedule": ({"cron": "30 5 * * *", "push": "ask"}, NOTHING),  # when, not what
}


def _names() -> set[str]:
    """The settings of a use case, those of a section by `section.key`."""
    names = set()
    for name, field in UseCase.model_fields.items():
        kind = field.annotation
        if name in ("exports", "drift", "window", "training", "serving", "run"):
            assert isinstance(kind, type)
            assert issubclass(kind, Section)
            names |= {f"{name}.{key}" for key in kind.model_fields}
        elif name not in ("name", "home"):
            names.add(name)
    return names


@pytest.fixture
def flights() -> UseCase:
    return config.parse(TEXT, name="flights", home=Path("/home"), source="flights.yaml")


def _changed(section: Any, name: str, value: Any) -> Any:
    """A use case or a section of it with another value; those of a section's keys where it is one."""
    key, _, rest = name.partition(".")
    present = getattr(section, key)
    if rest:
        value = _changed(present, rest, value)
    elif isinstance(present, Section) and isinstance(value, dict):
        value = present.model_copy(update=value)
    return section.model_copy(update={key: value})


def _follows(before: UseCase, after: UseCase) -> str:
    if inputs.of_span(before) != inputs.of_span(after):
        assert inputs.digest(before) != inputs.digest(after)
        return SPAN
    return NOTHING if inputs.digest(before) == inputs.digest(after) else WINDOW


def test_every_setting_is_listed_as_an_input_or_none() -> None:
    assert _names() == set(SETTINGS)


@pytest.mark.parametrize("name", SETTINGS)
def test_only_a_setting_that_a_node_is_given_is_a_reason_to_begin_again(flights: UseCase, name: str) -> None:
    value, expected = SETTINGS[name]
    assert _follows(flights, _changed(flights, name, value)) == expected


def test_no_judgement_and_no_training_follows_from_the_live_predictions(
    flights: UseCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = inputs.digest(flights)
    monkeypatch.setattr(inputs, "of_live_predictions", lambda _: {"LivePredictions": {"source": "edited"}})
    monkeypatch.setattr(inputs, "of_drift_effects", lambda _: {"DriftEffects": {"source": "edited"}})
    assert inputs.digest(flights) == before
    assert "LivePredictions" not in inputs.of_span(flights)


def test_options_that_pass_through_to_beam_are_no_input(flights: UseCase) -> None:
    """Both engines give the same; how many workers there are changes no result."""
    more = (*config.LOCAL_BEAM_ARGS, "--direct_num_workers=2")
    assert _follows(flights, _changed(flights, "beam_pipeline_args", more)) == NOTHING


def test_a_format_from_a_span_on_is_a_reason_to_read_that_span_and_later_ones(flights: UseCase) -> None:
    formats = (
        DatedFormat(format="%d.%m.%Y"),
        DatedFormat.model_validate({"format": "%d/%m/%Y", "from": "2013-04"}),
    )
    before = _changed(flights, "exports.date_format", {"day": formats[:1]})
    after = _changed(flights, "exports.date_format", {"day": formats})
    for span, again in (("2013-03", False), ("2013-04", True), ("2013-05", True)):
        assert (inputs.of_span(before, span) != inputs.of_span(after, span)) is again
        assert (inputs.digest(before, span) != inputs.digest(after, span)) is again


def test_a_version_reads_by_the_rules_of_the_newest_span_that_it_was_trained_on(flights: UseCase) -> None:
    formats = (
        DatedFormat(format="%d.%m.%Y"),
        DatedFormat.model_validate({"format": "%d/%m/%Y", "from": "2013-04"}),
    )
    use_case = _changed(flights, "exports.date_format", {"day": formats})
    for span, written in (("2013-03", "%d.%m.%Y"), ("2013-04", "%d/%m/%Y")):
        reading = inputs.of_window(use_case, span)["Trainer"]["custom_config"]["reading"]
        assert VersionRules.from_json(reading).cells.date_format["day"] == (written,)


def test_the_version_to_begin_with_is_given_to_the_nodes_that_use_it(flights: UseCase) -> None:
    cold, warm = (inputs.of_window(_changed(flights, "training.start", start)) for start in ("cold", "warm"))
    assert inputs.begun_with(cold, "") == cold
    given = inputs.begun_with(warm, "of version 3")
    assert {name for name in given if given[name] != warm[name]} == {"Transform", "Trainer"}
    assert given["Transform"]["start"] == given["Trainer"]["custom_config"]["start"] == "of version 3"


def test_the_spans_and_what_else_is_named_are_inputs(flights: UseCase) -> None:
    digests = {inputs.digest(flights, spans=spans, schema="s") for spans in ([], ["2013-01"], ["2013-02"])}
    assert len(digests | {inputs.digest(flights, spans=[], schema="other")}) == 4


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("perennial/reading/cells.py", SPAN),
        ("components/data_gate/gate.py", SPAN),
        ("components/window/cut.py", WINDOW),
        ("components/yardstick/fit.py", WINDOW),
        ("components/evaluator/judge.py", WINDOW),
        ("components/serving_probe/hostile.py", WINDOW),
        ("perennial/training/trainer.py", WINDOW),
        ("serving/offline/probe.py", WINDOW),
        ("transforms/flights.py", WINDOW),
        ("models/flights.py", WINDOW),
        ("pipeline/pipeline.py", WINDOW),
        ("components/transform/component.py", WINDOW),  # which splits are analysed
        ("components/serving_probe/component.py", WINDOW),
        # What says something, shows something, or decides what to do with what was made.
        ("perennial/errors.py", NOTHING),
        ("perennial/progress.py", NOTHING),
        ("perennial/store/ledger.py", NOTHING),
        ("perennial/store/registry.py", NOTHING),
        ("components/atomic_pusher/executor.py", NOTHING),
        ("components/evaluator/__init__.py", NOTHING),
        ("pipeline/config.py", NOTHING),
        ("pipeline/execution/lineage.py", NOTHING),
        ("pipeline/execution/worker.py", NOTHING),
        ("pipeline/report/view.py", NOTHING),
        ("pipeline/run/runner.py", NOTHING),
        ("pipeline/run/verdict_block.py", NOTHING),
        ("commands/run/display.py", NOTHING),
    ],
)
def test_only_an_edit_of_code_that_makes_a_result_is_a_reason_to_begin_again(
    flights: UseCase, edit: Callable[[str], None], file: str, expected: str
) -> None:
    span, window = inputs.of_span(flights), inputs.digest(flights)
    edit(file)
    again = SPAN if inputs.of_span(flights) != span else WINDOW
    assert (again if inputs.digest(flights) != window else NOTHING) == expected
