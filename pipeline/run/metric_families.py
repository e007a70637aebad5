"""The metrics of the metrics file: names, kinds and what each is of. Every one has the label `use_case`."""

from typing import Final, Literal

from serving.observe.metrics import Family


def _family(name: str, text: str, *labels: str, kind: Literal["counter", "gauge"] = "gauge") -> Family:
    return Family(f"perennial_{name}", kind, text, ("use_case", *labels))


LIVE_VERSION: Final = _family("live_version", "The live version; 0: none.")
LAST_SUCCESS: Final = _family(
    "last_success_timestamp_seconds", "When the last run with exit code 0 ended, in Unix time."
)
LAST_RUN: Final = _family("last_run_timestamp_seconds", "When the last run ended, in Unix time.")
EXIT_CODE: Final = _family("last_run_exit_code", "The exit code of the last run.")
DURATION: Final = _family("last_run_duration_seconds", "How long the last run took.")
RUNS: Final = _family("runs_total", "Runs that ended, by verdict.", "verdict", kind="counter")
NEWEST_SPAN: Final = _family(
    "newest_span_end_timestamp_seconds",
    "The end of the period of the newest accepted span, in Unix time; not of numbers.",
)
OVERDUE: Final = _family(
    "overdue_state",
    "As check-overdue: 0 fresh, 1 warn, 2 overdue, 3 unknown; without expect there is none.",
)
ROWS: Final = _family("rows", "Rows of the last judged span that can be used.")
QUARANTINED: Final = _family("quarantined_rows", "Rows of the last judged span in quarantine.")
ALERTS: Final = _family(
    "open_alerts", "Open alerts, by kind; there is none of a kind that is closed.", "kind"
)
NEXT_TICK: Final = _family(
    "next_tick_timestamp_seconds", "When the schedule looks next, in Unix time; none while it is paused."
)
PAUSED: Final = _family("schedule_paused", "Whether the schedule is paused: 0 or 1.")
CONFIG_OK: Final = _family(
    "config_ok", "Whether the YAML is valid: 0 or 1; where not, there is no other metric."
)
CANDIDATE: Final = _family("candidate_waits", "Whether a candidate waits for approve: 0 or 1.")
CALIBRATED: Final = _family(
    "drift_calibrated",
    "Whether the newest calibration judges drift by day: 0 or 1; none without a calibration.",
)
WRITTEN: Final = _family(
    "metrics_written_timestamp_seconds", "When these metrics were written, in Unix time."
)
FAMILIES: Final = (
    LIVE_VERSION, LAST_SUCCESS, LAST_RUN, EXIT_CODE, DURATION, RUNS, NEWEST_SPAN, OVERDUE, ROWS, QUARANTINED,
    ALERTS, NEXT_TICK, PAUSED, CONFIG_OK, CANDIDATE, CALIBRATED, WRITTEN,
)  # fmt: skip
