"""What a run follows from, and what it does not."""

from pathlib import Path

import pytest

from pipeline import config
from pipeline.plan import SchemaPlan
from pipeline.run.settled import inputs_digest
from tests.small_config import TEXT


def _digest(section: str) -> str:
    use_case = config.parse(f"{TEXT}{section}\n", name="flights", home=Path("/home"), source="flights.yaml")
    return inputs_digest(use_case, SchemaPlan(uri="/schema", digest="d", columns="[]"), [])


@pytest.mark.parametrize(
    "section",
    [
        "run: {deadline: 1h}",
        "serving: {versions: [4]}",
        "serving: {labels: {stable: 4}}",
        "serving: {request_log: {share: 0.5, max_mb: 1, max_days: 1}}",
    ],
)
def test_how_versions_are_served_is_no_reason_to_train_anew(section: str) -> None:
    assert _digest(section) == _digest("")


@pytest.mark.parametrize(
    "section", ["serving: {probe_rows: 600}", "serving: {private: {tailnum: hash}}", "window: {spans: 3}"]
)
def test_what_a_candidate_is_made_and_judged_by_is_one(section: str) -> None:
    assert _digest(section) != _digest("")
