"""What the card of a refit model says, and that of a candidate whose refit did not agree."""

from pathlib import Path
from typing import Any, Final

from components.atomic_pusher.card import refit_card, without_refit
from perennial.store.registry import model_digest

CARD: Final[dict[str, Any]] = {
    "spans": [{"span": "1", "train_rows": 8}],
    "trained_on": {"rows": 8},
    "evaluated_on": {"rows": 4},
    "metrics": {"auc": 0.7},
    "reasons": ["Within its bound."],
    "warnings": {"calibration": "It is 0.4."},
}
AGREES: Final = {"agrees": True, "sentence": "They agree."}
WINDOW: Final = {"spans": [{"span": "1", "train_rows": 12}], "train": {"rows": 12}}


def test_the_rows_are_those_of_the_refit_and_the_metrics_those_of_the_judged_candidate(
    tmp_path: Path,
) -> None:
    judged = tmp_path / "flights" / "artifacts" / "Trainer" / "model" / "7" / "Format-Serving"
    judged.mkdir(parents=True)
    (judged / "saved_model.pb").write_text("judged")
    card = refit_card(CARD, judged, WINDOW, AGREES)
    assert card == {
        **CARD,
        "spans": WINDOW["spans"],
        "trained_on": WINDOW["train"],
        "reasons": ["Within its bound.", "They agree."],
        "refit": {
            "judged": {
                "spans": CARD["spans"],
                "trained_on": CARD["trained_on"],
                "model_digest": model_digest(judged),
                "model": "artifacts/Trainer/model/7/Format-Serving",
            },
            "agreement": AGREES,
        },
    }


def test_a_candidate_in_the_place_of_its_refit_warns() -> None:
    agreement = {"agrees": False, "sentence": "The refit model does not agree."}
    card = without_refit(CARD, agreement)
    assert card == {
        **CARD,
        "reasons": ["Within its bound.", "The refit model does not agree."],
        "warnings": {"calibration": "It is 0.4.", "refit": "The refit model does not agree."},
        "refit": {"judged": None, "agreement": agreement},
    }
