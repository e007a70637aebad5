"""The verdict and the exit code of an edit."""

from pathlib import Path

import pytest

from commands.evolve.output import block
from commands.evolve.proposal import Proposal
from commands.evolve.texts import FileEdit


@pytest.fixture
def edits(tmp_path: Path) -> list[FileEdit]:
    (tmp_path / "pipeline" / "use_cases").mkdir(parents=True)
    for name in ("schema", "yaml"):
        (tmp_path / name).write_text(f"{name} before\n")
    return [FileEdit(name, f"{name} before\n", f"{name} after\n") for name in ("schema", "yaml")]


def test_what_stays_open_exits_with_3(tmp_path: Path, edits: list[FileEdit]) -> None:
    proposal = Proposal("shop", "x.csv", "PROPOSED", {}, tuple(edits), judgement={"verdict": "WARN"})
    assert proposal.exit_code == 0
    assert proposal.applied(tmp_path).verdict == "APPLIED"
    blocked = Proposal("shop", "x.csv", "PROPOSED", {}, tuple(edits), judgement={"verdict": "BLOCK"})
    assert blocked.exit_code == 3
    by_hand = Proposal("shop", "x.csv", "BY_HAND", {}, by_hand=("set it",))
    assert by_hand.exit_code == 3
    assert by_hand.applied(tmp_path) is by_hand
    assert "after `By hand`, then run the same command again" in block(by_hand).replace("\n  ", " ")
    question = Proposal("shop", "x.csv", "QUESTION", {}, questions=("Is a now b?",))
    assert question.exit_code == 3
    assert question.applied(tmp_path) is question
