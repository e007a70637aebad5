"""What needs are derived from: config, ledger, exports, lineage and versions, at one moment."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from perennial import clock
from perennial.store import recorded, registry
from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanVersion, in_use_of
from perennial.store.undo import original, restorable, rollbacks
from pipeline import export_folders
from pipeline.config import UseCase
from pipeline.export_folders import ExportFolder
from pipeline.run.gaps import held_back, missing_spans
from pipeline.run.in_use import newest_in_use
from pipeline.run.retention.lineage_rows import OutputLinks, read_links
from pipeline.run.retention.on_disk import RootContent, content_of
from pipeline.run.scope import NEWEST_SPANS, SpanScope
from pipeline.run.through import is_through


@dataclass(frozen=True)
class Standing:
    """What needs are derived from.

    Attributes:
        use_case: Whose.
        ledger: Its ledger.
        now: The present.
        exports: The complete exports in the exports folder, oldest first.
        waiting: Those that wait for a missing span (`exports.gap`).
        lineage: What MLMD says of the outputs.
        content: What lies in the root.
        scope: Which spans the run reads that prunes.
    """

    use_case: UseCase
    ledger: Ledger
    now: datetime
    exports: Sequence[ExportFolder]
    waiting: frozenset[str]
    lineage: OutputLinks
    content: RootContent
    scope: SpanScope = NEWEST_SPANS

    @classmethod
    def of(cls, use_case: UseCase, ledger: Ledger, scope: SpanScope = NEWEST_SPANS) -> "Standing":
        """Reads it.

        Raises:
            ExportsUnreadable: The exports folder cannot be listed, so the window is not known.
            sqlite3.Error: MLMD's file is damaged.
        """
        listed = export_folders.exports_of(use_case)
        return cls(
            use_case,
            ledger,
            clock.now(),
            exports=[export for export in listed if export.is_readable],
            waiting=held_back(use_case, ledger, missing_spans(use_case, ledger, listed), listed).spans,
            lineage=read_links(use_case.root / "metadata.db"),
            content=content_of(use_case.root),
            scope=scope,
        )

    def since(self, seconds: int) -> str:
        """The stamp of the moment so many seconds ago."""
        return clock.stamp(self.now - timedelta(seconds=seconds))

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The versions ever published, up to the live one: one above it was removed by hand."""
        highest = max(self.content.versions, default=0)
        rows = recorded.recorded(self.use_case.models_folder, self.ledger)
        return [row for row in rows if row["version"] <= highest]

    @cached_property
    def kept_versions(self) -> Mapping[int, tuple[str, ...]]:
        """The versions on disk that stay, by their number, with why each does."""
        whys: dict[int, list[str]] = {}
        for number, why in self._wanted_versions():
            if number in self.content.versions:
                whys.setdefault(number, []).append(why)
        return {number: tuple(reasons) for number, reasons in sorted(whys.items())}

    @cached_property
    def cards(self) -> Mapping[int, Mapping[str, Any]]:
        """The model card of each kept version."""
        cards = recorded.cards(self.use_case.models_folder, self.ledger, self.kept_versions)
        return {number: cards.get(number, {}) for number in self.kept_versions}

    @cached_property
    def spans_read(self) -> list[str]:
        """The spans that a run reads or looks at: of the newest exports, and those in use in the window.

        Of a run with `--through` those of its own window as well.
        """
        names = [export.span for export in self.exports if export.span not in self.waiting]
        wanted: set[str] = set()
        for last in {"", self.scope.through}:
            wanted |= self._window_up_to(last, names)
        return sorted(wanted)

    def _window_up_to(self, last: str, names: Sequence[str]) -> set[str]:
        """The spans that a run reads or looks at up to a span ("": the newest)."""
        kind = self.use_case.exports.span
        up_to = [name for name in names if is_through(name, last, kind)]
        used = newest_in_use(self.ledger, self.use_case, lambda each: is_through(each.span, last, kind))
        return {*self.use_case.window_bounds.newest(up_to), *(each.span for each in used)}

    def versions_read(self, span: str) -> Iterator[tuple[SpanVersion, str]]:
        """The versions of a span whose rows a run may need, each with why."""
        arrivals = self.ledger.spans.versions_of(span)
        used = in_use_of(arrivals)
        if used:
            yield used, f"it is in use: span {span}"
        if arrivals:
            yield arrivals[-1], f"its export is read at each run: span {span}"
            # The export holds other content by now: it could not be read again.
            if (former := in_use_of(arrivals[:-1])) and former != used:
                yield former, f"it would be in use again if what arrived after it were not: span {span}"

    def _wanted_versions(self) -> Iterator[tuple[int, str]]:
        on_disk = sorted(self.content.versions)
        if not on_disk:
            return
        live = on_disk[-1]
        yield live, "it is live"
        restores = {row["version"]: row["restores"] for row in self.rows}
        first = original(restores, live)
        yield from self._to_go_back_to([number for number in on_disk if number < first])
        for done in rollbacks(self.rows).open:
            # `forward` takes the first of them that is intact.
            for number in restorable(self.rows, done.before["version"], on_disk):
                yield number, "`forward` would restore it"
        for number in on_disk[-self.use_case.keep.models :]:
            yield number, f"it is one of the newest {self.use_case.keep.models} (`keep.models`)"
        if self.use_case.serving.versions != "latest":
            for number in self.use_case.serving.versions:
                yield number, "`serving.versions` names it"
        for label, number in self.use_case.serving.labels.items():
            yield number, f"`serving.labels` names it ({label})"

    def _to_go_back_to(self, former: Sequence[int]) -> Iterator[tuple[int, str]]:
        """Of the versions before the live one, oldest first, those that stay for `rollback`."""
        yield from ((number, "`rollback` would restore it") for number in former[-1:])
        # If it is damaged, a person goes back further. Where all versions stay, no file has to be read.
        if len(self.content.versions) > self.use_case.keep.models:
            models = self.use_case.models_folder
            for number in reversed(former):
                if not registry.version_at(models, number).damage():
                    if number != former[-1]:
                        yield number, "it is the newest intact one to go back to"
                    break
