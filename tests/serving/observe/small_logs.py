"""How the tests open and fill a request log and an access log, in their own process or in another."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serving.model.answers import Answers
from serving.model.checks import RowChecks
from serving.model.columns import InputColumn
from serving.observe.access_log import AccessLog
from serving.observe.request_log import RequestLog
from serving.reading.version_rules import VersionRules

COLUMNS = (InputColumn("s", "string"), InputColumn("n", "int"), InputColumn("x", "float"))
PROBABILITY = Answers()
AMPLE: Mapping[str, Any] = {"max_bytes": 1 << 24, "max_days": 30}


@dataclass
class LoggedEngine:
    columns: tuple[InputColumn, ...] = COLUMNS
    answers: Answers = PROBABILITY
    rules: VersionRules | None = None

    def __post_init__(self) -> None:
        names = {"int": "INT", "float": "FLOAT", "string": "BYTES"}
        features = [{"name": column.name, "type": names[column.kind]} for column in self.columns]
        self.checks = RowChecks({"feature": features}, self.rules)


@dataclass
class LoggedVersion:
    """What of a Version the log reads."""

    engine: LoggedEngine | None
    model: str = "m"
    number: int = 7


VERSION: Any = LoggedVersion(LoggedEngine())


def open_log(folder: Path, share: float = 1.0, **changes: Any) -> RequestLog:
    return RequestLog(folder, share, **{**AMPLE, "period": 0.02, **changes})


def add_line(log: AccessLog, rows: int = 1, model: str = "m") -> None:
    log.add(
        api="rest", verb="predict", model=model, version=3, status=200, seconds=0.0012345, rows=rows,
        size=50, peer="::1",
    )  # fmt: skip


def until(reached: Any) -> None:
    deadline = time.monotonic() + 10
    while not reached() and time.monotonic() < deadline:
        time.sleep(0.01)
