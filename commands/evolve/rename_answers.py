"""What a person answers to `evolve`'s questions: which column was renamed, and which is gone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from perennial.errors import UsageError


@dataclass(frozen=True)
class RenameAnswers:
    """Answers of `--rename` and `--drop`.

    Attributes:
        renamed: Column of the schema -> its name in the export.
        dropped: Columns of the schema that are gone.
    """

    renamed: Mapping[str, str] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()


def answers_of(renames: Sequence[str], drops: Sequence[str]) -> RenameAnswers:
    """Reads the options.

    Args:
        renames: Texts `OLD=NEW`.
        drops: Columns.

    Raises:
        UsageError: One is not `OLD=NEW`, or a column is named twice.
    """
    renamed: dict[str, str] = {}
    for text in renames:
        old, mark, new = text.partition("=")
        if not (mark and old and new):
            raise UsageError(
                f"--rename must be OLD=NEW, got {text!r}.", "For example --rename temp=temperature."
            )
        if old in renamed or new in renamed.values() or old in drops:
            raise UsageError(f"--rename {text}: one of the columns is named twice.", "Name each column once.")
        renamed[old] = new
    return RenameAnswers(renamed, frozenset(drops))
