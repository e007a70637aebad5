"""A run that reads only the spans up to one: which spans these are, and whether there is such a one."""

import contextlib
import re

from perennial.errors import LedgerDamaged, UsageError, nearest
from perennial.store.ledger import Ledger
from pipeline import export_folders
from pipeline.config import UseCase
from pipeline.span_names import EXAMPLES, PATTERNS, SpanKind, order


def is_through(span: str, last: str, kind: SpanKind) -> bool:
    """Whether a run up to the span `last` reads a span; with "" every run does."""
    return not last or order(span, kind) <= order(last, kind)


def check_through(use_case: UseCase, last: str) -> None:
    """Expects that a span has landed, or was read before.

    Raises:
        UsageError: Its name is none of a span, or there is no such span.
    """
    kind = use_case.exports.span
    if not re.fullmatch(PATTERNS[kind], last, re.ASCII):
        raise UsageError(
            f"--through: expected a span such as {EXAMPLES[kind]}, as `exports.span` is {kind}.",
            f"Run `spans {use_case.name}` to list the spans.",
        )
    known = _known_spans(use_case)
    if last not in known:
        near = nearest(last, known)
        hint = f"Did you mean {near!r}? " if near else ""
        raise UsageError(
            f"--through: {use_case.name} has no span {last!r}.",
            f"{hint}Run `spans {use_case.name}` to list the spans.",
        )


def _known_spans(use_case: UseCase) -> list[str]:
    """The spans that have landed, or that the ledger has; one that must be rebuilt or converted has none."""
    exports = export_folders.exports_of(use_case)
    known = {export.span for export in exports if export.is_readable}
    path = use_case.root / "ledger.db"
    if path.is_file():
        with contextlib.suppress(LedgerDamaged, UsageError), contextlib.closing(Ledger(path)) as ledger:
            known |= set(ledger.spans.names())
    return sorted(known)
