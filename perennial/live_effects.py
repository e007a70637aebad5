"""What findings of drift do to the live model's scores; the model is loaded once a finding asks for it."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from perennial.drift.day_summaries import DayTable
from perennial.drift.effects import Effect, effect_of
from perennial.saved_models import LoadedModel, ModelFault, OtherTask, load_model
from perennial.store import registry
from perennial.task import Task


class LiveEffects:
    """Effects on the scores of one model, for as long as it can be asked.

    Attributes:
        absent: Why it cannot be asked, a clause; empty if it can, or was not asked yet.
    """

    def __init__(self, models: Path, live: str, task: Task) -> None:
        """Loads nothing yet.

        Args:
            models: The models folder.
            live: Digest of the live model's files; "" where none is live.
            task: What it is to answer.
        """
        self.absent = ""
        self._models, self._live, self._task = models, live, task

    def takes_any(self, columns: Sequence[str]) -> bool:
        """Whether any of the columns is not the label, which no model takes."""
        return any(name != self._task.label for name in columns)

    def of(self, columns: Sequence[str], changed: DayTable, reference: DayTable) -> Effect | None:
        """The effect of columns that drifted together (`perennial.drift.effects.effect_of`).

        Args:
            columns: Their names.
            changed: The drifted days.
            reference: The days that they are compared with.

        Returns:
            None where it is not known, or the model is absent.
        """
        if self._model is None:
            return None
        try:
            return effect_of(
                [each for each in columns if self.takes_any([each])],
                changed,
                reference,
                self._task,
                self._model.of_table,
            )
        except ModelFault as error:
            self.absent = f"it does not take the rows ({error})"
            return None

    @cached_property
    def _model(self) -> LoadedModel | None:
        version = registry.version_of_model(self._models, self._live) if self._live else None
        if version is None:
            self.absent = "no model is live"
            return None
        try:
            return load_model(str(version.folder), self._task)
        except OtherTask:
            self.absent = "it answers another task"
        except ModelFault as error:
            self.absent = f"it cannot be loaded ({error})"
        return None
