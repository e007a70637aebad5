"""The command `backtest`: how often to retrain, and on how much, judged on the past; pushes nothing."""

import argparse
import re
from typing import TYPE_CHECKING, Final

from commands.command_output import CommandOutput
from perennial.errors import UsageError

if TYPE_CHECKING:
    from pipeline.backtest.order import BacktestOrder

_EVERY: Final = "never,1,3"
_WINDOWS: Final = "3,6,12,all"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    parser.add_argument("name", metavar="NAME", help="the use case")
    parser.add_argument(
        "--from", dest="first", metavar="SPAN", required=True, help="the span as of which the first model is"
    )
    parser.add_argument(
        "--to", dest="last", metavar="SPAN", required=True, help="the last span that models are judged on"
    )
    parser.add_argument(
        "--every",
        metavar="LIST",
        default=_EVERY,
        help=f"retrain after so many spans, or `never` (default: {_EVERY})",
    )
    parser.add_argument(
        "--windows",
        metavar="LIST",
        default=_WINDOWS,
        help=f"train on so many spans, the newest, or `all` (default: {_WINDOWS})",
    )
    parser.add_argument(
        "--refit",
        metavar="LIST",
        default="no",
        help="`yes`: models are trained anew on the rows that they are judged by, as `training.refit` does;"
        " or `no,yes` (default: no)",
    )
    parser.add_argument(
        "--start",
        metavar="LIST",
        default="cold",
        help="`warm`: models begin with the weights of the one before, as `training.start` does;"
        " or `cold,warm` (default: cold)",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be trained and how long it takes; do nothing"
    )


def command(options: argparse.Namespace) -> CommandOutput:
    """Trains models of the past and compares them, or says what that would take."""
    order = _order(options)
    from commands.backtest.output import dry_run_text, text_of
    from commands.backtest.progress import BacktestLines
    from pipeline import config
    from pipeline.backtest.content import content_of, dry_run_content
    from pipeline.backtest.root import backtests_of

    use_case = config.load(options.name)
    if options.dry_run:
        from pipeline.backtest.dry_run import dry_run

        planned = dry_run(use_case, order)
        return CommandOutput(dry_run_content(use_case.name, planned), dry_run_text(use_case.name, planned))
    from pipeline.backtest.order import BacktestResult
    from pipeline.backtest.page import write_files
    from pipeline.backtest.runner import run_backtest
    from pipeline.execution.process import ChainProcess

    folder = backtests_of(use_case) / order.name

    def write(result: BacktestResult) -> None:
        write_files(folder, result, use_case.name, content_of(use_case.name, result, folder))

    result = run_backtest(use_case, order, BacktestLines(use_case.answers), ChainProcess, write)
    content = content_of(use_case.name, result, folder)
    now = {"trained_now": result.trained, "results_of_other_code": result.others}
    return CommandOutput(content | now, text_of(content, result))


def _order(options: argparse.Namespace) -> "BacktestOrder":
    """What is asked for.

    Raises:
        UsageError: `--every` or `--windows` is wrong.
    """
    windows = _numbers("--windows", options.windows, "all")
    every = _numbers("--every", options.every, "never")
    every.sort(
        key=lambda often: often or 0
    )  # of policies that are the same, that with fewer trainings is named
    refit = _words("--refit", options.refit, ("no", "yes"))
    start = _words("--start", options.start, ("cold", "warm"))
    from pipeline.backtest.order import BacktestOrder
    from pipeline.backtest.policies import Policy

    policies = tuple(
        Policy(often, window, way == "yes", "warm" if begin == "warm" else "cold")
        for begin in start
        for way in refit
        for often in every
        for window in windows
    )
    return BacktestOrder(options.first, options.last, policies)


def _words(option: str, text: str, known: tuple[str, ...]) -> list[str]:
    """A list of known words, each once and in their order.

    Raises:
        UsageError: It has another word.
    """
    parts = {part.strip() for part in text.split(",")}
    if unknown := parts - set(known):
        choice = " or ".join(known)
        raise UsageError(
            f"{option}: expected {choice}, or both separated by a comma; got {len(unknown)} other.",
            f"Write it such as {option} {','.join(known)}.",
        )
    return [word for word in known if word in parts]


def _numbers(option: str, text: str, word: str) -> list[int | None]:
    """A list such as "never,1,3"; None stands for the word. Numbers are in order, the word is last.

    Raises:
        UsageError: It is none.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part == word or re.fullmatch(r"[1-9][0-9]{0,4}", part, re.ASCII) for part in parts):
        raise UsageError(
            f"{option}: expected numbers from 1 on and `{word}`, separated by commas.",
            f"Write it such as {option} 1,3,{word}.",
        )
    numbers: list[int | None] = list(sorted({int(part) for part in parts if part != word}))
    return numbers + ([None] if word in parts else [])
