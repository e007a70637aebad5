"""From exports to judged spans: what arrived, its verdict, and what may be trained on."""

import hashlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tensorflow_metadata.proto.v0 import schema_pb2

from components.data_gate.settings import NEIGHBOURS
from perennial.errors import ConfigError, SchemaError, SpanChanged, did_you_mean
from perennial.files import write_text
from perennial.reading.columns import check_label, columns_to_json, export_columns
from perennial.schema import parse_schema, schema_text
from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanVersion, Verdict
from pipeline import export_folders, inputs
from pipeline.config import UseCase
from pipeline.execution.messages import Pass
from pipeline.plan import SchemaPlan, SpanPlan
from pipeline.run.outputs import Outputs
from pipeline.run.read_as import read_as
from pipeline.run.span_outcome import SpanOutcome, outcome

# The previous span, and those with which the pairs of neighbours before it are made.
FORMER_SPANS: Final = NEIGHBOURS + 1
# Twelve weeks of days.
_MOST_COMPARED: Final = 84
RunPass = Callable[[SpanPlan], Pass]


@dataclass(frozen=True)
class Arrival:
    """A complete export, and the version of its span that it is.

    Attributes:
        export: The export.
        version: The version.
        problem: Why it is refused before it is read; empty if it is not.
        checksums: SHA-256 of each file when the version was recorded; they must not change until it is read.
    """

    export: export_folders.ExportFolder
    version: SpanVersion
    problem: str
    checksums: Mapping[Path, str]


def curated_schema(use_case: UseCase) -> tuple[str, schema_pb2.Schema]:
    """Reads the use case's curated schema; returns its text and the parsed schema.

    Raises:
        SchemaError: It does not exist, does not parse, or has no label or time column, or its label does not
            fit the task.
        ConfigError: The config names a column that the schema does not have.
    """
    path = use_case.schema_file
    text = schema_text(path)
    proto = parse_schema(text, f"schemas/{path.name}")
    columns = export_columns(proto)
    names = [column.name for column in columns]
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise SchemaError(f"schemas/{path.name} has the feature `{twice[0]}` twice.", "Remove one of them.")
    wanted = {"label": use_case.label, "exports.time_column": use_case.exports.time_column or use_case.label}
    for key, name in wanted.items():
        if name not in names:
            raise SchemaError(f"schemas/{path.name} has no feature `{name}`.", f"Add it, or fix `{key}`.")
    check_label(columns[names.index(use_case.label)], use_case.answers)
    there = [feature.name for feature in proto.feature]  # with those that are set aside
    for key, name in _columns_named(use_case):
        if name not in there:
            near = did_you_mean(name, there)
            raise ConfigError(
                f"{use_case.name}.yaml: `{key}`: the schema has no column `{name}`{near}.",
                "Fix the name; nothing was started.",
            )
    return text, proto


def _columns_named(use_case: UseCase) -> Iterator[tuple[str, str]]:
    """The columns that a config names in addition to label and time column, each with its key.

    A rule about a new column may name one that the schema does not have.
    """
    yield from (("exports.date_format", name) for name in use_case.exports.date_format)
    yield from (
        ("data.policy", rule.feature)
        for rule in use_case.data.policy
        if rule.feature != "*" and rule.anomaly != "new_column"
    )
    yield from (("evaluation.slices", cut.column) for cut in use_case.evaluation.cuts)
    yield from (("serving.private", name) for name in use_case.serving.private)


def import_schema(use_case: UseCase) -> SchemaPlan:
    """Copies the use case's curated schema into a folder named by its digest.

    An edit gives another folder, and so a cache miss; TFX's Importer does not notice an edited file.

    Raises:
        SchemaError: As `curated_schema`.
    """
    text, proto = curated_schema(use_case)
    digest = hashlib.sha256(text.encode()).hexdigest()
    folder = use_case.root / "schemas" / digest[:16]
    laid = folder / "schema.pbtxt"
    if not laid.is_file() or laid.read_bytes() != text.encode():
        folder.mkdir(parents=True, exist_ok=True)
        write_text(laid, text)
    return SchemaPlan(uri=str(folder), digest=digest, columns=columns_to_json(export_columns(proto)))


