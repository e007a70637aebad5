"""What the live version was trained on, seen from now: rows that still count, and spans rejected since."""

from collections.abc import Mapping
from typing import Any

from components.window_gate.gate import NO_LIVE_ROWS, LiveRows
from perennial.store import registry
from perennial.store.judged import judged_card
from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanVersion
from pipeline.config import UseCase

# What a span is called that is not in use, by the verdict of its last arrival.
_STATES = {"NEW": "not read yet", "BLOCK": "blocked", "REFUSED": "refused"}


def window_settings(use_case: UseCase) -> dict[str, Any]:
    """The settings that decide how many rows a window has; a model card has them as `window`."""
    return {
        **use_case.window.model_dump(exclude={"max_shrink"}),
        "anchor_share": use_case.exports.anchor_share,
        "tail_days": use_case.exports.tail_days,
    }


def contents_trained_on(live: registry.Version | None) -> list[tuple[str, str]]:
    """Name, and digest of the content, of each span that the live version was trained on; oldest first."""
    return [
        (str(span["span"]), str(span.get("digest", "")))
        for span in _spans((live.card if live else None) or {})
    ]


def rejected_spans(live: registry.Version | None, ledger: Ledger) -> list[str]:
    """Spans that the live version was trained on, and whose content a person has rejected; oldest first."""
    return [span for span, digest in contents_trained_on(live) if ledger.spans.rejected_content(span, digest)]


def live_rows(
    live: registry.Version | None, ledger: Ledger, use_case: UseCase, accepted: list[SpanVersion]
) -> LiveRows:
    """What a window's rows are compared with (`components/window_gate/gate.py`).

    Of a version that was refit, those that its candidate was trained on count: the window's do not hold the
    rows to judge by, either.
    Rows of rejected spans do not count: who rejected them has decided. Nor do more rows than a person
    accepted while this version was live. A card of an older release has no settings of the window: they count
    as those of now.
    """
    card = judged_card((live.card if live else None) or {})
    rows = (card.get("trained_on") or {}).get("rows")
    if live is None or not isinstance(rows, int):
        return NO_LIVE_ROWS
    spans = {str(span["span"]): _train_rows(span) for span in _spans(card)}
    rejected = rejected_spans(live, ledger)
    counted = rows - sum(spans.get(span, 0) for span in rejected)
    # A version that restores another counts as that one.
    for number in (live.number, card.get("restores")):
        if number and (acceptance := ledger.fewer_rows.last(number)):
            counted = min(counted, acceptance["rows"])
    used = {version.span for version in accepted}
    now = window_settings(use_case)
    # A card of a release that had no `since` has none.
    window = {"since": None, **card["window"]} if card.get("window") else {}
    return LiveRows(
        version=live.number,
        rows=max(counted, 0),
        spans=spans,
        states={span: _state(span, ledger) for span in spans if span not in used},
        same_window=all(now.get(key) == value for key, value in window.items()),
        rejected=tuple(rejected),
    )


def _spans(card: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The spans of a version's card with rows that it was trained on."""
    return [span for span in card.get("spans") or [] if _train_rows(span)]


def _train_rows(span: Mapping[str, Any]) -> int:
    """Rows of a card's span that were trained on; a card of an older release has only all of its rows."""
    return int(span.get("train_rows", span.get("rows", 0)))


def _state(span: str, ledger: Ledger) -> str:
    """Why a span is not in use."""
    version = ledger.spans.current(span)
    if version is None:
        return "unknown to the ledger"
    if version.rejected:
        return "rejected"
    return _STATES.get(version.verdict, "outside of the window" if version.accepted else "not in use")
