"""What a run's page shows, as plain data: gathered once from its nodes' outputs, kept as page.json."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from perennial.files import read_json
from pipeline.plan import STATISTICS_FILE
from pipeline.report.distributions import distributions_of
from pipeline.report.faults import faults_of

FORMAT: Final = 1
FILE: Final = "page.json"
# Spans whose columns are drawn, the newest first; of the others the gate's words are shown.
_DRAWN_SPANS: Final = 3
_FROM_GATE: Final = ("anomalies", "drift", "not_checked", "checked", "label_rate")


def page_of(order: Mapping[str, Any]) -> dict[str, Any]:
    """Gathers a page.

    Args:
        order: From `pipeline.report.sources.order_of`.

    Returns:
        `summary` (the run's), `use_case`, `spans` (below), `judgement, training, window, yardstick` (what the
        nodes wrote; None where there is none), `card` (of the live model, or None). A span has what the run
        says of it, and `quarantine` (`column, reason, rows`), `anomalies, drift, checked, not_checked`,
        `against` (the span it was compared with), `columns` (see `distributions_of`; None: not drawn) and
        `drift_by_day` (see `pipeline.report.drift_content`; None: no calibration was used, or not drawn).

    Raises:
        OSError, ValueError, KeyError: A node's output is not what nodes write.
    """
    summary, use_case = order["summary"], order["use_case"]
    trained = {key: Path(folder) for key, folder in order["trained"].items()}
    return {
        "format": FORMAT,
        "summary": summary,
        "use_case": use_case,
        "spans": _spans(order),
        "judgement": _output(trained.get("evaluation"), "judgement.json"),
        "training": _output(trained.get("model_run"), "training.json"),
        "window": _output(trained.get("window"), "window.json"),
        "yardstick": summary.get("yardstick") or _output(trained.get("yardstick"), "yardstick.json"),
        "card": order["card"],
    }


def page_of_summary(summary: Mapping[str, Any], use_case: Mapping[str, Any]) -> dict[str, Any]:
    """The page of a run of which the summary is all that is left."""
    order = {"summary": summary, "use_case": use_case, "spans": [], "trained": {}}
    return page_of({**order, "folder": "", "newest": None, "card": None})


def _output(folder: Path | None, name: str) -> Any:
    path = folder / name if folder else None
    return read_json(path) if path and path.is_file() else None


def _spans(order: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The run's spans, newest first; where it read none, the newest as the run that judged it showed it."""
    judged = {span["span"]: span for span in order["summary"]["spans"]}
    read = {source["span"]: source for source in order["spans"]}
    names = list(dict.fromkeys([*judged, *read]))[::-1]
    if not names:
        return _former(order)
    drawn = set(_worth_drawing(names, judged, read))
    return [_span(judged.get(name), read.get(name), order, drawn=name in drawn) for name in names]


def _worth_drawing(
    names: Iterable[str], judged: Mapping[str, Mapping[str, Any]], read: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """The newest span that has statistics, and then those that are withheld."""
    known = [name for name in names if "statistics" in read.get(name, {})]
    withheld = [name for name in known[1:] if judged.get(name, {}).get("verdict") == "BLOCK"]
    return [*known[:1], *withheld][:_DRAWN_SPANS]


def _span(
    judged: Mapping[str, Any] | None,
    source: Mapping[str, Any] | None,
    order: Mapping[str, Any],
    *,
    drawn: bool,
) -> dict[str, Any]:
    source, use_case = source or {}, order["use_case"]
    gate = _output(Path(source["anomalies"]), "gate.json") if "anomalies" in source else None
    read = _output(Path(source["examples"]), "summary.json") if "examples" in source else None
    faults, whole = _faults(source, use_case)
    previous = source.get("previous")
    columns = None
    if drawn:
        former = Path(previous["statistics"]) / STATISTICS_FILE if previous else None
        columns = distributions_of(
            Path(source["statistics"]) / STATISTICS_FILE,
            former if former and former.is_file() else None,
            use_case["private"],
            use_case["label"],
        )
    return {
        **(judged or _unjudged(source, gate, read)),
        "quarantine": faults,
        "quarantine_counted": whole,
        "ignored_columns": (read or {}).get("ignored_columns", []),
        "absent_columns": (read or {}).get("absent_columns", []),
        **{key: (gate or {}).get(key, None if key == "label_rate" else []) for key in _FROM_GATE},
        "against": previous["span"] if previous else None,
        "columns": columns,
        "drift_by_day": _drift(source, gate, order) if drawn else None,
    }


def _drift(
    source: Mapping[str, Any], gate: Mapping[str, Any] | None, order: Mapping[str, Any]
) -> dict[str, Any] | None:
    if gate is None or "days" not in source:
        return None
    # What judges days takes a while to be loaded, and most pages do without.
    from pipeline.report.drift_on_disk import drift_of

    folders = Path(source["days"]), Path(order["calibrations"])
    effects = {
        alarm["subject"]: {"number": alarm["effect"], "text": alarm["effect_text"]}
        for span in order["summary"]["spans"]
        if span["span"] == source["span"]
        for alarm in span["alarms"]
        if alarm["effect_text"]
    }
    return drift_of(source["span"], *folders, gate, effects, order["use_case"]["private"])


def _faults(source: Mapping[str, Any], use_case: Mapping[str, Any]) -> tuple[list[dict[str, Any]], bool]:
    if not source:
        return [], True
    return faults_of(Path(source["quarantine"]), use_case["delimiter"], use_case["encoding"])


def _unjudged(
    source: Mapping[str, Any], gate: Mapping[str, Any] | None, read: Mapping[str, Any] | None
) -> dict[str, Any]:
    """What is known of a span that a run read and ended before it could say so."""
    counts = {key: (read or {}).get(key, 0) for key in ("rows", "quarantined")}
    judgement = (
        {"verdict": gate["verdict"], "reasons": gate["reasons"]}
        if gate
        else {"verdict": "NEW", "reasons": []}
    )
    return {"span": source["span"], "version": source["version"], **counts, **judgement}


def _former(order: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The newest span, from the page of the run that judged it; whether that one shows its columns."""
    newest = order["newest"]
    if not newest:
        return []
    former = _output(Path(order["folder"]).parent / newest["run_id"], FILE)
    spans = former["spans"] if former and former["format"] == FORMAT else []
    return [
        {
            **span,
            "judged_in": newest["run_id"],
            "columns_there": span["columns"] is not None,
            "columns": None,
            "drift_by_day": None,
        }
        for span in spans
        if span["span"] == newest["span"]
    ]
