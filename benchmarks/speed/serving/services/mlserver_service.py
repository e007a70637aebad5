"""MLServer's runtime of a SavedModel that takes raw rows; `model-settings.json` names it and the folder."""

from pathlib import Path
from typing import Any

from mlserver import MLModel
from mlserver.handlers import custom_handler

from serving.model.engine import Engine


class MLServerFlights(MLModel):
    """The model, with an endpoint of its own for raw rows as JSON."""

    async def load(self) -> bool:
        """Loads the model, once in each worker."""
        self._engine = Engine.load(Path(self.settings.parameters.uri))
        return True

    @custom_handler(rest_path="/v1/models/flights:predict")
    async def raw_rows(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Scores the rows of one request."""
        return {"predictions": self._engine.score_rows(payload["instances"]).tolist()}
