"""A use case's model with a layer that is saved and cannot be loaded."""

from collections.abc import Mapping
from typing import Any

import keras


@keras.saving.register_keras_serializable("tests")
class Unloadable(keras.layers.Layer):
    """Gives what it is given."""

    def __init__(self, kind: type[Exception] = ValueError, **settings: Any) -> None:
        super().__init__(**settings)
        self.kind = kind

    def call(self, inputs: Any) -> Any:
        """The inputs."""
        return inputs

    def get_config(self) -> dict[str, Any]:
        """What `from_config` is given."""
        return {**super().get_config(), "fails_with": self.kind.__name__}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Unloadable":
        """Raises."""
        raise {"ValueError": ValueError, "TypeError": TypeError}[config["fails_with"]]("a value: 4711")
