"""A live version that was trained on rejected spans: what every place says of it, and what can be done."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from components.evaluator.figures import figure
from components.evaluator.settings import LOSS
from perennial.store import registry
from perennial.store.ledger import Ledger
from perennial.text import spans_text
from pipeline.config import UseCase
from pipeline.run.findings import Findings
from pipeline.run.live_rows import contents_trained_on, rejected_spans


def stale_sentence(live: registry.Version | None, ledger: Ledger) -> str:
    """Says that the live version was trained on rejected spans; empty if it was not."""
    spans = rejected_spans(live, ledger)
    if live is None or not spans:
        return ""
    named = f"span {spans[0]}, which is" if len(spans) == 1 else f"{spans_text(spans)}, which are"
    return f"Version {live.number} was trained on {named} rejected."


def stale_message(live: registry.Version | None, ledger: Ledger, use_case: UseCase) -> str:
    """The same, whether a run has trained without them and why it kept the version, and what can be done.

    Run, page, alert, `status`, `doctor` and `spans` show this one text. Empty if the version is not stale.
    """
    rejected = rejected_spans(live, ledger)
    if live is None or not rejected:
        return ""
    ways = list(_rollback(live, ledger, use_case))
    tried = ledger.retrainings.last(live.number, rejected)
    if tried:
        before = _outcome(tried, rejected)
        ways += _setting(tried, use_case)
        ways.append(f"hand in more rows with `land {use_case.name} FILE`")
        if ledger.candidates.waiting():
            ways.insert(0, f"run `approve {use_case.name} --why ...` to push the candidate that waits")
    elif not any(ledger.spans.in_use(span) for span in ledger.spans.names()):
        before = "No accepted span is left to train on."
        ways.append(f"hand in rows with `land {use_case.name} FILE`")
    else:
        before = ""
        ways.insert(0, f"run `run {use_case.name}` to train without rejected spans")
    return " ".join(filter(None, [stale_sentence(live, ledger), before, _one_of(ways)]))


def why_kept(findings: Findings, use_case: UseCase) -> tuple[str, str]:
    """Why a candidate was not pushed, and the setting that withheld it; "" where no setting alone did.

    Args:
        findings: Of the run; its verdict is KEPT.
        use_case: Whose settings it was judged by.
    """
    against = [check for check in findings.judgement.reasons if check.passed is False]
    if not against:
        return findings.record.reason, ""
    setting = ""
    if all(check.check == "champion" and check.state != "failed" for check in against):
        pushes = use_case.evaluation.champion.when_inconclusive == "push"
        setting = "max_worse" if pushes else "when_inconclusive"
    difference = _difference(findings)
    sentences = [(difference if check.check == "champion" else "") or check.sentence for check in against]
    return " ".join(sentences), setting


def _difference(findings: Findings) -> str:
    """Says by how much the candidate differs from the live model; empty if that is not known."""
    compared, kind = findings.judgement.comparison, findings.judgement.task.task
    if compared.difference is None:
        return ""
    name = "RMSE" if kind == "regression" else "log loss"
    start = "Worse" if compared.outcome == "worse" else "Undecided"
    by = figure(LOSS[kind], compared.difference, "+")
    return f"{start}: {name} differs from the live model's by {by} on {compared.rows:,} rows."


def _rollback(live: registry.Version, ledger: Ledger, use_case: UseCase) -> Iterator[str]:
    """Yields how to go back to the newest version without rejected spans; nothing where there is none.

    A version that does not say what it was trained on is not one, nor is one that a person rolled back from.
    """
    former = [each for each in registry.versions(use_case.models_folder) if each.number < live.number]
    for version in reversed(former):
        if not contents_trained_on(version) or rejected_spans(version, ledger) or version.damage():
            continue
        if not registry.why_rolled_back(ledger, str((version.card or {})["model_digest"])):
            trained = f"version {version.number} was trained on no rejected span"
            yield f"run `rollback {use_case.name} --to {version.number} --why ...` ({trained})"
            return


def _outcome(tried: Mapping[str, Any], rejected: Sequence[str]) -> str:
    """Says which run trained without the rejected spans, and why its candidate is not live."""
    spans = "it" if len(rejected) == 1 else "them"
    return (
        f"Run {tried['run_id']} trained without {spans} and kept version {tried['version']}. {tried['why']}"
        " Another run on the same rows decides the same."
    )


def _setting(tried: Mapping[str, Any], use_case: UseCase) -> Iterator[str]:
    """Yields the setting that alone withheld the candidate."""
    file = f"pipeline/use_cases/{use_case.name}.yaml"
    if tried["setting"] == "max_worse":
        yield f"raise `evaluation.champion.max_worse` in {file} if so much worse is good enough"
    elif tried["setting"] == "when_inconclusive":
        yield f"set `evaluation.champion.when_inconclusive: push` in {file}"


def _one_of(ways: Sequence[str]) -> str:
    """What a person can do: one way, or a choice."""
    text = ways[0] if len(ways) == 1 else f"{', '.join(ways[:-1])}, or {ways[-1]}"
    return f"{text[0].upper()}{text[1:]}."
