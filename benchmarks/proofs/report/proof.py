"""Proof of the runs' pages: real runs that end in each verdict, their pages in a real browser.

Runs that were made with the same code, that of the page apart, are not made again.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from tensorflow_metadata.proto.v0 import schema_pb2

from benchmarks.harness.browser import Browser, browser, version
from benchmarks.harness.code_copy import CodeCopy
from benchmarks.harness.looks import LEAST_CONTRAST, Observation, contrast, steps_table
from benchmarks.harness.page import Outcome
from benchmarks.harness.program import add_fresh, add_home
from benchmarks.harness.resume import Done, keep_only_of
from benchmarks.harness.tree import RUN, digest_of_code
from benchmarks.proofs.report.runs import Made, runs
from components.span_statistics.in_memory import batches_of, statistics_of
from perennial.files import read_json
from perennial.store.ledger import Ledger
from pipeline.config import REPOSITORY
from pipeline.report import charts
from pipeline.report.model import page_of
from pipeline.report.render import html_of
from pipeline.report.writer import FILE, PageWriter

# The code that makes the runs, without that of the page: its edit needs no new runs.
_MADE_BY: Final = (*RUN, "commands/replay", "commands/spans", "benchmarks/proofs/report/runs.py")
_SHOWN: Final = ("light", "dark", "blocked", "wide", "narrow")
_WIDTHS: Final = (400, 700, 1000, 1400)
# Cells whose words are broken into letters for want of room.
_SQUEEZED: Final = (
    "[...document.querySelectorAll('th, td')].filter(each => each.offsetParent && each.clientWidth < 45"
    " && each.textContent.trim().length > 8).length"
)
_LONGEST: Final = 0.5  # seconds that a page of a usual table may take; a wide one twice as many
_PAIRS: Final = (("--text", "--card"), ("--text", "--ground"), ("--soft", "--card"), ("--soft", "--ground"),
                 ("--good", "--good-ground"), ("--warn", "--warn-ground"), ("--bad", "--bad-ground"),
                 ("--calm", "--calm-ground"), ("--now", "--card"))  # fmt: skip
_COMMAND: Final = 2.5  # seconds, on a machine with much else to do


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where the runs are made."""
    add_home(parser, "proof-report", "folder of the runs")
    add_fresh(parser)


def run(options: argparse.Namespace) -> Outcome:
    """Makes the runs, and looks at their pages."""
    code = digest_of_code(REPOSITORY, _MADE_BY)
    keep_only_of(options.home, code, fresh=options.fresh)
    copy = CodeCopy(options.home / "code", options.home / "root")
    copy.renew()
    made = list(runs(copy, Done(options.home, code)))
    rows = [*_verdicts(made)]
    orders = {
        "flights, 17 columns": _order(copy, made[1]),
        "107 columns": _wide_order(options.home, made[1]),
    }
    rows += _waits(orders)
    made.append(Made("107 columns", "", made[1].summary, Path(orders["107 columns"]["folder"]) / FILE))
    for each in made[:-1]:  # so that an edited page is seen without new runs
        copy.run_json("report", "flights", each.summary["run_id"])
    with browser() as tab:
        for each in made:
            rows += _looked_at(tab, each)
        rows += _closely(tab, made[1].page)
        with tempfile.TemporaryDirectory() as folder:
            files = _pictures(tab, made, Path(folder))
    rows += _asked_for(copy, made[-2].page)
    shown = (f"![The page, {name}](report-{name}.png)" for name in _SHOWN)
    text = "\n\n".join([steps_table(rows), *shown])
    return Outcome(text, good=all(good for _, _, good in rows), setting=version(), files=files)


def _verdicts(made: list[Made]) -> Iterator[Observation]:
    for each in made:
        verdict, report = each.summary["verdict"], Path(each.summary["report"]).name
        if each.expected:
            good = (verdict, report) == (each.expected, "report.html")
            yield each.what, f"{verdict}, `{report}`", good
        else:
            good = verdict in ("PUSHED", "KEPT") and report == "report.txt"
            yield each.what, f"{verdict}, `{report}`; after the fix, `report` made the page", good


