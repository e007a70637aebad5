"""The kinds of trouble that a year may have, by name."""

from dataclasses import dataclass
from typing import Final

from benchmarks.proofs.year.export_troubles import (
    Episode,
    backfilled,
    bad_rows,
    corrected,
    corrected_newest,
    correction_blocked,
    deleted,
    incomplete,
    labels_late,
    late_days,
    late_hours,
    late_together,
    missing,
    out_of_order,
    rewritten,
)
from benchmarks.proofs.year.machine_troubles import (
    approve_late,
    approve_nothing,
    asked,
    clock_back,
    clock_forward,
    config_broken,
    downtime,
    faulty,
    freeze,
    hand_run,
    killed,
    paused,
    reject_in_use,
    retries_over,
    rollback,
)


@dataclass(frozen=True)
class EpisodeKind:
    """A kind of trouble: how it is planned, the most days it takes, whether a year of months has it."""

    plan: Episode
    days: int
    of_months: bool = True


KINDS: Final[dict[str, EpisodeKind]] = {
    "late by hours": EpisodeKind(late_hours, 1),
    "late by days": EpisodeKind(late_days, 4),
    "late together": EpisodeKind(late_together, 3),
    "out of order": EpisodeKind(out_of_order, 2),
    "missing": EpisodeKind(missing, 2),
    "backfilled": EpisodeKind(backfilled, 1, of_months=False),
    "incomplete": EpisodeKind(incomplete, 3),
    "truncated": EpisodeKind(bad_rows("truncated", "reject", "correct", "leave"), 2),
    "accepted": EpisodeKind(bad_rows("truncated", "accept"), 2),
    "unreadable": EpisodeKind(bad_rows("unreadable", "reject", "correct", "leave"), 2),
    "empty": EpisodeKind(bad_rows("empty", "reject", "correct"), 2),
    "duplicate": EpisodeKind(bad_rows("duplicate", "reject", "correct"), 2),
    "oversized": EpisodeKind(bad_rows("oversized", "reject", "correct"), 2),
    "labels late": EpisodeKind(labels_late, 2),
    "corrected": EpisodeKind(corrected, 1),
    "newest corrected": EpisodeKind(corrected_newest, 1),
    "correction blocked": EpisodeKind(correction_blocked, 1),
    "rewritten": EpisodeKind(rewritten, 1),
    "deleted": EpisodeKind(deleted, 1),
    "rejected in use": EpisodeKind(reject_in_use, 2),
    "rollback": EpisodeKind(rollback, 2),
    "paused": EpisodeKind(paused, 5, of_months=False),
    "approve, nothing waits": EpisodeKind(approve_nothing, 1),
    "approve, live has changed": EpisodeKind(approve_late, 2),
    "run by hand": EpisodeKind(hand_run, 1),
    "config broken": EpisodeKind(config_broken, 2),
    "push asks": EpisodeKind(asked, 4),
    "freeze": EpisodeKind(freeze, 3),
    "run killed": EpisodeKind(
        killed("kill_run", "ArrowExampleGen", "Trainer", "Evaluator", "AtomicPusher", "rename"), 1
    ),
    "chain killed": EpisodeKind(
        killed("kill_chain", "ArrowExampleGen", "Trainer", "Evaluator", "AtomicPusher"), 1
    ),
    "daemon killed": EpisodeKind(faulty("kill_daemon", "Trainer"), 1),
    "reboot in a push": EpisodeKind(killed("reboot", "AtomicPusher", "rename"), 1),
    "retries over": EpisodeKind(retries_over, 2),
    "disk full": EpisodeKind(faulty("disk_full", ""), 1),
    "two daemons": EpisodeKind(faulty("two_daemons", "Trainer"), 1),
    "clock forward": EpisodeKind(clock_forward, 1),
    "clock back": EpisodeKind(clock_back, 1),
    "downtime": EpisodeKind(downtime, 5),
}
