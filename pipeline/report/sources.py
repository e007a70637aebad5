"""Where a run's page finds what it shows: the outputs of its nodes, noted as the passes end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from perennial.store import registry
from perennial.store.ledger import Ledger
from pipeline import span_names
from pipeline.config import UseCase
from pipeline.execution.messages import Pass
from pipeline.plan import SpanPlan, WindowPlan, Work

# As `pipeline.run.calibration_paths` has it, which a run imports and its page must not.
_CALIBRATIONS: Final = "drift/calibrations"
# Node and key of each output of the training half that the page reads.
_OUTPUTS: Final = (
    ("Window", "window"),
    ("Trainer", "model_run"),
    ("Evaluator", "evaluation"),
    ("Yardstick", "yardstick"),
)


@dataclass
class Sources:
    """Folders of one run's outputs, as plain values that travel to the process which makes the page.

    Attributes:
        spans: Of each span read: `span, version, quarantine` and, as far as they were put out, `examples,
            statistics, days, anomalies`; `previous`: `span, statistics` of the one it was compared with, or
            None.
        trained: Of the training half, by key: `window, model_run, evaluation, yardstick`.
    """

    spans: list[dict[str, Any]] = field(default_factory=list)
    trained: dict[str, str] = field(default_factory=dict)

    def note(self, work: Work, passed: Pass, use_case: UseCase, ledger: Ledger) -> None:
        """Notes what a pass put out; of those that follow a judgement the page reads nothing."""
        if isinstance(work, WindowPlan):
            outputs = {key: passed.output(node, key) for node, key in _OUTPUTS}
            self.trained = {key: str(folder) for key, folder in outputs.items() if folder}
        elif isinstance(work, SpanPlan):
            self._note_span(work, passed, use_case, ledger)

    def _note_span(self, work: SpanPlan, passed: Pass, use_case: UseCase, ledger: Ledger) -> None:
        source: dict[str, Any] = {
            "span": work.span,
            "version": work.version,
            "quarantine": str(use_case.root / "quarantine" / work.span / f"v{work.version}.csv"),
            "previous": None,
        }
        for node, key in (
            ("ArrowExampleGen", "examples"),
            ("SpanStatistics", "statistics"),
            ("DaySummaries", "days"),
            ("DataGate", "anomalies"),
        ):
            if folder := passed.output(node, key):
                source[key] = str(folder)
        if work.previous_statistics:
            source["previous"] = {
                "span": _span_of(work.previous_statistics, ledger),
                "statistics": work.previous_statistics,
            }
        self.spans.append(source)


def order_of(
    use_case: UseCase, folder: Path, summary: Mapping[str, Any], sources: Sources, ledger: Ledger
) -> dict[str, Any]:
    """All that the page of a run is made of, as JSON holds it.

    Args:
        use_case: Whose run it was.
        folder: The run's folder.
        summary: What the run says of itself.
        sources: What its nodes put out.
        ledger: Tells which span is the newest, and which run judged it.
    """
    live = registry.live(use_case.models_folder)
    return {
        "folder": str(folder),
        "summary": dict(summary),
        "use_case": facts_of(use_case),
        "calibrations": str(use_case.root / _CALIBRATIONS),
        "spans": sources.spans,
        "trained": sources.trained,
        "newest": _newest(use_case, ledger),
        "card": dict(live.card) if live and live.card else None,
    }


def facts_of(use_case: UseCase) -> dict[str, Any]:
    """What a page says of a use case, and how it has to read what belongs to it."""
    return {
        "description": use_case.description,
        "label": use_case.label,
        "task": use_case.task,
        "classes": list(use_case.classes),
        "private": sorted(use_case.serving.private),
        "delimiter": use_case.exports.delimiter,
        "encoding": use_case.exports.encoding,
    }


def _span_of(statistics: str, ledger: Ledger) -> str:
    """The span that statistics are of; empty where the ledger no longer knows."""
    for name in ledger.spans.names():
        if any(version.statistics == statistics for version in ledger.spans.versions_of(name)):
            return name
    return ""


def _newest(use_case: UseCase, ledger: Ledger) -> dict[str, str] | None:
    """The newest span that was judged, and the run that did."""
    kind = use_case.exports.span
    for name in ledger.spans.newest_first(kind, span_names.order):
        version = ledger.spans.current(name)
        if version is not None and (run_id := ledger.spans.judged_by(version)):
            return {"span": name, "run_id": run_id}
    return None
