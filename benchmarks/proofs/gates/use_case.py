"""A use case whose spans land one after another, each judged as `run` judges it, with its window."""

import shutil
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.proofs.gates.nodes import NodesInProcess
from benchmarks.proofs.gates.result import FEWER_ROWS, LABELS, REFUSED, GateFinding, JudgedSpan
from benchmarks.proofs.gates.rows import FileRows, rows_in
from commands.land.land import land
from commands.new.new import new
from components.window_gate.gate import NO_LIVE_ROWS, LiveRows
from perennial.errors import SpanRefused
from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanVersion
from pipeline import config
from pipeline.config import UseCase
from pipeline.export_folders import SUCCESS, order
from pipeline.run.intake import Intake, import_schema, newest_in_use
from pipeline.run.outputs import Outputs

WHY: Final = "The table's own rows."


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
        """Lands a held span, judges it, and accepts it if the gate blocks it: the table's rows are right."""
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
    anomalies = [
        GateFinding(each["kind"], each["feature"], each["severity"], each["message"])
        for each in gate["anomalies"]
    ]
    return anomalies + [
        GateFinding(
            "drift_extreme" if each["extreme"] else "drift",
            each["feature"],
            each["severity"],
            each["message"],
        )
        for each in gate["drift"]
        if each["severity"] != "ok"
    ]


def made_by_new(
    name: str, seen: Path, label: str, time: str | None, others: Sequence[Path]
) -> LandingUseCase:
    """A use case that `new` makes of one file, with further files as `land` cuts them; none has landed yet.

    Where rows have a time each further file has all rows so far, as a table that grows. A file that `land`
    refuses is laid down as it is, for the gates to judge.
    """
    written = new(name, seen, label, time).written
    use_case = config.load(name)
    for number, path in enumerate(others, start=2):
        try:
            land(use_case, path, replace=time is not None)
        except SpanRefused:
            if time:
                raise
            folder = use_case.exports_folder / str(number)
            folder.mkdir()
            shutil.copy(path, folder)
            (folder / SUCCESS).touch()
    return LandingUseCase(name, frozenset(written.spans))
