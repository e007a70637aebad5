"""One run of a use case: lock, sweep, the chain, the verdict; the verdict is written whatever happened."""

import itertools
import json
import signal
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any, Final, Protocol

from perennial import clock, disk
from perennial.errors import Busy, PerennialError
from perennial.files import read_json, sweep_aside, write_json, write_text
from perennial.store import registry
from perennial.store.ledger import Ledger, SpanVersion
from pipeline import config
from pipeline.config import UseCase
from pipeline.execution.chain import Chain, Listener, Pass
from pipeline.plan import Job, SchemaPlan, SpanPlan, WindowPlan
from pipeline.report import writer
from pipeline.report.sources import Sources, order_of
from pipeline.run import busy, lock
from pipeline.run.intake import Intake, failed, import_schema
from pipeline.run.outputs import Outputs
from pipeline.run.rebuild import rebuild_if_damaged
from pipeline.run.recovery import recover, sweep_metadata
from pipeline.run.settled import inputs_digest, known_to_card, settled
from pipeline.run.verdict_block import verdict_block
from pipeline.verdict import EXIT_CODES, Name, Summary, decide

# Verdicts that raise an alert of their name, which the next run with another verdict closes.
_ALERTS: Final = ("FAILED", "DATA_BLOCKED", "UNSERVABLE", "NO_MODEL")
_DAMAGED: Final = "CHAMPION_DAMAGED"
_STOPPING: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Display(Listener, Protocol):
    """Who is shown how a run goes."""

    def close(self) -> None:
        """Nothing more will come."""


class _Stopped(Exception):
    """A signal asked this process to end."""


def run(name: str, display: Display) -> Summary:
    """Ingests what is fresh, retrains, evaluates, and pushes or does not.

    Args:
        name: The use case.
        display: Who is shown how it goes.

    Returns:
        The summary, which is also in `runs/<run_id>/summary.json` (but for BUSY, which is no run).

    Raises:
        UsageError: The use case, its config or its schema is wrong; nothing was started.
    """
    use_case = config.load(name)
    use_case.make_root()
    schema = import_schema(use_case)
    began = time.monotonic()
    run_id = new_run_id(use_case.root / "runs")
    try:
        with lock.held(use_case.root / "lock", run_id) as held, _signals_raise():
            rebuilt = rebuild_if_damaged(use_case)
            return _Run(use_case, schema, run_id, held, display, began).go(rebuilt)
    except Busy as error:
        reason = busy.told(use_case.root / "ledger.db", error)
        return Summary(name, "", "BUSY", EXIT_CODES["BUSY"], reason, time.monotonic() - began)
    finally:
        display.close()


def new_run_id(runs: Path) -> str:
    """An id that no run had yet: the time, and a number where a clock that was set gives it once more."""
    moment = clock.now().strftime("%Y%m%dT%H%M%S.%fZ")
    ids = itertools.chain([moment], (f"{moment}-{number}" for number in itertools.count(2)))
    return next(run_id for run_id in ids if not (runs / run_id).exists())


@contextmanager
def _signals_raise() -> Iterator[None]:
    """SIGTERM, SIGINT and SIGHUP raise here, so that what was begun is ended and the verdict is written."""

    def stop(number: int, _frame: FrameType | None) -> None:
        raise _Stopped(signal.Signals(number).name)

    former = {number: signal.signal(number, stop) for number in _STOPPING}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)


