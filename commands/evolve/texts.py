"""Edits of texts, line by line: what a person wrote around them stays."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass


class NoPlace(Exception):
    """A file is not as `new` writes it, so that an edit has no place in it; says what to do by hand."""


@dataclass(frozen=True)
class FileEdit:
    """One file of the use case, as it was compared and as it is to be."""

    path: str
    before: str
    after: str


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
            edit.before.splitlines(keepends=True),
            edit.after.splitlines(keepends=True),
            f"a/{edit.path}",
            f"b/{edit.path}",
        )
        parts += [
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
        ]
    return "".join(parts)
