"""Runs the Evaluator on small real windows, models and champions."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from perennial.task import Task
from tests.components.evaluator.small_windows import SETTINGS, Evaluated, execute


@pytest.fixture(scope="session")
def evaluate(tmp_path_factory: pytest.TempPathFactory, window: Any, schema: Any) -> Callable[..., Evaluated]:
    """Returns a function that runs the executor, once for the same models, examples and settings."""
    done: dict[Any, Evaluated] = {}

    def run(
        model: Any,
        champion: Any = None,
        twin: Any = None,
        examples: Any = None,
        time_column: str = "when",
        engine: str = "in_memory",
        live_stale: bool = False,
        **settings: Any,
    ) -> Evaluated:
        properties = {
            "task": Task("binary", "late").to_json(),
            "time_column": time_column,
            "settings": json.dumps(SETTINGS | settings),
            "engine": engine,
            "code": '["transforms/tiny.py", "models/tiny.py"]',
            "live_stale": int(live_stale),
            "source": "",
        }
        inputs = {"examples": [examples or window], "model": [model], "schema": [schema]}
        if champion is not None:
            inputs["baseline_model"] = [champion]
        if twin is not None:
            inputs["live_twin"] = [twin]
        key = json.dumps([properties, {name: [each.uri for each in made] for name, made in inputs.items()}])
        if key not in done:
            folder = tmp_path_factory.mktemp("evaluated")
            done[key] = execute(folder, inputs, properties)
        return done[key]

    return run
