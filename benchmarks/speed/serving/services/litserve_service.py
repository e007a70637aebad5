"""LitServe's server of a SavedModel that takes raw rows: `... FOLDER PORT WORKERS`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import litserve as ls

from serving.model.engine import Engine

Request = dict[str, Any]


class LitServeFlights(ls.LitAPI):
    """Requests that wait are scored together."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        """Takes where the model lies, and LitServe's own settings."""
        super().__init__(**settings)
        self.folder = folder

    def setup(self, device: str) -> None:
        """Loads the model, once in each worker."""
        self.engine = Engine.load(self.folder)

    def decode_request(self, request: Request) -> list[Any]:
        """The rows of one request."""
        return list(request["instances"])

    def batch(self, inputs: Sequence[list[Any]]) -> list[list[Any]]:
        """Requests stay what they are; `predict` lays their rows side by side."""
        return list(inputs)

    def predict(self, requests: Any) -> Any:
        """Scores the rows of several requests at once."""
        scores = iter(self.engine.score_rows([row for rows in requests for row in rows]).tolist())
        return [[next(scores) for _ in rows] for rows in requests]

    def unbatch(self, output: Any) -> Any:
        """Of each request its scores."""
        return output

    def encode_response(self, output: list[float]) -> dict[str, Any]:
        """The reply."""
        return {"predictions": output}


def main() -> None:
    """Serves until it is stopped."""
    folder, port, workers = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    api = LitServeFlights(folder, max_batch_size=64, batch_timeout=0.0)
    server = ls.LitServer(api, accelerator="cpu", devices=1, workers_per_device=workers, fast_queue=True)
    server.run(
        host="127.0.0.1",
        port=port,
        num_api_servers=workers,
        log_level="warning",
        generate_client_file=False,
        access_log=False,
    )


if __name__ == "__main__":
    main()
