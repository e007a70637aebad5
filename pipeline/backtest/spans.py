"""The range of a backtest: whether its spans are there, and why others of it are left out."""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from components.window.cut import SpanSplit, cut, parts_of
from perennial.errors import NodeFailed, UsageError, nearest
from perennial.files import read_json
from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanVersion
from pipeline import export_folders
from pipeline.backtest.policies import Training
from pipeline.config import UseCase
from pipeline.ledgers import opened
from pipeline.run.gaps import MissingSpan
from pipeline.span_names import EXAMPLES, PATTERNS, order

_SUMMARY: Final = "summary.json"


def check_range(use_case: UseCase, first: str, last: str) -> None:
    """Expects two spans that have landed or were read, the first before the last.

    Raises:
        UsageError: One is no span or unknown (names the nearest, and which there are), or they are not in
            order.
    """
    kind = use_case.exports.span
    with opened(use_case, make=False) as ledger:
        known = known_spans(use_case, ledger)
    for option, span in (("--from", first), ("--to", last)):
        if not re.fullmatch(PATTERNS[kind], span, re.ASCII):
            raise UsageError(
                f"{option}: expected a span such as {EXAMPLES[kind]}, as `exports.span` is {kind}.",
                _there(use_case, known, span),
            )
        if span not in known:
            raise UsageError(
                f"{option}: {use_case.name} has no span {span!r}.", _there(use_case, known, span)
            )
    if order(first, kind) >= order(last, kind):
        raise UsageError(
            f"--from {first} --to {last}: expected at least one span after {first} to judge on.",
            _there(use_case, known, first),
        )


def _there(use_case: UseCase, known: Collection[str], span: str) -> str:
    """The nearest span, and which there are."""
    if not known:
        return f"There is none yet: run `land {use_case.name} FILE`."
    ordered = sorted(known, key=lambda name: order(name, use_case.exports.span))
    near = nearest(span, ordered)
    hint = f"Did you mean {near!r}? " if near and near != span else ""
    return f"{hint}There are {len(ordered)} spans, from {ordered[0]} to {ordered[-1]}."


def check_usable(
    use_case: UseCase, usable: Sequence[str], first: str, last: str, reasons: Mapping[str, str]
) -> None:
    """Expects that the first and the last span can be trained on.

    Args:
        use_case: Whose.
        usable: The spans in use, oldest first.
        first: Of the range.
        last: Of the range.
        reasons: Why others are not in use.

    Raises:
        UsageError: One of them cannot be; names those in the range that can.
    """
    for option, span in (("--from", first), ("--to", last)):
        if span not in usable:
            kind = use_case.exports.span
            inside = [name for name in usable if order(first, kind) <= order(name, kind) <= order(last, kind)]
            remedy = (
                f"Use a span from {inside[0]} to {inside[-1]}."
                if len(inside) > 1
                else f"Run `spans {use_case.name}`."
            )
            why = reasons.get(span, "it is not in use")
            raise UsageError(f"{option}: span {span} cannot be trained on: {why}.", remedy)


def known_spans(use_case: UseCase, ledger: Ledger) -> set[str]:
    """The spans that have landed, or that the ledger has."""
    exports = export_folders.exports_of(use_case)
    return {export.span for export in exports if export.is_readable} | set(ledger.spans.names())


def left_out(
    use_case: UseCase, ledger: Ledger, used: Collection[str], missing: Sequence[MissingSpan], last: str
) -> dict[str, str]:
    """The spans up to `last` that are not in use, oldest first, and why.

    Args:
        use_case: Whose; with `exports.gap: skip` nobody wants to know what is missing.
        ledger: Knows what was read.
        used: The spans in use.
        missing: The spans that are missing between others.
        last: Of the range.
    """
    kind = use_case.exports.span
    reasons = {name: _why(ledger.spans.versions_of(name)) for name in known_spans(use_case, ledger)}
    if use_case.exports.gap != "skip":
        gaps = {each.span: "it never comes" if each.never else "its export is missing" for each in missing}
        reasons = gaps | reasons
    return {
        name: reasons[name]
        for name in sorted(reasons, key=lambda name: order(name, kind))
        if name not in used and order(name, kind) <= order(last, kind)
    }


def _why(versions: Sequence[SpanVersion]) -> str:
    if not versions:
        return "its export is not read"
    newest = versions[-1]
    if newest.rejected:
        return "a person rejected it"
    if newest.waits_for_labels:
        return "it waits for its labels"
    states = {"BLOCK": "it is blocked", "REFUSED": "it is refused", "NEW": "it is not read"}
    return states.get(newest.state, "what was read of it is lost, and its export is gone")


def check_windows(
    use_case: UseCase, trainings: Sequence[Training], versions: Mapping[str, SpanVersion]
) -> None:
    """Expects that each window has enough rows to train on and to hold apart, as the Window node will.

    Args:
        use_case: Whose.
        trainings: Oldest first.
        versions: Those in use, by span.

    Raises:
        UsageError: One has not; names the span from which on all have.
    """
    summaries = {span: read_json(Path(version.examples) / _SUMMARY) for span, version in versions.items()}
    wrong: dict[str, str] = {}
    later = ""
    for training in trainings:
        parts = [part for span in training.spans for part in parts_of(summaries[span], ("head", "tail"))]
        if problem := _uncuttable(use_case, parts):
            wrong[training.as_of] = problem
            later = ""
        elif not later and training.as_of not in wrong:
            later = training.as_of
    if wrong:
        first, problem = next(iter(wrong.items()))
        remedy = f"Use --from {later}, or longer --windows." if later else "Use longer --windows."
        raise UsageError(f"As of {first} there is too little to train on. {problem}", remedy)


def _uncuttable(use_case: UseCase, parts: Sequence[SpanSplit]) -> str:
    """Why the window cannot be cut; empty if it can."""
    try:
        cut(parts, use_case.window.eval_days, use_case.window.eval_min_rows)
    except NodeFailed as error:
        return error.problem
    return ""
