"""Results as trainings leave them, with losses that a test chooses."""

from collections.abc import Callable, Mapping

from pipeline.backtest.policies import BacktestPlan, Training
from pipeline.backtest.results import LossesOnSpan, TrainingResult

DAYS = tuple(f"{day:02d}" for day in range(1, 11))
# The mean loss of a model on a day, of a hundred rows.
LossOf = Callable[[Training, str, str], float]


def result(training: Training, judged: Mapping[str, LossesOnSpan], cpu: float = 50.0) -> TrainingResult:
    """A result with these losses."""
    return TrainingResult(
        key="k",
        spans=training.spans,
        refit=training.refit,
        before=training.before,
        rows=100 * len(training.spans),
        epochs=2,
        cpu_seconds=cpu,
        seconds=cpu + 5,
        judged=judged,
    )


def results_of(
    plan: BacktestPlan, loss_of: LossOf, days: tuple[str, ...] = DAYS
) -> dict[Training, TrainingResult]:
    """The result of every training; a day's name is its span and its number, or "" where there is no time."""
    return {
        training: result(
            training,
            {
                span: LossesOnSpan(
                    "c",
                    {
                        f"{span}-{day}" if day else "": [100, 100 * loss_of(training, span, day)]
                        for day in days
                    },
                )
                for span in judged
            },
        )
        for training, judged in plan.trainings.items()
    }
