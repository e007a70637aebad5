"""The page of proof-backtest: what follows from all backtests in short, then each with its figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipeline.backtest.sentences import left_out_texts


@dataclass(frozen=True)
class Question:
    """What is compared; each use case is asked each question.

    Attributes:
        key: Names it in files.
        title: Its heading.
        options: Options of `backtest`.
    """

    key: str
    title: str
    options: tuple[str, ...] = ()


HOW_OFTEN: Final = Question("often", "How often to retrain, and on how much")
REFIT: Final = Question(
    "refit",
    "Refit or not, every span on all spans",
    ("--every", "1", "--windows", "all", "--refit", "no,yes"),
)
START: Final = Question(
    "start",
    "Warm or cold, every span on all spans",
    ("--every", "1", "--windows", "all", "--start", "cold,warm"),
)
# In the order in which the fewest models are trained: a refit follows the training of its judged model.
QUESTIONS: Final = (REFIT, START, HOW_OFTEN)
# Use case -> question's key -> what `backtest --json` prints.
Contents = Mapping[str, Mapping[str, dict[str, Any]]]


def every_span(content: dict[str, Any]) -> dict[str, Any]:
    """The policy that retrains every span on all spans."""
    return next(
        policy
        for policy in content["policies"]
        for each in (policy, *policy["same_as"])
        if (each["every"], each["window"], each["refit"], each["start"]) == (1, "all", False, "cold")
    )


def page(contents: Contents) -> str:
    """What follows from all backtests in short, then each with its recommendation, picture and policies."""
    sections = [_section(name, by_question) for name, by_question in contents.items()]
    return "\n\n".join([_summary(contents), *sections])


def _summary(contents: Contents) -> str:
    """A line for each use case: retrained against never, refit against not, warm against cold."""
    about = (
        "Every span on all spans, as a difference of losses with its interval by days: below 0 the first is"
        " better. CPU seconds are those of all trainings of the policy."
    )
    columns = ("use case", "loss", "better than never", "retrained less never")
    ways = ("refit less not", "CPU s", "warm less cold", "CPU s")
    lines = [about, "", f"| {' | '.join((*columns, *ways))} |", "|---|---|---:|---|---|---|---|---|"]
    for name, by_question in contents.items():
        often, refit, start = (by_question[each.key] for each in (HOW_OFTEN, REFIT, START))
        every = every_span(often)
        cells = [
            name,
            often["metric"],
            f"{every['spans_better_than_never']} of {len(often['spans'])} spans",
            _worth(every["to_never"]),
            *_against(refit, "refit", False),
            *_against(start, "start", "cold"),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _against(content: dict[str, Any], knob: str, usual: object) -> tuple[str, str]:
    """The other way less the usual one of a question with two policies; CPU seconds of both."""
    (base,) = (policy for policy in content["policies"] if policy[knob] == usual)
    (other,) = (policy for policy in content["policies"] if policy[knob] != usual)
    interval = other["to_best"]["interval"]
    worth = other["to_best"]
    if base["loss"] > other["loss"]:
        interval = base["to_best"]["interval"]
        ends = [-end for end in reversed(interval)] if interval else None
        worth = {"difference": -base["to_best"]["difference"], "interval": ends}
    return _worth(worth), f"{other['cpu_seconds']:,.0f} against {base['cpu_seconds']:,.0f}"


def _worth(difference: dict[str, Any]) -> str:
    ends = difference["interval"]
    interval = f" ({ends[0]:+.4f} to {ends[1]:+.4f})" if ends else ""
    return f"{difference['difference']:+.4f}{interval}"


def _section(name: str, by_question: Mapping[str, dict[str, Any]]) -> str:
    """The backtests of one use case."""
    first = by_question[HOW_OFTEN.key]
    spans, days = first["spans"], first["days"]
    range_text = f"{len(spans)} spans ({spans[0]['span']} to {spans[-1]['span']})"
    of_days = f" of {days} days" if days else ""
    lines = [f"## {name}", f"Judged on {range_text}, {first['rows']:,} rows{of_days}."]
    if first["left_out"]:
        lines += ["", f"Left out: {'; '.join(left_out_texts(first['left_out']))}."]
    for question in (HOW_OFTEN, REFIT, START):
        lines += ["", *_answer(name, question, by_question[question.key])]
    return "\n".join(lines)


def picture_of(name: str, question: Question) -> str:
    """Name of the file with the picture of an answer, beside the page."""
    return f"backtest-{name}-{question.key}.svg"


def _answer(name: str, question: Question, content: dict[str, Any]) -> list[str]:
    """The answer to one question."""
    interval = f"{content['confidence']:.0%} interval"
    columns = ("retrain", "window", "refit", "start", content["metric"], interval, "less the best", interval)
    head = (*columns, "better than never", "trainings", "CPU s")
    ordered = sorted(content["policies"], key=lambda policy: policy["loss"])
    return [
        f"### {question.title}",
        f"{content['recommendation']['sentence']}",
        "",
        f"![{content['metric']} by span]({picture_of(name, question)})",
        "",
        f"| {' | '.join(head)} |",
        "|---|---|---|---|---:|---|---:|---|---:|---:|---:|",
        *(_row(policy, len(content["spans"]), policy is ordered[0]) for policy in ordered),
    ]


def _row(policy: dict[str, Any], spans: int, is_best: bool) -> str:
    same = [policy, *policy["same_as"]]
    every = ", ".join(dict.fromkeys(_every(each["every"]) for each in same))
    windows = ", ".join(dict.fromkeys(str(each["window"]) for each in same))
    loss = f"{policy['loss']:.4f}"
    better = policy["spans_better_than_never"]
    cells = [
        every,
        windows,
        "yes" if policy["refit"] else "no",
        policy["start"],
        f"**{loss}**" if is_best else loss,
        _ends(policy["interval"]),
        f"{policy['to_best']['difference']:+.4f}",
        _ends(policy["to_best"]["interval"]),
        "" if better is None else f"{better} of {spans}",
        str(policy["trainings"]),
        f"{policy['cpu_seconds']:,.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def _every(every: int | str) -> str:
    return {"never": "never", 1: "every span"}.get(every, f"after {every} spans")


def _ends(interval: Sequence[float] | None) -> str:
    return " to ".join(f"{end:.4f}" for end in interval) if interval else ""
