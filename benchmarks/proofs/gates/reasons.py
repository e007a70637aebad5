"""Each span that a gate blocks, looked at: whether the gate is right about it, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from benchmarks.proofs.gates.result import BlockedColumn

_ANY: Final = "*"


@dataclass(frozen=True)
class BlockReason:
    """What a person who looked at blocked spans says of them; `*` stands for every value.

    Attributes:
        series: Name of the series, or how it begins or ends, with `*` for the rest.
        kind: Kind of the finding.
        column: Its column.
        right: Whether the rows really are other than those before, so that a person should look.
        why: A sentence.
        spans: Names of the spans; empty: all.
    """

    series: str
    kind: str
    column: str
    right: bool
    why: str
    spans: tuple[str, ...] = ()

    def fits(self, blocked: BlockedColumn) -> bool:
        """Whether it is about this finding in this span."""
        return (
            fnmatchcase(blocked.series, self.series)
            and self.kind in (_ANY, blocked.finding.kind)
            and self.column in (_ANY, blocked.finding.column)
            and (not self.spans or blocked.span in self.spans)
        )


REASONS: Final[tuple[BlockReason, ...]] = ()


def reason_of(blocked: BlockedColumn, reasons: Sequence[BlockReason] = REASONS) -> BlockReason | None:
    """The first reason that fits; None: nobody has looked at it."""
    return next((each for each in reasons if each.fits(blocked)), None)
