"""One backtest: reads what is missing, trains each model of the past once, compares; resumed by itself."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

from perennial import disk
from perennial.errors import Busy, Stopped
from perennial.files import sweep_aside
from perennial.signals import Interrupted, stop_signals
from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanVersion
from perennial.training.settings import CHECKPOINTS
from pipeline import files_lock
from pipeline.backtest import root, spans
from pipeline.backtest.comparison import compared
from pipeline.backtest.kept_models import KeptModels
from pipeline.backtest.order import BacktestOrder, BacktestResult
from pipeline.backtest.policies import BacktestPlan, Training, models_needed, plan_of
from pipeline.backtest.results import Keys, Results, TrainingResult
from pipeline.backtest.training import TrainingSources, train
from pipeline.config import UseCase
from pipeline.execution.chain import Chain, ChainWorker, Listener
from pipeline.execution.messages import Pass
from pipeline.plan import Job, SchemaPlan, SpanPlan
from pipeline.run import lock
from pipeline.run.intake import Intake
from pipeline.run.outputs import Outputs
from pipeline.run.recovery import sweep_metadata
from pipeline.run.scope import SpanScope

Write = Callable[[BacktestResult], None]
Worker = Callable[[UseCase, Path, int], ChainWorker]


class BacktestDisplay(Listener, Protocol):
    """Who is shown how a backtest goes."""

    def training_began(self, number: int, total: int, training: Training) -> None:
        """Training `number` of `total` began."""

    def training_ended(self, result: TrainingResult) -> None:
        """It ended, and its result is kept."""

    def note(self, sentence: str) -> None:
        """Something that a person should know."""


def run_backtest(
    use_case: UseCase, order: BacktestOrder, display: BacktestDisplay, worker: Worker, write: Write
) -> BacktestResult:
    """Trains what is missing, and compares.

    Args:
        use_case: Whose.
        order: What is asked for.
        display: Is shown how it goes.
        worker: Makes the process that runs the chain.
        write: Writes the result to files, under the lock.

    Raises:
        UsageError: A span of the range is unknown or cannot be trained on, or a window has too few rows.
        Busy: Another backtest of this use case runs.
        NodeFailed: A training failed; the results so far stay.
        Stopped: By a signal, or as the code was edited meanwhile; likewise.
    """
    spans.check_range(use_case, order.first, order.last)
    folder = root.backtests_of(use_case)
    use_case.make_root()
    folder.mkdir(mode=0o700, exist_ok=True)
    with _locked(folder, order) as held, files_lock.shared(use_case.root), stop_signals() as signals:
        signals.catch()
        try:
            for written in (root.RESULTS, root.MODELS, order.name):
                sweep_aside(folder / written, ".*")  # what a killed backtest had half written
            result = _Backtest(use_case, order, display, worker, held).go()
            write(result)
            return result
        except Interrupted as signal:
            raise Stopped(
                f"Stopped by {signal}; trainings that have ended are kept.",
                "Run the same command again: it goes on there.",
            ) from None


@contextmanager
def _locked(folder: Path, order: BacktestOrder) -> Iterator[int]:
    try:
        with lock.held(folder / root.LOCK, f"backtest {order.name}") as held:
            yield held
    except Busy as error:
        problem = f"Another backtest of this use case runs. {error.problem}"
        raise Busy(problem, "Wait until it ends.") from None


class _Backtest:
    """One backtest under its lock."""

    def __init__(
        self, use_case: UseCase, order: BacktestOrder, display: BacktestDisplay, worker: Worker, held: int
    ) -> None:
        self._use_case, self._order, self._display = use_case, order, display
        self._worker, self._held = worker, held
        self._folder = root.backtests_of(use_case)
        self._log = self._folder / root.LOG

    def go(self) -> BacktestResult:
        """Reads, trains, compares."""
        own = root.prepare(self._use_case, self._order.last)
        schema = root.schema_of(self._use_case, own)
        with closing(Ledger(own.root / "ledger.db")) as ledger:
            sweep_metadata(own)
            # A training that went on from a checkpoint would seem to cost less than it does.
            shutil.rmtree(own.root / CHECKPOINTS, ignore_errors=True)
            outputs = Outputs(own.root / "artifacts", ledger)
            outputs.take_up(interrupted=True)
            # Without calibrations: drift of the past is no reason to leave a span out that is read again.
            intake = Intake(own, ledger, outputs, schema, "backtest", SpanScope(self._order.last))
            versions = self._read(own, schema, intake, outputs)
            usable = [version.span for version in versions]
            left_out = spans.left_out(self._use_case, ledger, usable, intake.missing, self._order.last)
        spans.check_usable(self._use_case, usable, self._order.first, self._order.last, left_out)
        plan = plan_of(usable, self._order.first, self._order.last, self._order.policies)
        by_span = {version.span: version for version in versions}
        spans.check_windows(self._use_case, list(plan.trainings), by_span)
        models = KeptModels(self._folder / root.MODELS)
        sources = TrainingSources(schema, by_span, Keys(own, schema, versions), models)
        results, trained, others = self._train_all(own, sources, plan)
        evaluation = self._use_case.evaluation
        comparison = compared(
            plan, results, self._use_case.answers, evaluation.champion.confidence, evaluation.min_days
        )
        return BacktestResult(self._order, plan, comparison, results, left_out, trained, others)

    def _read(
        self, own: UseCase, schema: SchemaPlan, intake: Intake, outputs: Outputs
    ) -> Sequence[SpanVersion]:
        """Reads and judges, in data order, what is not read; gives the versions in use."""
        fresh, read = intake.sizes()
        if fresh:
            disk.expect_room(own.root, fresh, read)
        chain = self._chain(own, outputs.note_node)

        def read_span(plan: SpanPlan) -> Pass:
            passed = chain.run(Job(schema_plan=schema, work=plan))
            outputs.note(uri for node in passed.nodes for uris in node.outputs.values() for uri in uris)
            return passed

        try:
            for version in intake.judge_fresh(read_span):
                if version.withheld:
                    self._display.note(f"Span {version.span} is left out: {' '.join(version.reasons)}")
        finally:
            chain.close()
        return intake.in_use()

    def _chain(self, own: UseCase, node_ended: Callable[[str], None]) -> Chain:
        """The chain in a process of its own, with the deadline of a run; its log replaces the former one."""
        self._log.unlink(missing_ok=True)
        worker = self._worker(own, self._log, self._held)
        return Chain(worker, own.run.deadline, self._log, self._display, node_ended)

    def _train_all(
        self, own: UseCase, sources: TrainingSources, plan: BacktestPlan
    ) -> tuple[dict[Training, TrainingResult], int, int]:
        """The result of each training; how many were done now; how many are there of something else."""
        known, keys = Results(self._folder / root.RESULTS), sources.keys
        results: dict[Training, TrainingResult] = {}
        wanted: list[Training] = []
        for training, judged in plan.trainings.items():
            result = known.get(training, keys.of_training(training))
            if result and result.has({span: keys.of_span(span) for span in judged}):
                results[training] = result
            else:
                wanted.append(training)
        others = sum(known.others(training, keys.of_training(training)) for training in wanted)
        needed = models_needed(plan, wanted, lambda model: sources.models.has(keys.of_training(model)))
        continued = {training.continues for training in (*plan.trainings, *needed)}
        for number, (model, spans_judged) in enumerate(needed.items(), 1):
            refit = next((each for each in wanted if each.refit and each.judged == model), None)
            self._display.training_began(number, len(needed), refit or model)
            chain = self._chain(own, lambda _: None)
            try:
                # The newest of a warm chain may be continued by a backtest of a longer range.
                is_kept = model in continued or model.continues is not None
                made = train(chain, sources, model, spans_judged, refit=refit, is_kept=is_kept)
            finally:
                chain.close()
            for trained, result in zip((model, *([refit] if refit else [])), made, strict=True):
                results[trained] = known.add(trained, result)
                self._display.training_ended(result)
        return results, len(wanted), others
