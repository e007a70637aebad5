"""What a plan of a year is: moments in order, each with events, then an act; plain data, kept as JSON."""

import json
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal

SECOND: Final = 1
MINUTE: Final = 60
HOUR: Final = 3600
DAY: Final = 86400

Variant = Literal["whole", "truncated", "unreadable", "empty", "duplicate", "oversized", "unlabelled"]
EventKind = Literal[
    "land",  # write the export (`span`, `content`, `variant`, `of`); `complete`: with `_SUCCESS`
    "complete",  # write the `_SUCCESS` that an export lacks
    "rewrite",  # write the same bytes again: only the times of the files change
    "delete",  # remove the span's folder
    "accept",  # `spans NAME accept SPAN --why ...`
    "reject",  # `spans NAME reject SPAN --why ...`
    "rollback",  # `rollback NAME --why ...`
    "approve",  # `approve NAME --why ...`
    "pause",  # `schedule pause NAME --why ...`
    "resume",  # `schedule resume NAME --why ...`
    "break_config",  # an unknown key in the YAML
    "fix_config",
    "configure",  # `schedule.push` and the dates of `schedule.freeze`
]
Act = Literal["schedule", "run", "none"]  # `schedule --once NAME`, `run NAME`; none: only the questions
FaultKind = Literal[
    "",
    "kill_run",  # SIGKILL to the process `run`
    "kill_chain",  # SIGKILL to the run's child, which runs TFX
    "kill_daemon",  # SIGKILL to `schedule`; the run goes on. Wait for its end; look once meanwhile
    "reboot",  # all processes stopped (SIGSTOP), then SIGKILL to each
    "disk_full",  # no byte is free while the look lasts
    "two_daemons",  # a second `schedule --once` while the run of the first one trains
]
Point = Literal["", "ArrowExampleGen", "Trainer", "Evaluator", "AtomicPusher", "rename"]
BEFORE_JUDGED: Final = ("ArrowExampleGen",)  # at these points the new span is not yet judged
BEFORE_TRAINED: Final = ("ArrowExampleGen", "Trainer")


@dataclass(frozen=True)
class YearRules:
    """The settings of a year's use case that an outcome depends on.

    The driver writes them into the YAML, and besides: `data.min_rows` between the rows of a truncated and of
    a whole span, drift as a note, `evaluation` so wide that each candidate that is not the live model is
    pushed (`champion.when_inconclusive: push`, a wide `champion.max_worse`; of days one span is evaluated),
    and rows from whose columns each model learns the label, so that none fails against the baseline.

    Attributes:
        name: The use case.
        span: `day` or `month`.
        span_zone: `exports.time_zone`: whose midnights begin and end a span.
        first: The first span; then `spans` of them, without an end.
        spans: How many there are in the year.
        initial: How many lie there at the first look.
        window: `window.spans`.
        gap: `exports.gap`.
        cron: `minute hour day * *`, day being a number or `*`.
        zone: `schedule.timezone`.
        retry: `schedule.retry`, in seconds.
        every: `schedule.expect.every`, in seconds.
        within: `schedule.expect.within`, in seconds.
        on_new_export: `schedule.on_new_export`, in seconds.
    """

    name: str
    span: Literal["day", "month"]
    span_zone: str
    first: str
    spans: int
    initial: int
    window: int
    gap: Literal["wait", "warn"]
    cron: str
    zone: str
    retry: tuple[int, ...]
    every: int
    within: int
    on_new_export: int


DAILY: Final = YearRules(
    name="daily",
    span="day",
    span_zone="Europe/Berlin",
    first="2013-01-01",
    spans=365,
    initial=7,
    window=7,
    gap="warn",
    cron="30 2 * * *",
    zone="Europe/Berlin",
    retry=(5 * MINUTE, 30 * MINUTE, 2 * HOUR),
    every=DAY,
    within=6 * HOUR,
    on_new_export=MINUTE,
)
MONTHLY: Final = YearRules(
    name="monthly",
    span="month",
    span_zone="UTC",
    first="2013-01",
    spans=12,
    initial=3,
    window=6,
    gap="wait",
    cron="0 6 2 * *",
    zone="Europe/Berlin",
    retry=(5 * MINUTE, 30 * MINUTE, 2 * HOUR),
    every=31 * DAY,
    within=3 * DAY,
    on_new_export=MINUTE,
)


@dataclass(frozen=True)
class YearEvent:
    """One thing that happens.

    Attributes:
        kind: What.
        span: Of which span; empty where it is of none.
        content: Which content is landed: equal numbers of a span are equal rows, others differ a little.
        variant: Of `land`: how its rows are.
        of: Of a duplicate: the span whose rows it has.
        complete: Of `land`: whether `_SUCCESS` is written.
        push: Of `configure`: `schedule.push`.
        freeze: Of `configure`: the dates of `schedule.freeze`.
    """

    kind: EventKind
    span: str = ""
    content: int = 0
    variant: Variant = "whole"
    of: str = ""
    complete: bool = True
    push: Literal["auto", "ask"] = "auto"
    freeze: tuple[str, ...] = ()


@dataclass(frozen=True)
class YearMoment:
    """Events, then an act, then `check-overdue`, `status` and `spans` are asked, all at one time.

    Attributes:
        at: The true time, `2013-01-08T01:31:00Z`: PERENNIAL_NOW of the events and the questions.
        events: What happens first, in order.
        act: What is started then.
        clock: PERENNIAL_NOW of the act, where the clock is wrong; empty: `at`.
        fault: What goes wrong while the act lasts.
        point: The node at whose start it goes wrong; `rename`: just after the version's folder has its name.
        troubles: The kinds of trouble that begin here.
    """

    at: str
    events: tuple[YearEvent, ...] = ()
    act: Act = "schedule"
    clock: str = ""
    fault: FaultKind = ""
    point: Point = ""
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True)
class YearPlan:
    """A year: its settings, the seed that it was made with, its moments in order of time."""

    rules: YearRules
    seed: int
    moments: tuple[YearMoment, ...]

    def to_json(self) -> str:
        """One line a moment; values that are the default are left out."""
        head = {"rules": asdict(self.rules), "seed": self.seed}
        return "\n".join([json.dumps(head), *(json.dumps(_short(moment)) for moment in self.moments)]) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "YearPlan":
        """The plan that `to_json` wrote."""
        head, *lines = (json.loads(line) for line in text.splitlines())
        rules = YearRules(**{**head["rules"], "retry": tuple(head["rules"]["retry"])})
        return cls(rules, head["seed"], tuple(_moment(line) for line in lines))


def _short(value: YearMoment | YearEvent) -> dict[str, Any]:
    given = {field.name: getattr(value, field.name) for field in fields(value)}
    default = {field.name: field.default for field in fields(value)}
    short = {name: given[name] for name in given if given[name] != default[name]}
    if isinstance(value, YearMoment) and value.events:
        short["events"] = [_short(event) for event in value.events]
    return short


def _moment(line: dict[str, Any]) -> YearMoment:
    events = tuple(
        YearEvent(**{**event, "freeze": tuple(event.get("freeze", ()))}) for event in line.get("events", ())
    )
    return YearMoment(**{**line, "events": events, "troubles": tuple(line.get("troubles", ()))})
