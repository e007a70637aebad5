"""One arrival of a span, as the ledger has it, and whether it may be trained on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

Verdict = Literal["NEW", "OK", "WARN", "BLOCK", "REFUSED"]
# What a version is judged with whose rows were removed.
PRUNED: Final = "pruned"
# In the place of the URI of summaries that cannot be made any more, once a run has reported it.
DAYS_LOST: Final = "lost"


class SpanAlarm(NamedTuple):
    """A drift alarm in the judgement of a span, as the ledger has it; a JSON list of just these.

    Attributes:
        subject: What it is about: the same in each judgement of one lasting change.
        severity: What `drift.policy` makes of it: `block`, `warn` or `note`.
        since: The first day of the change, ISO.
        until: Its last day; "" if it had not ended on the last day of the span.
        columns: The columns that it is in, the strongest first; empty: it is the number of rows.
        message: It in sentences, as among the reasons of the judgement.
        retrain: Whether the schedule runs at once when a person has accepted the span.
        effect: By how much the live model's mean score is higher because of it, in the score's unit; None:
            not known, or nothing was live.
        effect_text: That in a sentence, or why it is not known; "" where nothing was live.
    """

    subject: str
    severity: str
    since: str
    until: str
    columns: tuple[str, ...]
    message: str
    retrain: bool
    effect: float | None = None
    effect_text: str = ""

    @classmethod
    def of(cls, stored: Sequence[Any]) -> "SpanAlarm":
        """An alarm from its JSON list."""
        # One of an older release has no effect.
        subject, severity, since, until, columns, *further = stored
        return cls(subject, severity, since, until, tuple(columns), *further)


@dataclass(frozen=True)
class SpanVersion:
    """One arrival of a span.

    Attributes:
        span: Its name.
        version: Arrival number: 1 for the first content with this name.
        digest: Digest of its content.
        arrived: When this content was first seen.
        verdict: The gate's: `NEW` (not judged yet, or its labels are not there yet), `OK`, `WARN`, `BLOCK`;
            `REFUSED` if it cannot be read.
        reasons: Sentences of the verdict.
        judged_with: Digest of the code, schema and settings that judged it; `PRUNED` once its rows went.
        rows: Number of rows that can be used.
        quarantined: Number of rows in quarantine.
        examples: URI of its Examples artifact; of a pruned one the folder of what is left of it; empty if it
            was not read, or nothing is left.
        statistics: URI of its statistics.
        read_as: The settings that the outputs were read with, as JSON (`pipeline/run/read_as.py`);
            empty if it was not read, or by a release that did not record it.
        later_verdict: `BLOCK` or `REFUSED` if a later reading of this content ended so, under other settings,
            schema, code or baseline. The content stays accepted and in use as read before. Else empty.
        later_reasons: Sentences of that verdict.
        decision: The decision of a person: `accept`, `reject` or nothing.
        why: The person's reason.
        columns: The columns that the verdict blocks or warns of; empty where its reasons are about none.
        days: URI of the summaries of its days; empty if it has none yet, `DAYS_LOST` if it never will.
        failing: Why no model is of use on its rows, a sentence of the run that noted it; empty if none did.
        calibration: Number of the calibration of drift that its judgement used; 0 if it used none.
        alarms: The drift alarms of that judgement.
    """

    span: str
    version: int
    digest: str
    arrived: str
    verdict: Verdict
    reasons: tuple[str, ...]
    judged_with: str
    rows: int
    quarantined: int
    examples: str
    statistics: str
    read_as: str
    later_verdict: Literal["BLOCK", "REFUSED", ""]
    later_reasons: tuple[str, ...]
    decision: Literal["accept", "reject", ""]
    why: str
    failing: str = ""
    columns: tuple[str, ...] = ()
    days: str = ""
    calibration: int = 0
    alarms: tuple[SpanAlarm, ...] = ()

    @property
    def open_alarms(self) -> tuple[SpanAlarm, ...]:
        """The alarms that a person has to look at and has not decided about; none of a mere note."""
        return () if self.decision else tuple(each for each in self.alarms if each.severity != "note")

    @property
    def state(self) -> Verdict:
        """Its verdict; BLOCK if the gate let it pass and no model is of use on its rows."""
        return "BLOCK" if self.failing and self.verdict in ("OK", "WARN") else self.verdict

    @property
    def reasons_of_state(self) -> tuple[str, ...]:
        """Sentences of its state."""
        return (*self.reasons, self.failing) if self.failing else self.reasons

    @property
    def accepted(self) -> bool:
        """Whether it may be trained on: by the decision of a person, else by its verdict."""
        return self.accepted_as(self.state)

    @property
    def rejected(self) -> bool:
        """Whether a person rejected it: it is neither read nor used until the person accepts it."""
        return self.decision == "reject"

    @property
    def pruned(self) -> bool:
        """Whether its rows were removed, as it is older than the window: they are read again when wanted."""
        return self.judged_with == PRUNED

    @property
    def days_uri(self) -> str:
        """URI of the summaries of its days; empty where there are none."""
        return "" if self.days == DAYS_LOST else self.days

    def accepted_as(self, verdict: Verdict) -> bool:
        """Whether it may be trained on if the gate's verdict is `verdict`."""
        if self.decision:
            return self.decision == "accept" and verdict in ("OK", "WARN", "BLOCK")
        return verdict in ("OK", "WARN")

    @property
    def waits_for_labels(self) -> bool:
        """Whether it was read and waits for an export with labels; `reasons` says how many have none."""
        return self.verdict == "NEW" and bool(self.reasons)

    @property
    def withheld(self) -> bool:
        """Whether it is refused or blocked and not decided; a refused span cannot be accepted."""
        return self.state in ("BLOCK", "REFUSED") and not self.accepted and not self.rejected


def in_use_of(versions: Sequence[SpanVersion]) -> SpanVersion | None:
    """Of all arrivals of a span, oldest first, the one that may be trained on: the last that is accepted.

    A rejected last arrival takes the span out; one that is refused or blocked leaves the former in use.
    """
    for version in reversed(versions):
        if version.accepted or version.rejected:
            return version if version.accepted else None
    return None
