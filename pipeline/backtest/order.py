"""What a backtest is asked for, and its result."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.backtest.comparison import PolicyComparison
from pipeline.backtest.policies import BacktestPlan, Policy, Training
from pipeline.backtest.results import TrainingResult


@dataclass(frozen=True)
class BacktestOrder:
    """What is asked for.

    Attributes:
        first: The span as of which the first model is.
        last: The last span that is judged on.
        policies: What is compared.
    """

    first: str
    last: str
    policies: tuple[Policy, ...]

    @property
    def name(self) -> str:
        """The name of its folder."""
        return f"{self.first}_{self.last}"


@dataclass(frozen=True)
class BacktestResult:
    """The result of a backtest.

    Attributes:
        order: What was asked for.
        plan: What was trained and judged.
        comparison: The figures.
        results: Of each training.
        left_out: Spans up to the last that are not in use, and why.
        trained: How many trainings were done now; the others were there.
        others: Results of the same spans that are of other code, settings or content.
    """

    order: BacktestOrder
    plan: BacktestPlan
    comparison: PolicyComparison
    results: Mapping[Training, TrainingResult]
    left_out: Mapping[str, str]
    trained: int
    others: int
