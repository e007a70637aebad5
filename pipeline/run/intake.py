"""From arrivals to judged spans: which are read, what the gate's verdict means, what may be trained on."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from perennial.drift.prediction_facts import PredictionFacts
from perennial.errors import SpanChanged
from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanAlarm, SpanVersion, Verdict
from pipeline.config import UseCase
from pipeline.execution.messages import Pass
from pipeline.plan import EffectsPlan, SchemaPlan, SpanPlan
from pipeline.run import live_predictions
from pipeline.run.arrivals import Arrival, arrivals_of
from pipeline.run.calibrating import Calibrations, Maker, open_before
from pipeline.run.drift_effects import with_effects
from pipeline.run.in_use import newest_in_use, row_counts_before
from pipeline.run.outputs import Outputs
from pipeline.run.read_as import read_as
from pipeline.run.scope import NEWEST_SPANS, SpanScope
from pipeline.run.span_outcome import SpanOutcome, outcome
from pipeline.run.through import is_through
from pipeline.run.validity import Validity

RunPass = Callable[[SpanPlan], Pass]


class Intake:
    """Reads and judges the exports of one use case, and records them in the ledger.

    Attributes:
        exports: All folders in the exports folder.
        arrivals: The exports that can be read of the newest spans and of those in use, oldest span first.
        notes: A sentence for each span that waits for the next run.
        missing: The spans that are missing between others, oldest first.
    """

    def __init__(
        self,
        use_case: UseCase,
        ledger: Ledger,
        outputs: Outputs,
        schema: SchemaPlan,
        run_id: str,
        scope: SpanScope = NEWEST_SPANS,
        make_calibration: Maker | None = None,
        *,
        run_effects: Callable[[EffectsPlan], Pass] | None = None,
    ) -> None:
        """Lists the exports folder; reads only what is needed to distinguish versions.

        Nothing after the last span of `scope` is read or in use. `make_calibration` makes the calibrations
        that spans are judged by; None: nothing is judged, or no days are. `run_effects` runs the pass
        that says what drift alarms do to the live model's scores; None: no model is asked about what is read.
        """
        self._calibrations = (
            Calibrations(use_case, ledger, run_id, make_calibration) if make_calibration else None
        )
        self._run_effects = run_effects
        self._through = scope.through
        self._again = set(scope.again)
        self._use_case = use_case
        self._ledger = ledger
        self._outputs = outputs
        self._validity = Validity(use_case, ledger, schema.digest, self._is_whole)
        self._run_id = run_id
        self._read_as = read_as(use_case)
        self._predicted: list[PredictionFacts] = []
        self.exports, self.arrivals, self.notes, self.missing = arrivals_of(use_case, ledger, scope)

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
            if self._stands(arrival):
                continue
            former = self._validity.former(arrival.export.span)
            try:
                judged.append(self._judge(arrival, former, run_pass))
                self._again.discard(arrival.export.span)
            except SpanChanged as changed:
                self._ledger.files.forget(arrival.export.files)
                self.notes.append(f"Span {arrival.export.span} waits. {changed}")
        self.notes += [
            f"Span {version.span} waits. {' '.join(version.reasons)}" for version in self.unlabelled()
        ]
        self.notes += live_predictions.sentences_of(self._predicted)
        return [version for version in judged if version.verdict != "NEW"]

    def unlabelled(self) -> list[SpanVersion]:
        """The arrivals that wait for their labels."""
        versions = (self._ledger.spans.current(arrival.export.span) for arrival in self.arrivals)
        return [version for version in versions if version and version.waits_for_labels]

    def unread(self) -> list[Arrival]:
        """The arrivals that `judge_fresh` would begin to read or refuse now, oldest span first."""
        return [arrival for arrival in self.arrivals if not self._stands(arrival)]

    def sizes(self) -> tuple[list[int], list[tuple[int, Path]]]:
        """Bytes of each export to read; and of each export that was read, with the folder of its output."""
        fresh: list[int] = []
        read: list[tuple[int, Path]] = []
        for arrival in self.arrivals:
            size = sum(path.stat().st_size for path in arrival.export.files)
            if not self._stands(arrival):
                fresh += [] if arrival.problem else [size]
            elif now := self._ledger.spans.current(arrival.export.span):
                read += [(size, Path(now.examples))] if now.examples else []
        return fresh, read

    def _stands(self, arrival: Arrival) -> bool:
        """Whether an arrival is not read now."""
        now = self._ledger.spans.current(arrival.export.span)
        is_again = arrival.export.span in self._again and now is not None and not now.rejected
        return now is not None and not is_again and self._validity.holds(now)

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
            lambda version: (
                is_through(version.span, self._through, self._use_case.exports.span)
                and bool(version.judged_with)
                and not version.pruned
                and self._is_whole(version)
            ),
        )

    def _plan(self, arrival: Arrival, former: list[SpanVersion]) -> SpanPlan:
        version = arrival.version
        statistics = [each.statistics for each in former]
        others = self._validity.others(version, version.verdict)
        return SpanPlan(
            span=version.span,
            version=self._ledger.spans.first_arrival(version),
            digest=version.digest,
            files=tuple((str(path), arrival.checksums[path]) for path in arrival.export.files),
            previous_statistics=statistics[0] if statistics else "",
            older_statistics=tuple(statistics[1:]),
            others=tuple((other.span, other.digest, other.examples) for other in others),
            row_counts=row_counts_before(self._ledger, self._use_case.exports.span, version.span),
            calibration=self._calibrations.given(version.span) if self._calibrations else "",
            open_alarms=tuple(open_before(self._use_case, self._ledger, version.span)),
            live=self._live,
        )

    @cached_property
    def _live(self) -> str:
        """Digest of the model that scores the spans of this run; empty: none does."""
        if self._run_effects is None:
            return ""
        return live_predictions.model_to_ask(self._use_case.models_folder)

    def _judge(self, arrival: Arrival, former: list[SpanVersion], run_pass: RunPass) -> SpanVersion:
        if arrival.problem:
            judged = SpanOutcome("REFUSED", [arrival.problem])
        else:
            judged = outcome(run_pass(self._plan(arrival, former)), arrival.export)
        verdict, facts, uris = judged.verdict, judged.facts, judged.uris
        alarms = self._alarms(arrival.version, judged)
        now = self._ledger.spans.current(arrival.export.span) or arrival.version
        if now.pruned and now.accepted and uris and not now.accepted_as(verdict):
            # Accepted content stays accepted; only its rows are read again.
            self._ledger.spans.read_again(
                now, uris["examples"], uris["statistics"], self._read_as, uris["days"]
            )
            now = self._ledger.spans.current(now.span) or now
        usable = now.accepted and not now.pruned and now.examples and now.statistics and self._is_whole(now)
        if usable and not now.accepted_as(verdict):
            judged_with = self._validity.digest(former, now, now.verdict)
            later: Verdict = "REFUSED" if verdict == "NEW" else verdict
            self._ledger.spans.note_later(now, later, judged.reasons, judged_with=judged_with)
        else:
            self._ledger.spans.judge(
                arrival.version,
                verdict,
                judged.reasons,
                columns=judged.columns,
                calibration=judged.calibration,
                alarms=alarms,
                rows=facts.get("rows", 0),
                quarantined=facts.get("quarantined", 0),
                judged_with=self._validity.digest(former, arrival.version, verdict),
                run_id=self._run_id,
                examples=uris.get("examples", ""),
                statistics=uris.get("statistics", ""),
                read_as=self._read_as if uris else "",
                days=uris.get("days", ""),
            )
        return self._ledger.spans.current(arrival.export.span) or arrival.version

    def _alarms(self, version: SpanVersion, judged: SpanOutcome) -> tuple[SpanAlarm, ...]:
        """The drift alarms with what they do to the live model's scores; records its predictions."""
        if self._run_effects is None:
            return judged.alarms
        scored = None
        if folder := judged.uris.get("predictions"):
            identity = (version.span, version.digest)
            scored = live_predictions.note_predictions(self._ledger, *identity, Path(folder))
            self._predicted.append(scored)
        history = self._calibrations.history(version.span) if self._calibrations and judged.alarms else ()
        return with_effects(judged, version.span, scored, history, self._run_effects)
