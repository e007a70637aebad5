"""The end of a run: its verdict in the ledger, its alerts, its summary and its page."""

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from perennial.files import write_json, write_text
from perennial.store import registry
from pipeline.finding_kinds import DRIFT_ALARM, LIVE_MODEL_FAILS, LIVE_MODEL_STALE, SPAN_MISSING
from pipeline.report import writer
from pipeline.report.sources import order_of
from pipeline.run import busy
from pipeline.run.context import RunContext
from pipeline.run.decision import Decision
from pipeline.run.live_alerts import OF_LIVE, close_of_former, failing, of_live
from pipeline.run.schedule_alerts import close_config_alert
from pipeline.run.stale_live import stale_message
from pipeline.run.verdict_block import verdict_block
from pipeline.run.warnings import (
    OF_LEDGER,
    as_alerts,
    columns_of,
    drift_alerts,
    of_checks,
    of_gaps,
    of_ledger,
    of_span,
)
from pipeline.summary import JudgementSummary, Summary, WarningSummary
from pipeline.verdict import EXIT_CODES, Name

# Verdicts that raise an alert of their name, which the next run with another verdict closes.
_ALERTS: Final = ("FAILED", "DATA_BLOCKED", "UNSERVABLE", "NO_MODEL")


@dataclass(frozen=True)
class Ended:
    """How a run ended.

    Attributes:
        verdict: Its verdict.
        reason: Why, in sentences.
        pushed: The version that it published; None where it published none.
    """

    verdict: Name
    reason: str
    pushed: int | None = None


def write_down(context: RunContext, decision: Decision, ended: Ended) -> Summary:
    """Writes a verdict down: alerts, report, summary, ledger and, once it stands, the page.

    Args:
        context: The run; its ledger is closed here, last.
        decision: What the run found.
        ended: How it ended.
    """
    ledger, run_id = context.ledger, context.run_id
    live = registry.live(context.use_case.models_folder)
    summary = _summary(context, decision, ended, live)
    warnings = of_ledger(ledger, context.use_case) + of_gaps(context.use_case, decision.missing or [])
    alerts = as_alerts(warnings) | of_live(live, ledger, context.use_case)
    columns = columns_of(warnings) | {"DATA_BLOCKED": list(decision.blocked_columns)}
    alerts |= {ended.verdict: ended.reason} if ended.verdict in _ALERTS else {}
    if fails := _failing(context, decision, ended, live):
        alerts[LIVE_MODEL_FAILS] = fails
    close_of_former(live, ledger)
    close_config_alert(ledger)  # the run has loaded it
    # Where the exports could not be listed nothing is known of what is missing.
    listed = [SPAN_MISSING] if decision.missing is not None else []
    among = [*_ALERTS, busy.ALERT, *OF_LEDGER, *listed, *OF_LIVE]
    ledger.runs.begin(
        run_id, context.trigger
    )  # a run that had no room, or was stopped at once, has ended as well
    ledger.alerts.set(alerts, among=among, run_id=run_id, columns=columns)
    ledger.alerts.set_subjects(DRIFT_ALARM, drift_alerts(warnings), run_id)
    write_text(context.folder / "report.txt", verdict_block(summary) + "\n")
    write_json(context.folder / "summary.json", summary.as_json())
    ledger.runs.end(run_id, ended.verdict, summary.exit_code, ended.reason, decision.settled_with)
    summary = _with_page(context, decision, summary)
    ledger.close()
    context.reserve.keep()
    return summary


def _failing(context: RunContext, decision: Decision, ended: Ended, live: registry.Version | None) -> str:
    """Says that the live version fails; empty if it does not, or is the one that this run published."""
    return "" if ended.pushed else failing(live, context.ledger, decision.findings)


def _summary(context: RunContext, decision: Decision, ended: Ended, live: registry.Version | None) -> Summary:
    return Summary(
        use_case=context.use_case.name,
        run_id=context.run_id,
        verdict=ended.verdict,
        exit_code=EXIT_CODES[ended.verdict],
        reason=ended.reason,
        seconds=round(time.monotonic() - context.began, 2),
        spans=tuple(decision.spans),
        live_version=live.number if live else None,
        pushed_version=ended.pushed,
        nodes=tuple(decision.nodes),
        report=str(context.folder / writer.FILE),
        fewer_rows=decision.fewer_rows,
        live_stale=stale_message(live, context.ledger, context.use_case) or None,
        judgements=tuple(JudgementSummary(**known) for known in context.ledger.spans.judgements()),
        warnings=tuple(_warnings(context, decision, ended, live)),
        failing_spans=tuple(decision.failing),
        unlabelled_spans=tuple(decision.unlabelled),
        **_of_training(decision),
    )


def _warnings(
    context: RunContext, decision: Decision, ended: Ended, live: registry.Version | None
) -> list[WarningSummary]:
    """What is open about the spans and the live model, and each span that this run warns of anew."""
    warnings = of_ledger(context.ledger, context.use_case)
    known = {each.span for each in warnings}
    for span in decision.warned:
        if span.span not in known:
            warnings += of_span(span)
    if stale := stale_message(live, context.ledger, context.use_case):
        warnings.insert(0, WarningSummary(kind=LIVE_MODEL_STALE, span=None, message=stale))
    warnings += of_gaps(context.use_case, decision.missing or [])
    message = _failing(context, decision, ended, live)
    judged = decision.findings.live if decision.findings else None
    if not message and judged and judged.state == "failed":  # of the version before
        message = f"{judged.sentence} Version {live.number if live else 0} replaces it."
    if message:
        warnings.insert(0, WarningSummary(kind=LIVE_MODEL_FAILS, span=None, message=message))
    return warnings + of_checks(live)


def _of_training(decision: Decision) -> dict[str, Any]:
    """The parts of the summary that are there once the training half has ended."""
    findings = decision.findings
    if findings is None:
        return {}
    judgement = findings.judgement
    return {
        "trained_on": findings.trained_on,
        "evaluated_on": judgement.evaluated_on,
        "task": judgement.task,
        "candidate": findings.candidate,
        "champion": judgement.champion,
        "comparison": judgement.comparison,
        "baseline": judgement.baseline,
        "yardstick": judgement.yardstick,
        "reasons": findings.reasons,
        "probe": findings.probe,
        "refit": findings.refit,
    }


def _with_page(context: RunContext, decision: Decision, summary: Summary) -> Summary:
    """Has the page made; where that fails, the text is the report."""
    order = order_of(context.use_case, context.folder, summary.as_json(), decision.sources, context.ledger)
    if context.page.write(order):
        return summary
    without = summary.model_copy(update={"report": str(context.folder / "report.txt")})
    with suppress(OSError):  # the disk may be full, and all but the path is written already
        write_json(context.folder / "summary.json", without.as_json())
    return without
