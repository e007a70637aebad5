"""The alerts about the live version: by its card, decisions about its spans, and its last evaluation."""

from typing import Final

from components.evaluator.checks import CHECKS
from perennial.store import registry
from perennial.store.ledger import Ledger
from pipeline.config import UseCase
from pipeline.finding_kinds import LIVE_MODEL_FAILS, LIVE_MODEL_STALE
from pipeline.run.findings import Findings
from pipeline.run.stale_live import stale_message

_DAMAGED: Final = "CHAMPION_DAMAGED"
OF_LIVE: Final = (
    *(_DAMAGED, LIVE_MODEL_STALE, LIVE_MODEL_FAILS),
    *(kind.alert for kind in CHECKS.values() if kind.alert),
)


def of_live(live: registry.Version | None, ledger: Ledger, use_case: UseCase) -> dict[str, str]:
    """The alerts that follow from what is live now, whoever made it live; message by kind."""
    if live is None:
        return {}
    alerts = warned_of(live)
    if damage := live.damage():
        alerts[_DAMAGED] = damage
    if stale := stale_message(live, ledger, use_case):
        alerts[LIVE_MODEL_STALE] = stale
    return alerts


def warned_of(live: registry.Version | None) -> dict[str, str]:
    """The checks that warned of the live version when it was evaluated, as its card says; message by kind."""
    if live is None:
        return {}
    warnings = (live.card or {}).get("warnings", {})
    return {
        kind.alert: f"Version {live.number}: {warnings[check]}"
        for check, kind in CHECKS.items()
        if kind.alert and check in warnings
    }


def failing(live: registry.Version | None, ledger: Ledger, findings: Findings | None) -> str:
    """Says that the live version fails, by this run, else by an earlier one's alert; empty if it does not.

    Args:
        live: The live version.
        ledger: Of the use case.
        findings: The results of this run; None if it scored nothing.
    """
    judged = findings.live if findings else None
    if findings and judged and judged.state in ("passed", "failed"):
        champion = findings.judgement.champion
        about_live = live is not None and champion is not None and champion.version == live.number
        return judged.sentence if judged.state == "failed" and about_live else ""
    return _failing_before(live, ledger)


def close_of_former(live: registry.Version | None, ledger: Ledger) -> None:
    """Closes the alert of a failing model that is no longer live: one about its successor starts anew."""
    if not _failing_before(live, ledger):
        ledger.alerts.set({}, among=[LIVE_MODEL_FAILS], run_id="")


def _failing_before(live: registry.Version | None, ledger: Ledger) -> str:
    """The message of the open alert; empty if there is none, or the live version was published after it."""
    published = str(((live.card if live else None) or {}).get("published_at", ""))
    for alert in ledger.alerts.open():
        if live and alert["kind"] == LIVE_MODEL_FAILS and published <= alert["at"]:
            return str(alert["message"])
    return ""
