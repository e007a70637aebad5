"""What a person asks of `backfill`: a range of spans, which of them, and whether each gets a training."""

from dataclasses import dataclass

from perennial.errors import UsageError
from perennial.section import WrongSetting
from perennial.store.backfills import OpenBackfill, Which
from pipeline.config import UseCase
from pipeline.span_names import SpanKind, order
from pipeline.window_bounds import span_at


@dataclass(frozen=True)
class BackfillOrder:
    """What a person asks for.

    Attributes:
        first: The first span of the range.
        last: The last one.
        which: Which spans of it.
        is_each: Whether each span gets a training of its own.
    """

    first: str
    last: str
    which: Which
    is_each: bool

    def contains(self, span: str, kind: SpanKind) -> bool:
        """Whether a span lies in the range."""
        return order(self.first, kind) <= order(span, kind) <= order(self.last, kind)

    def is_of(self, backfill: OpenBackfill) -> bool:
        """Whether it asks for what a backfill does."""
        of_backfill = (backfill.first, backfill.last, backfill.which, backfill.is_each)
        return (self.first, self.last, self.which, self.is_each) == of_backfill


def made(use_case: UseCase, first: str, last: str, which: Which, *, is_each: bool) -> BackfillOrder:
    """The order of a person, with spans in the place of dates.

    Raises:
        UsageError: An end of the range is neither a span nor a date, or the range is the wrong way around.
    """
    kind = use_case.exports.span
    ends = []
    for option, text in (("--from", first), ("--to", last)):
        try:
            ends.append(span_at(text, kind, is_last=option == "--to"))
        except WrongSetting as error:
            raise UsageError(
                f"{option}: {error}.", f"Run `spans {use_case.name}` to list the spans."
            ) from None
    if order(ends[0], kind) > order(ends[1], kind):
        raise UsageError(f"--from {ends[0]} is after --to {ends[1]}.", "Give the older span to --from.")
    return BackfillOrder(ends[0], ends[1], which, is_each)
