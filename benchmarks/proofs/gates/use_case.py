"""A use case whose spans land one after another, each judged as `run` judges it, with its window."""

import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.proofs.gates.nodes import NodesInProcess
from benchmarks.proofs.gates.rows import FileRows, rows_in
from commands.land.land import land
from commands.new.new import new
from components.window_gate.gate import NO_LIVE_ROWS, LiveRows
from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanVersion
from pipeline import config
from pipeline.config import UseCase
from pipeline.export_folders import SUCCESS, order
from pipeline.run.intake import Intake, import_schema, newest_in_use
from pipeline.run.outputs import Outputs

WHY: Final = "The table's own rows."
FEWER_ROWS: Final = "fewer rows"
REFUSED: Final = "refused"
LABELS: Final = "waits for labels"


@dataclass(frozen=True)
class GateFinding:
    """One thing that a gate says of a span: its kind, column ("" for none), severity and sentence."""

    kind: str
    column: str
    severity: str
    message: str


@dataclass(frozen=True)
class JudgedSpan:
    """A span and what the gates say of it.

    Attributes:
        span: Its name.
        rows: Rows that can be used.
        seen: Whether `new` had its rows.
        verdict: OK, WARN, BLOCK, REFUSED, or NEW where it waits for labels.
        findings: All that is a note, warns or blocks.
        not_checked: A sentence for each check that was not made.
    """

    span: str
    rows: int
    seen: bool
    verdict: str
    findings: tuple[GateFinding, ...]
    not_checked: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


class LandingUseCase:
    """One use case, with spans that have not landed yet in a folder beside its exports."""

    def __init__(self, name: str, seen: Collection[str] = ()) -> None:
        """The use case's files and exports are there; `seen` names the spans that `new` made it from."""
        self._seen = seen
        self.use_case: UseCase = config.load(name)
        self._waiting = self.use_case.root / "waiting"
        self.use_case.make_root()
        self._schema = import_schema(self.use_case)
        self._nodes = NodesInProcess(self.use_case, self._schema)
        self._ledger = Ledger(self.use_case.root / "ledger.db")
        self._live = NO_LIVE_ROWS

    def close(self) -> None:
        """Removes what the use case has written, and closes its ledger."""
        self._ledger.close()
        shutil.rmtree(self.use_case.root)
        shutil.rmtree(self.use_case.exports_folder)

    def hold_back(self) -> list[str]:
        """Takes all spans out of the exports folder; gives their names, oldest first."""
        folder = self.use_case.exports_folder
        self._waiting.mkdir()
        names = [path.name for path in folder.iterdir() if (path / SUCCESS).exists()]
        for name in names:
            (folder / name).rename(self._waiting / name)
        return sorted(names, key=lambda name: order(name, self.use_case.exports.span))

    def land_and_judge(self, span: str) -> JudgedSpan:
        """Lands a held span, judges it, and accepts it if the gate does not: the table's rows are as they are."""
        (self._waiting / span).rename(self.use_case.exports_folder / span)
        judged = self._judge(span)
        version = self._ledger.spans.current(span)
        if judged.verdict == "BLOCK" and version is not None:
            self._ledger.spans.decide(span, "accept", WHY)
        if judged.verdict not in ("OK", "WARN", "BLOCK"):
            return judged
        return self._with_window(judged)

    def judge_instead(self, span: str, files: Mapping[str, FileRows]) -> JudgedSpan:
        """Puts other files in the place of a span and judges these; nothing is accepted."""
        folder = self.use_case.exports_folder / span
        shutil.rmtree(folder)
        for name, rows in files.items():
            rows.write(folder / name)
        (folder / SUCCESS).touch()
        return self._judge(span)

    def rows_of(self, span: str) -> FileRows:
        """The rows of a span that has landed."""
        folder = self.use_case.exports_folder / span
        written = self.use_case.exports.csv_format
        paths = sorted(path for path in folder.iterdir() if path.name != SUCCESS)
        return rows_in(paths, written, written.date_format)

    def _judge(self, span: str) -> JudgedSpan:
        self._nodes.gate = None
        outputs = Outputs(self.use_case.root / "artifacts", self._ledger)
        intake = Intake(self.use_case, self._ledger, outputs, self._schema, "proof")
        intake.arrivals = [each for each in intake.arrivals if each.version.span == span]
        intake.judge_fresh(self._nodes.up_to_gate)
        seen = span in self._seen
        version = self._ledger.spans.current(span)
        if version is None:
            raise ValueError(f"span {span} was not judged")
        gate = self._nodes.gate
        if gate is None:
            kind = LABELS if version.verdict == "NEW" else REFUSED
            reason = GateFinding(kind, "", "block", " ".join(version.reasons))
            return JudgedSpan(span, version.rows, seen, version.verdict, (reason,), ())
        return JudgedSpan(
            span, gate["rows"], seen, gate["verdict"], tuple(_findings(gate)), tuple(gate["not_checked"])
        )

    def _with_window(self, judged: JudgedSpan) -> JudgedSpan:
        """Adds whether the window has many fewer rows than a model of the spans before was trained on."""
        accepted: Sequence[SpanVersion] = newest_in_use(self._ledger, self.use_case)
        rows, problem = self._nodes.window(accepted, self._live)
        if rows:
            self._live = LiveRows(version=1, rows=rows, spans={}, states={}, same_window=True)
        if not problem:
            return judged
        finding = GateFinding(FEWER_ROWS, "", "block", problem)
        return JudgedSpan(**{**vars(judged), "findings": (*judged.findings, finding)})


def _findings(gate: Mapping[str, Any]) -> list[GateFinding]:
    found = [
        GateFinding(each["kind"], each["feature"], each["severity"], each["message"])
        for each in gate["anomalies"]
    ]
    return found + [
        GateFinding(
            "drift_extreme" if each["extreme"] else "drift", each["feature"], each["severity"], each["message"]
        )
        for each in gate["drift"]
        if each["severity"] != "ok"
    ]


def made_by_new(name: str, seen: Path, label: str, time: str | None, others: Sequence[Path]) -> LandingUseCase:
    """A use case that `new` makes of one file, with further files as `land` cuts them; nothing has landed yet.

    Where rows have a time each further file has all rows so far, as a table that grows.
    """
    written = new(name, seen, label, time).written
    use_case = config.load(name)
    for path in others:
        land(use_case, path, replace=time is not None)
    return LandingUseCase(name, frozenset(written.spans))
