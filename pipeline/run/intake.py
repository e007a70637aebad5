"""From exports to judged spans: what arrived, its verdict, and what may be trained on."""

import hashlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tensorflow_metadata.proto.v0 import schema_pb2

from perennial.errors import ConfigError, NodeFailed, SchemaError, SpanChanged, did_you_mean
from perennial.files import read_json, write_text
from perennial.reading.columns import check_label, columns_to_json, export_columns
from perennial.schema import parse_schema, schema_text
from perennial.store.ledger import Ledger
from perennial.store.spans import SpanVersion, Verdict
from pipeline import export_folders, inputs
from pipeline.config import UseCase
from pipeline.execution.messages import Failure, Pass
from pipeline.plan import SchemaPlan, SpanPlan
from pipeline.run.outputs import Outputs

_NOTHING = Failure(kind="node_failed", problem="It wrote no output.", remedy="See the run's log.")
# Twelve weeks of days.
_MOST_COMPARED = 84
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
        arrivals: The exports that can be read, oldest span first.
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
        self.exports = export_folders.exports_of(use_case)
        self.notes = [
            f"Span {export.span} waits. {export.reason}" for export in self.exports if export.unreadable
        ]
        readable = [export for export in self.exports if export.state in ("complete", "refused")]
        arrived = [self._arrive(export) for export in readable[-use_case.window.spans :]]
        self.arrivals = [arrival for arrival in arrived if arrival]

    def judge_fresh(self, run_pass: RunPass) -> list[SpanVersion]:
        """Reads and judges, oldest first, every arrival without a valid judgement.

        Returns:
            The judged versions.

        Raises:
            NodeFailed: A node failed for another reason than the data.
        """
        judged = []
        for arrival in self.arrivals:
            previous = self._previous(arrival.export.span)
            if self._stands(arrival, previous):
                continue
            try:
                judged.append(self._judge(arrival, previous, run_pass))
            except SpanChanged as changed:
                self._ledger.files.forget(arrival.export.files)
                self.notes.append(f"Span {arrival.export.span} waits. {changed}")
        return judged

    def sizes(self) -> tuple[list[int], list[tuple[int, Path]]]:
        """Bytes of each export to read; and of each export that was read, with the folder of its output."""
        fresh: list[int] = []
        read: list[tuple[int, Path]] = []
        for arrival in self.arrivals:
            size = sum(path.stat().st_size for path in arrival.export.files)
            if not self._stands(arrival, self._previous(arrival.export.span)):
                fresh += [] if arrival.problem else [size]
            elif now := self._ledger.spans.current(arrival.export.span):
                read += [(size, Path(now.examples))] if now.examples else []
        return fresh, read

    def _stands(self, arrival: Arrival, previous: SpanVersion | None) -> bool:
        """Whether the judgement of an arrival is still valid, and its outputs are not damaged."""
        now = self._ledger.spans.current(arrival.export.span)
        return now is not None and now.judged_with == self._judged_with(previous) and self._is_whole(now)

    def _is_whole(self, version: SpanVersion) -> bool:
        """Whether the artifacts of a version are unchanged; damaged ones are removed."""
        # A list, so that both are checked even if the first one is damaged.
        return all([self._outputs.usable(uri) for uri in (version.examples, version.statistics) if uri])

    def newest_withheld(self) -> SpanVersion | None:
        """The newest complete span, if it is refused or blocked and no person has decided."""
        if not self.arrivals:
            return None
        newest = self._ledger.spans.current(self.arrivals[-1].export.span)
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

    def _plan(self, arrival: Arrival, previous: SpanVersion | None) -> SpanPlan:
        version = arrival.version
        return SpanPlan(
            span=version.span,
            version=self._ledger.spans.first_arrival(version),
            digest=version.digest,
            files=tuple((str(path), arrival.checksums[path]) for path in arrival.export.files),
            previous_statistics=previous.statistics if previous else "",
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

    def _judge(self, arrival: Arrival, previous: SpanVersion | None, run_pass: RunPass) -> SpanVersion:
        verdict: Verdict
        facts: Mapping[str, Any]
        uris: Mapping[str, str]
        if arrival.problem:
            verdict, reasons, facts, uris = "REFUSED", [arrival.problem], {}, {}
        else:
            passed = run_pass(self._plan(arrival, previous))
            verdict, reasons, facts, uris = _outcome(passed, arrival.export)
        self._ledger.spans.judge(
            arrival.version,
            verdict,
            reasons,
            rows=facts.get("rows", 0),
            quarantined=facts.get("quarantined", 0),
            judged_with=self._judged_with(previous),
            run_id=self._run_id,
            examples=uris.get("examples", ""),
            statistics=uris.get("statistics", ""),
        )
        judged = self._ledger.spans.current(arrival.export.span)
        return judged or arrival.version

    def _judged_with(self, previous: SpanVersion | None) -> str:
        """Digest of all that a judgement depends on, except the span's own content."""
        before = [previous.span, previous.digest, previous.statistics] if previous else None
        return inputs.digest_of(nodes=self._given, schema=self._schema.digest, previous=before)

    def _previous(self, span: str) -> SpanVersion | None:
        """The version in use of the previous span, with whose statistics drift is measured."""
        before = in_use_before(self._ledger, self._use_case.exports.span, span)
        return next((version for version in before if self._is_whole(version)), None)


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


def _outcome(
    passed: Pass, export: export_folders.ExportFolder
) -> tuple[Verdict, list[str], Mapping[str, Any], Mapping[str, str]]:
    """Verdict, reasons, summary and artifact URIs of a pass up to the data gate.

    Raises:
        NodeFailed: A node failed for another reason than the data.
        SpanChanged: The export has changed since it arrived.
    """
    failure = passed.failure
    if failure is not None and failure.kind == "span_changed":
        raise SpanChanged(failure.problem, failure.remedy)
    if failure is not None and failure.kind == "span_refused":
        return "REFUSED", [failure.problem], {}, {}
    anomalies = passed.output("DataGate", "anomalies")
    examples = passed.output("ArrowExampleGen", "examples")
    statistics = passed.output("SpanStatistics", "statistics")
    if failure is not None or anomalies is None or examples is None or statistics is None:
        raise failed(passed, f"span {export.span}")
    summary = read_json(examples / "summary.json")
    if problem := export_folders.rows_problem(export, summary):
        return "REFUSED", [problem], summary, {}
    gate = read_json(anomalies / "gate.json")
    return (
        gate["verdict"],
        gate["reasons"],
        summary,
        {"examples": str(examples), "statistics": str(statistics)},
    )


def failed(passed: Pass, what: str) -> NodeFailed:
    """The error of a pass in which a node failed; `what` names the spans of the pass."""
    failure = passed.failure or _NOTHING
    return NodeFailed(
        f"{passed.failed_node or 'The pipeline'} failed on {what}. {failure.problem}", failure.remedy
    )
