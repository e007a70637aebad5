"""Wires the node that says what the drift alarms of a span do to the live model's scores."""

import json

from tfx.dsl.components.base.base_node import BaseNode

from components.day_artifacts import DaySummariesArtifact
from components.drift_effects.component import DriftEffects
from pipeline import inputs
from pipeline.config import UseCase
from pipeline.plan import EffectsPlan
from pipeline.resolvers import brought, made_by


def effects(use_case: UseCase, plan: EffectsPlan) -> list[BaseNode]:
    """JudgedDays → DriftEffects, of a span that was judged just before."""
    judged = brought("JudgedDays", days=(plan.days, made_by("DaySummaries", "days", DaySummariesArtifact)))
    node = DriftEffects(
        days=judged.outputs["days"],
        span=plan.span,
        alarms=json.dumps([each.model_dump() for each in plan.alarms]),
        history=json.dumps([each.model_dump() for each in plan.history]),
        live=plan.live,
        **inputs.of_drift_effects(use_case)["DriftEffects"],
    )
    return [judged, node]
