"""What a run follows from: the digest of its inputs, what a card says of them, and when all is settled."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from perennial.store import registry
from perennial.store.ledger import SpanVersion, fingerprint
from pipeline.config import UseCase
from pipeline.plan import SchemaPlan
from pipeline.provenance import source_digest

# What no model follows from. Of `serving`, what is private counts beside the probe's part: it stays out of
# the warm-up rows that travel with a model.
_NOT_AN_INPUT: Final[Mapping[str, Any]] = {
    "run": True,
    "home": True,
    "serving": {"versions", "labels", "request_log"},
}
# Modules that the chain runs by name, so that no import leads to them.
_RUN_BY_NAME: Final = ("perennial.training.trainer", "serving.offline.probe")


def inputs_digest(use_case: UseCase, schema: SchemaPlan, accepted: list[SpanVersion]) -> str:
    """Digest of all that the training half follows from, what is live apart."""
    name = use_case.name
    told = {
        "spans": [(version.span, version.digest) for version in accepted],
        "code": source_digest(
            "pipeline.execution.worker", f"transforms.{name}", f"models.{name}", *_RUN_BY_NAME
        ),
        "config": use_case.model_dump(mode="json", exclude=_NOT_AN_INPUT),
        "schema": schema.digest,
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def settled(inputs: str, live: registry.Version | None) -> str:
    """The fingerprint that a run leaves which ends with these inputs and this version live."""
    card = (live.card if live else None) or {}
    return fingerprint(inputs, live.number if live else None, str(card.get("model_digest", "")))


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
