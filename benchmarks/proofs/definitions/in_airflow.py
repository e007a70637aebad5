"""Loads the DAG files of a folder in Airflow's own Python, and prints of each its task and its next times.

Arguments: the folder, the moment after which times are computed, and how many.
"""

import json
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pendulum
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.encoders import coerce_to_core_timetable
from airflow.timetables.base import TimeRestriction


def _times(timetable: Any, after: datetime, count: int) -> list[str]:
    """The first times after a moment, in UTC."""
    restriction = TimeRestriction(earliest=pendulum.instance(after), latest=None, catchup=True)
    times: list[str] = []
    interval = None
    while len(times) < count:
        info = timetable.next_dagrun_info(last_automated_data_interval=interval, restriction=restriction)
        interval = info.data_interval
        times.append(info.run_after.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S"))
    return times


def _loaded(file: Path, after: datetime, count: int) -> dict[str, Any]:
    bag = DagBag(str(file))
    if bag.import_errors or len(bag.dags) != 1:
        return {"problem": "; ".join(bag.import_errors.values()) or f"{len(bag.dags)} DAGs"}
    (dag,) = bag.dags.values()
    (task,) = dag.tasks
    return {
        "problem": "",
        "retries": task.retries,
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "times": _times(coerce_to_core_timetable(dag.timetable), after, count),
    }


if __name__ == "__main__":
    moment = datetime.fromisoformat(sys.argv[2]).replace(tzinfo=timezone.utc)
    files = sorted(Path(sys.argv[1]).glob("*.py"))
    print(json.dumps({file.name: _loaded(file, moment, int(sys.argv[3])) for file in files}))
