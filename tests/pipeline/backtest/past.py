"""A use case whose spans were read by runs, and backtests of it with a scripted chain."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.backtest.order import BacktestOrder, BacktestResult
from pipeline.backtest.policies import Policy, Training
from pipeline.backtest.results import TrainingResult
from pipeline.backtest.runner import Write, run_backtest
from pipeline.config import UseCase
from tests.pipeline.backtest.scripted_past import PastScript, PastWorker
from tests.pipeline.run.scene import Scene

POLICIES = (Policy(None, None), Policy(1, 2), Policy(1, None))


class RememberedLines:
    """A display that remembers."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.began: list[str] = []
        self.ended: list[str] = []
        self.notes: list[str] = []

    def node(self, name: str, span: str) -> None:
        if name == "ArrowExampleGen":
            self.read.append(span)

    def progress(self, done: int, total: int | None, unit: str) -> None:
        """Not remembered."""

    def training_began(self, number: int, total: int, training: Training) -> None:
        self.began.append(f"{number} of {total}: {training.as_of}")

    def training_ended(self, result: TrainingResult) -> None:
        self.ended.append(result.spans[-1])

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)


class PastScene(Scene):
    """A scene in which backtests take place."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.script = PastScript()
        self.lines = RememberedLines()
        self.write: Write = lambda _: None

    def backtest(
        self, first: str = "1", last: str = "4", policies: Sequence[Policy] = POLICIES
    ) -> BacktestResult:
        """One backtest; `script` stays, and counts all trainings."""
        self.lines = RememberedLines()

        def worker(use_case: UseCase, log: Path, _lock: int) -> PastWorker:
            return PastWorker(self.script, use_case, log)

        order = BacktestOrder(first, last, tuple(policies))
        return run_backtest(self.use_case, order, self.lines, worker, self.write)


def snapshot(root: Path) -> dict[str, bytes]:
    """All files of a use case's root but those of its backtests."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.relative_to(root).parts[0] not in ("backtests", ".files.lock")
    }
