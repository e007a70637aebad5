"""The page of the gates in Markdown, and what makes the proof fail."""

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from benchmarks.proofs.gates.reasons import REASONS, BlockReason, reason_of
from benchmarks.proofs.gates.result import (
    UNTOUCHED,
    BlockedColumn,
    DamageTrial,
    LandedSpan,
    SeriesResult,
    blocks_of,
    counts_by_kind,
    outcome_of_damage,
)

# Of all later spans at most this share may be blocked wrongly, by all findings and by each.
MOST_BLOCKED: Final = 0.02
# How the rows land: the spans of a series go into one of these.
GROUPS: Final[dict[str, Callable[[str], bool]]] = {
    "by time": lambda name: ", by time" in name or name.startswith("flights"),
    "shuffled": lambda name: ", shuffled" in name,
    "in the file's order": lambda name: ", in order" in name,
}
_NAMED: Final = 12


def problems(results: Sequence[SeriesResult], reasons: Sequence[BlockReason] = REASONS) -> list[str]:
    """Why the proof fails, as sentences; none where it passes."""
    blocks = list(blocks_of(results))
    sentences = [
        f"{each.series}: span {each.span} is blocked ({_what(each)}), and nobody has looked at it."
        for each in blocks
        if reason_of(each, reasons) is None
    ]
    wrong = _wrongly_blocked(results, reasons)
    later = sum(len(each.later) for each in results)
    return sentences + [
        f"{kind}: {count} of {later:,} later spans are blocked wrongly, more than {MOST_BLOCKED:.0%}."
        for kind, count in {"all findings": len(wrong), **_by_kind(wrong)}.items()
        if count > MOST_BLOCKED * later
    ]


def page(
    results: Sequence[SeriesResult], failed: Sequence[str] = (), reasons: Sequence[BlockReason] = REASONS
) -> str:
    """The page's text below its title; `failed`: why the proof fails."""
    parts = [
        _summary(results, reasons),
        "",
        *(f"**Failed:** {each}" for each in failed),
        *([""] if failed else []),
        *_kinds(results),
        *_blocked(results, reasons),
        *_damage(results),
        *_not_checked(results),
        *_series(results),
    ]
    return "\n".join(parts) + "\n"


def _summary(results: Sequence[SeriesResult], reasons: Sequence[BlockReason]) -> str:
    judged = [each for each in results if each.spans]
    later = [span for each in judged for span in each.later]
    early = [span for each in judged for span in each.spans if span.seen]
    wrong = len(_wrongly_blocked(results, reasons))
    blocked = sum(span.worst == "block" for span in later)
    early_blocked = sum(span.worst == "block" for span in early)
    return (
        f"{len(judged)} series of spans, each span judged by the chain's own nodes with what `new` wrote. "
        f"Of {len(early):,} spans that `new` had seen, {early_blocked} are blocked. Of {len(later):,} later "
        f"ones, {blocked} ({_share(blocked, len(later))}) are blocked: {blocked - wrong} rightly, as "
        f"something is wrong with the rows or a model of those before is of no use on them, and {wrong} "
        f"({_share(wrong, len(later))}) wrongly, as a person who looks accepts them."
    )


def _kinds(results: Sequence[SeriesResult]) -> Iterator[str]:
    yield "## Later spans by finding"
    yield ""
    yield "In how many spans a finding is a note, warns or blocks, by how the rows land."
    yield ""
    names = list(GROUPS)
    yield "|finding|" + "|".join(f"{name}: note|warn|block|share" for name in names) + "|"
    yield "|---|" + "---|" * (4 * len(names))
    spans = {
        name: [span for each in results if is_in(each.name) for span in each.later]
        for name, is_in in GROUPS.items()
    }
    counts = {name: counts_by_kind(spans[name]) for name in names}
    for kind in sorted({kind for each in counts.values() for kind in each}):
        cells = [
            f"{one['note']}|{one['warn']}|{one['block']}|{_share(one['block'], len(spans[name]))}"
            for name in names
            for one in [counts[name].get(kind, Counter())]
        ]
        yield f"|{kind}|" + "|".join(cells) + "|"
    worst = [Counter(span.worst for span in spans[name]) for name in names]
    totals = [
        f"{each['note']}|{each['warn']}|{each['block']}|{_share(each['block'], len(spans[name]))}"
        for name, each in zip(names, worst, strict=True)
    ]
    yield "|spans by their strongest finding|" + "|".join(totals) + "|"
    yield "|spans judged|" + "|".join(f"{len(spans[name]):,}|||" for name in names) + "|"
    yield ""


