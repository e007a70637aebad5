"""The edit that `evolve` proposes, and what becomes of it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from commands.evolve.texts import FileEdit, diff_of
from commands.evolve.writing import write_all

Verdict = Literal["UNCHANGED", "PROPOSED", "APPLIED", "BY_HAND", "QUESTION", "REFUSED"]


@dataclass(frozen=True)
class Proposal:
    """What came of the comparison of an export with a use case.

    Attributes:
        use_case: Its name.
        path: Of the export.
        verdict: UNCHANGED where no edit is needed; BY_HAND where a person has to make all of it; QUESTION and
            REFUSED where there is none.
        changes: `renamed`, `dropped`, `added`, `values`, `classes` (of the last two how many are new).
        edits: Of the files, the YAML last.
        questions: What a person has to answer.
        refusals: Why there is no edit.
        remarks: What to know of it.
        by_hand: What a person has to edit beside it.
        judgement: What `check` answers of the export after the edit; None where there is no edit to judge by.
    """

    use_case: str
    path: str
    verdict: Verdict
    changes: dict[str, Any]
    edits: tuple[FileEdit, ...] = ()
    questions: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()
    judgement: dict[str, Any] | None = None

    @property
    def exit_code(self) -> int:
        """3 while something stays that a person has to settle, else 0."""
        blocked = self.judgement is not None and self.judgement["verdict"] in ("BLOCK", "REFUSED")
        return 3 if blocked or self.by_hand or self.verdict in ("QUESTION", "REFUSED") else 0

    @property
    def diff(self) -> str:
        """All edits as one unified diff."""
        return diff_of({edit.path: edit for edit in self.edits})

    def applied(self, repository: Path) -> "Proposal":
        """Writes the edit, if there is one.

        Raises:
            UsageError: A file is not the one that was compared; nothing is written.
        """
        if self.verdict != "PROPOSED":
            return self
        write_all(self.edits, repository, self.use_case)
        return replace(self, verdict="APPLIED")

    def as_json(self) -> dict[str, Any]:
        """As one JSON object."""
        return {
            "use_case": self.use_case,
            "path": self.path,
            "verdict": self.verdict,
            "exit_code": self.exit_code,
            **self.changes,
            "files": [edit.path for edit in self.edits],
            "diff": self.diff,
            "questions": list(self.questions),
            "refusals": list(self.refusals),
            "remarks": list(self.remarks),
            "by_hand": list(self.by_hand),
            "check": None
            if self.judgement is None
            else {key: self.judgement[key] for key in ("verdict", "reasons", "rows", "quarantined")},
        }
