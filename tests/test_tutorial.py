"""The tutorial's commands in a copy of the repository: each does what the page says it does."""

import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from benchmarks.harness.tree import copy_repository
from benchmarks.proofs.tutorial import PAGE, PageCommand, Shell, cloned, differences, sets_up, steps_of
from pipeline.config import REPOSITORY


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[PageCommand, tuple[int, list[str]]]:
    """What each command of the page came to, one after another."""
    clone = tmp_path_factory.mktemp("tutorial") / "perennial"
    copy_repository(clone)
    steps = [step for step in steps_of(PAGE.read_text()) if step.in_tests and not sets_up(step)]
    with Shell(clone, _free_ports()) as shell:
        return {step: shell.run(step) for step in steps}


def test_the_commands_of_the_tutorial_answer_what_the_page_says(
    answers: dict[PageCommand, tuple[int, list[str]]],
) -> None:
    assert len(answers) > 10
    for step, (code, lines) in answers.items():
        assert code == 0, step.command
        different = differences(step.expected, lines)
        assert different == [], "\n".join([step.command, *different])


def test_the_page_clones_and_sets_up_as_written(tmp_path: Path) -> None:
    steps = [step for step in steps_of(PAGE.read_text()) if sets_up(step)]
    clone, setup = cloned(steps, str(REPOSITORY), tmp_path)
    subprocess.run(["bash", "-c", clone.command], check=True, capture_output=True)
    assert (tmp_path / "perennial" / "docs" / "guides" / PAGE.name).is_file()
    # A set-up takes a minute: what it would do is enough.
    planned = subprocess.run(
        ["bash", "-c", f"{setup.command} --dry-run"], check=True, capture_output=True, text=True
    )
    assert "requirements/pipeline.txt" in planned.stdout
    shutil.rmtree(tmp_path / "perennial")
