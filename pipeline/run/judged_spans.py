"""What a run says of the spans that it judged."""

from perennial.store.span_version import SpanVersion
from perennial.text import spans_text
from pipeline.run.intake import Intake
from pipeline.summary import LaterFinding, SpanSummary


def still_accepted(spans: list[SpanSummary], use_case: str) -> str:
    """A sentence about accepted spans that would now be withheld; empty if there are none."""
    later = [span for span in spans if span.later]
    if not later:
        return ""
    verb = "stays" if len(later) == 1 else "stay"
    named = spans_text([span.span for span in later])
    verdicts = {span.later.verdict for span in later if span.later}
    now = " or ".join({"BLOCK": "blocked", "REFUSED": "refused"}[each] for each in sorted(verdicts))
    return (
        f"{named[0].upper()}{named[1:]} {verb} accepted, and in use as read before; as settings and code are"
        f" now, a first reading would be {now}: see `spans {use_case}`."
    )


def warns_anew(version: SpanVersion, intake: Intake) -> bool:
    """Whether a judged span has a warning that no person has decided about, other than before this run."""
    before = (arrival.version for arrival in intake.arrivals if arrival.version.span == version.span)
    unchanged = any((each.verdict, each.reasons) == (version.verdict, version.reasons) for each in before)
    return version.verdict == "WARN" and not version.decision and not unchanged


def summary_of(version: SpanVersion) -> SpanSummary:
    """A judged span, as the summary has it."""
    return SpanSummary(
        span=version.span,
        version=version.version,
        rows=version.rows,
        quarantined=version.quarantined,
        verdict=version.verdict,
        reasons=version.reasons,
        columns=version.columns,
        later=LaterFinding(verdict=version.later_verdict, reasons=version.later_reasons)
        if version.later_verdict
        else None,
        examples=version.examples,
        statistics=version.statistics,
        read_as=version.read_as,
        days=version.days_uri,
    )
