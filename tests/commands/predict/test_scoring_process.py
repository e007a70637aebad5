"""The scoring process: one that does not load, or is killed, is reported."""

from pathlib import Path

import numpy as np
import pytest

from commands.predict import predict as command
from commands.predict.scoring_process import ScoringProcess
from perennial.errors import Unservable
from pipeline import config
from tests.commands.predict.tables import GOOD, csv_file, use_case, write_card


def test_a_version_that_does_not_load_is_reported_by_the_process(
    homes: dict[str, Path], tmp_path: Path
) -> None:
    version = tmp_path / "flights" / "models" / "3"
    (version / "assets.extra").mkdir(parents=True)
    schema = homes["plain"] / "flights" / "models" / "1" / "assets.extra" / "schema.json"
    (version / "assets.extra" / "schema.json").write_text(schema.read_text())
    write_card(version)
    with pytest.raises(Unservable, match=r"Cannot load the SavedModel.*run `make setup`"):
        command.predict(use_case(tmp_path), csv_file(tmp_path, GOOD), tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_a_scoring_process_that_is_killed_is_reported(homes: dict[str, Path]) -> None:
    version = homes["plain"] / "flights" / "models" / "1"
    with ScoringProcess(config.serving_python(), version, ()) as scorer:
        scorer._process.kill()
        with pytest.raises(Unservable, match="ended by SIGKILL"):
            scorer.score([np.zeros(1, np.int64)])
