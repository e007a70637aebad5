"""A live version that was refit: the candidate is compared with its twin, the live check is about itself."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

# The rows are of 2013-03-25 to 2013-03-31.
TRAINED = {"first_day": "2013-01-01", "last_day": "2013-03-24"}
CARD = {"version": 4, "trained_on": TRAINED}
REFIT_CARD = {"version": 4, "trained_on": {**TRAINED, "last_day": "2013-03-28"}}


def test_the_candidate_is_compared_with_the_twin_on_all_rows_and_says_so(
    evaluate: Callable[..., Any], save_model: Callable[..., Any]
) -> None:
    live, twin = save_model(1.2, card=REFIT_CARD), save_model(1.5, card=CARD)
    compared = evaluate(save_model(2.0), live, twin=twin)
    assert compared.judgement["comparison"]["rows"] == 2100
    assert "The champion is the twin of version 4" in compared.reason("champion")["sentence"]
    champion = compared.judgement["champion"]
    assert (champion["version"], champion["twin"]) == (4, True)
    alone = evaluate(save_model(2.0), save_model(1.5, card=CARD)).judgement["champion"]
    assert champion["metrics"] == alone["metrics"]


def test_whether_the_live_version_fails_is_about_itself_on_rows_that_it_never_saw(
    evaluate: Callable[..., Any], save_model: Callable[..., Any]
) -> None:
    bad, twin = save_model(-2.0, card=REFIT_CARD), save_model(1.5, card=CARD)
    reason = evaluate(save_model(2.0), bad, twin=twin).reason("live")
    assert reason["state"] == "failed"
    assert "900 rows of 3 days (2013-03-29 to 2013-03-31)" in reason["sentence"]


def test_a_twin_that_does_not_load_counts_as_none(
    evaluate: Callable[..., Any], save_model: Callable[..., Any], tmp_path: Path
) -> None:
    from tfx.types import standard_artifacts

    lost = standard_artifacts.Model()
    lost.uri = str(tmp_path / "lost")
    (tmp_path / "lost" / "Format-Serving").mkdir(parents=True)
    (tmp_path / "lost" / "Format-Serving" / "model_card.json").write_text(json.dumps(CARD))
    without = evaluate(save_model(2.0), save_model(1.2, card=REFIT_CARD), twin=lost)
    assert "twin" not in without.reason("champion")["sentence"]
    judged = without.judgement
    assert (judged["champion"]["twin"], judged["comparison"]["rows"]) == (False, 900)
