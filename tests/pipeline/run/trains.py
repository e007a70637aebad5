"""A small use case of trains, whose spans are numbers and whose schema is its own."""

from pathlib import Path

import pytest

from pipeline import config
from pipeline.config import UseCase

YAML = """\
label: late
exports: {span: number, time_column: day}
window: {spans: 3}
training:
  hyperparameters:
    {steps_per_epoch: 1, epochs: 1, batch_size: 8, learning_rate: 0.1, ema_momentum: 0.5,
     early_stopping: {days: 1, patience: 1}}
evaluation: {bounds: {auc: {min: 0.6}}}
"""
SCHEMA = """\
feature { name: "day" type: BYTES }
feature { name: "late" type: INT }
"""


def trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> UseCase:
    """The use case, its root and its schema."""
    monkeypatch.setattr(config, "REPOSITORY", tmp_path / "repository")
    (tmp_path / "repository" / "schemas").mkdir(parents=True)
    (tmp_path / "repository" / "schemas" / "trains.pbtxt").write_text(SCHEMA)
    made = config.parse(YAML, name="trains", home=tmp_path / "home", source="trains.yaml")
    made.make_root()
    return made
