"""The process that makes a run's page: it starts with the chain and gets its order at the run's end.

It is apart from the run, so that nothing that goes wrong with a page can change a verdict: V8, which draws
the charts, may take memory or end its process, and its threads would take the signals that a run holds back.
"""

import json
import sys

from pipeline.report import charts, day_charts, writer
from pipeline.report.page_file import write_page


def main() -> None:
    """Makes ready, then takes one order (JSON) from standard input and writes the page; no order, no page."""
    charts.warm_up()
    day_charts.warm_up()
    if line := sys.stdin.readline():
        write_page(json.loads(line), writer.FILE)


if __name__ == "__main__":
    main()
