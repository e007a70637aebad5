"""What a run says of itself: keys, order and values as others rely on them."""

import copy
import json
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from pipeline import reference
from pipeline.config import REPOSITORY
from pipeline.reading_reference import TESTED, reading_text
from pipeline.summary import Summary
from tests.pipeline.real_summary import SUMMARY
from tests.pipeline.report.judgements import diabetes, wine


def test_the_summary_as_json_has_what_others_rely_on() -> None:
    content = Summary(
        use_case="flights", run_id="r", verdict="KEPT", exit_code=0, reason="It is worse."
    ).as_json()
    assert next(iter(content.items())) == ("format", 1)
    wanted = (
        "use_case run_id verdict exit_code reason seconds spans trained_on evaluated_on candidate champion"
    )
    assert set(wanted.split()) | {"live_version", "pushed_version", "nodes", "report"} <= set(content)


def _with(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(SUMMARY), **changes}


def _numbers() -> dict[str, Any]:
    """A summary whose numbers are whole, missing or written short."""
    scores = {
        "metrics": {"rmse": 3, "r2": None, "example_count": 9},
        "intervals": {"rmse": [2, 4.5], "r2": None},
    }
    comparison = {"outcome": "worse", "difference": 0, "interval": [0.0, 1], "margin": 1}
    own = {"distribution": 4, "loss": 3, "difference": 0.5, "interval": [0, 1]}
    return _with(
        seconds=27,
        task={"task": "regression", "label": "price", "classes": ["a", 1, 2.5]},
        candidate={"version": None, **scores, "waits": True},
        champion={**scores, "version": 4, "twin": False},
        comparison={**comparison, "days": None, "rows": 9, "days_left_out": 0, "method": "a jackknife"},
        baseline={
            **{"distribution": 4, "rmse": None, "relative": None},
            **{"difference": None, "interval": None, "own_rate": own},
        },
        yardstick=None,
        probe={**SUMMARY["probe"], "latency_ms": None, "max_difference": 0, "startup_seconds": None},
        judgements=[
            {"span": "1", "version": 2, "decision": "accept", "who": "ann", "why": "Snow.", "at": "t"}
        ],
    )


@pytest.mark.parametrize("content", [SUMMARY, _numbers()], ids=["real", "numbers"])
def test_a_summary_is_written_byte_for_byte_as_it_was_read(content: dict[str, Any]) -> None:
    read = Summary.model_validate(content)
    assert json.dumps(read.as_json()) == json.dumps(content)
    assert Summary.model_validate_json(json.dumps(content)) == read


@pytest.mark.parametrize("make", [wine, diabetes])
def test_what_the_evaluator_writes_of_other_tasks_fits(make: Any) -> None:
    judgement = make()
    keys = ("task", "baseline", "yardstick", "comparison", "champion", "evaluated_on", "reasons")
    content = _with(
        candidate={"version": 3, **judgement["candidate"], "waits": None},
        **{key: judgement[key] for key in keys},
    )
    content = json.loads(json.dumps(content))
    assert json.dumps(Summary.model_validate(content).as_json()) == json.dumps(content)
    jsonschema.validate(content, json.loads(reference.schema_text()))


@pytest.mark.parametrize(
    "changes", [{"verdict": "PERHAPS"}, {"more": 1}, {"spans": [{"span": "1"}]}, {"format": 2}]
)
def test_what_is_no_summary_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Summary.model_validate(_with(**changes))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(_with(**changes), json.loads(reference.schema_text()))


@pytest.mark.parametrize("content", [SUMMARY, _numbers()], ids=["real", "numbers"])
def test_a_summary_fits_the_schema_in_the_reference(content: dict[str, Any]) -> None:
    jsonschema.validate(content, json.loads(reference.SCHEMA.read_text(encoding="utf-8")))


def test_the_schema_in_the_reference_is_that_of_the_code() -> None:
    assert reference.SCHEMA.read_text(encoding="utf-8") == reference.schema_text(), "Run `make reference`."


def test_the_page_of_the_gates_is_what_the_code_writes() -> None:
    assert reference.GATES.read_text(encoding="utf-8") == reference.gates_text(), "Run `make reference`."


def test_the_page_of_reading_is_what_the_code_writes_and_each_of_its_tests_is_there() -> None:
    assert reference.READING.read_text(encoding="utf-8") == reading_text(), "Run `make reference`."
    tests = "".join(path.read_text() for path in (REPOSITORY / "tests").rglob("test_*.py"))
    assert [test for _, _, test in TESTED if f"def {test}(" not in tests] == []


def test_every_key_in_the_reference_is_described() -> None:
    schema = json.loads(reference.schema_text())
    for definition in [schema, *schema["$defs"].values()]:
        assert definition["description"]
        for name, each in definition["properties"].items():
            assert each.get("description"), f"{definition['title']}.{name}"
