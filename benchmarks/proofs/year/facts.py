"""What is so in the home of a year after a moment: what the commands answer, and what lies on the disk."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.harness.leftovers import leftovers_of
from benchmarks.proofs.year.acts import Actor
from benchmarks.proofs.year.home import YearHome
from perennial.files import read_json
from perennial.store import registry
from perennial.store.ledger import Ledger

Facts = dict[str, Any]
_COMPLETE: Final = 3
_ENDED_WELL: Final = (0, 3)  # exit codes of runs that went to their end
# What a reason of a span says -> the part of its sentence by which it is known.
_MARKS: Final = {"late": ", late: ", "deleted": "export was deleted"}
_RUNS: Final = "SELECT rowid, run_id, began, ended, verdict, exit_code, trigger FROM runs WHERE rowid > ?"
_TRAINED: Final = """
    SELECT execution.id, artifact.uri FROM Execution execution
    JOIN Type type ON type.id = execution.type_id
    JOIN Event event ON event.execution_id = execution.id
    JOIN Artifact artifact ON artifact.id = event.artifact_id
    WHERE type.name LIKE '%.Trainer' AND execution.last_known_state = ? AND execution.id > ?
    AND artifact.uri LIKE '%/Window/window/%' ORDER BY execution.id"""


class FactReader:
    """Asks and looks after each moment; remembers which runs and trainings it has seen."""

    def __init__(self, home: YearHome, name: str, former: Facts | None) -> None:
        """Takes up where the facts of the moment before end."""
        self._name = name
        self._root = home.home / name
        self._run = former["newest_run"] if former else 0
        self._training = former["newest_training"] if former else 0

    def read(self, now: datetime, actor: Actor, *, leftovers: bool) -> Facts:
        """All facts at a time of the clock, plain JSON; no run may be in progress.

        Args:
            now: The time.
            actor: Starts the commands.
            leftovers: Whether to look for what dead runs left, if a run has ended well; that takes long in a
                home of a year.
        """
        facts: Facts = self._answers(now, actor)
        facts |= {"runs": list(self._runs()), "trainings": list(self._trainings())}
        facts |= {"newest_run": self._run, "newest_training": self._training}
        live = registry.live(self._root / "models")
        facts["live"] = live.number if live else 0
        facts["live_window"] = _window((live.card or {}).get("spans", ())) if live else []
        facts["live_damage"] = live.damage() if live else ""
        facts["in_use_rows"], facts["alerts"] = self._ledger()
        if leftovers and any(run["exit_code"] in _ENDED_WELL for run in facts["runs"]):
            facts["leftovers"] = leftovers_of(self._root)
        return facts

    def _answers(self, now: datetime, actor: Actor) -> Facts:
        """What `check-overdue`, `status` and `spans` answer."""
        name = self._name
        lines = (("check-overdue", name), ("status", name), ("spans", name))
        with ThreadPoolExecutor(max_workers=2) as threads:
            overdue, status, spans = threads.map(lambda line: actor.command(now, *line), lines)
        return {
            "overdue": {"code": overdue[0], **(overdue[1] or {}), "seconds": overdue[3]},
            "status": {"code": status[0], **_of_status(status[1] or {}), "seconds": status[3]},
            "spans": {state["span"]: _words_of(state) for state in (spans[1] or {}).get("spans", ())},
            "spans_code": spans[0],
        }

    def _runs(self) -> Iterator[Facts]:
        for row in _rows(self._root / "ledger.db", _RUNS, self._run):
            self._run = row["rowid"]
            yield {key: row[key] for key in row.keys()[1:]}

    def _trainings(self) -> Iterator[list[list[Any]]]:
        """The spans and rows that each training was about which has completed since."""
        for row in _rows(self._root / "metadata.db", _TRAINED, _COMPLETE, self._training):
            self._training = row["id"]
            yield _window(read_json(Path(row["uri"]) / "window.json")["spans"])

    def _ledger(self) -> tuple[dict[str, int], list[str]]:
        """Rows of the version in use of each span, also of those that the window has left; open alerts."""
        if not (self._root / "ledger.db").is_file():
            return {}, []
        with closing(Ledger(self._root / "ledger.db")) as ledger:
            versions = [ledger.spans.in_use(span) for span in ledger.spans.names()]
            in_use = {version.span: version.rows for version in versions if version is not None}
            return in_use, sorted({alert["kind"] for alert in ledger.alerts.open()})


def _of_status(answer: Mapping[str, Any]) -> Facts:
    """What of `status` is compared, or shown where something is not as expected."""
    keys = ("live_version", "live_stale", "candidate_waits", "running", "freshness", "schedule", "error")
    return {key: answer[key] for key in keys if key in answer}


def _words_of(state: Mapping[str, Any]) -> str:
    """What `spans` says of one: its state, a person's decision, and whether it is late or deleted."""
    decision = (state.get("decision") or {}).get("decision")
    reasons = " ".join(state["reasons"])
    marks = [mark for mark, part in _MARKS.items() if part in reasons]
    return " ".join([state["state"], *([decision] if decision else []), *marks])


def _window(spans: Any) -> list[list[Any]]:
    """Name and rows of each span."""
    return [[span["span"], span["rows"]] for span in spans]


def _rows(file: Path, question: str, *values: Any) -> list[sqlite3.Row]:
    """The answer of a database; none where it is not there yet."""
    if not file.is_file():
        return []
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)) as database:
        database.row_factory = sqlite3.Row
        try:
            return database.execute(question, values).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):  # killed while it was made
                return []
            raise


def read_lines(file: Path) -> list[Facts]:
    """The whole lines of a file of JSON lines; a last one that was cut off does not count."""
    if not file.is_file():
        return []
    text = file.read_text(encoding="utf-8")
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
