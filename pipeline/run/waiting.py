"""A candidate that waits: when it is void, when a run pushes it, how it is published, what is said of it."""

from datetime import datetime

from perennial import clock
from perennial.errors import LiveChanged
from perennial.push_rules import PushRules
from perennial.store import registry
from perennial.store.candidates import WaitingCandidate
from perennial.store.ledger import Ledger
from perennial.store.who import who
from perennial.text import spans_text
from pipeline.config import UseCase
from pipeline.run.live_rows import rejected_spans
from pipeline.run.settled import settled


def push_rules(use_case: UseCase) -> PushRules:
    """When candidates of a use case are pushed."""
    schedule = use_case.schedule
    return PushRules(schedule.push, schedule.freeze, schedule.timezone)


def pushable_from(use_case: UseCase, ledger: Ledger, now: datetime) -> datetime | None:
    """When a run may push the candidate that waits for the end of a freeze: now or later; None: no run will.

    That is a reason to start a run, once: if the run does not push it, no other is started for it.
    """
    candidate, rules = ledger.candidates.waiting(), push_rules(use_case)
    if candidate is None or candidate.withheld != "freeze" or rules.push == "ask":
        return None
    if _why_void(use_case, ledger, candidate):
        return None
    end = rules.end_of_freeze(now)
    last = next(iter(ledger.runs.last(1)), None)
    if end is None or end > now or last is None or last["run_id"] == candidate.run_id:
        return end
    return now if rules.withhold(clock.moment(last["began"])) == "freeze" else None


def may_push(use_case: UseCase, candidate: WaitingCandidate, now: datetime) -> bool:
    """Whether a run may push a candidate at this moment: it waited for the end of a freeze, which is over.

    One that waited for a person is left to that person, whatever the config says now.
    """
    return candidate.withheld == "freeze" and push_rules(use_case).withhold(now) is None


def publish(
    use_case: UseCase,
    ledger: Ledger,
    candidate: WaitingCandidate,
    *,
    run_id: str,
    why: str,
    approved_by: str | None,
) -> int:
    """Makes a candidate that waits the live version, and settles the last run with it.

    Args:
        use_case: Whose.
        ledger: Its ledger.
        candidate: The candidate; `settle` has just left it waiting.
        run_id: The run that publishes; empty for a person.
        why: The reason, in a sentence.
        approved_by: The person; None for a run.

    Raises:
        LiveChanged: Another version is live than it was compared with.
    """
    number = registry.publish(
        use_case.models_folder,
        ledger,
        candidate.model,
        candidate.card,
        champion=candidate.champion or None,
        run_id=run_id,
        why=why,
        candidate_run=candidate.run_id,
        approved_by=approved_by,
        action="approve" if approved_by else "push",
    )
    if version := _published(use_case, candidate):
        _note_pushed(ledger, candidate, version)
    return number


def push_after_freeze(use_case: UseCase, ledger: Ledger, run_id: str, inputs: str) -> tuple[int | None, str]:
    """Publishes the candidate that waited for the end of a freeze, if that is over.

    Args:
        use_case: Whose.
        ledger: Its ledger.
        run_id: The run that publishes.
        inputs: Digest of that run's inputs, which it is settled with if it is killed.

    Returns:
        The version, and the reason; None, and that the candidate is void, if live has just changed; None and
        "" if there is nothing to push.
    """
    candidate = ledger.candidates.waiting()
    if candidate is None or not may_push(use_case, candidate, clock.now()):
        return None, ""
    ledger.runs.intend(run_id, inputs)
    why = f"The candidate of run {candidate.run_id} waited for the end of a freeze (`schedule.freeze`)."
    try:
        number = publish(use_case, ledger, candidate, run_id=run_id, why=why, approved_by=None)
    except LiveChanged:
        return None, settle(use_case, ledger)
    return number, f"Version {number} is live. {why} Nothing else is new."


def settle(use_case: UseCase, ledger: Ledger) -> str:
    """Brings what waits into line with what is live and with its files; does nothing the second time.

    A candidate that is published was pushed by a process that was killed before it could record that. One
    that can no longer be pushed is void.

    Returns:
        That the candidate is void and why, in sentences; empty if it is not.
    """
    candidate = ledger.candidates.waiting()
    if candidate is None:
        return ""
    if version := _published(use_case, candidate):
        _note_pushed(ledger, candidate, version)
        return ""
    why = _why_void(use_case, ledger, candidate) or _damage(candidate)
    if not why:
        return ""
    # Without this a run on the same spans would find nothing new, and nothing would be pushed or wait.
    ledger.runs.unsettle(candidate.run_id)
    ledger.candidates.note_void(candidate.run_id, why)
    return f"The candidate of run {candidate.run_id}, which waited, is void. {why}"


def message(candidate: WaitingCandidate, use_case: UseCase) -> str:
    """What every place says of a candidate that waits: since when, why, and until when."""
    name, ask = use_case.name, use_case.schedule.push == "ask"
    start = f"The candidate of run {candidate.run_id} passed and has waited since {candidate.at}"
    if candidate.withheld == "freeze" and not ask:
        live = f"version {candidate.champion} is still live" if candidate.champion else "nothing is live yet"
        return (
            f"{start}: `schedule.freeze`. The first run after the freeze pushes it, if {live} and there is"
            f" nothing newer to train on; `approve {name}` pushes it at once."
        )
    why = "is ask" if ask else "was ask then, and what waits from that time is left to a person"
    return f"{start} for `approve {name}`: `schedule.push` {why}."


def brief(candidate: WaitingCandidate, use_case: UseCase) -> str:
    """The same in a few words, where `message` stands beside it."""
    freeze = candidate.withheld == "freeze" and use_case.schedule.push == "auto"
    until = "the end of a freeze, or for " if freeze else ""
    return f"The candidate of run {candidate.run_id} waits for {until}`approve {use_case.name}`."


def _published(use_case: UseCase, candidate: WaitingCandidate) -> registry.Version | None:
    """The version that a candidate became; None if it was not published."""
    for version in registry.versions(use_case.models_folder):
        card = version.card or {}
        if card.get("candidate_run") == candidate.run_id and card["model_digest"] == candidate.digest:
            return version
    return None


def _note_pushed(ledger: Ledger, candidate: WaitingCandidate, version: registry.Version) -> None:
    """Settles the last run with the version that a candidate became; the candidate's own row comes last.

    So, whenever the process is killed, `settle` does what is left.
    """
    ledger.runs.settle_again(candidate.champion, lambda inputs: settled(inputs, version))
    by = str((version.card or {}).get("approved_by") or who())
    ledger.candidates.note_pushed(candidate.run_id, version.number, by)


def _why_void(use_case: UseCase, ledger: Ledger, candidate: WaitingCandidate) -> str:
    """Why what is live or what a person decided makes a candidate void; empty if it does not."""
    try:
        registry.expect_live(use_case.models_folder, candidate.champion or None)
    except LiveChanged as error:
        return error.problem
    trained = registry.Version(candidate.champion, candidate.model, candidate.card)
    if rejected := rejected_spans(trained, ledger):
        verb = "is" if len(rejected) == 1 else "are"
        return f"It was trained on {spans_text(rejected)}, which {verb} rejected."
    return ""


def _damage(candidate: WaitingCandidate) -> str:
    """What is wrong with a candidate's files; empty if they are unchanged."""
    if not candidate.model.is_dir():
        return "Its files are missing."
    if registry.model_digest(candidate.model) != candidate.digest:
        return "Its files have changed since it was made."
    return ""