class Intake:
    """Reads and judges the exports of one use case, and records them in the ledger.

    Attributes:
        exports: All folders in the exports folder.
        arrivals: The exports that can be read of the newest spans and of those in use, oldest span first.
        notes: A sentence for each span that waits for the next run.
    """

    def __init__(
        self, use_case: UseCase, ledger: Ledger, outputs: Outputs, schema: SchemaPlan, run_id: str
    ) -> None:
        """Lists the exports folder; reads only what is needed to distinguish versions."""
        self._use_case = use_case
        self._ledger = ledger
        self._outputs = outputs
        self._schema = schema
        self._run_id = run_id
        self._given = inputs.of_span(use_case)
        self._read_as = read_as(use_case)
        self.exports = export_folders.exports_of(use_case)
        self.notes = [
            f"Span {export.span} waits. {export.reason}" for export in self.exports if export.unreadable
        ]
        readable = [export for export in self.exports if export.state in ("complete", "refused")]
        # If the newest waits or is withheld, the oldest span in use is older than the newest exports.
        spans = {export.span for export in readable[-use_case.window.spans :]}
        spans |= {version.span for version in newest_in_use(ledger, use_case)}
        arrived = [self._arrive(export) for export in readable if export.span in spans]
        self.arrivals = [arrival for arrival in arrived if arrival]

    def judge_fresh(self, run_pass: RunPass) -> list[SpanVersion]:
        """Reads and judges, oldest first, every arrival that is not rejected and has no valid judgement.

        Accepted content that was read before stays accepted, and in use as it was read, if it would be
        blocked or refused now: that is noted beside its verdict.

        Returns:
            The judged versions.

        Raises:
            NodeFailed: A node failed for another reason than the data.
        """
        judged = []
        for arrival in self.arrivals:
            former = self._former(arrival.export.span)
            if self._stands(arrival, former):
                continue
            try:
                judged.append(self._judge(arrival, former, run_pass))
            except SpanChanged as changed:
                self._ledger.files.forget(arrival.export.files)
                self.notes.append(f"Span {arrival.export.span} waits. {changed}")
        self.notes += [
            f"Span {version.span} waits. {' '.join(version.reasons)}" for version in self.unlabelled()
        ]
        return [version for version in judged if version.verdict != "NEW"]

    def unlabelled(self) -> list[SpanVersion]:
        """The arrivals that wait for their labels."""
        versions = (self._ledger.spans.current(arrival.export.span) for arrival in self.arrivals)
        return [version for version in versions if version and version.waits_for_labels]

    def sizes(self) -> tuple[list[int], list[tuple[int, Path]]]:
        """Bytes of each export to read; and of each export that was read, with the folder of its output."""
        fresh: list[int] = []
        read: list[tuple[int, Path]] = []
        for arrival in self.arrivals:
            size = sum(path.stat().st_size for path in arrival.export.files)
            if not self._stands(arrival, self._former(arrival.export.span)):
                fresh += [] if arrival.problem else [size]
            elif now := self._ledger.spans.current(arrival.export.span):
                read += [(size, Path(now.examples))] if now.examples else []
        return fresh, read

    def _stands(self, arrival: Arrival, former: list[SpanVersion]) -> bool:
        """Whether an arrival is not read now: it is rejected, or its judgement is valid and outputs whole."""
        now = self._ledger.spans.current(arrival.export.span)
        if now is None or now.rejected:
            return now is not None
        return now.judged_with == self._judged_with(former, now, now.verdict) and self._is_whole(now)

    def _is_whole(self, version: SpanVersion) -> bool:
        """Whether the artifacts of a version are unchanged; damaged ones are removed."""
        # A list, so that both are checked even if the first one is damaged.
        return all([self._outputs.usable(uri) for uri in (version.examples, version.statistics) if uri])

    def newest_withheld(self) -> SpanVersion | None:
        """The newest complete span that is judged, if it is refused or blocked and no person has decided.

        One that waits, as for its labels, is not judged yet: the finding before it stays the newest.
        """
        current = (self._ledger.spans.current(arrival.export.span) for arrival in reversed(self.arrivals))
        newest = next((version for version in current if version and version.verdict != "NEW"), None)
        return newest if newest is not None and newest.withheld else None

    def in_use(self) -> list[SpanVersion]:
        """The accepted versions of the newest spans, as many as the window holds, oldest first.

        A version with damaged artifacts and without its export cannot be used.
        """
        return newest_in_use(
            self._ledger,
            self._use_case,
            lambda version: bool(version.judged_with) and self._is_whole(version),
        )

    def _plan(self, arrival: Arrival, former: list[SpanVersion]) -> SpanPlan:
        version = arrival.version
        statistics = [each.statistics for each in former]
        return SpanPlan(
            span=version.span,
            version=self._ledger.spans.first_arrival(version),
            digest=version.digest,
            files=tuple((str(path), arrival.checksums[path]) for path in arrival.export.files),
            previous_statistics=statistics[0] if statistics else "",
            older_statistics=tuple(statistics[1:]),
            others=tuple(
                (other.span, other.digest, other.examples) for other in self._others(version, version.verdict)
            ),
            row_counts=row_counts_before(self._ledger, self._use_case.exports.span, version.span),
        )

    def _arrive(self, export: export_folders.ExportFolder) -> Arrival | None:
        """Records a complete export; None if a file of it disappeared: it waits."""
        checksums: dict[Path, str] = {}
        problem = export.reason
        digest = ""
        for path in export.files:
            name = path.relative_to(export.folder).as_posix()
            try:
                checksums[path] = self._ledger.files.digest(path)
            except FileNotFoundError:
                self.notes.append(f"Span {export.span} waits. {name} disappeared while it was read.")
                return None
            except OSError as error:
                problem = problem or f"{name}: the file cannot be read ({error.strerror})."
        if not problem:
            try:
                digest = export_folders.content_digest(export, checksums.__getitem__)
            except export_folders.ManifestError as error:
                problem = str(error)
        if problem:
            contents = [f"{path.name} {checksums.get(path, 'unreadable')}" for path in export.files]
            digest = export_folders.digest_of_text("\n".join(["refused", problem, *contents]))
        return Arrival(export, self._ledger.spans.arrive(export.span, digest), problem, checksums)

    def _judge(self, arrival: Arrival, former: list[SpanVersion], run_pass: RunPass) -> SpanVersion:
        if arrival.problem:
            judged = SpanOutcome("REFUSED", [arrival.problem])
        else:
            judged = outcome(run_pass(self._plan(arrival, former)), arrival.export)
        verdict, facts, uris = judged.verdict, judged.facts, judged.uris
        now = self._ledger.spans.current(arrival.export.span) or arrival.version
        usable = now.accepted and now.examples and now.statistics and self._is_whole(now)
        if usable and not now.accepted_as(verdict):
            judged_with = self._judged_with(former, now, now.verdict)
            later: Verdict = "REFUSED" if verdict == "NEW" else verdict
            self._ledger.spans.note_later(now, later, judged.reasons, judged_with=judged_with)
        else:
            self._ledger.spans.judge(
                arrival.version,
                verdict,
                judged.reasons,
                columns=judged.columns,
                rows=facts.get("rows", 0),
                quarantined=facts.get("quarantined", 0),
                judged_with=self._judged_with(former, arrival.version, verdict),
                run_id=self._run_id,
                examples=uris.get("examples", ""),
                statistics=uris.get("statistics", ""),
                read_as=self._read_as if uris else "",
            )
        return self._ledger.spans.current(arrival.export.span) or arrival.version

    def _judged_with(self, former: list[SpanVersion], version: SpanVersion, verdict: Verdict) -> str:
        """Digest of all that a judgement depends on, except the span's own content.

        A span that is blocked is judged again when other spans change: its rows may have been blocked because
        one of them had them by mistake.
        """
        before = [[each.span, each.digest, each.statistics] for each in former]
        others = None
        if verdict == "BLOCK":
            others = [(other.span, other.digest) for other in self._others(version, verdict)]
        return inputs.digest_of(nodes=self._given, schema=self._schema.digest, former=before, others=others)

    def _others(self, version: SpanVersion, verdict: Verdict) -> list[SpanVersion]:
        """The spans in use that a version with this verdict is compared with.

        Of two spans in use with the same rows the one that arrived later is wrong. A version that is not in
        use is compared with all: else two could have the same rows, each blocked only by what came before it.
        """
        kind = self._use_case.exports.span
        others = others_in_use(self._ledger, kind, version.span)
        if not replace(version, verdict=verdict).accepted:
            return others
        place = (version.arrived, export_folders.order(version.span, kind))
        return [other for other in others if (other.arrived, export_folders.order(other.span, kind)) < place]

    def _former(self, span: str) -> list[SpanVersion]:
        """The versions in use of the spans before, with whose statistics drift is measured; newest first."""
        before = in_use_before(self._ledger, self._use_case.exports.span, span)
        whole = (version for version in before if version.statistics and self._is_whole(version))
        return list(itertools.islice(whole, FORMER_SPANS))


