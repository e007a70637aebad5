"""The runs of the proof of pages: months of flights, each made so that the run ends in another verdict."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import pandas as pd

from benchmarks.harness.resume import Done
from benchmarks.harness.tree import copy_repository

_SPOILED: Final = 20  # rows of May whose distance is a word


@dataclass(frozen=True)
class Made:
    """A run that was made: what it was to show, its summary, and the path that it gave for its report."""

    what: str
    expected: str
    summary: dict[str, Any]
    page: Path


class CodeCopy:
    """The repository's code in a folder of its own, whose files may be edited, with a root beside it."""

    def __init__(self, home: Path) -> None:
        """Copies the code anew; what runs left stays."""
        self.code = home / "code"
        self.root = home / "root"
        shutil.rmtree(self.code, ignore_errors=True)
        self.code.mkdir(parents=True)
        copy_repository(self.code)

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Starts a command."""
        return subprocess.Popen(
            [sys.executable, str(self.code / "local_runner.py"), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PERENNIAL_HOME": str(self.root)},
        )

    def run_json(self, *arguments: str) -> dict[str, Any]:
        """Runs a command with `--json` to its end; gives its JSON."""
        output, errors = self.start(*arguments, "--json").communicate()
        if not output:
            raise RuntimeError(errors)
        answer: dict[str, Any] = json.loads(output.splitlines()[-1])
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def edit(self, name: str, change: Callable[[str], str]) -> None:
        """Changes a file of the code."""
        path = self.code / name
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


def runs(clone: CodeCopy, done: Done) -> Iterator[Made]:
    """Months of flights one after another, so that each kind of verdict occurs."""
    for what, expected, act in _STEPS:
        summary = done.once(what, partial(act, clone))
        page = clone.root / "flights" / "runs" / summary["run_id"] / "report.html"
        yield Made(what, expected, summary, page)


def _month(span: str) -> Callable[[CodeCopy], dict[str, Any]]:
    def act(clone: CodeCopy) -> dict[str, Any]:
        clone.run_json("replay", "flights", "--through", span)
        return clone.run_json("run", "flights")

    return act


def _april(clone: CodeCopy) -> dict[str, Any]:
    """With a champion that stays unless the candidate is surely better."""
    use_case = "pipeline/use_cases/flights.yaml"
    clone.edit(use_case, lambda text: text.replace("when_inconclusive: push", "when_inconclusive: keep"))
    return _month("2013-04")(clone)


def _may(clone: CodeCopy) -> dict[str, Any]:
    """Its temperatures in another unit, and a few unreadable rows."""
    clone.run_json("replay", "flights", "--through", "2013-05")
    export = clone.root / "exports" / "flights" / "2013-05"
    parts = sorted(export.glob("*.csv.gz"))
    rows = pd.concat(pd.read_csv(part, dtype=str, keep_default_na=False) for part in parts)
    celsius = (pd.to_numeric(rows["temp"]) - 32) / 1.8
    rows["temp"] = celsius.map(lambda each: "" if pd.isna(each) else f"{each:.2f}")
    rows.iloc[:_SPOILED, rows.columns.get_loc("distance")] = "far"
    for part in parts:
        part.unlink()
    rows.to_csv(export / "part-00000.csv", index=False)
    (export / "_SUCCESS").write_text("")
    return clone.run_json("run", "flights")


def _rejected(clone: CodeCopy) -> dict[str, Any]:
    clone.run_json("spans", "flights", "reject", "2013-05", "--why", "The station sent another unit.")
    return clone.run_json("run", "flights")


def _june_stopped(clone: CodeCopy) -> dict[str, Any]:
    shutil.rmtree(
        clone.root / "exports" / "flights" / "2013-05", ignore_errors=True
    )  # replay would not touch it
    clone.run_json("replay", "flights", "--through", "2013-06")
    process = clone.start("run", "flights", "--json")
    for line in process.stderr or ():
        if "Trainer" in line:
            time.sleep(2)
            process.send_signal(signal.SIGTERM)
            break
    output, _ = process.communicate()
    answer: dict[str, Any] = json.loads(output.splitlines()[-1])
    return answer


def _june_without_a_page(clone: CodeCopy) -> dict[str, Any]:
    template = "pipeline/report/page.html.j2"
    whole = (clone.code / template).read_text(encoding="utf-8")
    clone.edit(template, lambda text: text + "{% this is no template %}")
    summary = clone.run_json("run", "flights")
    clone.edit(template, lambda _: whole)
    clone.run_json("report", "flights")
    return summary


_STEPS: Final = (
    ("two months, the first version", "PUSHED", _month("2013-02")),
    ("one more month, against a champion", "PUSHED", _month("2013-03")),
    ("one more month, `when_inconclusive: keep`", "KEPT", _april),
    ("May in another unit, and 20 unreadable rows", "DATA_BLOCKED", _may),
    ("nothing fresh, May still blocked", "DATA_BLOCKED", lambda clone: clone.run_json("run", "flights")),
    ("May rejected by a person", "NOTHING_NEW", _rejected),
    ("May fixed and June, stopped by SIGTERM while it trains", "FAILED", _june_stopped),
    ("May fixed and June, with a broken template", "", _june_without_a_page),
)