class _Run:
    """One run under the lock, and its summary in the making."""

    def __init__(
        self, use_case: UseCase, schema: SchemaPlan, run_id: str, held: int, display: Display, began: float
    ) -> None:
        self._use_case = use_case
        self._schema = schema
        self._began = began
        self._reserve = disk.Reserve(use_case.root)
        self._fits = self._reserve.keep()
        self._ledger = Ledger(use_case.root / "ledger.db")
        self._folder = use_case.root / "runs" / run_id
        self._folder.mkdir(parents=True)
        self._outputs = Outputs(use_case.root / "artifacts", self._ledger)
        self._chain = Chain(use_case, self._folder / "log.txt", held, display, self._outputs.note_node)
        self._summary = Summary(use_case.name, run_id, "FAILED", EXIT_CODES["FAILED"], "It did not end.")
        self._page = writer.PageWriter(self._folder / "log.txt")
        self._sources = Sources()
        self._settled_with = ""
        self._inputs = ""
        self._notes: list[str] = []

    def go(self, rebuilt: str) -> Summary:
        """Runs to a verdict, and writes it down; `rebuilt` says what was wrong with the ledger."""
        damage = ""
        try:
            if not self._fits:
                disk.expect_bytes(self._use_case.root, disk.RESERVE_BYTES)
            for name in ("runs", "schemas", "quarantine"):
                sweep_aside(self._use_case.root / name)
            self._notes.append(self._clock_problem())
            damage = recover(self._use_case, self._ledger, self._outputs)
            self._ledger.begin(self._summary.run_id)
            verdict, reason = self._decide()
            reason = " ".join(filter(None, [reason, *self._notes]))
        except PerennialError as error:
            verdict, reason = "FAILED", str(error)
        except _Stopped as stopped:
            verdict, reason = "FAILED", f"It was stopped by {stopped}; the next run takes up what it left."
        except OSError as error:  # a folder that cannot be read or written: a person can mend that
            where = f"{error.filename}: " if error.filename else ""
            full = disk.tells_of_full_disk(str(error))
            reason = disk.blamed("") if full else f"{where}{error.strerror or type(error).__name__}."
            verdict = "FAILED"
        except Exception as error:  # the edge of a run: its verdict is written whatever happened
            verdict, reason = "FAILED", self._unforeseen(error)
        finally:
            # From here on nothing stops the verdict from being written but SIGKILL.
            signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
            self._chain.close()
            full = disk.is_full(self._use_case.root)
            self._reserve.release()
        if verdict == "FAILED":
            sweep_metadata(self._use_case)
            reason = disk.blamed(reason) if full else reason
            if published := self._published():  # what is live is the truth, whatever came after it
                verdict, reason = "PUSHED", f"Version {published.number} was published. Then: {reason}"
                self._summary.pushed_version = published.number
                self._settled_with = settled(self._inputs, published)
        told = (rebuilt, damage, self._outputs.told(), reason)
        return self._end(verdict, " ".join(filter(None, told)))

    def _unforeseen(self, error: Exception) -> str:
        """Keeps the traceback in the run's log, and gives the reason."""
        self._reserve.release()
        if disk.tells_of_full_disk(str(error)):
            return disk.blamed("")
        with (self._folder / "log.txt").open("a", encoding="utf-8") as log:
            traceback.print_exception(error, file=log)
        return f"{type(error).__name__}, which nobody foresaw; the traceback is in {log.name}."

    def _clock_problem(self) -> str:
        """A sentence where the last run ended after now; else empty."""
        last = next(iter(self._ledger.last_runs(1)), None)
        now = clock.now()
        if last is None or last["ended"] <= clock.stamp(now + timedelta(minutes=1)):
            return ""
        return (
            f"The clock says {clock.stamp(now)}, and the last run ended {last['ended']}: it was set."
            " Spans that begin after today wait."
        )

    def _decide(self) -> tuple[Name, str]:
        intake = Intake(self._use_case, self._ledger, self._outputs, self._schema, self._summary.run_id)
        live = registry.live(self._use_case.models_folder)
        self._make_ready(*intake.sizes())
        for version in intake.judge_fresh(self._pass):
            self._summary.spans.append(_facts(version))
        self._notes += intake.notes
        withheld = intake.newest_withheld()
        blocked = f"Span {withheld.span} is withheld: {' '.join(withheld.reasons)}" if withheld else ""
        accepted = intake.in_use()
        inputs = inputs_digest(self._use_case, self._schema, accepted)
        present = settled(inputs, live)
        broken = live is not None and bool(live.damage())  # then there is something to replace
        if accepted and self._ledger.settled_fingerprint() == present and not broken:
            self._settled_with = present
            nothing = "Spans, code, config, schema and live model are those of the last run."
            return ("DATA_BLOCKED", blocked) if withheld else ("NOTHING_NEW", nothing)
        if not accepted:
            none = f"No accepted export has come to {self._use_case.exports_folder}."
            return ("DATA_BLOCKED", blocked) if withheld else ("NOTHING_NEW" if live else "NO_MODEL", none)
        self._inputs = inputs
        self._ledger.intend(self._summary.run_id, inputs)
        self._make_ready(*intake.sizes(), trains=True)
        verdict, reason = self._train(accepted, live)
        if verdict == "PUSHED":
            self._settled_with = settled(inputs, self._published())
        elif verdict == "KEPT":  # against what was live at the start: if that changed, the next compares anew
            self._settled_with = present
        if withheld and verdict != "UNSERVABLE":
            return "DATA_BLOCKED", f"{blocked} From the accepted spans: {verdict}. {reason}"
        return verdict, " ".join(filter(None, [reason, blocked]))

    def _make_ready(self, fresh: list[int], read: list[tuple[int, Path]], *, trains: bool = False) -> None:
        """Before work begins: is there room for it, and is all that a cache hit may bring back whole?"""
        if fresh or trains:
            disk.expect_room(self._use_case.root, fresh, read)
            self._outputs.check_all()

    def _train(self, accepted: list[SpanVersion], live: registry.Version | None) -> tuple[Name, str]:
        damage = live.damage() if live else ""
        champion = live if live and not damage else None
        passed = self._pass(
            WindowPlan(
                spans=tuple(version.span for version in accepted),
                examples=tuple(version.examples for version in accepted),
                live=live.number if live else 0,
                champion=champion.number if champion else 0,
                champion_digest=champion.card["model_digest"] if champion and champion.card else "",
                serving_python=str(config.serving_python()),
                card=json.dumps(known_to_card(self._use_case, self._schema), sort_keys=True),
                run_id=self._summary.run_id,
            )
        )
        evaluation = passed.output("Evaluator", "evaluation")
        probe = passed.output("ServingProbe", "blessing")
        pushed = passed.output("AtomicPusher", "pushed_model")
        window = passed.output("Window", "window")
        if passed.failure or not (evaluation and probe and pushed and window):
            raise failed(passed, f"spans {accepted[0].span} to {accepted[-1].span}")
        judgement = read_json(evaluation / "judgement.json")
        record = read_json(pushed / "pushed.json")
        self._tell(judgement, read_json(window / "window.json"), record)
        self._summary.probe = read_json(probe / "probe.json")
        verdict, reason = decide(
            judgement, self._summary.probe, record, champion.number if champion else None
        )
        return verdict, f"{damage} It counts as absent. {reason}" if damage else reason

    def _pass(self, work: SpanPlan | WindowPlan) -> Pass:
        """Runs one pass of the chain and keeps what became of its nodes."""
        passed = self._chain.run(Job(schema_plan=self._schema, work=work))
        span = work.span if isinstance(work, SpanPlan) else None
        self._outputs.note(uri for node in passed.nodes for uris in node["outputs"].values() for uri in uris)
        self._sources.note(work, passed, self._use_case, self._ledger)
        for node in passed.nodes:
            told = {key: node[key] for key in ("name", "state", "seconds", "why")}
            self._summary.nodes.append({"span": span, **told})
        return passed

    def _tell(self, judgement: dict[str, Any], window: dict[str, Any], record: dict[str, Any]) -> None:
        """Puts what the training half found into the summary."""
        summary = self._summary
        summary.trained_on = {
            "spans": [span["span"] for span in window["spans"]],
            **{key: window["train"][key] for key in ("first_day", "last_day", "days", "rows")},
        }
        summary.evaluated_on = judgement["evaluated_on"]
        summary.candidate = {"version": record["version"], **judgement["candidate"]}
        summary.champion = judgement["champion"]
        summary.comparison = judgement["comparison"]
        summary.task = judgement["task"]
        summary.baseline = judgement["baseline"]
        summary.yardstick = judgement["yardstick"]
        summary.reasons = judgement["reasons"]
        summary.pushed_version = record["version"]

    def _end(self, verdict: Name, reason: str) -> Summary:
        """Writes the verdict down: ledger, alerts, summary, report."""
        summary = self._summary
        live = registry.live(self._use_case.models_folder)
        summary.verdict, summary.exit_code, summary.reason = verdict, EXIT_CODES[verdict], reason
        summary.live_version = live.number if live else None
        summary.seconds = round(time.monotonic() - self._began, 2)
        summary.report = str(self._folder / writer.FILE)
        summary.judgements = self._ledger.judgements()
        alerts: dict[str, str] = {verdict: reason} if verdict in _ALERTS else {}
        if live and (damage := live.damage()):
            alerts[_DAMAGED] = damage
        among = (*_ALERTS, _DAMAGED, busy.ALERT)
        self._ledger.set_alerts(alerts, among=among, run_id=summary.run_id)
        write_text(self._folder / "report.txt", verdict_block(summary) + "\n")
        write_json(self._folder / "summary.json", summary.as_json())
        self._ledger.end(summary.run_id, verdict, summary.exit_code, reason, self._settled_with)
        self._write_page()
        self._ledger.close()
        self._reserve.keep()
        return summary

    def _write_page(self) -> None:
        """Has the page made, once the verdict stands; where that fails, the text is the report."""
        summary = self._summary
        order = order_of(self._use_case, self._folder, summary.as_json(), self._sources, self._ledger)
        if not self._page.write(order):
            summary.report = str(self._folder / "report.txt")
            with suppress(OSError):  # the disk may be full, and all but the path has been said
                write_json(self._folder / "summary.json", summary.as_json())

    def _published(self) -> registry.Version | None:
        """The version that this run published."""
        return registry.published_by(self._use_case.models_folder, self._summary.run_id)


def _facts(version: SpanVersion) -> dict[str, Any]:
    """A span as it stands in `run --json`."""
    return {
        "span": version.span,
        "version": version.version,
        "rows": version.rows,
        "quarantined": version.quarantined,
        "verdict": version.verdict,
        "reasons": list(version.reasons),
    }
