"""A use case whose spans land one after another, each judged as `run` judges it, with its window."""

import itertools
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.proofs.gates.nodes import NodesInProcess
from benchmarks.proofs.gates.result import FEWER_ROWS, LABELS, REFUSED, GateFinding, LandedSpan
from benchmarks.proofs.gates.rows import FileRows, rows_in
from commands.land.land import land
from commands.new.new import new
from components.window_gate.gate import NO_LIVE_ROWS, LiveRows
from perennial.errors import SpanRefused
from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanVersion
from pipeline import config
from pipeline.config import UseCase
from pipeline.export_manifest import SUCCESS
from pipeline.run.curated_schema import import_schema
from pipeline.run.in_use import newest_in_use
from pipeline.run.intake import Intake
from pipeline.run.outputs import Outputs
from pipeline.span_names import order
from serving.reading.rules import ISO

WHY: Final = "The table's own rows."


class LandingUseCase:
    """One use case, with spans that have not landed yet, and those that were judged, beside its exports.

    A judged span leaves the exports folder: what it was read into stays in use, and looking at all exports at
    each of a year's days is most of the time.
    """

    def __init__(self, name: str, seen: Collection[str] = ()) -> None:
        """The use case's files and exports are there; `seen` names the spans that `new` made it from."""
        self._seen = seen
        self.use_case: UseCase = config.load(name)
        self._waiting = self.use_case.root / "waiting"
        self._judged = self.use_case.root / "judged"
        self.use_case.make_root()
        self._schema = import_schema(self.use_case)
        self._nodes = NodesInProcess(self.use_case, self._schema)
        self._ledger = Ledger(self.use_case.root / "ledger.db")
        self._live = NO_LIVE_ROWS
        self._trials = itertools.count(1)

    def close(self) -> None:
        """Removes what the use case has written, and closes its ledger."""
        self._ledger.close()
        shutil.rmtree(self.use_case.root)
        shutil.rmtree(self.use_case.exports_folder)

    def hold_back(self) -> list[str]:
        """Takes all spans out of the exports folder; gives their names, oldest first."""
        folder = self.use_case.exports_folder
        self._waiting.mkdir()
        self._judged.mkdir()
        names = [path.name for path in folder.iterdir() if (path / SUCCESS).exists()]
        for name in names:
            (folder / name).rename(self._waiting / name)
        return sorted(names, key=lambda name: order(name, self.use_case.exports.span))

    def land_and_judge(self, span: str) -> LandedSpan:
        """Lands a held span, judges it, and accepts it if the gate blocks it: the table's rows are right."""
        landed = self.use_case.exports_folder / span
        (self._waiting / span).rename(landed)
        judged = self._judge(span)
        landed.rename(self._judged / span)
        version = self._ledger.spans.current(span)
        if judged.verdict == "BLOCK" and version is not None:
            self._ledger.spans.decide(span, "accept", WHY)
        if judged.verdict not in ("OK", "WARN", "BLOCK"):
            return judged
        return self._with_window(judged)

    def judge_instead(self, span: str, files: Mapping[str, FileRows]) -> LandedSpan:
        """Puts other files in the place of a span and judges these; nothing is accepted."""
        folder = self.use_case.exports_folder / span
        shutil.rmtree(folder, ignore_errors=True)
        number = next(self._trials)  # another name is another content, also if the damage changes nothing
        for name, rows in files.items():
            rows.write(folder / f"{number}-{name}")
        (folder / SUCCESS).touch()
        return self._judge(span)

    def rows_of(self, span: str) -> FileRows:
        """The rows of a span that was judged."""
        folder = self._judged / span
        written = self.use_case.exports.csv_format
        paths = sorted(path for path in folder.iterdir() if path.name != SUCCESS)
        dates = {name: way for name, (way, *_) in written.rules.date_format.items() if way != ISO}
        return rows_in(paths, written, dates)

    def _judge(self, span: str) -> LandedSpan:
        self._nodes.gate = None
        outputs = Outputs(self.use_case.root / "artifacts", self._ledger)
        intake = Intake(self.use_case, self._ledger, outputs, self._schema, "proof")
        intake.judge_fresh(self._nodes.up_to_gate)
        seen = span in self._seen
        version = self._ledger.spans.current(span)
        if version is None:
            raise ValueError(f"span {span} was not judged")
        gate = self._nodes.gate
        if gate is None and version.verdict not in ("NEW", "REFUSED"):
            raise ValueError(f"span {span} was not judged again")
        if gate is None:
            kind = LABELS if version.verdict == "NEW" else REFUSED
            reason = GateFinding(kind, "", "block", " ".join(version.reasons))
            return LandedSpan(span, version.rows, seen, version.verdict, (reason,), ())
        return LandedSpan(
            span, gate["rows"], seen, gate["verdict"], tuple(_findings(gate)), tuple(gate["not_checked"])
        )

    def _with_window(self, judged: LandedSpan) -> LandedSpan:
        """Adds whether the window has many fewer rows than a model of the spans before was trained on."""
        accepted: Sequence[SpanVersion] = newest_in_use(self._ledger, self.use_case)
        rows, problem = self._nodes.window(accepted, self._live)
        if rows:
            self._live = LiveRows(version=1, rows=rows, spans={}, states={}, same_window=True)
        if not problem:
            return judged
        finding = GateFinding(FEWER_ROWS, "", "block", problem)
        return LandedSpan(**{**vars(judged), "findings": (*judged.findings, finding)})


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
    name: str, seen: Path, label: str, time: str | None, others: Callable[[UseCase], Iterable[Path]]
) -> LandingUseCase:
    """A use case that `new` makes of one file, with the spans of further files; none has landed yet.

    Args:
        name: Of the use case.
        seen: The file.
        label: The column to predict.
        time: The time column; None where rows have no time.
        others: Gives the further files, oldest first: each is a span whose name is that of the file's folder.
    """
    written = new(name, seen, label, time).written
    use_case = config.load(name)
    for path in others(use_case):
        _land(use_case, path)
    return LandingUseCase(name, frozenset(written.spans))


def _land(use_case: UseCase, path: Path) -> None:
    """Hands in a span; one that `land` refuses is laid down as it is, for the gates to judge."""
    span = path.parent.name
    try:
        land(use_case, path, span, replace=True)
    except SpanRefused:
        folder = use_case.exports_folder / span
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shutil.copy(path, folder)
        (folder / SUCCESS).touch()
