"""The registry of needs: what retention must keep, and why.

A feature that needs something to stay appends one function to `REGISTRY`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from perennial.store.judged import judged_part
from perennial.store.span_version import SpanVersion, in_use_of
from pipeline.run.day_history import versions_of_history
from pipeline.run.in_use import former_of
from pipeline.run.retention.on_disk import output_of
from pipeline.run.retention.standing import Standing

Kind = Literal["version", "artifact", "run", "span", "alert", "calibration"]

# Runs that stay whatever their age.
_LAST_RUNS: Final = 10
_LAST_CALIBRATIONS: Final = 20
_DAY: Final = 86400


@dataclass(frozen=True)
class Need:
    """Something that must stay.

    Attributes:
        kind: `version`: a published version's folder. `artifact`: the folder of a node's output, with its
            rows in MLMD. `run`: a run's folder and row. `span`: what tells of a span without its rows, which
            are its statistics, the gate's result, its quarantine, its sketch, and the file of the calibration
            that judged it. `alert`: an alert's row. `calibration`: the file of a calibration of drift.
        key: Number of a version, URI of an output, id of a run, `SPAN/vN`, id of an alert, number of a
            calibration.
        why: Why, a clause without a full stop: "it is live". What follows a colon differs from key to key.
    """

    kind: Kind
    key: str
    why: str


def span_key(version: SpanVersion) -> str:
    """The key of a version of a span."""
    return f"{version.span}/v{version.version}"


def of_versions(standing: Standing) -> Iterator[Need]:
    """Versions: live, those that a person can go back or forward to, the newest, those that are named."""
    for number, whys in standing.kept_versions.items():
        yield from (Need("version", str(number), why) for why in whys)


def of_what_versions_were_made_of(standing: Standing) -> Iterator[Need]:
    """Of each kept version: its run, what tells of the spans it was trained on, and its judged candidate.

    The next candidate is compared with what was judged, where the version was trained anew after that.
    """
    for number, card in standing.cards.items():
        for run_id in filter(None, (card.get("run_id"), card.get("candidate_run"))):
            yield Need("run", str(run_id), f"a version that stays is of it: version {number}")
        for version in _trained_on(standing, card):
            why = f"a version that stays was trained on it: version {number}"
            yield Need("span", span_key(version), why)
        why = f"it was judged before the refit of a version that stays: version {number}"
        yield from _of_twin(standing, card, why)


def of_waiting_candidate(standing: Standing) -> Iterator[Need]:
    """The candidate that waits: its model, what was judged where it was refit since, and its run."""
    if candidate := standing.ledger.candidates.waiting():
        of_run = f"the candidate that waits: run {candidate.run_id}"
        if uri := _output(standing, str(candidate.model)):
            yield Need("artifact", uri, f"it is {of_run}")
        yield from _of_twin(standing, candidate.card, f"it was judged before the refit of {of_run}")
        yield Need("run", candidate.run_id, "its candidate waits")


def of_spans_read(standing: Standing) -> Iterator[Need]:
    """What the next run reads or trains on: rows and statistics of the spans of the window."""
    for span in standing.spans_read:
        for version, why in standing.versions_read(span):
            yield Need("span", span_key(version), why)
            if not version.pruned:
                yield from (Need("artifact", uri, why) for uri in _outputs(version))


def of_rows_trained_on(standing: Standing) -> Iterator[Need]:
    """Rows of the spans that the live version was trained on, or the candidate that waits.

    If a person rejects the newest span, the window is that of the live version again, and nothing is new.
    """
    cards = {"the live version was trained on it": standing.cards.get(max(standing.cards, default=0), {})}
    if candidate := standing.ledger.candidates.waiting():
        cards["the candidate that waits was trained on it"] = candidate.card
    for why, card in cards.items():
        for version in _trained_on(standing, card):
            if not version.pruned:
                yield Need("span", span_key(version), f"{why}: span {version.span}")
                yield from (Need("artifact", uri, f"{why}: span {version.span}") for uri in _outputs(version))


def of_open_backfill(standing: Standing) -> Iterator[Need]:
    """Rows of the spans that a backfill has read and is not done with: it goes on from there."""
    backfill = standing.ledger.backfills.open()
    for span in backfill.left if backfill else ():
        for version, _ in standing.versions_read(span):
            if not version.pruned:
                why = f"a backfill that has not ended has read it: span {span}"
                yield Need("span", span_key(version), why)
                yield from (Need("artifact", uri, why) for uri in _outputs(version))


def of_spans_compared_with(standing: Standing) -> Iterator[Need]:
    """Statistics of older spans, from which the drift of a span of the window is measured.

    Numbers of rows are in the ledger, and the sketches of older spans stay as long as their statistics.
    """
    kind = standing.use_case.exports.span
    for span in standing.spans_read:
        for version in former_of(standing.ledger, kind, span, _has_statistics):
            yield Need(
                "span",
                span_key(version),
                f"the drift of a span in the window is measured from it: span {span}",
            )


def of_day_summaries(standing: Standing) -> Iterator[Need]:
    """Summaries of the days of the spans in use, for `drift.history`, whatever the window."""
    why = f"its days are of the last {standing.use_case.drift.history / _DAY:g} (`drift.history`)"
    for version in versions_of_history(standing.use_case, standing.ledger, standing.now):
        if version.days_uri:
            yield Need("artifact", version.days_uri, f"{why}: span {version.span}")


def of_live_predictions(standing: Standing) -> Iterator[Need]:
    """Of each span in use the predictions of the model that scored it last, for `drift.history`."""
    newest = standing.ledger.predictions.newest()
    days = f"{standing.use_case.drift.history / _DAY:g} days"
    why = f"the live model's predictions of the last {days} tell of drift (`drift.history`)"
    for version in versions_of_history(standing.use_case, standing.ledger, standing.now):
        if made := newest.get((version.span, version.digest)):
            yield Need("artifact", made.uri, f"{why}: span {version.span}")


def of_spans(standing: Standing) -> Iterator[Need]:
    """What tells of each span: for `keep.spans`, and as long as a person can judge it."""
    keep, there = standing.use_case.keep.spans, {export.span for export in standing.exports}
    since = standing.since(keep)
    for span, arrivals in standing.ledger.spans.versions().items():
        current = arrivals[-1]
        for version in filter(None, {in_use_of(arrivals), current}):
            if version.arrived >= since:
                why = f"it arrived less than {keep / _DAY:g} days ago (`keep.spans`)"
                yield Need("span", span_key(version), why)
        if span in there and (current.withheld or current.failing or current.verdict == "NEW"):
            yield Need("span", span_key(current), "it is blocked, refused or waits, and its export is there")
        elif span in there and current.decision:
            yield Need("span", span_key(current), "a person judged it, and its export is there")


def of_runs(standing: Standing) -> Iterator[Need]:
    """Runs: the young ones, the last ones, and those since a backfill began that has not ended."""
    keep = standing.use_case.keep.runs
    since, runs = standing.since(keep), standing.ledger.runs.every()
    backfill = standing.ledger.backfills.open()
    for run in runs:
        if run["began"] >= since:
            yield Need("run", run["run_id"], f"it began less than {keep / _DAY:g} days ago (`keep.runs`)")
        if run["ended"] is None:
            yield Need("run", run["run_id"], "it never ended, and the next run cleans up after it")
        if backfill and run["began"] >= backfill.began:
            yield Need("run", run["run_id"], "a backfill that has not ended began before it")
    for run in runs[-_LAST_RUNS:]:
        yield Need("run", run["run_id"], f"it is one of the last {_LAST_RUNS}")


def of_runs_looked_up(standing: Standing) -> Iterator[Need]:
    """Runs by which others decide: the last settled and the last successful one, and whose row is read."""
    ended = [run for run in standing.ledger.runs.every() if run["ended"] is not None]
    for run in [run for run in ended if run["fingerprint"]][-1:]:
        yield Need("run", run["run_id"], "by it the next run knows that nothing is new")
    for run in [run for run in ended if run["exit_code"] == 0][-1:]:
        yield Need("run", run["run_id"], "it is the last that ended well")
    if judged := standing.ledger.figures.last_judged():
        yield Need("run", judged.run_id, "by it the metrics know which span was judged last")
    for number in standing.kept_versions:
        if acceptance := standing.ledger.fewer_rows.last(number):
            why = f"a person accepted fewer rows in it: version {number} was live"
            yield Need("run", acceptance["run_id"], why)


def of_alerts(standing: Standing) -> Iterator[Need]:
    """Alerts that are open, and their runs."""
    for alert in standing.ledger.alerts.open():
        yield Need("alert", str(alert["id"]), f"{alert['kind']} is open")
        if alert["run_id"]:
            yield Need("run", alert["run_id"], f"its alert is open: {alert['kind']}")


def of_calibrations(standing: Standing) -> Iterator[Need]:
    """The newest calibrations of drift; one that judged a span stays with what tells of the span."""
    for number in sorted(standing.content.calibrations)[-_LAST_CALIBRATIONS:]:
        yield Need("calibration", str(number), f"it is one of the newest {_LAST_CALIBRATIONS}")


def of_cache(standing: Standing) -> Iterator[Need]:
    """What every node put out last: the next run takes it, if nothing is new for that node."""
    for uri in sorted(standing.lineage.newest):
        yield Need("artifact", uri, "its node put it out last, and the next run may take it from the cache")


REGISTRY: Final[tuple[Callable[[Standing], Iterator[Need]], ...]] = (
    of_versions,
    of_what_versions_were_made_of,
    of_waiting_candidate,
    of_spans_read,
    of_rows_trained_on,
    of_open_backfill,
    of_spans_compared_with,
    of_day_summaries,
    of_live_predictions,
    of_spans,
    of_runs,
    of_runs_looked_up,
    of_alerts,
    of_calibrations,
    of_cache,
)


def _output(standing: Standing, path: str) -> str:
    """URI of the output that a path is in, which may be given from the use case's root on; "": in none."""
    root = standing.content.root
    return output_of(root / path, root)


def _of_twin(standing: Standing, card: Mapping[str, Any], why: str) -> Iterator[Need]:
    """What was judged in the place of a model that was refit since; nothing where it was not."""
    judged = judged_part(card)
    if judged and (uri := _output(standing, str(judged["model"]))):
        yield Need("artifact", uri, why)


def _outputs(version: SpanVersion) -> list[str]:
    return [uri for uri in (version.examples, version.statistics, version.days_uri) if uri]


def _has_statistics(version: SpanVersion) -> bool:
    return Path(version.statistics).is_dir()


def _trained_on(standing: Standing, card: Mapping[str, Any]) -> Iterator[SpanVersion]:
    """The arrivals of the contents that a model card names, oldest first."""
    for span in card.get("spans", []):
        for version in standing.ledger.spans.versions_of(str(span["span"])):
            if version.digest == span.get("digest"):
                yield version
