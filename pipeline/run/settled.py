"""What a run follows from: the digest of its inputs, what a card says of them, and when all is settled."""

from typing import Any

from perennial.store import registry
from perennial.store.runs import fingerprint
from perennial.store.spans import SpanVersion
from pipeline import inputs
from pipeline.config import UseCase
from pipeline.plan import SchemaPlan
from pipeline.provenance import source_digest


def inputs_digest(use_case: UseCase, schema: SchemaPlan, accepted: list[SpanVersion]) -> str:
    """Digest of all that the training half follows from, what is live apart."""
    spans = [(version.span, version.digest) for version in accepted]
    return inputs.digest(use_case, spans=spans, schema=schema.digest)


def settled(digest: str, live: registry.Version | None) -> str:
    """The fingerprint that a run leaves which ends with these inputs and this version live."""
    card = (live.card if live else None) or {}
    return fingerprint(digest, live.number if live else None, str(card.get("model_digest", "")))


def known_to_card(use_case: UseCase, schema: SchemaPlan) -> dict[str, Any]:
    """What a model card says beyond data and metrics."""
    name = use_case.name
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
        },
        "hyperparameters": use_case.training.hyperparameters.for_model(),
    }
