"""A ledger that is damaged or gone: found, set aside, and rebuilt from what else lies on disk."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

from perennial import clock
from perennial.files import read_json, sync
from perennial.store.databases import is_whole, set_aside
from perennial.store.ledger import Ledger
from pipeline.config import UseCase
from pipeline.run.recovery import metadata_problem

_RUN_ID: Final = "%Y%m%dT%H%M%S.%fZ"
_LOST: Final = (
    "Versions, runs, spans and decisions were restored from disk. Lost: decisions since the last run ended"
    " (run `spans` and make them again), who started which run, and when alerts began."
)
# What a span was read from and what its statistics were made from, as MLMD holds it (3: input, 4: output).
_STATISTICS_OF: Final = """
SELECT examples.uri, statistics.uri FROM Event AS input
JOIN Event AS output ON output.execution_id = input.execution_id AND output.type = 4
JOIN Artifact AS examples ON examples.id = input.artifact_id AND input.type = 3
JOIN Artifact AS statistics ON statistics.id = output.artifact_id
WHERE examples.uri LIKE '%/ArrowExampleGen/examples/%' AND statistics.uri LIKE '%/SpanStatistics/statistics/%'
ORDER BY output.execution_id
"""


def ledger_problem(root: Path) -> str:
    """What is wrong with the ledger below `root`, such as "is missing"; empty if it is whole or not due."""
    ledger = root / "ledger.db"
    # An empty file is a whole database to SQLite, and one that has lost everything to us.
    if ledger.is_file() and ledger.stat().st_size:
        return "" if is_whole(ledger) else "is damaged"
    ran = any(root.glob("runs/*/summary.json")) or any(root.glob("models/[1-9]*"))
    return "is missing" if ran else ""


def rebuild_if_damaged(use_case: UseCase) -> str:
    """Sets a damaged ledger aside and writes a new one; called under the run's lock.

    Versions are noted by the sweep that every run begins with (`registry.sweep`), from their cards.

    Returns:
        What was damaged and what is lost, in sentences; empty where the ledger is whole.
    """
    problem = ledger_problem(use_case.root)
    if not problem:
        return ""
    path = use_case.root / "ledger.db"
    # Written aside, so that one that is cut off in the middle is begun anew and never taken for whole.
    aside = path.with_name("ledger.db.rebuilt")
    aside.unlink(missing_ok=True)
    with closing(Ledger(aside)) as ledger:
        runs = _summaries(use_case.root)
        for folder, summary in runs:
            _note_run(ledger, folder, summary)
        ended = [summary for _, summary in runs if summary]
        _note_spans(ledger, use_case.root, ended)
        for judgement in ended[-1].get("judgements", []) if ended else []:
            ledger.restore_judgement(judgement)
    ending = set_aside(path)
    aside.rename(path)
    sync(use_case.root)
    return f"{path.name} {problem}: what is left was set aside (*{ending}). {_LOST}"


def _summaries(root: Path) -> list[tuple[Path, dict[str, Any] | None]]:
    """The runs' folders, oldest first, and what each run said of itself; None where it never ended."""
    summaries: list[tuple[Path, dict[str, Any] | None]] = []
    for folder in sorted(path for path in root.glob("runs/*") if path.is_dir()):
        try:
            summaries.append((folder, read_json(folder / "summary.json")))
        except (OSError, ValueError):
            summaries.append((folder, None))
    return summaries


def _note_run(ledger: Ledger, folder: Path, summary: Mapping[str, Any] | None) -> None:
    """Notes a run by its folder; one without a summary never ended, and is then treated as any dead run."""
    try:
        # What follows a hyphen tells runs of one moment apart.
        began = datetime.strptime(folder.name.partition("-")[0], _RUN_ID).replace(tzinfo=timezone.utc)
    except ValueError:
        return
    ended = began + timedelta(seconds=summary["seconds"]) if summary else None
    ledger.restore_run(
        folder.name,
        clock.stamp(began),
        clock.stamp(ended) if ended else None,
        *((summary["verdict"], summary["exit_code"], summary["reason"]) if summary else (None, None, None)),
    )


def _note_spans(ledger: Ledger, root: Path, summaries: list[dict[str, Any]]) -> None:
    """Notes every arrival that a run judged, with its outputs where MLMD still knows them.

    An arrival whose content is not known (it was refused, so nothing was put out) keeps its number, and the
    export that lies there now counts as the next one.
    """
    read = _read_spans(root)
    statistics = _statistics_of(root / "metadata.db")
    arrivals: dict[tuple[str, int], dict[str, Any]] = {}
    for key, (uri, examples_summary) in read.items():
        arrivals[key] = {
            "verdict": "NEW",
            "reasons": [],
            "rows": examples_summary["rows"],
            "digest": examples_summary["digest"],
        }
        arrivals[key] |= {"quarantined": examples_summary["quarantined"], "examples": uri, "run_id": ""}
    for summary in summaries:
        for span in summary["spans"]:
            known = arrivals.setdefault((span["span"], span["version"]), {"digest": "", "examples": ""})
            known |= {name: span[name] for name in ("verdict", "reasons", "rows", "quarantined")}
            known["run_id"] = summary["run_id"]
    for (span_name, version), known in sorted(arrivals.items()):
        known["statistics"] = statistics.get(known["examples"], "")
        # Not what any gate leaves: an export that is there is judged anew, one that is gone stays in use.
        known["judged_with"] = "rebuilt" if known["statistics"] else ""
        ledger.restore_span(span_name, version, known | {"reasons": json.dumps(known["reasons"])})


def _read_spans(root: Path) -> dict[tuple[str, int], tuple[str, dict[str, Any]]]:
    """URI and summary of the newest Examples of each arrival that was read."""
    examples = {}
    for folder in sorted(root.glob("artifacts/ArrowExampleGen/examples/*"), key=lambda path: int(path.name)):
        try:
            summary = read_json(folder / "summary.json")
        except (OSError, ValueError):
            continue
        examples[summary["span"], summary["version"]] = (str(folder), summary)
    return examples


def _statistics_of(metadata: Path) -> dict[str, str]:
    """URI of the statistics of each Examples, by its URI; nothing where MLMD's file is not whole."""
    if not metadata.is_file() or metadata_problem(metadata):
        return {}
    with closing(sqlite3.connect(metadata)) as connection:
        return dict(connection.execute(_STATISTICS_OF).fetchall())
