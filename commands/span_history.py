"""What happened to a span since it first arrived: replaced, deleted, late, out of order."""

from collections.abc import Mapping, Sequence
from typing import Final

from perennial import clock
from perennial.store.span_version import SpanVersion
from perennial.text import plural
from pipeline import span_names
from pipeline.config import UseCase
from pipeline.span_periods import end_of

_UNREAD: Final = ("NEW", "REFUSED")


class SpanHistories:
    """What is said of the spans' past, from all their versions."""

    def __init__(self, use_case: UseCase, versions: Mapping[str, Sequence[SpanVersion]]) -> None:
        """`versions`: all arrivals of each span, oldest first."""
        self._use_case = use_case
        self._versions = versions
        self._oldest_arrival = min((each[0].arrived for each in self._versions.values()), default="")
        self._newer_before = self._first_newer()

    def sentences(self, span: str, used: SpanVersion | None, *, is_deleted: bool) -> list[str]:
        """The sentences about a span.

        Args:
            span: Its name.
            used: Its version in use; None: there is none.
            is_deleted: Whether its folder is gone.
        """
        versions = self._versions.get(span, ())
        if not versions:
            return []
        made = [self._arrival(versions[0]), _replaced(versions, used)]
        if is_deleted:
            stays = "; what was read of it stays in use" if used else ""
            made.append(f"Its export was deleted{stays}.")
        return [sentence for sentence in made if sentence]

    def _arrival(self, first: SpanVersion) -> str:
        """That a span arrived late, or after a newer one; "" where it did neither."""
        late, newer = self._lateness(first), self._newer_before.get(first.span)
        if not late and not newer:
            return ""
        after = f"after the newer span {newer}" if newer else ""
        return f"It arrived on {first.arrived}, {' and '.join(filter(None, [late, after]))}."

    def _lateness(self, first: SpanVersion) -> str:
        """How late it arrived; "" in time, and where nothing is expected or nothing had arrived by then."""
        section, expect = self._use_case.exports, self._use_case.schedule.expect
        end = end_of(first.span, section.span, section.zone)
        if expect is None or end is None:
            return ""
        after = (clock.moment(first.arrived) - end).total_seconds()
        in_time = after <= expect.within
        if in_time or clock.moment(self._oldest_arrival) > end:
            return ""
        return (
            f"late: {_length(int(after))} after the end of its period (`schedule.expect.within` is"
            f" {_length(expect.within)})"
        )

    def _first_newer(self) -> dict[str, str]:
        """Span -> the oldest of the newer spans that had arrived before it."""
        kind = self._use_case.exports.span
        newest_first = sorted(self._versions, key=lambda span: span_names.order(span, kind), reverse=True)
        first_newer: dict[str, str] = {}
        earliest, which = "", ""
        for span in newest_first:
            arrived = self._versions[span][0].arrived
            if which and earliest < arrived:
                first_newer[span] = which
            if not which or arrived <= earliest:
                earliest, which = arrived, span
        return first_newer


def _replaced(versions: Sequence[SpanVersion], used: SpanVersion | None) -> str:
    """That the last version is not the first, with the rows of both; "" where there is but one."""
    if len(versions) < 2:
        return ""
    former, current = versions[-2:]
    stays = used is not None and used.version != current.version
    rows = [_rows(current, "it has")]
    rows += [_rows(former, f"version {former.version} had")] if former.verdict not in _UNREAD else []
    verb = "arrived after" if stays else "replaced"
    remains = f" Version {used.version} stays in use." if stays and used else ""
    sentence = f"Version {current.version} {verb} version {former.version} on {current.arrived}"
    return f"{sentence}; {', '.join(rows)}.{remains}"


def _rows(version: SpanVersion, has: str) -> str:
    unread = {"NEW": "it is not judged yet", "REFUSED": "it cannot be read"}
    return unread.get(version.verdict) or f"{has} {plural(version.rows, 'row')}"


def _length(seconds: int) -> str:
    """A length of time by its two largest units, such as `2 d 6 h`."""
    parts = []
    for name, unit in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, unit)
        parts += [f"{count} {name}"] if count else []
    return " ".join(parts[:2])
