"""Whether a version learned from rows that judge the candidate now."""

import json
from pathlib import Path
from typing import Any

import pytest

from perennial.training.starting_point import START_FILE, StartingPoint

POINT = StartingPoint(
    3, "/models/3", "digest", "2013-04-23", (("2013-03", "c", "tail"), ("2013-04", "d", "head"))
)


def _window(first_day: str | None, *parts: tuple[str, str, str]) -> dict[str, Any]:
    named = [{"span": span, "digest": digest, "split": split, "rows": 9} for span, digest, split in parts]
    return {"eval": {"first_day": first_day}, "eval_parts": named}


def test_it_survives_json() -> None:
    assert StartingPoint.from_json(POINT.to_json()) == POINT


@pytest.mark.parametrize(
    ("window", "span"),
    [
        (_window("2013-04-24", ("2013-04", "d", "tail")), ""),  # later days than it learned from
        (_window("2013-04-20", ("2013-04", "d", "head")), "2013-04"),
        (_window(None, ("2013-04", "d", "head")), "2013-04"),  # no time column
        (_window(None, ("2013-04", "d", "tail")), ""),  # the same span, and another part of it
        (_window(None, ("2013-05", "e", "head")), ""),
        (_window(None, ("2013-04", "other", "head")), "2013-04"),  # replaced: rows may be the same
        ({"eval": {"first_day": None}}, ""),  # nothing is judged by
    ],
)
def test_a_span_that_it_learned_from_and_that_judges_is_named(window: dict[str, Any], span: str) -> None:
    assert POINT.learned_from_judged(window) == span


def test_the_transform_may_say_no(tmp_path: Path) -> None:
    assert POINT.after(tmp_path) == POINT
    (tmp_path / START_FILE).write_text(json.dumps({"why_cold": "It learned from them."}))
    assert POINT.after(tmp_path).why_cold == "It learned from them."


def test_a_span_is_known_by_its_name_and_by_its_content() -> None:
    known = [{"span": "2013-04", "digest": "x"}, {"span": "x", "digest": "d"}, {"span": "x", "digest": "x"}]
    assert [POINT.has_learned_span(span) for span in known] == [True, True, False]
