"""The hyperparameters of a use case: those that training itself reads; a model reads further ones."""

from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field

from perennial.section import Count, Number, Section

# In a use case's folder: what a training that was killed goes on from.
CHECKPOINTS: Final = "checkpoints"


class EarlyStopping(Section):
    """When the search for the number of epochs ends.

    Attributes:
        days: How many of the last train days decide the number of epochs.
        patience: Epochs without a better loss on those days before the search ends.
    """

    days: Count
    patience: Count


class Hyperparameters(Section):
    """The `training.hyperparameters` section; keys that are not here are the model's own affair.

    Attributes:
        steps_per_epoch: An epoch is so many steps, not a pass: its time does not grow with the window.
        epochs: At most so many of them.
        batch_size: Rows a step.
        learning_rate: Adam's.
        ema_momentum: Of the moving average of the weights, which is what is validated and exported.
        early_stopping: When the search ends.
    """

    model_config = ConfigDict(extra="allow")

    steps_per_epoch: Count
    epochs: Count
    batch_size: Count
    learning_rate: Annotated[Number, Field(gt=0)]
    ema_momentum: Annotated[Number, Field(gt=0, lt=1)]
    early_stopping: EarlyStopping

    @property
    def rows_drawn(self) -> int:
        """How many rows a fit draws at most; more in memory are of no use to it."""
        return self.steps_per_epoch * self.epochs * self.batch_size

    def for_model(self) -> dict[str, Any]:
        """All of them as plain values, as `build_model` takes them."""
        return self.model_dump(mode="json")
