"""The versions of spans that are in use: which are trained on, and with which an export is compared."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from components.data_gate.comparable import NEWEST, rhythm_of
from components.data_gate.settings import NEIGHBOURS
from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanVersion, Verdict
from pipeline import export_folders, span_names
from pipeline.config import UseCase

# The previous span, and those with which the pairs of neighbours before it are made.
_FORMER_SPANS: Final = NEIGHBOURS + 1


def compared_with(
    ledger: Ledger, kind: span_names.SpanKind, span: str, version: SpanVersion | None, verdict: Verdict
) -> list[SpanVersion]:
    """The versions in use with whose rows an export is compared, newest span first; never of its own span.

    Of two spans in use with the same rows the one that arrived later is wrong. A version that is not in
    use is compared with all: else two could have the same rows, each blocked only by what came before it.

    Args:
        ledger: Has the versions.
        kind: How spans are named.
        span: Its span; "" if that is not known.
        version: The version that it is; None if it has not arrived.
        verdict: The gate's verdict by which it is in use or not.
    """
    others = [other for other in in_use_before(ledger, kind, None) if other.span != span]
    if version is None or not replace(version, verdict=verdict).accepted:
        return others
    place = (version.arrived, span_names.order(span, kind))
    return [other for other in others if (other.arrived, span_names.order(other.span, kind)) < place]


def former_of(
    ledger: Ledger, kind: span_names.SpanKind, span: str | None, is_usable: Callable[[SpanVersion], bool]
) -> list[SpanVersion]:
    """The versions in use before `span` (None: all) from whose statistics drift is measured; newest first."""
    before = in_use_before(ledger, kind, span)
    usable = (version for version in before if version.statistics and is_usable(version))
    return list(itertools.islice(usable, _FORMER_SPANS))


def in_use_before(
    ledger: Ledger,
    kind: span_names.SpanKind,
    span: str | None,
    is_wanted: Callable[[str], bool] = lambda _: True,
) -> Iterator[SpanVersion]:
    """The versions in use of the spans before `span` (None: of all) that are wanted, newest span first.

    Of `7` and `07`, which are one span, it is the one that arrived last.
    """
    wanted = filter(is_wanted, ledger.spans.newest_first(kind, span_names.order))
    names = (
        name for name in wanted if span is None or span_names.order(name, kind) < span_names.order(span, kind)
    )
    for _, same in itertools.groupby(names, key=_number_in if kind == "number" else None):
        versions = [version for name in same if (version := ledger.spans.in_use(name)) is not None]
        if versions:
            yield max(versions, key=lambda version: version.arrived)


def _number_in(name: str) -> int | str:
    """The number that a span's name is; the name itself of a date, as before `exports.span` was changed."""
    return int(name) if name.isdecimal() else name


def newest_in_use(
    ledger: Ledger, use_case: UseCase, is_usable: Callable[[SpanVersion], bool] = lambda _: True
) -> list[SpanVersion]:
    """The versions in use of the newest spans, as many as the window holds, oldest first."""
    bounds = use_case.window_bounds
    usable = filter(is_usable, in_use_before(ledger, use_case.exports.span, None, bounds.reaches))
    return list(itertools.islice(usable, bounds.most))[::-1]


def is_lost(version: SpanVersion) -> bool:
    """Whether what was read of a version is not there any more; with its export a run reads it again."""
    return any(uri and not Path(uri).is_dir() for uri in (version.examples, version.statistics))


def lost_for_good(
    ledger: Ledger, use_case: UseCase, exports: Sequence[export_folders.ExportFolder]
) -> dict[str, str]:
    """The accepted spans that cannot be used, as output and export are gone; each with a sentence."""
    there = {export.span for export in exports if export.is_readable}
    versions = in_use_before(ledger, use_case.exports.span, None)
    why = "cannot be used: what was read of it is lost, and its export is gone."
    return {
        version.span: f"Span {version.span} {why} Run `land {use_case.name} FILE` with its file."
        for version in versions
        if version.span not in there and is_lost(version)
    }


def row_counts_before(
    ledger: Ledger, kind: span_names.SpanKind, span: str | None
) -> tuple[tuple[str, int], ...]:
    """Name and rows of the newest versions in use before `span` (None: of all), oldest first.

    Only of the spans with which its number of rows is compared: of days, those of the same weekday.
    """
    rhythm = rhythm_of(span or "")
    before = in_use_before(ledger, kind, span, lambda name: rhythm_of(name) == rhythm)
    return tuple((version.span, version.rows) for version in itertools.islice(before, NEWEST))[::-1]