def _looked_at(tab: Browser, made: Made) -> Iterator[Observation]:
    """A page at each width in light and dark, with all that is folded opened."""
    asked, complained = len(tab.requests), len(tab.complaints)
    wide: list[str] = []
    contrasts: list[float] = []
    for width in _WIDTHS:
        for scheme in ("light", "dark"):
            tab.look(width, 900, scheme)
            tab.open(made.page.as_uri())
            tab.ask("document.querySelectorAll('details').forEach(each => each.open = true)")
            wide += [f"{width}" for _ in range(tab.ask("document.documentElement.scrollWidth") > width)]
            wide += [f"{width} (cells)" for _ in range(tab.ask(_SQUEEZED))]
            contrasts += [contrast(tab, *pair) for pair in _PAIRS]
    elsewhere = [each for each in tab.requests[asked:] if each != made.page.as_uri()]
    complaints = tab.complaints[complained:]
    kilobytes = made.page.stat().st_size / 1000
    narrow = f"overflows at {', '.join(dict.fromkeys(wide))}" if wide else "nothing overflows"
    seen = (
        f"{kilobytes:.0f} kB, {narrow},"
        f" {len(elsewhere)} requests, {len(complaints)} console errors,"
        f" contrast at least {min(contrasts):.1f}:1"
    )
    good = not wide and not elsewhere and not complaints and min(contrasts) >= LEAST_CONTRAST
    yield f"its page: {made.what}", seen, good


def _closely(tab: Browser, page: Path) -> Iterator[Observation]:
    """What a person does with the page, and what is left of it without scripts and on paper."""
    tab.look(1400, 900, "light")
    tab.open(page.as_uri())
    drawn = tab.ask("document.querySelectorAll('svg').length")
    named = tab.ask("document.querySelectorAll('[role=img][aria-label] > svg').length")
    yield "charts, and those with a text for screen readers", f"{drawn}, {named}", drawn == named > 0
    tab.type(".find input", "wind")
    shown = tab.ask("[...document.querySelectorAll('article')].filter(each => each.offsetParent).length")
    yield "`wind` in the column search", f"{shown} columns are left", shown == 3
    paper = tab.send("Page.printToPDF", printBackground=False)["data"]
    yield "printed", f"{len(paper) * 3 / 4 / 1000:.0f} kB of PDF", bool(paper)
    tab.send("Emulation.setScriptExecutionDisabled", value=True)
    tab.send("Page.reload")
    time.sleep(1)
    tab.send("Emulation.setScriptExecutionDisabled", value=False)
    still = tab.ask("document.querySelectorAll('svg').length")
    yield "scripts switched off", f"{still} charts", still == drawn


def _pictures(tab: Browser, made: list[Made], folder: Path) -> dict[str, bytes]:
    """PNGs by name, of a page that says much, in light, in dark and on a narrow screen, and of two others."""
    pushed, blocked, wide = made[1].page, made[3].page, made[-1].page
    for name, page, width, height, scheme, place in (
        ("report-light", pushed, 1200, 2450, "light", ""),
        ("report-dark", pushed, 1200, 2000, "dark", "data"),
        ("report-narrow", pushed, 400, 1800, "dark", ""),
        ("report-blocked", blocked, 1200, 1500, "light", ""),
        ("report-wide", wide, 1200, 1200, "light", "data"),
    ):
        tab.look(width, height, scheme)
        tab.open(page.as_uri())
        if place:  # what comes before is left out of the picture
            tab.ask(
                f"(() => {{ const place = document.getElementById('{place}');"
                " while (place.previousElementSibling) place.previousElementSibling.remove(); })()"
            )
        tab.picture(folder / f"{name}.png")
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def _order(copy: CodeCopy, made: Made) -> dict[str, Any]:
    """The order to the page's process for a run that read one span, from the outputs on disk."""
    root = copy.home / "flights"
    ledger = Ledger(root / "ledger.db")
    now, before = (ledger.spans.versions_of(span)[0] for span in ("2013-03", "2013-02"))
    ledger.close()
    folder = root / "made" / "again"
    folder.mkdir(parents=True, exist_ok=True)
    span = {
        "span": now.span,
        "version": now.version,
        "quarantine": str(root / "quarantine" / now.span / "v1.csv"),
        "previous": {"span": before.span, "statistics": before.statistics},
        "examples": now.examples,
        "statistics": now.statistics,
        "anomalies": str(_newest(root / "artifacts" / "DataGate" / "anomalies")),
    }
    outputs = {"window": "Window", "model_run": "Trainer", "evaluation": "Evaluator"}
    return {
        "folder": str(folder),
        "summary": made.summary,
        "use_case": read_json(made.page.with_name("page.json"))["use_case"],
        "spans": [span],
        "trained": {key: str(_newest(root / "artifacts" / node / key)) for key, node in outputs.items()},
        "newest": None,
        "card": read_json(made.page.with_name("page.json"))["card"],
    }