def others_in_use(ledger: Ledger, kind: export_folders.SpanKind, span: str) -> list[SpanVersion]:
    """The versions in use of all spans but `span`, newest span first."""
    return [version for version in in_use_before(ledger, kind, None) if version.span != span]


def in_use_before(ledger: Ledger, kind: export_folders.SpanKind, span: str | None) -> Iterator[SpanVersion]:
    """The versions in use of the spans before `span` (None: of all), newest span first."""
    for name in sorted(ledger.spans.names(), key=lambda name: export_folders.order(name, kind), reverse=True):
        if span is None or export_folders.order(name, kind) < export_folders.order(span, kind):
            version = ledger.spans.in_use(name)
            if version is not None:
                yield version


def newest_in_use(
    ledger: Ledger, use_case: UseCase, is_usable: Callable[[SpanVersion], bool] = lambda _: True
) -> list[SpanVersion]:
    """The versions in use of the newest spans, as many as the window holds, oldest first."""
    usable = filter(is_usable, in_use_before(ledger, use_case.exports.span, None))
    return list(itertools.islice(usable, use_case.window.spans))[::-1]


def row_counts_before(
    ledger: Ledger, kind: export_folders.SpanKind, span: str | None
) -> tuple[tuple[str, int], ...]:
    """Name and rows of the newest versions in use before `span` (None: of all), oldest first."""
    newest = itertools.islice(in_use_before(ledger, kind, span), _MOST_COMPARED)
    return tuple((version.span, version.rows) for version in newest)[::-1]
