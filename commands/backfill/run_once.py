"""The runs of a backfill: each as the command `run` makes it, in this process."""

from commands.backfill.backfill import RunOnce
from commands.evolve.writing import refuse_half
from commands.run.display import display
from pipeline import config
from pipeline.run.runner import run
from pipeline.run.scope import SpanScope
from pipeline.summary import Summary


def runs_of(name: str) -> RunOnce:
    """Runs of the use case called `name`, shown on standard error; what each raises is what `run` raises."""

    def once(scope: SpanScope) -> Summary:
        refuse_half(config.REPOSITORY, name)
        return run(name, display(), trigger="backfill", scope=scope)

    return once
