"""The effect of a span's drift alarms on the live model's scores, from a pass of the chain of its own.

Only a span with alarms has that pass, in the process in which the live model has scored the span's rows.
"""

from collections.abc import Callable
from typing import Final

from perennial.drift.orders import EFFECTS_FILE, AlarmEffect, AlarmOrder, HistorySpan
from perennial.drift.prediction_facts import PredictionFacts
from perennial.files import read_json
from perennial.store.span_version import SpanAlarm
from pipeline.execution.messages import Pass
from pipeline.plan import EffectsPlan
from pipeline.run.span_outcome import SpanOutcome, failed

NODE: Final = "DriftEffects"


def with_effects(
    judged: SpanOutcome,
    span: str,
    scored: PredictionFacts | None,
    history: tuple[HistorySpan, ...],
    run_pass: Callable[[EffectsPlan], Pass],
) -> tuple[SpanAlarm, ...]:
    """A span's alarms with their effects.

    Args:
        judged: What the pass up to the gate says of the span.
        span: Its name.
        scored: What the live model's predictions on its rows are; None: no model is live.
        history: The accepted spans before it, oldest first.
        run_pass: Runs one pass of the chain.

    Raises:
        NodeFailed: The node failed.
    """
    if scored is None or not judged.alarms:
        return judged.alarms
    if scored.absent:
        return tuple(
            alarm._replace(effect_text=AlarmEffect.unknown(alarm.subject, scored.absent).text)
            for alarm in judged.alarms
        )
    plan = EffectsPlan(
        span=span,
        days=judged.uris["days"],
        live=scored.model,
        alarms=tuple(_order(finding) for finding in judged.findings),
        history=history,
    )
    passed = run_pass(plan)
    folder = passed.output(NODE, "effects")
    if passed.failure is not None or folder is None:
        raise failed(passed, f"the drift alarms of span {span}")
    effects = [AlarmEffect.model_validate(each) for each in read_json(folder / EFFECTS_FILE)["effects"]]
    by_subject = {each.subject: each for each in effects}
    return tuple(
        alarm._replace(effect=effect.number, effect_text=effect.text)
        if (effect := by_subject.get(alarm.subject))
        else alarm
        for alarm in judged.alarms
    )


def _order(finding: dict[str, object]) -> AlarmOrder:
    return AlarmOrder.model_validate({name: finding[name] for name in AlarmOrder.model_fields})
