"""The process that makes a run's page: it starts with the run and gets its order at the run's end.

It is apart from the run, so that nothing that goes wrong with a page can change a verdict: V8, which draws
the charts, may take memory or end its process, and its threads would take the signals that a run holds back.
"""

import json
import sys
from pathlib import Path

from perennial.files import write_json, write_text
from pipeline.report import charts, model, render, writer


def main() -> None:
    """Makes ready, then takes one order (JSON) from standard input and writes the page; no order, no page."""
    charts.warm_up()
    line = sys.stdin.readline()
    if not line:
        return
    order = json.loads(line)
    folder = Path(order["folder"])
    page = model.page_of(order)
    write_json(folder / model.FILE, page)
    write_text(folder / writer.FILE, render.html_of(page))


if __name__ == "__main__":
    main()
