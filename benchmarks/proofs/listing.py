"""`make proofs`: each proof, the commit of its page, and whether the code that it is about changed since."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.harness.page import commit_in
from benchmarks.harness.program import ProgramFamily
from benchmarks.harness.tree import is_below
from pipeline.git import git

CURRENT: Final = "current"
_NO_COMMIT: Final = "-"
_PLACES: Final = 3  # so many are named


@dataclass(frozen=True)
class State:
    """What is known of a proof's page.

    Attributes:
        commit: The commit that it names, with a plus where files differed from it; `-` where it names none.
        text: `current`, or why it is not.
    """

    commit: str
    text: str


def listing(repository: Path, family: ProgramFamily) -> str:
    """A line for each proof: its command, commit, state, and minutes."""
    rows = [("proof", "page of", "the code that it is about", "minutes")]
    for name, program in family.programs.items():
        state = state_of(repository, repository / "docs" / program.page, program.about)
        rows.append((family.command(name), state.commit, state.text, str(program.minutes)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def state_of(repository: Path, page: Path, about: Sequence[str]) -> State:
    """Whether a page is of the code as it is now, files that are not committed included."""
    if not page.is_file():
        return State(_NO_COMMIT, "no page")
    named = commit_in(page.read_text(encoding="utf-8"))
    if named is None:
        return State(_NO_COMMIT, "unknown: the page names no commit")
    commit, edited = named
    shown = f"{commit}+" if edited else commit
    changed = git(repository, "diff", "--name-only", commit, "--", *about)
    new = git(repository, "ls-files", "--others", "--exclude-standard", "--", *about)
    if changed is None or new is None:
        return State(shown, "unknown: this clone does not have that commit")
    files = [*changed.splitlines(), *new.splitlines()]
    if files:
        places = sorted({place for place in about if any(is_below(file, place) for file in files)})
        more = ", …" if len(places) > _PLACES else ""
        number = f"{len(files)} file{'s' if len(files) > 1 else ''}"
        return State(shown, f"changed since: {number} in {', '.join(places[:_PLACES])}{more}")
    return State(shown, "unknown: made with uncommitted changes" if edited else CURRENT)
