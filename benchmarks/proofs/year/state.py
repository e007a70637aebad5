"""What the oracle knows at a moment: exports, spans, versions, what waits, what the schedule has handled."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from benchmarks.proofs.year.dates import begin, spans_from
from benchmarks.proofs.year.plan import Variant, YearRules

Inputs = tuple[tuple[str, int], ...]  # spans with their contents, oldest first: what a version is made of
Judgement = Literal["in_use", "blocked", "refused", "rejected", "waiting"]
JUDGED: dict[Variant, Judgement] = {
    "whole": "in_use",
    "truncated": "blocked",  # too_few_rows
    "duplicate": "blocked",  # same_content, outside_period
    "oversized": "blocked",  # row_count
    "empty": "blocked",  # or refused: the documents leave it open, `span_words` allows both
    "unreadable": "refused",
    "unlabelled": "waiting",
}


@dataclass(frozen=True)
class ExportOnDisk:
    """A span's folder; `stamp` changes whenever its files are written."""

    content: int
    variant: Variant
    complete: bool
    stamp: int


@dataclass(frozen=True)
class SpanRecord:
    """What the ledger has of a span.

    Attributes:
        newest: The content of its newest version; 0 where a person rejected a span that never came.
        judgement: That of its newest version.
        used: The content in use: of an older version where the newest is withheld; None where none is.
        variant: How the rows of the newest version are.
        late: Whether it arrived more than `expect.within` after its period's end; None for what replaced an
            older version or is a person's: the documents do not say whether that is late.
    """

    newest: int
    judgement: Judgement
    used: int | None
    variant: Variant = "whole"
    late: bool | None = None


@dataclass(frozen=True)
class WithheldCandidate:
    """A candidate that passed both gates and is not pushed."""

    inputs: Inputs
    live: int  # the version that it was compared with
    frozen: bool  # it waits because of a freeze, not of `push: ask`


@dataclass(frozen=True)
class SettledInputs:
    """What the last run that ended PUSHED or KEPT was about."""

    inputs: Inputs
    accepted: Inputs  # those outside of the window included
    live: int


@dataclass
class YearState:
    """The state of a use case; `copy` shares nothing that is changed in place."""

    disk: dict[str, ExportOnDisk] = field(default_factory=dict)
    records: dict[str, SpanRecord] = field(default_factory=dict)
    versions: dict[int, Inputs] = field(default_factory=dict)
    live: int = 0
    rolled_back: frozenset[Inputs] = frozenset()
    trained: frozenset[Inputs] = frozenset()  # trainings that completed
    settled: SettledInputs | None = None
    sure: bool = True  # the last run that ended, ended PUSHED, KEPT or NOTHING_NEW
    waiting: WithheldCandidate | None = None
    push: Literal["auto", "ask"] = "auto"
    freeze: frozenset[str] = frozenset()
    broken: bool = False
    paused: bool = False
    owed: bool = False  # cron times passed in a pause
    handled: datetime | None = None  # the last cron time that a look has answered
    ran: bool = False
    failed_at: datetime | None = None  # the end of the last run, where that FAILED or was killed
    retries: int = 0  # how many of the trailing runs were retries
    tick_lost: bool = False  # the disk was full: the look may have left no trace
    listing: frozenset[tuple[str, int]] = frozenset()  # the exports when the last scheduled run began
    missing_alert: bool | None = False  # whether SPAN_MISSING is open; None: the documents do not say
    config_alert: bool = False

    def copy(self) -> "YearState":
        """A state of its own."""
        return replace(self, disk=dict(self.disk), records=dict(self.records), versions=dict(self.versions))

    def accepted(self) -> Inputs:
        """All spans in use, oldest first."""
        return tuple(
            (span, record.used) for span, record in sorted(self.records.items()) if record.used is not None
        )

    def window(self, rules: YearRules) -> Inputs:
        """What a training takes now: the newest `window.spans` spans in use."""
        return self.accepted()[-rules.window :]

    def exports(self) -> frozenset[tuple[str, int]]:
        """What the trigger `new_export` compares: complete exports, with the times of their files."""
        return frozenset((span, export.stamp) for span, export in self.disk.items() if export.complete)

    def withheld(self) -> bool:
        """Whether the newest complete span is blocked or refused, and nobody has judged it."""
        return bool(self.records) and self.records[max(self.records)].judgement in ("blocked", "refused")


def gaps(state: YearState, rules: YearRules, *, of_accepted: bool = False) -> list[str]:
    """The spans that are missing between two that are there, since the oldest one of the window.

    Args:
        state: The use case.
        rules: Its settings.
        of_accepted: The window is the newest `window.spans` spans in use; else those that are there, whatever
            their state. The documents do not say which; the window of spans in use is never the shorter one.
    """
    there = set(state.records) | {span for span, export in state.disk.items() if export.complete}
    window = [span for span, _ in state.window(rules)] if of_accepted else sorted(there)[-rules.window :]
    if not window:
        return []
    return [span for span in spans_from(window[0], max(there)) if span not in there]


def readable(state: YearState, rules: YearRules, now: datetime) -> list[str]:
    """The spans that a run reads, oldest first: none that is older than the window.

    Each is complete and has begun, and no span before it is waited for.
    """
    missing = gaps(state, rules) if rules.gap == "wait" else []
    complete = [
        span
        for span, export in sorted(state.disk.items())
        if export.complete and begin(span, rules) <= now and not (missing and span > missing[0])
    ]
    in_use = {span for span, _ in state.window(rules)}
    return [span for span in complete if span in in_use or span in complete[-rules.window :]]
