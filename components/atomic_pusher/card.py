"""What a published version says of itself, of a candidate and of its refit; plain data, no TFX."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from perennial.store import registry


def model_card(
    judgement: Mapping[str, Any], window: Mapping[str, Any], known: Mapping[str, Any]
) -> dict[str, Any]:
    """What a published version says of itself: data, digests of code and schema, metrics and the comparison.

    Args:
        judgement: The Evaluator's `judgement.json`.
        window: The window's `window.json`.
        known: What was known when the chain was built: use case, label, digests of code and schema.
    """
    return {
        **known,
        "spans": window["spans"],
        "trained_on": window["train"],
        "evaluated_on": judgement["evaluated_on"],
        "metrics": judgement["candidate"]["metrics"],
        "intervals": judgement["candidate"]["intervals"],
        "compared_with": (judgement.get("champion") or {}).get("version"),
        "comparison": judgement["comparison"],
        "baseline": judgement["baseline"],
        "yardstick": judgement["yardstick"],
        "reasons": [reason["sentence"] for reason in judgement["reasons"]],
        "warnings": warnings_of(judgement["reasons"]),
    }


def refit_card(
    card: Mapping[str, Any], judged: Path, window: Mapping[str, Any], agreement: Mapping[str, Any]
) -> dict[str, Any]:
    """The card of a refit model: the rows are its own, the metrics are those of the judged candidate.

    Args:
        card: The candidate's.
        judged: Its SavedModel, below the use case's `artifacts/`; the card has where below the root, so that
            it holds when the home is moved.
        window: The `window.json` of the refit.
        agreement: `agreement.json`.
    """
    artifacts = next(parent for parent in judged.parents if parent.name == "artifacts")
    candidate = {
        "spans": card["spans"],
        "trained_on": card["trained_on"],
        "model_digest": registry.model_digest(judged),
        "model": judged.relative_to(artifacts.parent).as_posix(),
    }
    return {
        **card,
        "spans": window["spans"],
        "trained_on": window["train"],
        "reasons": [*card["reasons"], agreement["sentence"]],
        "refit": {"judged": candidate, "agreement": agreement},
    }


def without_refit(card: Mapping[str, Any], agreement: Mapping[str, Any]) -> dict[str, Any]:
    """The card of a candidate that is published in the place of its refit, which does not agree with it."""
    sentence = agreement["sentence"]
    return {
        **card,
        "reasons": [*card["reasons"], sentence],
        "warnings": {**card["warnings"], "refit": sentence},
        "refit": {"judged": None, "agreement": agreement},
    }


def warnings_of(reasons: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The sentence of each check that warned, by its name: alerts as long as the version is live."""
    return {reason["check"]: reason["sentence"] for reason in reasons if reason["state"] == "warned"}
