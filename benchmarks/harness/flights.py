"""Homes with runs of flights in them, as proofs and benchmarks need them, and commands in such a home."""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from benchmarks.harness.program import WORK, NotReady
from benchmarks.harness.resume import StepFailed
from perennial.store.registry import live
from pipeline.config import REPOSITORY

NAME: Final = "flights"
TRAINED_THROUGH: Final = "2013-03"


def command(home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Runs a command of the pipeline to its end. A verdict is an answer, whatever its exit code."""
    return subprocess.run(
        [sys.executable, str(REPOSITORY / "local_runner.py"), *arguments],
        env={**os.environ, "PERENNIAL_HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
    )


def with_a_model(home: Path) -> Path:
    """Trains on three months where nothing was trained in this home; gives the folder of version 1.

    Raises:
        StepFailed: The run published no version.
    """
    first = home / NAME / "models" / "1"
    if not first.is_dir():
        command(home, "replay", NAME, "--through", TRAINED_THROUGH)
        answer = command(home, "run", NAME)
        if not first.is_dir():
            raise StepFailed(f"The run in {home} published no version of {NAME}:\n{answer.stdout}")
    return first


def add_models(parser: argparse.ArgumentParser) -> None:
    """Adds `--models`: a folder of versions; default: what `make run` publishes."""
    parser.add_argument(
        "--models",
        type=lambda text: Path(text).resolve(),
        default=WORK / NAME / "models",
        help=f"folder of versions of {NAME}; default: work/{NAME}/models, which `make run` writes",
    )


def newest(models: Path) -> Path:
    """The folder of the live version.

    Raises:
        NotReady: There is none.
    """
    version = live(models)
    if version is None:
        raise NotReady(f"{models} has no version of {NAME}. Run `make run`, or set --models.")
    return version.folder
