"""What a backfill would do about each span: read it, or why not; nothing is changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal

from perennial.store import registry
from perennial.store.backfills import Which
from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanVersion
from pipeline.config import UseCase
from pipeline.export_folders import ExportFolder, exports_of
from pipeline.run.arrivals import content_of
from pipeline.run.curated_schema import curated_schema
from pipeline.run.gaps import held_back, missing_spans
from pipeline.run.in_use import in_use_before, is_lost, newest_in_use
from pipeline.run.live_rows import rejected_spans
from pipeline.run.settled import inputs_digest, is_settled, settled
from pipeline.run.validity import Validity
from pipeline.span_names import order
from pipeline.span_periods import is_name

# A span is read; is judged again, from what was read of it where that can be used; was judged, and nothing
# has changed since; keeps its verdict until a person acts; or cannot be read.
Action = Literal["read", "judge", "cached", "stands", "waits"]


@dataclass(frozen=True)
class PlannedSpan:
    """A span that a backfill means.

    Attributes:
        span: Its name.
        state: Its state, as `spans` shows it.
        version: The version of its content; None: it has not arrived.
        action: What is done about it.
        why: Why, a sentence.
        size: Bytes of its export.
        is_again: Whether it is read again though nothing has changed.
    """

    span: str
    state: str
    version: int | None
    action: Action
    why: str
    size: int
    is_again: bool = False


# What a run does something for.
RUN: Final = ("read", "judge")


class SpanSurvey:
    """The spans of one use case, on disk and in its ledger.

    Attributes:
        names: All spans that are on disk or were ever read, oldest first.
        readable: Those on disk that a run can read, oldest first.
        in_use: Those in use, newest first.
    """

    def __init__(self, use_case: UseCase, ledger: Ledger, since: str | None) -> None:
        """`since`: when the backfill began that is continued; None: there is none."""
        self._use_case = use_case
        self._ledger = ledger
        self._since = since
        listed = exports_of(use_case)
        held = held_back(use_case, ledger, missing_spans(use_case, ledger, listed), listed)
        self._held = held
        self._contents: dict[str, str] = {}
        kind = use_case.exports.span
        self._exports = {each.span: each for each in listed if each.state != "odd"}
        known = {*self._exports, *(name for name in ledger.spans.names() if is_name(name, kind))}
        self.names = sorted(known, key=lambda name: order(name, kind))
        self.readable = [each.span for each in listed if each.is_readable and each.span not in held.spans]
        self.in_use = [version.span for version in in_use_before(ledger, kind, None)]
        self._schema = sha256(curated_schema(use_case)[0].encode()).hexdigest()
        self._validity = Validity(use_case, ledger, self._schema, lambda version: not is_lost(version))

    def planned(self, name: str, which: Which) -> PlannedSpan | None:
        """What is done about a span; None if it is not meant."""
        export, current = self._exports.get(name), self._ledger.spans.current(name)
        if export is None:
            is_meant = current is not None and which == "failed" and _is_failed(current)
            return self._entry(name, current, "waits", self._gone()) if is_meant else None
        if not export.is_readable:
            return self._entry(name, current, "waits", export.reason, "WAITING")
        if name in self._held.spans:
            why = f"Span {self._held.missing} is missing before it (`exports.gap: wait`)."
            return self._entry(name, current, "waits", why, "WAITING")
        if current is None or not self._is_same(export, current):
            is_meant = which != "failed" or (current is not None and _is_failed(current))
            why = "Its export was replaced." if current else "It has never been read."
            return self._entry(name, current, "read", why, "NEW") if is_meant else None
        return self._of_known(name, current, which)

    def needs_reading(self, name: str) -> bool:
        """Whether any run reads a span that is in its window."""
        entry = self.planned(name, "all")
        is_refused = entry is not None and entry.state == "REFUSED" and entry.is_again
        return entry is not None and entry.action in RUN and not is_refused

    def is_settled(self) -> bool:
        """Whether a run that reads nothing would have nothing to train on that is new."""
        ledger, live = self._ledger, registry.live(self._use_case.models_folder)
        usable = newest_in_use(
            ledger,
            self._use_case,
            lambda version: bool(version.judged_with) and not version.pruned and not is_lost(version),
        )
        digest = inputs_digest(self._use_case, self._schema, usable)
        present = settled(digest, live, rejected_spans(live, ledger))
        return is_settled(ledger, present, broken=live is not None and bool(live.damage()))

    def in_window_after(self, oldest: str, without: Sequence[str]) -> list[str]:
        """The spans in use of the window that are newer than a span, some left out; oldest first."""
        kind = self._use_case.exports.span
        used = [version.span for version in newest_in_use(self._ledger, self._use_case)]
        return [span for span in used if order(span, kind) > order(oldest, kind) and span not in without]

    def _of_known(self, name: str, current: SpanVersion, which: Which) -> PlannedSpan | None:
        """What is done about a span whose content has arrived."""
        if current.rejected:
            why = f"A person rejected it: {current.why}"
            return self._entry(name, current, "stands", why) if which == "all" else None
        if current.verdict == "NEW" and not current.waits_for_labels:
            why = "It arrived, and no run has read it."
            return self._entry(name, current, "read", why) if which != "failed" else None
        if which == "missing" or (which == "failed" and not _is_failed(current)):
            return None
        is_gone = is_lost(current) or current.pruned or not current.examples
        if current.verdict in ("OK", "WARN", "BLOCK") and is_gone:
            pruned = "Its rows were pruned when it was older than the window."
            why = pruned if current.pruned else "What was read of it is not there any more."
            return self._entry(name, current, "read", why, is_again=True)
        if not self._validity.holds(current):
            why = "Settings, schema, code or the spans before it have changed since it was judged."
            return self._entry(name, current, "judge", why)
        if current.verdict == "REFUSED":
            return self._refused(name, current)
        if _is_failed(current):
            return self._entry(name, current, "stands", self._remedy(current))
        return self._entry(name, current, "cached", "Nothing has changed since it was read.")

    def _refused(self, name: str, current: SpanVersion) -> PlannedSpan:
        """A refused span is read once more: what refused it may lie in a library or on the disk."""
        judged_by = self._ledger.spans.judged_by(current)
        if self._since and self._ledger.runs.is_since(judged_by, "backfill", self._since):
            return self._entry(name, current, "cached", "This backfill has read it.")
        return self._entry(name, current, "read", "It was refused.", is_again=True)

    def _remedy(self, current: SpanVersion) -> str:
        """Why a failed span is not judged again, and what a person can do."""
        name = self._use_case.name
        if current.waits_for_labels:
            return f"Nothing has changed: run `land {name} FILE --replace` once its labels are there."
        return (
            "Nothing that its verdict follows from has changed. Fix its export (`land"
            f" {name} FILE --replace`), or run `spans {name} accept|reject {current.span} --why ...`."
        )

    def _gone(self) -> str:
        return f"Its export is gone. Run `land {self._use_case.name} FILE` with its file."

    def _is_same(self, export: ExportFolder, current: SpanVersion) -> bool:
        """Whether an export has the content that arrived last; files are read whose size or times changed."""
        if export.span not in self._contents:
            try:
                content = content_of(export, self._ledger.files.unrecorded)
                self._contents[export.span] = content.digest
            except OSError:  # a file disappeared: the run says so
                self._contents[export.span] = ""
        return self._contents[export.span] == current.digest

    def _entry(
        self,
        name: str,
        current: SpanVersion | None,
        action: Action,
        why: str,
        state: str = "",
        *,
        is_again: bool = False,
    ) -> PlannedSpan:
        known = "NEW" if current is None else "WAITING" if current.waits_for_labels else current.state
        version = current.version if current else None
        return PlannedSpan(name, state or known, version, action, why, self.size(name), is_again)

    def size(self, name: str) -> int:
        """Bytes of a span's export; 0 where it has none."""
        export, size = self._exports.get(name), 0
        for path in export.files if export else ():
            try:
                size += path.stat().st_size
            except OSError:  # it disappeared: the run says so
                continue
        return size


def _is_failed(version: SpanVersion) -> bool:
    """Whether a version is refused, blocked or failing and nobody has decided, or waits for its labels."""
    return version.withheld or (version.waits_for_labels and not version.rejected)
