"""A ledger that is damaged or missing: it is set aside and rebuilt from the other files on disk."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

from perennial import clock
from perennial.files import read_json, sync
from perennial.store.databases import PATIENCE, is_whole, set_aside
from perennial.store.ledger import Ledger
from perennial.store.span_version import PRUNED
from pipeline.config import UseCase
from pipeline.run.leftovers import REMNANTS
from pipeline.run.live_predictions import known_predictions
from pipeline.run.recovery import metadata_problem

_RUN_ID: Final = "%Y%m%dT%H%M%S.%fZ"
_LOST: Final = (
    "Versions, runs, spans and decisions were restored from disk. Lost: decisions since the last run ended"
    " (run `spans` and make them again), a pause of the schedule (run `schedule pause` again) and what became"
    " of its times, a candidate that waited (it is trained again), who or what started which run, when"
    " alerts began, the rate of false alarms of drift (run `calibrate` again), and the history of versions"
    " whose files were removed."
)
# Examples and the statistics that were made from them, in MLMD (3: input, 4: output).
_STATISTICS_OF: Final = """
SELECT examples.uri, statistics.uri FROM Event AS input
JOIN Event AS output ON output.execution_id = input.execution_id AND output.type = 4
JOIN Artifact AS examples ON examples.id = input.artifact_id AND input.type = 3
JOIN Artifact AS statistics ON statistics.id = output.artifact_id
WHERE examples.uri LIKE '%/ArrowExampleGen/examples/%' AND statistics.uri LIKE '%/SpanStatistics/statistics/%'
ORDER BY output.execution_id
"""


def ledger_problem(root: Path, patience: float = PATIENCE) -> str:
    """What is wrong with the ledger below `root`, such as "is missing"; empty if it is whole or not due.

    Args:
        root: The use case's root.
        patience: Seconds to wait for a transaction of another process.
    """
    ledger = root / "ledger.db"
    # For SQLite an empty file is a valid database; here it is a ledger that has lost everything.
    if ledger.is_file() and ledger.stat().st_size:
        return "" if is_whole(ledger, patience) else "is damaged"
    ran = any(root.glob("runs/*/summary.json")) or any(root.glob("models/[1-9]*"))
    return "is missing" if ran else ""


def rebuild_if_damaged(use_case: UseCase) -> str:
    """Sets a damaged ledger aside and writes a new one; called under the run's lock.

    Versions are added by the sweep at the start of every run (`recorded.sweep`), from their cards.

    Returns:
        What was damaged and what is lost, in sentences; empty if the ledger is not damaged.
    """
    problem = ledger_problem(use_case.root)
    if not problem:
        return ""
    path = use_case.root / "ledger.db"
    # Written under another name, so that an interrupted rebuild starts again and is never used.
    aside = path.with_name("ledger.db.rebuilt")
    aside.unlink(missing_ok=True)
    with closing(Ledger(aside)) as ledger:
        runs = _summaries(use_case.root)
        for folder, summary in runs:
            _note_run(ledger, folder, summary)
        ended = [summary for _, summary in runs if summary]
        _note_spans(ledger, use_case.root, ended)
        for predictions, facts in known_predictions(use_case.root):
            ledger.predictions.note(facts.span, facts.digest, facts.model, str(predictions), facts.absent)
        for summary in ended:
            for failing in summary.get("failing_spans", []):
                ledger.spans.note_failing(
                    failing["span"], failing["version"], failing["why"], summary["run_id"]
                )
        # Each has all decisions until then; the last by name is an older one where the clock was set back.
        judgements: list[Any] = max((summary.get("judgements", []) for summary in ended), key=len, default=[])
        for judgement in judgements:
            ledger.spans.restore_judgement(judgement)
        for summary in ended:
            if acceptance := (summary.get("fewer_rows") or {}).get("accepted"):
                ledger.fewer_rows.restore(acceptance)
    ending = set_aside(path)
    aside.rename(path)
    sync(use_case.root)
    return f"{path.name} {problem}: what is left was set aside (*{ending}). {_LOST}"


def _summaries(root: Path) -> list[tuple[Path, dict[str, Any] | None]]:
    """The runs' folders, oldest first, and the summary of each; None if it never ended."""
    summaries: list[tuple[Path, dict[str, Any] | None]] = []
    for folder in sorted(path for path in root.glob("runs/*") if path.is_dir()):
        try:
            summaries.append((folder, read_json(folder / "summary.json")))
        except (OSError, ValueError):
            summaries.append((folder, None))
    return summaries


