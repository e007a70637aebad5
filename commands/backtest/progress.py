"""Shows how a backtest goes on standard error: a line for each span read, and one for each training."""

import sys

from components.evaluator.measures import measures_of
from perennial.task import Task
from perennial.text import plural
from pipeline.backtest.policies import Training
from pipeline.backtest.results import TrainingResult


class BacktestLines:
    """Lines, for a terminal as for a log: a backtest is left alone for an hour."""

    def __init__(self, task: Task) -> None:
        """`task` is what the models predict."""
        self._measures = measures_of(task)
        self._span = ""

    def node(self, name: str, span: str) -> None:
        """Prints a line for a span that is read, none for a node of a training."""
        if span and span != self._span:
            self._print(f"reading {span}")
        self._span = span

    def progress(self, done: int, total: int | None, unit: str) -> None:
        """Prints nothing."""

    def training_began(self, number: int, total: int, training: Training) -> None:
        """Prints a line."""
        on = plural(len(training.spans), "span")
        ways = (", warm" if training.continues else "") + (", and its refit" if training.refit else "")
        self._print(f"training {number} of {total}: as of {training.as_of}, on {on}{ways}")

    def training_ended(self, result: TrainingResult) -> None:
        """Prints a line with its loss on the first span after it."""
        span, judged = next(iter(result.judged.items()))
        rows = sum(count for count, _ in judged.days.values())
        loss = sum(total for _, total in judged.days.values()) / rows
        if self._measures.kind == "regression":
            loss **= 0.5
        self._print(
            f"  {'refit: ' if result.refit else ''}{result.seconds:.0f} s, {result.cpu_seconds:.0f} CPU s;"
            f" {self._measures.loss_name} {self._measures.figure(loss)} on {span}"
        )

        if result.why_cold:
            self._print(f"  It began cold, not warm. {result.why_cold}")

    def note(self, sentence: str) -> None:
        """Prints a line."""
        self._print(sentence)

    def _print(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)  # noqa: T201
