"""Edits of texts, line by line: what a person wrote around them stays."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class NoPlace(Exception):
    """A file is not as `new` writes it, so that an edit has no place in it; says what to do by hand."""


@dataclass(frozen=True)
class FileEdit:
    """One file of the use case, as it was compared and as it is to be."""

    path: str
    before: str
    after: str


def read_text(path: Path) -> str:
    """A file's text with the ends of its lines as they are."""
    return path.read_bytes().decode()


def with_plain_ends(text: str) -> str:
    r"""The text with `\n` at the end of each line."""
    return text.replace("\r\n", "\n")


def with_ends_of(before: str, text: str) -> str:
    r"""An edited text with the ends of its lines as they were before the edit; added lines have that of most.

    Args:
        before: The text before the edit, with lines that end in `\n`, in `\r\n` or in both.
        text: The text after it, with plain ends.
    """
    former = _lines_of(before)
    windows = sum(line.endswith("\r\n") for line in former)
    if not windows:
        return text
    end = "\r\n" if 2 * windows >= len(former) else "\n"
    plain, lines = [with_plain_ends(line) for line in former], _lines_of(text)
    ends = [line.replace("\n", end) for line in lines]
    for block in difflib.SequenceMatcher(None, plain, lines, autojunk=False).get_matching_blocks():
        ends[block.b : block.b + block.size] = former[block.a : block.a + block.size]
    return "".join(ends)


def with_line(text: str, number: int, line: str) -> str:
    """The text with a line after its line `number` (from 1; 0: at the start)."""
    lines = _lines_of(text)
    if number and number <= len(lines) and not lines[number - 1].endswith("\n"):
        lines[number - 1] += "\n"
    return "".join([*lines[:number], f"{line}\n", *lines[number:]])


def without_line(text: str, number: int) -> str:
    """The text without its line `number` (from 1)."""
    lines = _lines_of(text)
    return "".join([*lines[: number - 1], *lines[number:]])


def _lines_of(text: str) -> list[str]:
    """The lines of a text with their ends."""
    return [f"{line}\n" for line in text.split("\n")[:-1]] + [text.rpartition("\n")[2]] * (text[-1:] != "\n")


def at(text: str, line: int, column: int) -> int:
    """The place of a line (from 0) and column in a text."""
    return sum(len(each) for each in text.splitlines(keepends=True)[:line]) + column


def diff_of(edits: Mapping[str, FileEdit]) -> str:
    """All edits as one unified diff; "" where nothing changes."""
    parts = []
    for edit in edits.values():
        lines = difflib.unified_diff(
            _lines_of(edit.before),
            _lines_of(edit.after),
            f"a/{edit.path}",
            f"b/{edit.path}",
        )
        parts += [
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
        ]
    return "".join(parts)
