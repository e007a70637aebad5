"""Policies of retraining, and the trainings that they need: pure, from the names of the spans."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

Start = Literal["cold", "warm"]
NEVER: Final = "never"
ALL: Final = "all"


@dataclass(frozen=True)
class Policy:
    """When to retrain, and on what.

    Attributes:
        every: Retrain after so many spans; None: never after the first training.
        window: Train on so many spans, the newest; None: on all.
        refit: Whether the rows that a candidate is judged by are trained on before it is used.
        start: Whether training begins from nothing, or with the weights of the model before.
    """

    every: int | None
    window: int | None
    refit: bool = False
    start: Start = "cold"

    def as_json(self) -> dict[str, Any]:
        """As plain values: `every` is "never" or a number, `window` is "all" or a number."""
        return {
            "every": NEVER if self.every is None else self.every,
            "window": ALL if self.window is None else self.window,
            "refit": self.refit,
            "start": self.start,
        }


@dataclass(frozen=True)
class Training:
    """One model of the past.

    Attributes:
        spans: What it is trained on, oldest first; the last is the span as of which it is.
        refit: As of `Policy`.
        continues: The training with whose weights it begins; None: it begins from nothing.
    """

    spans: tuple[str, ...]
    refit: bool = False
    continues: "Training | None" = None
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Takes the hash once: a chain of a year of days is too deep to go through at each look-up."""
        object.__setattr__(self, "_hash", hash((self.spans, self.refit, self.continues)))

    def __hash__(self) -> int:
        """Of spans, refit, and the training that it continues."""
        return self._hash

    @property
    def as_of(self) -> str:
        """The newest span that it has seen."""
        return self.spans[-1]

    @property
    def before(self) -> tuple[str, ...]:
        """The spans as of which the models are that it continues, newest first; empty: it begins cold."""
        names = []
        before = self.continues
        while before is not None:
            names.append(before.as_of)
            before = before.continues
        return tuple(names)

    @property
    def judged(self) -> "Training":
        """The model that a run would judge: without the refit, where there is one."""
        return replace(self, refit=False)


@dataclass(frozen=True)
class PlannedPolicy:
    """A policy, and which model it would have used when.

    Attributes:
        policy: The policy.
        same_as: Further policies that come to the same models in this range.
        models: The model in use on each judged span.
    """

    policy: Policy
    same_as: tuple[Policy, ...]
    models: Mapping[str, Training] = field(hash=False)

    @property
    def trainings(self) -> list[Training]:
        """Its models, oldest first."""
        return list(dict.fromkeys(self.models.values()))


@dataclass(frozen=True)
class BacktestPlan:
    """What a backtest trains and judges.

    Attributes:
        judged: The spans that every policy is judged on, oldest first.
        policies: The policies that differ in this range.
        trainings: Each distinct model, in the order in which they can be trained, with the spans that it is
            judged on.
    """

    judged: tuple[str, ...]
    policies: tuple[PlannedPolicy, ...]
    trainings: Mapping[Training, tuple[str, ...]] = field(hash=False)


def plan_of(spans: Sequence[str], first: str, last: str, policies: Sequence[Policy]) -> BacktestPlan:
    """Which models the policies need, none of them twice.

    Args:
        spans: All spans that can be trained on, oldest first, `last` the newest of them at most.
        first: The span as of which the first model is.
        last: The last span that is judged on.
        policies: What is compared; of those that are the same in this range the first stands for all.
    """
    begin, end = spans.index(first), spans.index(last)
    by_models: dict[tuple[Training, ...], list[Policy]] = {}
    for policy in policies:
        by_models.setdefault(_models_in_use(spans, begin, end, policy), []).append(policy)
    judged = tuple(spans[begin + 1 : end + 1])
    planned = tuple(
        PlannedPolicy(same[0], tuple(same[1:]), dict(zip(judged, used, strict=True)))
        for used, same in by_models.items()
    )
    return BacktestPlan(judged, planned, _trainings(spans, judged, planned))


def _models_in_use(spans: Sequence[str], begin: int, end: int, policy: Policy) -> tuple[Training, ...]:
    """The model that a policy uses on each span after the one at `begin`, up to that at `end`."""
    used: list[Training] = []
    before: Training | None = None
    for place in range(begin, end):
        if place == begin or (policy.every and (place - begin) % policy.every == 0):
            oldest = 0 if policy.window is None else max(0, place + 1 - policy.window)
            model = Training(tuple(spans[oldest : place + 1]), policy.refit, before)
            # Also where models are refit: a run begins with the weights of the model that was judged.
            before = model.judged if policy.start == "warm" else None
        used.append(model)
    return tuple(used)


def _trainings(
    spans: Sequence[str], judged: Sequence[str], planned: Sequence[PlannedPolicy]
) -> dict[Training, tuple[str, ...]]:
    """The distinct models with what each is judged on, oldest first, larger windows last."""
    places = {span: place for place, span in enumerate(spans)}
    wanted: dict[Training, set[str]] = {}
    for each in planned:
        for span, training in each.models.items():
            wanted.setdefault(training, set()).add(span)
    ordered = sorted(wanted, key=lambda training: (places[training.as_of], len(training.spans)))
    return {training: tuple(span for span in judged if span in wanted[training]) for training in ordered}


def models_needed(
    plan: BacktestPlan, wanted: Sequence[Training], is_kept: Callable[[Training], bool]
) -> dict[Training, tuple[str, ...]]:
    """The models to train for results that are not there, with the spans that each is judged on.

    Those that a wanted model begins with are among them, unless they are kept; refits are not: each follows
    its judged model.

    Args:
        plan: The plan.
        wanted: Trainings of it whose results are not there.
        is_kept: Whether a model is kept, so that another can begin with it.

    Returns:
        In the order in which they can be trained.
    """
    spans: dict[Training, set[str]] = {}
    for training in wanted:
        spans.setdefault(training.judged, set()).update(plan.trainings[training])
    for model in list(spans):
        before = model.continues
        while before is not None and before not in spans and not is_kept(before):
            spans[before] = {_next(plan.judged, before.as_of)}
            before = before.continues
    places = {span: place for place, span in enumerate(plan.judged)}
    ordered = sorted(spans, key=lambda model: (places.get(model.as_of, -1), len(model.spans)))
    return {model: tuple(span for span in plan.judged if span in spans[model]) for model in ordered}


def _next(judged: Sequence[str], span: str) -> str:
    """The judged span after a span of the range."""
    return judged[judged.index(span) + 1] if span in judged else judged[0]
