"""From exports to a verdict: judges spans, and trains a candidate if something is new."""

import sqlite3
from typing import Final

from perennial import disk
from perennial.errors import PerennialError
from perennial.store import registry
from perennial.store.span_version import SpanVersion
from perennial.store.twins import twin_of
from perennial.text import spans_text
from pipeline import config
from pipeline.execution.messages import Pass
from pipeline.plan import DaysPlan, EffectsPlan, Job, SpanPlan, WindowPlan, Work
from pipeline.report.sources import Sources
from pipeline.run import waiting, warm_start
from pipeline.run.calibrating import Calibrations
from pipeline.run.context import RunContext
from pipeline.run.day_history import DayHistory
from pipeline.run.fewer_rows import FewerRowsCheck
from pipeline.run.findings import Findings, decide
from pipeline.run.gaps import MissingSpan
from pipeline.run.in_use import lost_for_good
from pipeline.run.intake import Intake
from pipeline.run.judged_spans import still_accepted, summary_of, warns_anew
from pipeline.run.live_rows import contents_trained_on, rejected_spans
from pipeline.run.publishing import FAILED_BEFORE, NOT_BLESSED, Publishing, skipped
from pipeline.run.read_as import contradictions
from pipeline.run.settled import inputs_digest, is_settled, settled
from pipeline.run.stale_live import stale_sentence, why_kept
from pipeline.summary import FailingSpan, FewerRowsSummary, NodeSummary, SpanSummary
from pipeline.verdict import Name, when_labelled

_SETTLED = "Spans, code, config, schema and live model are unchanged since the last run."
_WITHOUT_TWIN: Final = (
    "The candidate was compared with the version itself, on rows that it was not trained on."
)
_NEXT_EXPORT = "Run `land {use_case} FILE` to hand in the next export."


