"""The command line of Perennial: `python local_runner.py COMMAND [NAME] [options]`.

Nothing heavy is imported before a command needs it: all but run, check, replay and serve are quick.
"""

import argparse
import io
import json
import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.errors import PerennialError, UsageError
from serving import command_line

Answer = tuple[dict[str, Any], str, int]
_FROM = "a CSV or Parquet file, or a folder of them"
_TASK = "default: inferred from the label's values"
_CHECK_EXIT_CODES = {"OK": 0, "WARN": 0, "BLOCK": 3, "REFUSED": 3}


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; gives the exit code of the design."""
    _mend_streams()
    options = _parser().parse_args(arguments)
    try:
        told, text, code = options.command(options)
    except PerennialError as error:
        if options.json:
            print(json.dumps({"error": error.problem, "remedy": error.remedy, "exit_code": error.exit_code}))  # noqa: T201
        print(f"{error.problem}\n  {error.remedy}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    except (OSError, sqlite3.Error) as error:
        # A full disk, a file that vanished: nothing of ours is at fault.
        where = f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""
        problem = f"{where}{error.strerror if isinstance(error, OSError) else error}."
        remedy = "Mend that, and say the command again; `doctor` tells more."
        if options.json:
            print(json.dumps({"error": problem, "remedy": remedy, "exit_code": 1}))  # noqa: T201
        print(f"{problem}\n  {remedy}", file=sys.stderr)  # noqa: T201
        return 1
    try:
        print(json.dumps(told) if options.json else text, flush=True)  # noqa: T201
    except OSError as error:
        # The command was carried out; who reads has enough, as `head` does, or there is no room.
        if not isinstance(error, BrokenPipeError):
            print(f"The answer could not be written: {error.strerror}.", file=sys.stderr)  # noqa: T201
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _mend_streams() -> None:
    """Opens the standard streams that are closed, and lets any name be printed in any encoding.

    A file opened later would otherwise get a closed one's number, and what a library prints.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="local_runner.py",
        description="Keeps a model fresh: checks exports, trains, compares with what is live, pushes.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, command: Callable[[argparse.Namespace], Answer], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=command)
        added.add_argument("--json", action="store_true", help="answer one JSON object on standard output")
        return added

    running = add("run", _run, "ingest what is fresh, retrain, evaluate, push or not; one verdict")
    running.add_argument("name", metavar="NAME")
    making = add("new", _new, "a use case from your own table: its files, its spans, and what to look at")
    making.add_argument("name", metavar="NAME", help="lower-case letters, digits and underscores")
    making.add_argument("--from", dest="path", metavar="PATH", type=Path, required=True, help=_FROM)
    making.add_argument("--label", metavar="COLUMN", required=True, help="the column to predict")
    making.add_argument("--time", metavar="COLUMN", help="the column that says when a row happened")
    making.add_argument("--task", choices=("binary", "multiclass", "regression"), help=_TASK)
    checking = add("check", _check, "read and judge an export as run would, and change nothing")
    checking.add_argument("name", metavar="NAME")
    checking.add_argument("path", metavar="PATH", type=Path, help="an export's folder, or one file")
    checking.add_argument(
        "--environment",
        choices=("TRAINING", "SERVING"),
        help="of the schema; default: SERVING for what lies in the use case's request log, else TRAINING",
    )
    status = add("status", _status, "live version, last runs, what waits, what is odd")
    status.add_argument("name", metavar="NAME", nargs="?")
    spans = add("spans", _spans, "each span's state and why; accept or reject one")
    spans.add_argument("name", metavar="NAME")
    spans.add_argument("decision", choices=("accept", "reject"), nargs="?")
    spans.add_argument("span", metavar="SPAN", nargs="?")
    spans.add_argument("--why", default="", help="the reason of a judgement")
    replaying = add("replay", _replay, "write real exports of the past as they would have landed")
    replaying.add_argument("name", metavar="NAME")
    replaying.add_argument("--through", metavar="SPAN", required=True, help="the last span to write")
    replaying.add_argument("--every", choices=("month", "day"), default="month", help="how long a span is")
    predicting = add("predict", _predict, "score a CSV or Parquet file with the live version")
    predicting.add_argument("name", metavar="NAME")
    predicting.add_argument("source", metavar="IN", type=Path, help="a file, or a folder of files")
    predicting.add_argument(
        "out", metavar="OUT", type=Path, help="all of IN, with the answers; as IN, CSV or Parquet"
    )
    predicting.add_argument("--version", metavar="N", type=int, help="default: the live one")
    predicting.add_argument("--force", action="store_true", help="replace OUT if it is there")
    back = add("rollback", _rollback, "an older version live again, at once")
    back.add_argument("name", metavar="NAME")
    back.add_argument("--to", metavar="VERSION", type=int, help="default: the one before the live one")
    back.add_argument("--why", required=True, help="the reason")
    reporting = add("report", _report, "the page of a run, and its path; without a name: of all last runs")
    reporting.add_argument("name", metavar="NAME", nargs="?")
    reporting.add_argument("run", metavar="RUN", nargs="?", help="its id; default: the last run")
    serving = add("serve", _serve, "the server: REST and gRPC for the versions that are live")
    serving.add_argument("names", metavar="NAME", nargs="*", help="a use case")
    command_line.add_models(serving)
    command_line.add_request_log(serving)
    command_line.add_server(serving)
    add("doctor", _doctor, "environment, disk, versions, locks, leftovers; what to do")
    return parser


