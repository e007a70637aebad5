"""A run that reads only the spans up to one: which spans these are, and whether there is such a one."""

import contextlib
import re
from dataclasses import replace

from perennial.errors import LedgerDamaged, UsageError, nearest
from perennial.store.ledger import Ledger
from pipeline import export_folders
from pipeline.config import UseCase
from pipeline.run.scope import SpanScope
from pipeline.span_names import EXAMPLES, PATTERNS, SpanKind, order
from pipeline.span_periods import is_name


def is_through(span: str, last: str, kind: SpanKind) -> bool:
    """Whether a run up to the span `last` reads a span; with "" every run does."""
    return not last or order(span, kind) <= order(last, kind)


def not_behind(scope: SpanScope, ledger: Ledger, kind: SpanKind) -> SpanScope:
    """The scope of a backfill's run, moved on to the newest span that has arrived; any other as it is.

    Another run may have read newer spans since the plan was made. A run up to an older one would train on
    less than is in use, and its model could replace a newer one. Called under the run's lock.
    """
    arrived = [name for name in ledger.spans.names() if is_name(name, kind)]
    if not scope.wanted or not scope.through:
        return scope
    return replace(scope, through=max([scope.through, *arrived], key=lambda name: order(name, kind)))


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