def _newest(folder: Path) -> Path:
    return max((path for path in folder.iterdir() if path.name.isdecimal()), key=lambda path: int(path.name))


def _wide_order(home: Path, made: Made) -> dict[str, Any]:
    """Of a span with the columns of scikit-learn's digits, breast_cancer and wine side by side."""
    folder = home.resolve() / "wide"
    tables = [load(as_frame=True).data for load in (load_digits, load_breast_cancer, load_wine)]
    rows = pd.concat(tables, axis=1).dropna().astype("float32")
    schema = schema_pb2.Schema()
    for name in rows.columns:
        schema.feature.add(name=name, type=schema_pb2.FLOAT)
    half = len(rows) // 2
    for name, part in (("before", rows.iloc[:half]), ("now", rows.iloc[half:])):
        table = pa.Table.from_pandas(part, preserve_index=False)
        file = folder / name / "Split-span" / "FeatureStats.pb"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(statistics_of(list(batches_of(table)), schema).SerializeToString())
    span = {
        "span": "2013-03",
        "version": 1,
        "quarantine": str(folder / "none.csv"),
        "previous": {"span": "2013-02", "statistics": str(folder / "before")},
        "statistics": str(folder / "now"),
    }
    use_case = read_json(made.page.with_name("page.json"))["use_case"]
    order = {"folder": str(folder), "summary": made.summary, "use_case": use_case, "spans": [span]}
    return {**order, "trained": {}, "newest": None, "card": None}


def _waits(orders: Mapping[str, dict[str, Any]]) -> Iterator[Observation]:
    """What a page costs once its process is ready, as it is long before a run ends.

    Judged by CPU time, of all V8's threads: wall time has other work in it.
    """
    charts.warm_up()
    for what, order in orders.items():
        costs = sorted(_cost(order) for _ in range(5))
        cpu, passed = costs[2]
        seen = f"{cpu:.2f} s of CPU time, {passed:.2f} s of wall time; median of 5"
        yield f"a page of {what}: gathered, drawn and rendered", seen, cpu <= _LONGEST * (1 + ("107" in what))
        if not PageWriter(Path(order["folder"]) / "log.txt").write(order):
            raise RuntimeError(f"No page was written. Check {order['folder']}/log.txt.")


def _cost(order: dict[str, Any]) -> tuple[float, float]:
    before = time.process_time(), time.monotonic()
    html_of(page_of(order))
    return time.process_time() - before[0], time.monotonic() - before[1]


def _asked_for(copy: CodeCopy, page: Path) -> Iterator[Observation]:
    """The command `report`: for a page that is there, and for one that it has to make."""
    for what, gone in (
        ("`report flights`, the page is there", False),
        ("`report flights`, the page is missing", True),
    ):
        before, began = _children(), time.monotonic()
        for _ in range(3):
            if gone:
                page.unlink()
            copy.run_json("report", "flights")
        cpu, passed = (_children() - before) / 3, (time.monotonic() - began) / 3
        yield what, f"{cpu:.2f} s of CPU time, {passed:.2f} s of wall time", cpu < _COMMAND


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
