"""KServe's model server for a SavedModel that takes raw rows: `... FOLDER --http_port P --workers N`."""

import argparse
from pathlib import Path
from typing import Any

from kserve import Model, ModelServer, model_server

from serving.model.engine import Engine


class KServeFlights(Model):
    """The model, by the protocol V1 that TF Serving has as well."""

    def __init__(self, name: str, folder: Path) -> None:
        """Loads it in the parent; a worker loads its own when it is handed this object."""
        super().__init__(name)
        self.folder = folder
        self.load()

    def load(self) -> bool:
        """Loads the model."""
        self.engine = Engine.load(self.folder)
        self.ready = True
        return self.ready

    def __getstate__(self) -> dict[str, Any]:
        """What travels to a worker: all but the session, which cannot."""
        return {name: value for name, value in self.__dict__.items() if name != "engine"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """A worker's own session."""
        self.__dict__.update(state)
        self.load()

    async def predict(
        self, payload: dict[str, Any], headers: Any = None, response_headers: Any = None
    ) -> dict[str, Any]:
        """Scores the rows of one request."""
        return {"predictions": self.engine.score_rows(payload["instances"]).tolist()}


def main() -> None:
    """Serves until it is stopped."""
    parser = argparse.ArgumentParser(parents=[model_server.parser])
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    server = ModelServer(
        http_port=options.http_port, workers=options.workers, enable_grpc=False, enable_latency_logging=False
    )
    server.start([KServeFlights("flights", options.folder)])


if __name__ == "__main__":
    main()
