"""With which version's weights a run's training begins, and what the run says of it."""

from collections.abc import Mapping
from typing import Any

from perennial.files import read_json
from perennial.store import registry
from perennial.store.judged import judged_card
from perennial.store.twins import twin_of
from perennial.training.starting_point import StartingPoint
from pipeline.config import UseCase
from pipeline.execution.messages import Pass
from pipeline.plan import SchemaPlan
from pipeline.run.live_rows import window_settings
from pipeline.run.settled import known_to_card

# Settings of the reading on which it depends which rows are anchors and which are judged by.
_CUT_BY = ("anchor_share", "tail_days")
_ANSWERS = ("label", "task", "classes")


def start_of(use_case: UseCase, live: registry.Version | None, schema: SchemaPlan) -> str:
    """JSON of the version to begin with, or of why training begins cold; empty: cold is what is asked for."""
    if use_case.training.start == "cold":
        return ""
    return _point(use_case, live, schema).to_json()


def _point(use_case: UseCase, live: registry.Version | None, schema: SchemaPlan) -> StartingPoint:
    if live is None:
        return StartingPoint(why_cold="No version is live.")
    card = live.card or {}
    if damage := live.damage():
        return StartingPoint(live.number, why_cold=damage)
    point = weights_of(live, card)
    if point.why_cold:
        return point
    present = known_to_card(use_case, schema)
    if any(card.get(key) != present[key] for key in _ANSWERS):
        return point.cold(f"Version {live.number} has another label, task or classes.")
    window, now = card.get("window") or {}, window_settings(use_case)
    if any(window.get(key) != now[key] for key in _CUT_BY):
        return point.cold(
            f"Version {live.number} was trained with another exports.anchor_share or exports.tail_days: which"
            " of the rows that are judged by now it learned from is not known."
        )
    return point


def weights_of(live: registry.Version, card: Mapping[str, Any]) -> StartingPoint:
    """The files whose weights are taken, and what they were trained on: those of the live version.

    Of one that was refit those of its twin, which has not seen the rows that it was judged by.
    """
    twin, judged = twin_of(live), judged_card(card)
    folder, digest = (twin.folder, twin.digest) if twin else (live.folder, card.get("model_digest", ""))
    last_day = (judged.get("trained_on") or {}).get("last_day") or ""
    point = StartingPoint(live.number, str(folder), str(digest), str(last_day), learned_in(judged))
    return point.cold(damage) if twin and (damage := twin.damage()) else point


def learned_in(content: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """Span, content and split of each part that a model was trained on, by its card or its `window.json`."""
    return tuple(
        (str(span["span"]), str(span.get("digest", "")), str(split))
        for span in content.get("spans") or []
        for split in span.get("train_splits") or []
    )


def start_of_refit(start: str, why_cold: str) -> str:
    """With what a refit begins: cold where the judged candidate did, as it takes that one's epochs.

    Args:
        start: With what the candidate was to begin, as `start_of` gives it.
        why_cold: Why it began cold, by its `training.json`; empty: it did not, or that was asked for.
    """
    return StartingPoint.from_json(start).cold(why_cold).to_json() if start and why_cold else start


def sentence_of(passed: Pass) -> str:
    """What a run says of its warm start; empty where none was asked for.

    Raises:
        OSError, ValueError: `training.json` cannot be read.
    """
    trained = passed.output("Trainer", "model_run")
    record = read_json(trained / "training.json") if trained else {}
    start = record.get("start")
    if start is None:
        return ""
    if start["why_cold"]:
        return f"Training began cold, not warm. {start['why_cold']}"
    epochs = record["epochs"]
    more = "1 more epoch" if epochs == 1 else f"{epochs} more epochs"
    return f"Training began with the weights of version {start['version']} and took {more}."
