"""What a run follows from: the digest of its inputs, what a card says of them, and when all is settled."""

from collections.abc import Sequence
from typing import Any

from perennial.store import registry
from perennial.store.ledger import Ledger
from perennial.store.runs import fingerprint
from perennial.store.span_version import SpanVersion
from pipeline import git, inputs
from pipeline.config import REPOSITORY, UseCase
from pipeline.plan import SchemaPlan
from pipeline.provenance import source_digest
from pipeline.run.live_rows import window_settings


def inputs_digest(use_case: UseCase, schema_digest: str, accepted: list[SpanVersion]) -> str:
    """Digest of all that the training half follows from, what is live apart.

    With how each span was read: that may be before the settings, schema and code of now. The bytes of its
    Examples do not say so: protobuf writes a map in another order in each process.
    """
    spans = [
        (version.span, version.digest, version.read_as, version.later_verdict != "") for version in accepted
    ]
    formats = [use_case.exports.csv_format_of(version.span).to_json() for version in accepted]
    newest = accepted[-1].span if accepted else None
    return inputs.digest(use_case, newest, spans=spans, formats=formats, schema=schema_digest)


def settled(digest: str, live: registry.Version | None, rejected: Sequence[str] = ()) -> str:
    """The fingerprint that a run leaves which ends with these inputs and this version live.

    Args:
        digest: Of the inputs.
        live: The live version.
        rejected: Spans that it was trained on and that a person rejected since.
    """
    card = (live.card if live else None) or {}
    number = live.number if live else None
    return fingerprint(digest, number, str(card.get("model_digest", "")), rejected)


def is_settled(ledger: Ledger, fingerprint_now: str, *, broken: bool) -> bool:
    """Whether the last run ended with this fingerprint, or the one whose candidate waits did.

    A live version that is broken must be replaced, and that candidate is there to replace it.
    """
    candidate = ledger.candidates.waiting()
    known = ledger.runs.fingerprint_of(candidate.run_id) if candidate else ""
    return fingerprint_now == known or (fingerprint_now == ledger.runs.settled_fingerprint() and not broken)


def known_to_card(use_case: UseCase, schema: SchemaPlan) -> dict[str, Any]:
    """What a model card says beyond data and metrics; `commit` of `code` only where there is git."""
    name = use_case.name
    commit = git.commit(REPOSITORY, "local_runner.py")
    return {
        "use_case": name,
        "description": use_case.description,
        "label": use_case.label,
        "task": use_case.task,
        "classes": list(use_case.answers.classes),
        "schema_digest": schema.digest,
        "code": {
            "transform": source_digest(f"transforms.{name}"),
            "model": source_digest(f"models.{name}"),
            "training": source_digest("perennial.training.trainer"),
            **({"commit": commit} if commit else {}),
        },
        "window": window_settings(use_case),
        "hyperparameters": use_case.training.hyperparameters.for_model(),
    }
