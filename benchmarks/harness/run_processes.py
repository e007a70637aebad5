"""The nodes of the chain, and the processes beside a run, each known by the module that it runs."""

from typing import Final

import psutil

CHAIN_PROCESS: Final = "pipeline.execution.worker"
# The nodes that a run may be killed in, in order.
NODES: Final = (
    "ArrowExampleGen",
    "DaySummaries",
    "SpanStatistics",
    "DataGate",
    "Window",
    "WindowGate",
    "Transform",
    "Trainer",
    "Evaluator",
    "ServingProbe",
    "AtomicPusher",
)
PROBE: Final = "serving.offline.probe"


def processes_of(run: int, module: str) -> list[psutil.Process]:
    """The processes that a run started, directly or not, and that run this module.

    The order of a run's children says nothing: the first one makes the page.

    Args:
        run: The run's process id.
        module: Such as `CHAIN_PROCESS`.
    """
    return [one for one in psutil.Process(run).children(recursive=True) if module in _words(one)]


def _words(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:  # it is gone
        return []
