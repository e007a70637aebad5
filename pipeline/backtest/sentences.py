"""What a backtest says: the names of policies, and the recommendation with what it is worth."""

from pipeline.backtest.comparison import LossDifference, PolicyComparison, PolicyFigures
from pipeline.backtest.policies import Policy


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
    """Refit and warm start, where a policy has them; else ""."""
    ways = [name for name, has in (("refit", policy.refit), ("warm start", policy.start == "warm")) if has]
    return f", {' and '.join(ways)}" if ways else ""


def policy_text(policy: Policy) -> str:
    """A policy inside a sentence: "every 3rd span on the last 12 spans"."""
    return f"{every_text(policy.every)} on {window_text(policy)}{ways_text(policy)}"


def recommendation(comparison: PolicyComparison) -> str:
    """One sentence: how often to retrain, on what, what that is worth, and what it costs."""
    chosen, best = comparison.recommended, comparison.best
    name, figure = comparison.measures.loss_name, comparison.measures.figure
    if chosen is None:
        return (
            f"No recommendation: {comparison.groups} days (or spans, where rows have no time) are too few to"
            f" tell policies apart. The smallest {name}, {figure(best.loss)}, has"
            f" {policy_text(best.planned.policy)}."
        )
    if chosen.planned.policy.every is None:
        parts = [f"Do not retrain: {name} {figure(chosen.loss)} never retrained"]
    else:
        parts = [f"Retrain {policy_text(chosen.planned.policy)}: {name} {figure(chosen.loss)}"]
        if chosen.to_never:
            never, worth = chosen.loss - chosen.to_never.estimate, _worth(chosen.to_never, comparison)
            parts[0] += f" against {figure(never)} never retrained ({worth})"
        parts[0] += f" for {_cost(chosen)}"
    parts += _not_surely_better(comparison, chosen)
    parts += _alternative(comparison, chosen)
    return "; ".join(parts) + "."


def _not_surely_better(comparison: PolicyComparison, chosen: PolicyFigures) -> list[str]:
    """The policy with the smallest loss, where it is another one."""
    best, interval = comparison.best, chosen.to_best.interval
    if chosen is best:
        return []
    ends = [-end for end in reversed(interval)] if interval else None
    worth = _worth(LossDifference(-chosen.to_best.estimate, ends), comparison)
    figure = comparison.measures.figure(best.loss)
    text = f"{policy_text(best.planned.policy)} has {figure} ({worth}), which is not surely better"
    return [f"{text}, for {_cost(best)}"]


def _alternative(comparison: PolicyComparison, chosen: PolicyFigures) -> list[str]:
    """The best policy that retrains less or more often than those named already, and how much worse it is."""
    named = {None, chosen.planned.policy.every, comparison.best.planned.policy.every}
    others = [each for each in comparison.policies if each.planned.policy.every not in named]
    if not others:
        return []
    other = min(others, key=lambda each: each.loss)
    policy, difference = other.planned.policy, other.loss - chosen.loss
    on = "" if policy.window == chosen.planned.policy.window else f" on {window_text(policy)}"
    side = "worse" if difference >= 0 else "better, which is not sure"
    return [f"{every_text(policy.every)}{on} is {comparison.measures.figure(abs(difference))} {side}"]


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
