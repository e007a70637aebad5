"""The Agreement on real models and rows: what it writes, and what it blesses."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tfx.types import standard_artifacts

from components.agreement.component import Agreement
from components.agreement.executor import Executor
from components.agreement.settings import AgreementBounds, AgreementLimits
from perennial.task import Task

LIMITS = AgreementLimits(bounds=AgreementBounds(), anchor_rows=100, anchor_increase=0.01, anchor_share=0.02)


@pytest.mark.parametrize(("slope", "broken", "agrees"), [(2.1, False, 1), (2.0, True, 0)])
def test_a_refit_model_is_blessed_if_it_scores_as_the_candidate(
    save_model: Callable[..., Any],
    window: Any,
    schema: Any,
    tmp_path: Path,
    slope: float,
    broken: bool,
    agrees: int,
) -> None:
    blessing = standard_artifacts.ModelBlessing()
    blessing.uri = str(tmp_path / "agreement")
    Executor().Do(
        {
            "examples": [window],
            "judged": [save_model(2.0)],
            "refit": [save_model(slope, broken=broken)],
            "schema": [schema],
        },
        {"agreement": [blessing]},
        {"task": Task("binary", "late").to_json(), "limits": LIMITS.model_dump_json(), "source": ""},
    )
    result = json.loads((tmp_path / "agreement" / "agreement.json").read_text())
    assert (result["agrees"], result["rows"], result["anchors"]) == (bool(agrees), 2400, 300)
    assert blessing.get_int_custom_property("blessed") == agrees
    mark = "BLESSED" if agrees else "NOT_BLESSED"
    assert sorted(path.name for path in (tmp_path / "agreement").iterdir()) == sorted(
        [mark, "agreement.json"]
    )


def test_the_component_takes_what_the_chain_gives() -> None:
    from tfx.types import channel_utils

    def channel(kind: Any) -> Any:
        return channel_utils.as_channel([kind()])

    node = Agreement(
        examples=channel(standard_artifacts.Examples),
        judged=channel(standard_artifacts.Model),
        refit=channel(standard_artifacts.Model),
        schema=channel(standard_artifacts.Schema),
        task="",
        limits="",
        source="",
    )
    assert node.outputs["agreement"].type is standard_artifacts.ModelBlessing