class Decision:
    """One run from its exports to its verdict, with all results so far if it ends early.

    Attributes:
        spans: The judged spans.
        warned: Those with a warning that they did not have before and that no person has decided about.
        nodes: The nodes.
        notes: Sentences to add to the reason, such as about a span that waits.
        blocked: A sentence about the newest complete span, if it is refused or blocked; else empty.
        blocked_columns: The columns that it is about.
        fewer_rows: That there are many fewer rows than the live version had; None if there are not.
        findings: The results of the training half; None until it has ended.
        pushed: The version that this run published; None as long as it has not.
        sources: The nodes' outputs, for the page.
        failing: Spans that this run takes out of use, as no model is of use on their rows.
        unlabelled: Names of the spans that wait for their labels.
        missing: The spans that are missing between others; None until the exports are listed.
        settled_with: The fingerprint of this run if it is settled; else empty.
    """

    def __init__(self, context: RunContext) -> None:
        """Reads nothing yet."""
        self._context = context
        self.spans: list[SpanSummary] = []
        self.warned: list[SpanVersion] = []
        self.nodes: list[NodeSummary] = []
        self.notes: list[str] = []
        self.blocked = ""
        self.blocked_columns: tuple[str, ...] = ()
        self.fewer_rows: FewerRowsSummary | None = None
        self.findings: Findings | None = None
        self.pushed: int | None = None
        self.failing: list[FailingSpan] = []
        self.unlabelled: list[str] = []
        self.missing: list[MissingSpan] | None = None
        self.sources = Sources()
        self.settled_with = ""
        self._inputs = ""

    def reach(self) -> tuple[Name, str]:
        """Reads and judges new exports, trains and compares; returns the verdict and its reason.

        Raises:
            NodeFailed: A node failed for another reason than the data.
            DiskFull: The disk has too little space.
        """
        context = self._context
        intake = Intake(
            context.use_case,
            context.ledger,
            context.outputs,
            context.schema,
            context.run_id,
            context.scope,
            context.calibrator.make,
            # The past is read for its rows: what the model of now says of it tells nobody anything.
            run_effects=None if context.trigger == "backfill" else self._pass,
        )
        live = registry.live(context.use_case.models_folder)
        withheld, accepted = self._read(intake, live)
        inputs = inputs_digest(context.use_case, context.schema.digest, accepted)
        rejected = rejected_spans(live, context.ledger)
        present = settled(inputs, live, rejected)
        broken = live is not None and bool(live.damage())  # then it must be replaced
        if not accepted:
            none: Name = "NOTHING_NEW" if live else "NO_MODEL"
            return ("DATA_BLOCKED", self.blocked) if withheld else (none, self._none_accepted())
        if is_settled(context.ledger, present, broken=broken):
            if pushed := self._push_waiting(inputs):
                return self.with_blocked("PUSHED", pushed)
            self.settled_with = present
            return ("DATA_BLOCKED", self.blocked) if withheld else ("NOTHING_NEW", self._nothing_new())
        if problem := contradictions(accepted, context.use_case, context.schema):
            return "DATA_BLOCKED", " ".join(filter(None, [problem, self.blocked]))
        self._inputs = inputs
        context.ledger.runs.intend(context.run_id, inputs)
        self._make_ready(intake, trains=True)
        self._fill_history()
        verdict, reason = self._train(accepted, live)
        if self._withhold_failing(accepted, live):
            self._look_for_withheld(intake)
        if verdict == "PUSHED":
            self.settle_published()
        elif (
            verdict == "KEPT"
        ):  # compared with the live version at the start: if that has changed, the next run compares again
            self.settled_with = present
            self._note_waiting()
            self._note_retraining(live, rejected)
        return self.with_blocked(verdict, reason)

    def _read(
        self, intake: Intake, live: registry.Version | None
    ) -> tuple[SpanVersion | None, list[SpanVersion]]:
        """Reads and judges what is new; gives the newest span that is withheld, and those in use."""
        context = self._context
        self.missing = intake.missing
        self._make_ready(intake)
        if intake.unread():
            self._fill_history()
        judged = intake.judge_fresh(self._pass)
        self.spans += [summary_of(version) for version in judged]
        self.warned += [version for version in judged if warns_anew(version, intake)]
        self.unlabelled += [version.span for version in intake.unlabelled()]
        self.notes += [*intake.notes, still_accepted(self.spans, context.use_case.name)]
        self.notes.append(stale_sentence(live, context.ledger))
        withheld = self._look_for_withheld(intake)
        accepted = intake.in_use()
        self.notes += lost_for_good(context.ledger, context.use_case, intake.exports).values()
        return withheld, accepted

    def calibrate_next(self) -> str:
        """Calibrates drift on what is accepted now, where spans were judged: the next one is judged by that.

        Returns:
            What went wrong, or an empty text; the next run makes the calibration before it judges.
        """
        context = self._context
        if not self.spans:
            return ""
        made = Calibrations(context.use_case, context.ledger, context.run_id, context.calibrator.make)
        try:
            made.before(None)
        except (PerennialError, OSError, sqlite3.Error) as error:
            return f"Drift is not calibrated for the next span: {error}"
        return ""

    def _none_accepted(self) -> str:
        use_case = self._context.use_case
        first = use_case.window_bounds.first
        since = f" since span {first} (`window.since`)" if first else ""
        return f"No accepted export{since} in {use_case.exports_folder}."

    def _note_waiting(self) -> None:
        """Records that the candidate of this run waits, if it does."""
        record = self.findings.record if self.findings else None
        if record and record.candidate:
            self._context.ledger.candidates.wait(self._context.run_id, record.candidate)

    def _push_waiting(self, inputs: str) -> str:
        """Publishes what waited for the end of a freeze, if that is over; returns the reason, or ""."""
        context = self._context
        self._inputs = inputs
        self.pushed, sentence = waiting.push_after_freeze(
            context.use_case, context.ledger, context.run_id, inputs
        )
        if self.pushed is None:
            self.notes.append(sentence)
            return ""
        self.settle_published()
        return sentence

    def _note_retraining(self, live: registry.Version | None, rejected: list[str]) -> None:
        """Records that this run trained without rejected spans of the live version, which stays."""
        if live and rejected and self.findings:
            why, setting = why_kept(self.findings, self._context.use_case)
            self._context.ledger.retrainings.note(self._context.run_id, live.number, rejected, why, setting)

    def _nothing_new(self) -> str:
        """The reason of NOTHING_NEW: what brings something new."""
        name = self._context.use_case.name
        following = _NEXT_EXPORT.format(use_case=name)
        if candidate := self._context.ledger.candidates.waiting():
            following = waiting.brief(candidate, self._context.use_case)
        return f"{_SETTLED} {when_labelled(name, self.unlabelled) if self.unlabelled else following}"

    def _look_for_withheld(self, intake: Intake) -> SpanVersion | None:
        """The newest complete span if it is refused or blocked; notes the sentence about it."""
        withheld = intake.newest_withheld()
        if withheld:
            state = "refused" if withheld.verdict == "REFUSED" else "blocked"
            self.blocked_columns = withheld.columns
            self.blocked = f"Span {withheld.span} is {state}: {' '.join(withheld.reasons_of_state)}"
        return withheld

    def _withhold_failing(self, accepted: list[SpanVersion], live: registry.Version | None) -> bool:
        """Takes spans out of use on which every model fails; those of the live model are history.

        Other content under the name of one of those is new. A span that a person accepted stays, too, and so
        does each if the candidate is blessed.
        """
        findings = self.findings
        if findings is None or findings.judgement.blessed:
            return False
        history = contents_trained_on(live)
        sentences = {each.span: each.sentence for each in findings.judgement.failing_spans}
        for version in accepted:
            known = (version.span, version.digest) in history or version.decision
            if version.span in sentences and not known:
                why = sentences[version.span]
                spans = self._context.ledger.spans
                spans.note_failing(version.span, version.version, why, self._context.run_id)
                self.failing.append(FailingSpan(span=version.span, version=version.version, why=why))
        return bool(self.failing)

    def with_blocked(self, verdict: Name, reason: str) -> tuple[Name, str]:
        """The verdict on the accepted spans; DATA_BLOCKED if the newest span is refused or blocked."""
        if self.blocked and verdict != "UNSERVABLE":
            return "DATA_BLOCKED", f"{self.blocked} On the accepted spans: {verdict}. {reason}"
        return verdict, " ".join(filter(None, [reason, self.blocked]))

    def settle_published(self) -> registry.Version | None:
        """Settles the run with the version that it published; returns it, or None if there is none."""
        published = registry.published_by(self._context.use_case.models_folder, self._context.run_id)
        if published:
            self.settled_with = settled(self._inputs, published)
            self._context.ledger.candidates.note_replaced()
        return published

    def _make_ready(self, intake: Intake, *, trains: bool = False) -> None:
        """Before work begins: is there room for it, and is all that a cache hit may bring back whole?"""
        fresh, read = intake.sizes()
        if fresh or trains:
            disk.expect_room(self._context.use_case.root, fresh, read)
            self._context.outputs.check_all()

    def _fill_history(self) -> None:
        """Summarises the days of spans that were read before there were summaries, or whose are damaged."""
        context = self._context
        history = DayHistory(context.use_case, context.ledger, context.outputs)
        self.notes.append(history.fill(self._pass))

    def _train(self, accepted: list[SpanVersion], live: registry.Version | None) -> tuple[Name, str]:
        damage = live.damage() if live else ""
        champion = live if live and not damage else None
        check = FewerRowsCheck(self._context, live, accepted, self._inputs)
        plan = self._window_plan(accepted, live, champion, check)
        passed = self._pass(plan)
        self.fewer_rows, sentence = check.outcome(passed)
        if self.fewer_rows and self.fewer_rows.blocked:
            return "DATA_BLOCKED", sentence
        self.notes.append(sentence)
        spans = spans_text([version.span for version in accepted])
        publishing = Publishing(
            self._context, live.number if live else 0, spans, accepted[-1].span, plan.start
        )
        self.findings = publishing.after(passed, self._pass)
        if not self.findings.judgement.blessed:
            self.nodes += skipped(self._context.use_case, plan, NOT_BLESSED)
        self.notes.append(warm_start.sentence_of(passed))
        self.pushed = self.findings.record.version
        verdict, reason = decide(self.findings, champion.number if champion else None)
        if verdict == "UNSERVABLE":
            reason = f"{reason} The log is {self._context.log}."
        left_out = self.findings.trained_on.left_out_sentence
        reason = " ".join(filter(None, [reason, left_out]))
        return verdict, f"{damage} It counts as absent. {reason}" if damage else reason

    def _window_plan(
        self,
        accepted: list[SpanVersion],
        live: registry.Version | None,
        champion: registry.Version | None,
        check: FewerRowsCheck,
    ) -> WindowPlan:
        context = self._context
        twin = twin_of(champion) if champion else None
        if twin and (damage_of_twin := twin.damage()):
            self.notes.append(f"{damage_of_twin} {_WITHOUT_TWIN}")
            twin = None
        return WindowPlan(
            spans=tuple(version.span for version in accepted),
            examples=tuple(version.examples for version in accepted),
            champion=champion.number if champion else 0,
            champion_digest=champion.card["model_digest"] if champion and champion.card else "",
            twin=str(twin.folder) if twin else "",
            twin_digest=twin.digest if twin else "",
            serving_python=str(config.serving_python()),
            live_stale=bool(rejected_spans(live, context.ledger)),
            live_rows=check.live.to_json(),
            fewer_rows_accepted=check.accepted,
            start=warm_start.start_of(context.use_case, live, context.schema),
        )

    def _pass(self, work: Work) -> Pass:
        """Runs one pass of the chain and records its nodes."""
        context = self._context
        context.page.expect_charts()
        passed = context.chain.run(Job(schema_plan=context.schema, work=work))
        context.outputs.note(uri for node in passed.nodes for uris in node.outputs.values() for uri in uris)
        self.sources.note(work, passed, context.use_case, context.ledger)
        span = work.span if isinstance(work, SpanPlan | DaysPlan | EffectsPlan) else None
        for node in passed.nodes:
            known = node.model_dump(include={"name", "state", "seconds", "why"})
            self.nodes.append(NodeSummary(span=span, **known))
        if passed.failure:
            self.nodes += skipped(context.use_case, work, FAILED_BEFORE)
        return passed
