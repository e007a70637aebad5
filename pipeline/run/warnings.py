"""What a run warns of whatever its verdict: a span that drifted or is missing, a live model that fails.

Each has a kind (`pipeline/finding_kinds.py`), which is also that of its alert.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

from perennial.errors import ExportsUnreadable
from perennial.store import registry
from perennial.store.alerts import SubjectAlert
from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanVersion
from pipeline import span_names
from pipeline.config import UseCase
from pipeline.export_folders import exports_of
from pipeline.finding_kinds import (
    CANDIDATE_WAITS,
    DATA_WARN,
    DRIFT_ALARM,
    LIVE_MODEL_FAILS,
    MODELS_FAIL_ON_SPAN,
    SPAN_MISSING,
)
from pipeline.run import waiting
from pipeline.run.gaps import MissingSpan, alert_sentence, missing_spans
from pipeline.run.live_alerts import OF_LIVE, failing, of_live, warned_of
from pipeline.summary import WarningSummary

OF_LEDGER: Final = (CANDIDATE_WAITS, DATA_WARN, MODELS_FAIL_ON_SPAN)


def of_ledger(ledger: Ledger, use_case: UseCase) -> list[WarningSummary]:
    """What is open about the candidate that waits and the spans that the window could hold.

    DATA_WARN is open until a person decides or a newer span is in use; MODELS_FAIL_ON_SPAN until a person
    decides, other content arrives, or the window is full of newer spans; DRIFT_ALARM, one for each cause,
    until a person decides or a newer span is judged by a calibration without it.
    """
    newest_first = list(_of_window(ledger, use_case))
    warnings = [
        WarningSummary(kind=MODELS_FAIL_ON_SPAN, span=version.span, message=version.failing)
        for version in newest_first
        if version.failing and not version.decision
    ]
    used = next((version for version in newest_first if version.accepted), None)
    if used is not None and (reasons := _warned_of(used)):
        message = f"Span {used.span} is in use with a warning: {' '.join(reasons)}"
        warnings.append(_of_data(used, message))
    calibrated = next((version for version in newest_first if version.calibration), None)
    warnings += of_alarms(calibrated) if calibrated else []
    if candidate := ledger.candidates.waiting():
        text = waiting.message(candidate, use_case)
        warnings.insert(0, WarningSummary(kind=CANDIDATE_WAITS, span=None, message=text))
    return warnings


def of_gaps(use_case: UseCase, missing: Sequence[MissingSpan]) -> list[WarningSummary]:
    """That spans are missing between others; nothing where none is, or `exports.gap` is skip."""
    message = alert_sentence(use_case, missing)
    return [WarningSummary(kind=SPAN_MISSING, span=None, message=message)] if message else []


def of_span(version: SpanVersion) -> list[WarningSummary]:
    """That a span which is not the newest in use has a warning, and its drift alarms."""
    reasons = _warned_of(version)
    message = f"Span {version.span} has a warning: {' '.join(reasons)}"
    return [*([_of_data(version, message)] if reasons else []), *of_alarms(version)]


def of_alarms(version: SpanVersion) -> list[WarningSummary]:
    """The drift alarms of a span that a person has to look at, and has not decided about."""
    return [
        WarningSummary(
            kind=DRIFT_ALARM,
            span=version.span,
            message=f"Span {version.span}: {alarm.message} {alarm.effect_text}".strip(),
            columns=alarm.columns,
            subject=alarm.subject,
        )
        for alarm in version.open_alarms
    ]


def _warned_of(version: SpanVersion) -> list[str]:
    """The sentences of a warning that no person has decided about; drift alarms have alerts of their own."""
    if version.verdict != "WARN" or version.decision:
        return []
    alarms = {alarm.message for alarm in version.alarms}
    return [reason for reason in version.reasons if reason not in alarms]


def of_checks(live: registry.Version | None) -> list[WarningSummary]:
    """What the Evaluator warned of the live version, for as long as it is live."""
    return [
        WarningSummary(kind=kind, span=None, message=message) for kind, message in warned_of(live).items()
    ]


def _of_data(version: SpanVersion, message: str) -> WarningSummary:
    return WarningSummary(kind=DATA_WARN, span=version.span, message=message, columns=version.columns)


def as_alerts(warnings: Sequence[WarningSummary]) -> dict[str, str]:
    """The alerts that these open: at most one of each kind, with all its sentences; drift alarms apart."""
    return {
        each.kind: " ".join(other.message for other in warnings if other.kind == each.kind)
        for each in warnings
        if not each.subject
    }


def drift_alerts(warnings: Sequence[WarningSummary]) -> list[SubjectAlert]:
    """The alerts that these open of drift: one for each cause."""
    return [SubjectAlert(each.subject, each.message, each.columns) for each in warnings if each.subject]


def columns_of(warnings: Sequence[WarningSummary]) -> dict[str, list[str]]:
    """The columns that the alerts of these are about, by kind, each once."""
    named: dict[str, list[str]] = {}
    for each in warnings:
        known = named.setdefault(each.kind, [])
        known += [column for column in each.columns if column not in known]
    return named


def refresh_alerts(use_case: UseCase, ledger: Ledger) -> str:
    """Opens and closes the alerts of spans, of what is live and of what waits, as after what a person did.

    Where the exports cannot be listed, what is alerted of missing spans stays.

    Returns:
        That a candidate which waited is void, why, and what follows, in sentences; empty if none is.
    """
    void = waiting.settle(use_case, ledger)
    live = registry.live(use_case.models_folder)
    warnings, among = of_ledger(ledger, use_case), [*OF_LEDGER, *OF_LIVE]
    with suppress(ExportsUnreadable):
        warnings += of_gaps(use_case, missing_spans(use_case, ledger, exports_of(use_case)))
        among.append(SPAN_MISSING)
    alerts = as_alerts(warnings) | of_live(live, ledger, use_case)
    if fails := failing(live, ledger, None):
        alerts[LIVE_MODEL_FAILS] = fails
    ledger.alerts.set(alerts, among=among, run_id="", columns=columns_of(warnings))
    ledger.alerts.set_subjects(DRIFT_ALARM, drift_alerts(warnings), run_id="")
    return f"{void} The next run trains again if anything is new." if void else ""


def _of_window(ledger: Ledger, use_case: UseCase) -> Iterator[SpanVersion]:
    """The current version of each span, newest first, until those in use fill the window."""
    kind, bounds, used = use_case.exports.span, use_case.window_bounds, 0
    for name in ledger.spans.newest_first(kind, span_names.order):
        if used == bounds.most or not bounds.reaches(name):
            return
        used += ledger.spans.in_use(name) is not None
        if (version := ledger.spans.current(name)) is not None:
            yield version
