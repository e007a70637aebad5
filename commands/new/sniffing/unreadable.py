"""Says which rows of a person's files cannot be read, and which edit helps."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from commands.new.sniffing.file_profile import MOST_BAD, FileProfile, count
from perennial.reading.reading import BadRow
from perennial.reading.remedies import edit_of

# Of so many causes, the commonest; the others are as in the quarantine.
_SHOWN: Final = 5


def report_unreadable(
    bad: Sequence[tuple[Path, BadRow]], profile: FileProfile, place: Callable[[Path, BadRow], str]
) -> None:
    """Adds a sentence for each cause: a problem where the rows are more than quarantine is for, else a note.

    Args:
        bad: The rows, with their files.
        profile: Knows how many rows can be read.
        place: Names a row.
    """
    by_cause: dict[tuple[str, str], list[tuple[Path, BadRow]]] = {}
    for path, row in bad:
        by_cause.setdefault((row.column, row.reason.split("; ")[0]), []).append((path, row))
    too_many = len(bad) > MOST_BAD * (profile.rows + len(bad))
    for (column, reason), rows in sorted(by_cause.items(), key=lambda item: -len(item[1]))[:_SHOWN]:
        which = f"column `{column}`: " if column else ""
        what = f"{count(len(rows), 'row')} ({which}{reason}; first: {place(*rows[0])})."
        if too_many:
            profile.problems.append(f"Unreadable: {what} {edit_of(column, reason)}")
        else:
            profile.notes.append(f"Unreadable, sent to quarantine: {what}")
