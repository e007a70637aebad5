"""A program runs by name: its page is written whatever the outcome, and the exit code follows it."""

import argparse
import sys
import types
from pathlib import Path

import pytest

from benchmarks.harness.page import Outcome, commit_in
from benchmarks.harness.program import NotReady, Program, ProgramFamily, check_needs, main
from benchmarks.harness.resume import StepFailed
from benchmarks.proofs.registry import FAMILY as PROOFS
from benchmarks.quality.registry import FAMILY as QUALITY
from benchmarks.speed.registry import FAMILY as SPEED
from pipeline.config import REPOSITORY

MODULE = "tests.benchmarks.program_for_tests"
PROGRAM = Program(MODULE, "What is claimed", 1, ("serving",), page="proofs/claim.md")
TRIAL = ProgramFamily("proofs", "make proof-NAME", {"claim": PROGRAM})


class Claim(types.ModuleType):
    """A proof with the outcome that the test sets."""

    outcome: Outcome | Exception = Outcome("All of it holds.")

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--rows", type=int, default=3)

    def run(self, options: argparse.Namespace) -> Outcome:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@pytest.fixture
def claim(monkeypatch: pytest.MonkeyPatch) -> Claim:
    module = Claim(MODULE, "What it does.")
    monkeypatch.setitem(sys.modules, MODULE, module)
    return module


@pytest.mark.parametrize(("good", "code"), [(True, 0), (False, 1)])
def test_the_page_is_written_whatever_the_outcome(
    claim: Claim, tmp_path: Path, good: bool, code: int
) -> None:
    claim.outcome = Outcome("7 of 8 hold.", good=good, setting="Chromium 1", files={"a.png": b"png"})
    page = tmp_path / "claim.md"
    assert main(TRIAL, ["claim", "--out", str(page)]) == code
    lines = page.read_text().splitlines()
    assert lines[0] == "# What is claimed (make proof-claim)"
    assert commit_in(lines[2])
    assert lines[2].endswith("GiB; Chromium 1.")
    assert lines[4] == "7 of 8 hold."
    assert (tmp_path / "a.png").read_bytes() == b"png"


def test_what_could_not_be_measured_leaves_the_page_as_it_was(claim: Claim, tmp_path: Path) -> None:
    claim.outcome = StepFailed("The server did not start.")
    assert main(TRIAL, ["claim", "--out", str(tmp_path / "claim.md")]) == 1
    assert not (tmp_path / "claim.md").exists()


def test_a_part_does_not_replace_the_page(claim: Claim, capsys: pytest.CaptureFixture[str]) -> None:
    claim.outcome = Outcome("1 of 1 holds.", whole=False)
    assert main(TRIAL, ["claim"]) == 0
    output = capsys.readouterr()
    assert output.out == "1 of 1 holds.\n"
    assert "docs/proofs/claim.md is unchanged" in output.err
    assert not (REPOSITORY / "docs" / "proofs" / "claim.md").exists()


def test_a_wrong_name_is_answered_with_the_near_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(PROOFS, ["monhts"]) == 2
    assert "Did you mean 'months'?" in capsys.readouterr().err


def test_what_is_missing_is_named_with_what_to_install() -> None:
    with pytest.raises(NotReady, match=r"apt-get install -y faketime"):
        check_needs(("root", "faketime"), lambda need: need == "root")
    with pytest.raises(NotReady, match=r"Run this as root.*\n.*wrk"):
        check_needs(("root", "wrk"), lambda need: False)
    check_needs(("root", "wrk"), lambda need: True)


@pytest.mark.parametrize(
    ("family", "name"),
    [(family, name) for family in (PROOFS, SPEED, QUALITY) for name in family.programs],
    ids=lambda each: each if isinstance(each, str) else each.name,
)
def test_every_program_starts_and_is_about_code_that_is_there(
    family: ProgramFamily, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(family, [name, "--help"])
    assert ended.value.code == 0
    assert family.command(name) in " ".join(capsys.readouterr().out.split())
    missing = [path for path in family.programs[name].about if not (REPOSITORY / path).exists()]
    assert not missing
