"""The floor: raw rows scored in this process, with no server about. `... FOLDER ROWS SECONDS` prints JSON."""

import json
import sys
import time
from pathlib import Path
from typing import Final

from serving.model.engine import Engine

_WARM_UP_ROWS: Final = 500


def main() -> None:
    """Measures one row after another; rows lie in a file, one JSON object a line."""
    engine = Engine.load(Path(sys.argv[1]))
    rows = [json.loads(line) for line in Path(sys.argv[2]).read_text().splitlines()]
    for index in range(_WARM_UP_ROWS):
        engine.score_rows([rows[index % len(rows)]])
    give_up = time.perf_counter() + float(sys.argv[3])
    taken: list[int] = []
    while time.perf_counter() < give_up:
        row = rows[len(taken) % len(rows)]
        began = time.perf_counter_ns()
        engine.score_rows([row])
        taken.append(time.perf_counter_ns() - began)
    taken.sort()
    p50, p99 = (taken[int(len(taken) * share)] / 1000 for share in (0.5, 0.99))
    print(
        json.dumps({"p50": p50, "p99": p99, "calls": len(taken), "scores": engine.score_rows(rows).tolist()})
    )


if __name__ == "__main__":
    main()
