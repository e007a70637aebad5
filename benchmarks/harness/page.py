"""The page that a benchmark or a proof writes: title, commit and machine, then what it measured."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from benchmarks.harness.table import GIB
from perennial.files import write_text
from pipeline.git import git

_COMMIT: Final = re.compile(r"\b[Cc]ommit ([0-9a-f]{7,40})(\+?)")


@dataclass(frozen=True)
class Outcome:
    """The outcome of a benchmark or a proof.

    Attributes:
        body: The page below its line of commit and machine, in Markdown.
        good: Whether everything passed.
        whole: Whether it is all that the page is about; a part does not replace the page in `docs`.
        setting: What the line of commit and machine says beside, such as a browser's version.
        files: Pictures, by the name under which they stand beside the page.
    """

    body: str
    good: bool = True
    whole: bool = True
    setting: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)


def rendered(title: str, command: str, commit: str, outcome: Outcome) -> str:
    """The page as Markdown."""
    memory = psutil.virtual_memory().total / GIB
    parts = [f"Commit {commit}", f"{psutil.cpu_count()} cores, {memory:.0f} GiB"]
    line = "; ".join([*parts, *([outcome.setting] if outcome.setting else [])])
    return f"# {title} ({command})\n\n{line}.\n\n{outcome.body.strip()}\n"


def write(path: Path, text: str, files: Mapping[str, bytes]) -> None:
    """Writes a page, and its pictures beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (path.parent / name).write_bytes(content)
    write_text(path, text)


def code_block(text: str) -> str:
    """Text that is shown as it stands."""
    return f"```\n{text.strip()}\n```"


def commit_of(repository: Path, names: Sequence[str]) -> str:
    """The commit's short name, with a plus where the files and folders of these names differ from it."""
    head = git(repository, "rev-parse", "--short", "HEAD") or "unknown"
    return f"{head}+" if git(repository, "status", "--porcelain", "--", *names) else head


def commit_in(page: str) -> tuple[str, bool] | None:
    """The first commit that a page names, and whether files differed from it; None where it names none."""
    match = _COMMIT.search(page)
    return (match[1], bool(match[2])) if match else None
