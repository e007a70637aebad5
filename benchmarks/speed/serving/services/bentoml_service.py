"""BentoML's service of a SavedModel that takes raw rows: `bentoml serve ... --arg model=FOLDER`."""

from pathlib import Path
from typing import Any

import bentoml

from serving.model.engine import Engine

_arguments = bentoml.use_arguments()


@bentoml.service(  # type: ignore[misc, unused-ignore]
    workers="cpu_count",
    logging={"access": {"enabled": False}},
    metrics={"enabled": False},
)
class BentoMLFlights:
    """One process a core, each with adaptive batching."""

    def __init__(self) -> None:
        """Loads the model, once in each worker."""
        self.engine = Engine.load(Path(_arguments.model))

    @bentoml.api(batchable=True, max_batch_size=1000, max_latency_ms=1000)  # type: ignore[misc, unused-ignore]
    def predict(self, instances: list[dict[str, Any]]) -> list[float]:
        """Scores rows, those of several requests at once."""
        return [float(score) for score in self.engine.score_rows(instances)]