def _blocked(results: Sequence[SeriesResult], reasons: Sequence[BlockReason]) -> Iterator[str]:
    yield "## Each blocked span"
    yield ""
    yield "|series|spans|finding|of the first: sentence|block|why|"
    yield "|---|---|---|---|---|---|"

    def alike(each: BlockedColumn) -> tuple[str, str, str]:
        reason = reason_of(each, reasons)
        return each.series, _what(each), reason.why if reason else ""

    for (series, what, why), members in itertools.groupby(sorted(blocks_of(results), key=alike), key=alike):
        blocked = list(members)
        spans = ", ".join(dict.fromkeys(each.span for each in blocked))
        reason = reason_of(blocked[0], reasons)
        judgement = "not looked at" if reason is None else "right" if reason.right else "wrong"
        yield f"|{series}|{spans}|{what}|{_cell(blocked[0].finding.message)}|{judgement}|{why}|"
    yield ""


def _damage(results: Sequence[SeriesResult]) -> Iterator[str]:
    yield "## Known damage"
    yield ""
    yield (
        "The last span of a series with damage, in place of the span as it is. *Withheld*: blocked or "
        "refused; *warned*: an alert; *nothing*: no finding that the span without damage has not."
    )
    yield ""
    yield "|damage|tried|withheld|warned|note|nothing|not withheld|"
    yield "|---|---|---|---|---|---|---|"
    trials = list(_trials(results))
    for kind in dict.fromkeys(trial.kind for _, trial, _ in trials):
        of_kind = [(name, trial, outcome) for name, trial, outcome in trials if trial.kind == kind]
        counts = Counter(outcome for _, _, outcome in of_kind)
        passed = [
            _place(name, trial, outcome)
            for name, trial, outcome in of_kind
            if outcome != "block" and kind != UNTOUCHED
        ]
        more = f" and {len(passed) - _NAMED} more" if len(passed) > _NAMED else ""
        yield (
            f"|{kind}|{len(of_kind)}|{counts['block']}|{counts['warn']}|{counts['note']}|{counts['']}|"
            f"{', '.join(passed[:_NAMED])}{more}|"
        )
    yield ""


def _place(series: str, trial: DamageTrial, outcome: str) -> str:
    column = f" `{trial.column}`" if trial.column else ""
    return f"{series.split(', ')[0]}{column}{' (warned)' if outcome == 'warn' else ''}"


def _trials(results: Sequence[SeriesResult]) -> Iterator[tuple[str, DamageTrial, str]]:
    """Series, damage, outcome; a series whose span is blocked without damage is left out."""
    for result in results:
        untouched = next((each.judged for each in result.damaged if each.kind == UNTOUCHED), None)
        if untouched is not None and untouched.verdict in ("OK", "WARN"):
            for trial in result.damaged:
                yield result.name, trial, outcome_of_damage(trial, untouched)


def _not_checked(results: Sequence[SeriesResult]) -> Iterator[str]:
    yield "## Checks that were not made"
    yield ""
    yield "Of the later spans; of a check of columns, one column at least."
    yield ""
    yield "|sentence|spans|"
    yield "|---|---|"
    later = [span for each in results for span in each.later]
    counts = Counter(head for span in later for head in {_head(each) for each in span.not_checked})
    for head, count in counts.most_common():
        yield f"|{head}|{count} of {len(later):,}|"
    yield ""


def _head(sentence: str) -> str:
    """What was not checked, without columns and figures."""
    return re.sub(r"[\d,.]*\d", "N", re.sub(r"`[^`]*`", "…", sentence)).strip()


def _series(results: Sequence[SeriesResult]) -> Iterator[str]:
    yield "## Series"
    yield ""
    yield "|series|spans `new` saw|later|warned|blocked|"
    yield "|---|---|---|---|---|"
    for each in results:
        if each.problem:
            continue
        worst = Counter(span.worst for span in each.later)
        seen = len(each.spans) - len(each.later)
        yield f"|{each.name}|{seen}|{len(each.later)}|{worst['warn']}|{worst['block']}|"
    yield ""
    yield "No spans:"
    yield ""
    without = sorted((each.problem, each.name) for each in results if each.problem)
    for problem, members in itertools.groupby(without, key=lambda each: each[0]):
        yield f"- {'; '.join(name for _, name in members)}: {problem}"


def _wrongly_blocked(results: Sequence[SeriesResult], reasons: Sequence[BlockReason]) -> list[LandedSpan]:
    """The later spans that are blocked by nothing that is right."""
    spans = [(each.name, span) for each in results for span in each.later]
    return [span for name, span in spans if span.worst == "block" and not _is_right(name, span, reasons)]


def _is_right(series: str, span: LandedSpan, reasons: Sequence[BlockReason]) -> bool:
    blocks = [BlockedColumn(series, span.span, each) for each in span.findings if each.severity == "block"]
    known = [reason_of(each, reasons) for each in blocks]
    return any(reason is not None and reason.right for reason in known)


def _by_kind(spans: Sequence[LandedSpan]) -> Counter[str]:
    return Counter(
        kind for span in spans for kind in {each.kind for each in span.findings if each.severity == "block"}
    )


def _what(blocked: BlockedColumn) -> str:
    column = f" `{blocked.finding.column}`" if blocked.finding.column else ""
    return f"{blocked.finding.kind}{column}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _share(count: int, of: int) -> str:
    return f"{count / of:.1%}" if of else "-"