def _note_run(ledger: Ledger, folder: Path, summary: Mapping[str, Any] | None) -> None:
    """Restores a run from its folder; one without a summary was interrupted."""
    began = began_of(folder.name)
    if began is None:
        return
    ended = began + timedelta(seconds=summary["seconds"]) if summary else None
    ledger.runs.restore(
        folder.name,
        clock.stamp(began),
        clock.stamp(ended) if ended else None,
        *((summary["verdict"], summary["exit_code"], summary["reason"]) if summary else (None, None, None)),
    )


def began_of(run_id: str) -> datetime | None:
    """When a run began, by its id; None for a folder that is none of a run."""
    try:
        # The part after a hyphen distinguishes runs of the same moment.
        return datetime.strptime(run_id.partition("-")[0], _RUN_ID).replace(tzinfo=timezone.utc)
    except ValueError:
        return None


def _note_spans(ledger: Ledger, root: Path, summaries: list[dict[str, Any]]) -> None:
    """Restores every arrival that a run judged, with the outputs that the last summary of it names.

    Without one, as of an older release or of a run that never ended, these are the newest of the arrival.
    An arrival whose content is not known (it was refused, so it has no output) keeps its number, and the
    export that is there now counts as the next one. It arrived when the first run that judged it began.
    """
    examples = _examples_summaries(root)
    statistics = _statistics_of(root / "metadata.db")
    arrivals: dict[tuple[str, int], dict[str, Any]] = {}
    for uri, content in examples.items():
        arrivals[content["span"], content["version"]] = {
            "verdict": "NEW",
            "reasons": [],
            "run_id": "",
            "examples": uri,
            **{name: content[name] for name in ("rows", "digest", "quarantined")},
        }
    for summary in summaries:
        for span in summary["spans"]:
            known = arrivals.setdefault((span["span"], span["version"]), {"digest": "", "examples": ""})
            known |= {name: span[name] for name in ("verdict", "reasons", "rows", "quarantined")}
            known["run_id"] = summary["run_id"]
            known.setdefault("arrived", began_of(summary["run_id"]))
            # A summary of an older release has no columns.
            known["columns"] = json.dumps(span.get("columns", []))
            # A summary of an older release has no drift alarms.
            known["calibration"] = span.get("calibration", 0)
            known["alarms"] = json.dumps([list(each.values()) for each in span.get("alarms", [])])
            # A summary of an older release has no later findings.
            later = span.get("later") or {"verdict": "", "reasons": []}
            known["later_verdict"], known["later_reasons"] = later["verdict"], json.dumps(later["reasons"])
            known |= _outputs_of(span, examples)
    for (span_name, version), known in sorted(arrivals.items()):
        known.setdefault("statistics", statistics.get(known["examples"], ""))
        # No digest of a gate: an export that exists is judged again, a span without its export stays in use.
        known["judged_with"] = "rebuilt" if known["statistics"] else ""
        if Path(known["examples"]).is_relative_to(root / REMNANTS):
            known["judged_with"] = PRUNED
        # How outputs were read is not known of those that no summary names.
        known = {
            "columns": "[]",
            "calibration": 0,
            "alarms": "[]",
            "later_verdict": "",
            "later_reasons": "[]",
            "read_as": "",
            "days": "",
            **known,
        }
        known["arrived"] = clock.stamp(known.get("arrived") or clock.now())
        ledger.spans.restore(span_name, version, known | {"reasons": json.dumps(known["reasons"])})


def _outputs_of(span: Mapping[str, Any], examples: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The outputs that a run's summary names of a span; nothing if it names none that are there."""
    uri = span.get("examples", "")
    # After MLMD's file was lost, another span's Examples may be in a folder of that name.
    if examples.get(uri, {}).get("span") != span["span"]:
        return {}
    named = {name: span[name] for name in ("examples", "statistics", "read_as")}
    # A summary of an older release names no summaries of days.
    days = span.get("days", "")
    named["days"] = days if Path(days).is_dir() and days else ""
    return named | {"digest": examples[uri]["digest"]}


def _examples_summaries(root: Path) -> dict[str, dict[str, Any]]:
    """The summary of each Examples by its URI, oldest first; before them what is left of pruned ones."""
    summaries: dict[str, dict[str, Any]] = {}
    remnants = sorted(root.glob(f"{REMNANTS}/*/v*"))
    outputs = sorted(root.glob("artifacts/ArrowExampleGen/examples/*"), key=lambda path: int(path.name))
    for folder in (*remnants, *outputs):
        try:
            summaries[str(folder)] = read_json(folder / "summary.json")
        except (OSError, ValueError):
            continue
    return summaries


def _statistics_of(metadata: Path) -> dict[str, str]:
    """URI of the statistics of each Examples, by its URI; nothing if MLMD's file is damaged."""
    if not metadata.is_file() or metadata_problem(metadata):
        return {}
    with closing(sqlite3.connect(metadata)) as connection:
        return dict(connection.execute(_STATISTICS_OF).fetchall())
