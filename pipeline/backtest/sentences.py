"""What a backtest says: the names of policies, and the recommendation with what it is worth."""

from collections.abc import Mapping, Sequence
from typing import Final

from perennial.text import plural
from pipeline.backtest.comparison import LossDifference, PolicyComparison, PolicyFigures
from pipeline.backtest.policies import Policy

_MOST_NAMED: Final = 5


def every_text(every: int | None) -> str:
    """How often a policy retrains: "never", "every span", "every 3rd span"."""
    if every is None:
        return "never"
    return "every span" if every == 1 else f"every {_ordinal(every)} span"


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in (11, 12, 13) else ending}"


def window_text(policy: Policy) -> str:
    """What a policy trains on: "all spans", "the last 12 spans"."""
    if policy.window is None:
        return "all spans"
    return "the last span" if policy.window == 1 else f"the last {policy.window} spans"


def ways_text(policy: Policy) -> str:
    """Refit and warm start, where a policy has them; else "". The first model is never warm."""
    is_warm = policy.start == "warm" and policy.every is not None
    ways = [name for name, has in (("refit", policy.refit), ("warm start", is_warm)) if has]
    return f", {' and '.join(ways)}" if ways else ""


def policy_text(policy: Policy) -> str:
    """A policy inside a sentence: "every 3rd span on the last 12 spans"."""
    return f"{every_text(policy.every)} on {window_text(policy)}{ways_text(policy)}"


def recommendation(comparison: PolicyComparison) -> str:
    """One sentence: how often to retrain, on what, what that is worth, and what it costs."""
    chosen = comparison.recommended
    if chosen is None:
        return _no_recommendation(comparison)
    if None in _often(chosen):
        parts = [_never_retrained(comparison, chosen)]
    else:
        parts = [_retrained(comparison, chosen)]
    parts += _not_surely_better(comparison, chosen)
    parts += _alternative(comparison, chosen)
    return "; ".join(parts) + "."


def named(names: Sequence[str]) -> str:
    """Names in a sentence, the first five and how many more."""
    shown = ", ".join(names[:_MOST_NAMED])
    return f"{shown} and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else shown


def left_out_texts(left_out: Mapping[str, str]) -> list[str]:
    """The spans that are left out, by reason: "3, 7 (it is blocked)"."""
    reasons = dict.fromkeys(left_out.values())
    return [f"{named([span for span, why in left_out.items() if why == each])} ({each})" for each in reasons]


def _no_recommendation(comparison: PolicyComparison) -> str:
    best, name = comparison.best, comparison.measures.loss_name
    loss = comparison.measures.figure(best.loss)
    if len(comparison.policies) == 1:
        return (
            f"No recommendation: all policies use the same models in this range ({name} {loss}). Use a longer"
            " range, or compare more policies."
        )
    groups = plural(comparison.groups, comparison.unit)
    return (
        f"No recommendation: {groups} are too few to distinguish policies."
        f" The smallest {name}, {loss}, has {policy_text(best.planned.policy)}."
    )


def _never_retrained(comparison: PolicyComparison, chosen: PolicyFigures) -> str:
    """What is recommended where the cheapest policy never retrains."""
    loss = f"{comparison.measures.loss_name} {comparison.measures.figure(chosen.loss)}"
    on = f"{window_text(chosen.planned.policy)}{ways_text(chosen.planned.policy)}"
    if 1 in _often(chosen):  # one judged span, on which the first model is the only one
        return f"How often to retrain cannot be compared in this range. Train on {on}: {loss}"
    same = "".join(f", or {every_text(every)}" for every in _often(chosen) if every)
    if chosen is comparison.best:
        return f"Do not retrain: {loss} never retrained{same}, trained on {on}"
    return f"Nothing is surely better than not to retrain: {loss} never retrained{same}, trained on {on}"


def _retrained(comparison: PolicyComparison, chosen: PolicyFigures) -> str:
    name, figure = comparison.measures.loss_name, comparison.measures.figure
    worth = ""
    if chosen.to_never:
        never = chosen.loss - chosen.to_never.estimate
        worth = f" against {figure(never)} never retrained ({_worth(chosen.to_never, comparison)})"
    policy = policy_text(chosen.planned.policy)
    return f"Retrain {policy}: {name} {figure(chosen.loss)}{worth} for {_cost(chosen)}"


def _often(figures: PolicyFigures) -> list[int | None]:
    """How often it retrains, and how often those do that use the same models in this range."""
    same = (figures.planned.policy, *figures.planned.same_as)
    return list(dict.fromkeys(policy.every for policy in same))


def _not_surely_better(comparison: PolicyComparison, chosen: PolicyFigures) -> list[str]:
    """The policy with the smallest loss, where it is another one."""
    best = comparison.best
    if chosen is best:
        return []
    return [f"{_compared(comparison, best)}, which is not surely better, for {_cost(best)}"]


def _alternative(comparison: PolicyComparison, chosen: PolicyFigures) -> list[str]:
    """The best policy that retrains less or more often than those named already, and how far off it is."""
    named = {None, *_often(chosen), *_often(comparison.best)}
    others = [each for each in comparison.policies if not named & set(_often(each))]
    return [_compared(comparison, min(others, key=lambda each: each.loss))] if others else []


def _compared(comparison: PolicyComparison, other: PolicyFigures) -> str:
    """A policy's loss, and how far it is from that of the recommended one."""
    loss, policy = comparison.measures.figure(other.loss), policy_text(other.planned.policy)
    worth = f" ({_worth(other.to_recommended, comparison)})" if other.to_recommended else ""
    return f"{policy} has {loss}{worth}"


def _cost(figures: PolicyFigures) -> str:
    return f"{figures.cpu_seconds / len(figures.by_span):,.0f} CPU seconds a span"


def _worth(difference: LossDifference, comparison: PolicyComparison) -> str:
    """A difference with its interval: "-0.0250, 95% -0.0310 to -0.0190"."""
    figure = comparison.measures.figure
    text = figure(difference.estimate, "+")
    if difference.interval is None:
        return text
    low, high = (figure(end, "+") for end in difference.interval)
    return f"{text}, {comparison.confidence:.0%} {low} to {high}"
