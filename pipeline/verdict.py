"""The verdicts of a run: which one follows from what the gates said, and what it tells a person to do."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

Name = Literal["PUSHED", "KEPT", "NOTHING_NEW", "FAILED", "DATA_BLOCKED", "UNSERVABLE", "BUSY", "NO_MODEL"]
EXIT_CODES: Final[Mapping[Name, int]] = {
    "PUSHED": 0,
    "KEPT": 0,
    "NOTHING_NEW": 0,
    "FAILED": 1,
    "DATA_BLOCKED": 3,
    "UNSERVABLE": 4,
    "BUSY": 5,
    "NO_MODEL": 6,
}
NEXT: Final[Mapping[Name, str]] = {
    "PUSHED": "Serve it, or bring the former one back: `rollback {use_case} --why ...`.",
    "KEPT": "Nothing: the live model stays. `status {use_case}` shows what it was trained on.",
    "NOTHING_NEW": "Nothing, until another export lands.",
    "FAILED": "Mend what the reason says and run again; what was finished is used again.",
    "DATA_BLOCKED": "Mend the export, or judge it: `spans {use_case} accept|reject SPAN --why ...`.",
    "UNSERVABLE": "See the probe's reason; the candidate cannot be served as it was trained.",
    "BUSY": "Wait for the other run, or see `doctor`.",
    "NO_MODEL": "Make the model or the data better; nothing is live yet.",
}


@dataclass
class Summary:
    """All that a run says of itself: `summary.json`, `run --json` and the verdict block.

    Attributes:
        use_case: Name of the use case.
        run_id: Id of the run; empty for BUSY, which is no run.
        verdict: What came of it.
        exit_code: What the process exits with.
        reason: Why, in sentences.
        seconds: Wall-clock time.
        spans: What became of each span looked at: `span, version, rows, quarantined, verdict, reasons`.
        trained_on: Spans, days and rows that the candidate learned from; None where there is no candidate.
        evaluated_on: Days and rows it was judged by.
        task: What was to be answered: `task, label, classes`.
        candidate: `version` (None unless pushed), `metrics`, `intervals`.
        champion: The same of the model it was compared with; None where there was none.
        comparison: Candidate against champion: `outcome, difference, interval, days, method`.
        baseline: What always answering the training rows' labels on the whole comes to: `distribution` (the
            classes' shares, or the mean), its loss by name, and `relative`: by which share of it the
            candidate's is greater (-0.3: 30% less).
        yardstick: What scikit-learn's default gradient boosting comes to on the same rows, as
            `yardstick.json` says, and `relative` to it; None where it was not asked.
        reasons: Each check of the Evaluator, as in `judgement.json`.
        probe: What the serving probe found: `verdict, rows, max_difference, startup_seconds, latency_ms`.
        live_version: The version that is live now.
        pushed_version: The version that this run published.
        nodes: `span, name, state, seconds, why` of each node.
        report: Path of the run's report.
        judgements: All that people ever said of spans, so that it outlives the ledger.
    """

    use_case: str
    run_id: str
    verdict: Name
    exit_code: int
    reason: str
    seconds: float = 0.0
    spans: list[dict[str, Any]] = field(default_factory=list)
    trained_on: dict[str, Any] | None = None
    evaluated_on: dict[str, Any] | None = None
    task: dict[str, Any] | None = None
    candidate: dict[str, Any] | None = None
    champion: dict[str, Any] | None = None
    comparison: dict[str, Any] | None = None
    baseline: dict[str, Any] | None = None
    yardstick: dict[str, Any] | None = None
    reasons: list[dict[str, Any]] = field(default_factory=list)
    probe: dict[str, Any] | None = None
    live_version: int | None = None
    pushed_version: int | None = None
    nodes: list[dict[str, Any]] = field(default_factory=list)
    report: str | None = None
    judgements: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The summary as plain values, with the format's number first."""
        return {"format": 1, **asdict(self)}


def decide(
    judgement: Mapping[str, Any], probe: Mapping[str, Any], pushed: Mapping[str, Any], live: int | None
) -> tuple[Name, str]:
    """The verdict on a candidate, from what the Evaluator, the probe and the pusher wrote down.

    Args:
        judgement: `judgement.json`.
        probe: `probe.json`.
        pushed: `pushed.json`.
        live: The version that was live when the run began.

    Returns:
        The verdict and its reason.
    """
    sentences = {reason["check"]: reason["sentence"] for reason in judgement["reasons"]}
    if not judgement["blessed"]:
        against = [reason["sentence"] for reason in judgement["reasons"] if reason["passed"] is False]
        return ("NO_MODEL" if live is None else "KEPT"), " ".join([*against, *_of(sentences, "yardstick")])
    if probe["verdict"] != "SERVABLE":
        return "UNSERVABLE", probe["reason"]
    worth = _of(sentences, "baseline", "yardstick")
    if not pushed["pushed"]:
        return "KEPT", " ".join([pushed["reason"], *worth])
    return "PUSHED", " ".join([pushed["reason"], *worth, *_of(sentences, "champion")])


def _of(sentences: Mapping[str, str], *checks: str) -> list[str]:
    return [sentences[check] for check in checks if check in sentences]
