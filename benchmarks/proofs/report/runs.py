"""The runs of the proof of pages: months of flights, each made so that the run ends in another verdict."""

import json
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import pandas as pd

from benchmarks.harness.code_copy import CodeCopy
from benchmarks.harness.resume import Done

_SPOILED: Final = 20  # rows of May whose distance is a word


@dataclass(frozen=True)
class Made:
    """A run that was made: what it was to show, its summary, and the path that it gave for its report."""

    what: str
    expected: str
    summary: dict[str, Any]
    page: Path


def runs(copy: CodeCopy, done: Done) -> Iterator[Made]:
    """Months of flights one after another, so that each kind of verdict occurs."""
    for what, expected, act in _STEPS:
        summary = done.once(what, partial(act, copy))
        page = copy.home / "flights" / "runs" / summary["run_id"] / "report.html"
        yield Made(what, expected, summary, page)


def _month(span: str) -> Callable[[CodeCopy], dict[str, Any]]:
    def act(copy: CodeCopy) -> dict[str, Any]:
        copy.run_json("replay", "flights", "--through", span)
        return copy.run_json("run", "flights")

    return act


def _april(copy: CodeCopy) -> dict[str, Any]:
    """With a champion that stays unless the candidate is surely better."""
    use_case = "pipeline/use_cases/flights.yaml"
    copy.edit(use_case, "when_inconclusive: push", "when_inconclusive: keep")
    return _month("2013-04")(copy)


def _may(copy: CodeCopy) -> dict[str, Any]:
    """Its temperatures in another unit, and a few unreadable rows."""
    copy.run_json("replay", "flights", "--through", "2013-05")
    export = copy.home / "exports" / "flights" / "2013-05"
    parts = sorted(export.glob("*.csv.gz"))
    rows = pd.concat(pd.read_csv(part, dtype=str, keep_default_na=False) for part in parts)
    celsius = (pd.to_numeric(rows["temp"]) - 32) / 1.8
    rows["temp"] = celsius.map(lambda each: "" if pd.isna(each) else f"{each:.2f}")
    rows.iloc[:_SPOILED, rows.columns.get_loc("distance")] = "far"
    for part in parts:
        part.unlink()
    rows.to_csv(export / "part-00000.csv", index=False)
    (export / "_SUCCESS").write_text("")
    return copy.run_json("run", "flights")


def _rejected(copy: CodeCopy) -> dict[str, Any]:
    copy.run_json("spans", "flights", "reject", "2013-05", "--why", "The station sent another unit.")
    return copy.run_json("run", "flights")


def _june_stopped(copy: CodeCopy) -> dict[str, Any]:
    shutil.rmtree(
        copy.home / "exports" / "flights" / "2013-05", ignore_errors=True
    )  # replay would not touch it
    copy.run_json("replay", "flights", "--through", "2013-06")
    process = copy.start("run", "flights", "--json")
    for line in process.stderr or ():
        if b"Trainer" in line:
            time.sleep(2)
            process.send_signal(signal.SIGTERM)
            break
    output, _ = process.communicate()
    answer: dict[str, Any] = json.loads(output.splitlines()[-1])
    return answer


def _june_without_a_page(copy: CodeCopy) -> dict[str, Any]:
    template = "pipeline/report/page.html.j2"
    copy.edit(template, "<html", "{% this is no template %}<html")
    summary = copy.run_json("run", "flights")
    copy.edit(template, "{% this is no template %}", "")
    copy.run_json("report", "flights")
    return summary


_STEPS: Final = (
    ("two months, the first version", "PUSHED", _month("2013-02")),
    ("one more month, against a champion", "KEPT", _month("2013-03")),
    ("one more month, `when_inconclusive: keep`", "KEPT", _april),
    ("May in another unit, and 20 unreadable rows", "DATA_BLOCKED", _may),
    ("nothing fresh, May still blocked", "DATA_BLOCKED", lambda copy: copy.run_json("run", "flights")),
    ("May rejected by a person", "NOTHING_NEW", _rejected),
    ("May fixed and June, stopped by SIGTERM while it trains", "FAILED", _june_stopped),
    ("May fixed and June, with a broken template", "", _june_without_a_page),
)
