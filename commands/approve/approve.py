"""Publishes the candidate that waits, if it can still be pushed; else says why not and what to do."""

from collections.abc import Mapping
from typing import Any

from perennial.errors import CandidateVoid, LiveChanged, UsageError
from perennial.store import recorded
from perennial.store.ledger import Ledger
from perennial.store.who import who
from perennial.text import spans_text
from pipeline.config import UseCase
from pipeline.finding_kinds import LIVE_MODEL_FAILS
from pipeline.ledgers import opened
from pipeline.run import lock, waiting
from pipeline.run.warnings import refresh_alerts
from pipeline.summary_parts import spans_trained_on


def approve(use_case: UseCase, why: str) -> dict[str, Any]:
    """Makes the candidate that waits live, under the lock of the use case's runs.

    Args:
        use_case: Whose.
        why: The person's reason; may be empty.

    Returns:
        `use_case`, `live_version`, `replaced_version` (None if nothing was live), `run_id` (of the run that
        trained it) and `trained_on` (names of spans).

    Raises:
        UsageError: No candidate waits.
        CandidateVoid: It can no longer be pushed: another version is live, its files have changed, or a span
            that it was trained on is rejected.
        Busy: A run of this use case is in progress; it may replace the candidate.
    """
    use_case.make_root()
    with lock.held(use_case.root / "lock", "approve"), opened(use_case) as ledger:
        # What an `approve` left that was killed.
        recorded.sweep(use_case.models_folder, ledger)
        candidate = ledger.candidates.waiting()
        if candidate is None:
            refresh_alerts(use_case, ledger)
            raise _nothing_waits(use_case, ledger)
        void = waiting.settle(use_case, ledger)
        try:
            if ledger.candidates.waiting():
                waiting.publish(use_case, ledger, candidate, run_id="", why=why.strip(), approved_by=who())
        except LiveChanged:  # a moment ago
            void = waiting.settle(use_case, ledger)
        row = ledger.candidates.of_run(candidate.run_id) or {}
        if row["state"] == "pushed":
            # Whether the new model fails is for the next run to find out.
            ledger.alerts.set({}, among=[LIVE_MODEL_FAILS], run_id="")
        refresh_alerts(use_case, ledger)
    if row["state"] != "pushed":
        raise CandidateVoid(
            f"Nothing was pushed. {void}", f"Run `run {use_case.name}`: it trains again if anything is new."
        )
    return {
        "use_case": use_case.name,
        "live_version": row["version"],
        "replaced_version": candidate.champion or None,
        "run_id": candidate.run_id,
        "trained_on": list(spans_trained_on(candidate.card.get("spans", []))),
    }


def approved_text(content: Mapping[str, Any]) -> str:
    """What `approve` did, for a person."""
    spans = f", trained on {spans_text(content['trained_on'])}" if content["trained_on"] else ""
    text = f"Version {content['live_version']} is live: the candidate of run {content['run_id']}{spans}."
    if content["replaced_version"]:
        back = f"Run `rollback {content['use_case']} --why ...`"
        text += f" {back} to go back to version {content['replaced_version']}."
    return text


def _nothing_waits(use_case: UseCase, ledger: Ledger) -> UsageError:
    """The error of an `approve` without a candidate; says what became of the last one that waited."""
    problem, last = f"No candidate of {use_case.name} waits.", ledger.candidates.last()
    if last:
        became = {
            "pushed": f"was pushed as version {last['version']} by {last['who']} at {last['settled']}",
            "replaced": f"was replaced by a newer one at {last['settled']}",
            "void": f"has been void since {last['settled']}",
        }[last["state"]]
        problem += f" The last one, of run {last['run_id']}, {became}."
        problem += f" {last['why']}" if last["state"] == "void" else ""
    return UsageError(
        problem, f"`status {use_case.name}` shows what is live; `run {use_case.name}` may train one."
    )
