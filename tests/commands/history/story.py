"""A use case's past: versions that became live at given times, with cards, and some whose files are gone."""

from typing import Any, Final

from perennial.store.versions import Action
from pipeline.config import UseCase
from pipeline.ledgers import opened

CARD: Final[dict[str, Any]] = {
    "model_digest": "d",
    "spans": [
        {"span": "2013-01", "version": 2, "digest": "a", "rows": 9000, "train_rows": 8000},
        {"span": "2013-02", "version": 1, "digest": "b", "rows": 900, "train_rows": 0},
    ],
    "trained_on": {"rows": 8000, "first_day": "2013-01-01", "last_day": "2013-01-31"},
    "evaluated_on": {"first_day": "2013-02-22", "last_day": "2013-02-28", "days": 7, "rows": 900},
    "metrics": {"log_loss": 0.4, "auc": 0.7, "calibration": None, "example_count": 900},
    "code": {"transform": "t" * 64, "model": "m" * 64, "commit": "c" * 40 + "+changes"},
    "schema_digest": "s",
    "reasons": ["Log loss 0.4 is below the baseline 0.5.", "It is better than version 1."],
}

# Version, when, action, who, restores, why.
_PAST: Final[tuple[tuple[int, str, Action, str, int | None, str], ...]] = (
    (1, "2013-03-01T06:00:00Z", "push", "cron", None, "A run pushed it."),
    (2, "2013-04-01T06:00:00Z", "push", "cron", None, "A run pushed it."),
    (3, "2013-04-01T09:00:00Z", "rollback", "ada", 1, "two is wrong at night"),
    (4, "2013-04-02T09:00:00Z", "forward", "bob", 2, "the labels were wrong"),
    (5, "2013-05-01T06:00:00Z", "approve", "ada", None, "figures are fine"),
)


def tell(use_case: UseCase, *, on_disk: tuple[int, ...] = (2, 3, 4, 5), **card: Any) -> None:
    """Records the past: version 1 was removed by retention, where nothing else is asked for."""
    with opened(use_case) as ledger:
        for number, at, action, who, restores, why in _PAST:
            run = f"run-{number}" if action == "push" else ""
            written = {**CARD, **({"candidate_run": "run-4"} if action == "approve" else {}), **card}
            digest = f"digest of {restores or number}"
            ledger.versions.publish(number, run, digest, at, restores, why, who, action=action, card=written)
        ledger.runs.begin("run-2", "new_export")
        ledger.versions._rows("UPDATE versions SET removed='2013-05-02T06:00:00Z' WHERE version=1")
    for number in on_disk:
        (use_case.models_folder / str(number)).mkdir(parents=True)
