"""What one run works with, handed to it: use case, ledger, chain, page, what is kept aside of the disk."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from perennial.disk import Reserve
from perennial.drift.calibration_order import CalibrationOrder, CalibrationOutcome
from perennial.store.ledger import Ledger
from pipeline.config import UseCase
from pipeline.execution.calibrator import Calibrator
from pipeline.execution.chain import Chain, ChainWorker, Listener
from pipeline.plan import SchemaPlan
from pipeline.run.outputs import Outputs
from pipeline.run.scope import SpanScope
from pipeline.run.through import not_behind
from pipeline.triggers import Trigger

_LOG_FILE: Final = "log.txt"


class Display(Listener, Protocol):
    """Who is shown how a run goes."""

    def close(self) -> None:
        """No node follows."""

    def warn(self, sentence: str) -> None:
        """Shows what went wrong beside the run, and changes nothing of it; also after `close`."""


class CalibrationMaker(Protocol):
    """Who makes calibrations of drift."""

    def make(self, order: CalibrationOrder, file: Path) -> CalibrationOutcome:
        """Makes the calibration of an order, in a file that appears by a rename."""

    def close(self) -> None:
        """None follows; may be called again."""


class PageMaker(Protocol):
    """Who makes a run's page."""

    def expect_charts(self) -> None:
        """The page will have charts; may be called again."""

    def write(self, order: Mapping[str, Any]) -> bool:
        """Writes the page of an order (`pipeline.report.sources.order_of`); says whether that went well."""


@dataclass(frozen=True)
class Processes:
    """How a run starts the processes beside it: the edges at which tests put others.

    Attributes:
        worker: From the use case, the run's log and the lock's descriptor.
        page: From the run's log.
        calibrator: Likewise; it makes calibrations of drift.
    """

    worker: Callable[[UseCase, Path, int], ChainWorker]
    page: Callable[[Path], PageMaker]
    calibrator: Callable[[Path], CalibrationMaker] = Calibrator


@dataclass(frozen=True)
class RunContext:
    """What one run works with, under the lock.

    Attributes:
        use_case: Whose run it is.
        schema: Its curated schema.
        run_id: The run.
        folder: The run's folder.
        began: When it began, by `time.monotonic`.
        ledger: The use case's ledger.
        outputs: What the chain's nodes put out.
        chain: Runs the passes.
        page: Makes the page.
        calibrator: Makes calibrations of drift.
        reserve: What is kept aside of the disk, so that the verdict can be written.
        fewer_rows_accepted: Why a person accepts many fewer training rows in this run; empty: nobody does.
        trigger: What started the run.
        scope: Which spans the run reads.
    """

    use_case: UseCase
    schema: SchemaPlan
    run_id: str
    folder: Path
    began: float
    ledger: Ledger
    outputs: Outputs
    chain: Chain
    page: PageMaker
    calibrator: CalibrationMaker
    reserve: Reserve
    fewer_rows_accepted: str
    trigger: Trigger
    scope: SpanScope

    @property
    def log(self) -> Path:
        """All that the run's processes print, with the tracebacks of its errors."""
        return self.folder / _LOG_FILE

    @classmethod
    def compose(
        cls,
        use_case: UseCase,
        schema: SchemaPlan,
        run_id: str,
        held: int,
        processes: Processes,
        listener: Listener,
        began: float,
        fewer_rows_accepted: str,
        trigger: Trigger,
        scope: SpanScope,
    ) -> "RunContext":
        """Makes the run's folder and opens all that it works with; `held` is the lock's descriptor."""
        reserve = Reserve(use_case.root)
        reserve.keep()
        ledger = Ledger(use_case.root / "ledger.db")
        folder = use_case.root / "runs" / run_id
        folder.mkdir(parents=True)
        log = folder / _LOG_FILE
        outputs = Outputs(use_case.root / "artifacts", ledger)
        worker = processes.worker(use_case, log, held)
        return cls(
            use_case=use_case,
            schema=schema,
            run_id=run_id,
            folder=folder,
            began=began,
            ledger=ledger,
            outputs=outputs,
            chain=Chain(worker, use_case.run.deadline, log, listener, outputs.note_node),
            page=processes.page(log),
            calibrator=processes.calibrator(log),
            reserve=reserve,
            fewer_rows_accepted=fewer_rows_accepted,
            trigger=trigger,
            scope=not_behind(scope, ledger, use_case.exports.span),
        )
