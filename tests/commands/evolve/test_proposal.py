"""An edit is written whole, or not at all."""

from pathlib import Path

import pytest

from commands.evolve.output import block
from commands.evolve.proposal import Proposal, write_all
from commands.evolve.texts import FileEdit
from perennial.errors import UsageError


@pytest.fixture
def edits(tmp_path: Path) -> list[FileEdit]:
    for name in ("schema", "yaml"):
        (tmp_path / name).write_text(f"{name} before\n")
    return [FileEdit(name, f"{name} before\n", f"{name} after\n") for name in ("schema", "yaml")]


def test_all_files_are_written_and_nothing_is_left_aside(tmp_path: Path, edits: list[FileEdit]) -> None:
    write_all(edits, tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "schema": "schema after\n",
        "yaml": "yaml after\n",
    }


def test_none_is_written_if_one_has_changed_since(tmp_path: Path, edits: list[FileEdit]) -> None:
    (tmp_path / "yaml").write_text("edited by a person\n")
    with pytest.raises(UsageError, match="yaml has changed"):
        write_all(edits, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["schema", "yaml"]
    assert (tmp_path / "schema").read_text() == "schema before\n"


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