def _run(options: argparse.Namespace) -> Answer:
    from pipeline.display import display
    from pipeline.report import verdict_block
    from pipeline.runner import run

    summary = run(options.name, display())
    return summary.as_json(), verdict_block(summary), summary.exit_code


def _new(options: argparse.Namespace) -> Answer:
    from pipeline import config

    config.quieten()
    from pipeline.new.new import new
    from pipeline.new.told import block

    made = new(options.name, options.path.resolve(), options.label, options.time, options.task)
    return made.as_json(), block(made), 0


def _check(options: argparse.Namespace) -> Answer:
    from pipeline import config, report
    from pipeline.status import opened

    use_case = config.load(options.name)
    config.quieten()
    from pipeline.check import check

    with opened(use_case, make=False) as ledger:
        found = check(use_case, ledger, options.path.absolute(), options.environment)
    return found, report.check_block(found), _CHECK_EXIT_CODES[found["verdict"]]


def _status(options: argparse.Namespace) -> Answer:
    from pipeline import config, report
    from pipeline.status import status

    names = [options.name] if options.name else config.use_case_names()
    found = [status(config.load(name)) for name in names]
    told = found[0] if options.name else {"use_cases": found}
    return told, "\n\n".join(report.status_block(each) for each in found), 0


def _spans(options: argparse.Namespace) -> Answer:
    from pipeline import config, report
    from pipeline.status import decide, opened, span_states

    use_case = config.load(options.name)
    if options.decision:
        if not options.span:
            raise UsageError(f"`{options.decision}` needs the span's name.", "Say which: see `spans`.")
        state = decide(use_case, options.decision, options.span, options.why)
        return state, report.spans_block([state]), 0
    with opened(use_case, make=False) as ledger:
        states = span_states(use_case, ledger)
    return {"use_case": use_case.name, "spans": states}, report.spans_block(states), 0


def _replay(options: argparse.Namespace) -> Answer:
    from pipeline import config
    from pipeline.replay import replay

    use_case = config.load(options.name)
    use_case.make_root()
    written = replay(options.name, use_case.exports_folder, options.through, options.every)
    text = f"{len(written)} spans written to {use_case.exports_folder}"
    if options.every != use_case.exports.span:
        text += (
            f"\n  exports.span is {use_case.exports.span}: `run` does not take spans of a {options.every}."
        )
    return {"use_case": options.name, "exports": str(use_case.exports_folder), "written": written}, text, 0


def _predict(options: argparse.Namespace) -> Answer:
    from pipeline import config
    from pipeline.predict.command import SOME_REFUSED, predict, told

    use_case = config.load(options.name)
    found = predict(use_case, options.source, options.out, options.version, options.force)
    return found, told(found), SOME_REFUSED if found["refused"] else 0


def _rollback(options: argparse.Namespace) -> Answer:
    from pipeline import config, registry
    from pipeline.status import opened

    use_case = config.load(options.name)
    with opened(use_case) as ledger:
        version = registry.rollback(use_case.models_folder, ledger, options.to, options.why)
    restores = (version.card or {}).get("restores")
    text = f"Version {version.number} is live; it restores version {restores}."
    return {"use_case": options.name, "live_version": version.number, "restores": restores}, text, 0


def _report(options: argparse.Namespace) -> Answer:
    from pipeline import config
    from pipeline.page import command

    if options.name:
        told = command.report(config.load(options.name), options.run)
        return told, told["report"], 0
    found = command.last_reports([config.load(name) for name in config.use_case_names()])
    lines = [f"{each['use_case']}  {each['verdict']}  {each['report']}" for each in found]
    return {"reports": found}, "\n".join(lines) or "No run has ended yet.", 0


def _serve(options: argparse.Namespace) -> Answer:
    from pipeline.serve import serve

    serve(options)


def _doctor(options: argparse.Namespace) -> Answer:
    from pipeline import report
    from pipeline.doctor import doctor

    found = doctor()
    return found, report.doctor_block(found), 0 if not found["findings"] else 1


if __name__ == "__main__":
    sys.exit(main())
