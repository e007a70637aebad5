"""What a backtest would do, and how long it would take; nothing of the use case is changed."""

import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanVersion
from pipeline.backtest import root, spans
from pipeline.backtest.estimate import Estimate, estimate_of
from pipeline.backtest.kept_models import KeptModels
from pipeline.backtest.order import BacktestOrder
from pipeline.backtest.policies import BacktestPlan, Training, models_needed, plan_of
from pipeline.backtest.results import Keys, Results
from pipeline.config import UseCase
from pipeline.run.arrivals import Arrival
from pipeline.run.curated_schema import import_schema
from pipeline.run.intake import Intake
from pipeline.run.outputs import Outputs
from pipeline.run.read_as import read_as
from pipeline.run.scope import SpanScope
from pipeline.span_names import order as order_of


@dataclass(frozen=True)
class DryRun:
    """What a backtest would do.

    Attributes:
        order: What is asked for.
        plan: What would be trained and judged, if all that is read is accepted.
        there: Trainings whose results are there.
        others: Results of the same spans that are of other code, settings or content.
        unread: Spans that would be read first, oldest first.
        left_out: Spans up to the last that are not in use, and why.
        estimate: What it would take.
    """

    order: BacktestOrder
    plan: BacktestPlan
    there: frozenset[Training]
    others: int
    unread: tuple[str, ...]
    left_out: Mapping[str, str]
    estimate: Estimate


def dry_run(use_case: UseCase, order: BacktestOrder) -> DryRun:
    """Plans a backtest on a copy of the ledger.

    Raises:
        UsageError: As `run_backtest`, as far as that can be known before spans are read.
    """
    spans.check_range(use_case, order.first, order.last)
    with tempfile.TemporaryDirectory(prefix="perennial-backtest-") as folder:
        looked_at = root.own_use_case(use_case).model_copy(update={"home": Path(folder)})
        looked_at.make_root()
        root.copy_database(root.ledger_for(use_case, order.last), looked_at.root / "ledger.db")
        with closing(Ledger(looked_at.root / "ledger.db")) as ledger:
            return _planned(use_case, looked_at, ledger, order)


def _planned(use_case: UseCase, looked_at: UseCase, ledger: Ledger, order: BacktestOrder) -> DryRun:
    # No output lies below the looked-at root: what is damaged is left for who uses it.
    outputs = Outputs(looked_at.root / "artifacts", ledger).read()
    schema = import_schema(looked_at)
    intake = Intake(looked_at, ledger, outputs, schema, "", SpanScope(order.last))
    unread = [arrival for arrival in intake.unread() if not arrival.problem]
    known = {version.span: version for version in intake.in_use()}
    versions = known | {arrival.export.span: _as_if_read(use_case, arrival) for arrival in unread}
    usable = sorted(versions, key=lambda span: order_of(span, use_case.exports.span))
    left_out = spans.left_out(use_case, ledger, usable, intake.missing, order.last)
    spans.check_usable(use_case, usable, order.first, order.last, left_out)
    plan = plan_of(usable, order.first, order.last, order.policies)
    waiting = {arrival.export.span for arrival in unread}
    whole = [training for training in plan.trainings if not waiting & set(training.spans)]
    spans.check_windows(use_case, whole, {span: versions[span] for span in known if span not in waiting})
    results = Results(root.backtests_of(use_case) / root.RESULTS)
    keys = Keys(looked_at, schema, list(versions.values()))
    there = {
        training
        for training, judged in plan.trainings.items()
        if (result := results.get(training, keys.of_training(training)))
        and result.has({span: keys.of_span(span) for span in judged})
    }
    to_do = [training for training in plan.trainings if training not in there]
    kept = KeptModels(root.backtests_of(use_case) / root.MODELS)
    models = models_needed(plan, to_do, lambda model: kept.has(keys.of_training(model)))
    fresh, read = intake.sizes()
    return DryRun(
        order=order,
        plan=plan,
        there=frozenset(there),
        others=sum(results.others(training, keys.of_training(training)) for training in to_do),
        unread=tuple(arrival.export.span for arrival in unread),
        left_out=left_out,
        # A refit needs the model before it, too, which is trained once for both.
        estimate=estimate_of(
            use_case,
            results,
            fresh,
            read,
            len(models) + sum(training.refit for training in to_do),
        ),
    )


def _as_if_read(use_case: UseCase, arrival: Arrival) -> SpanVersion:
    """The version as it will be if it is accepted."""
    return replace(arrival.version, read_as=read_as(use_case), later_verdict="")
