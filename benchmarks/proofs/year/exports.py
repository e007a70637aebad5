"""The exports of a simulated year: real flights by day or month, whole, corrected or damaged."""

import gzip
import hashlib
import os
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import pandas as pd

from benchmarks.proofs.growth.exports import renumbered
from benchmarks.proofs.year.plan import YearEvent
from perennial.files import write_json
from pipeline.export_manifest import SUCCESS
from pipeline.use_cases import flights

SEED: Final = 16
# Rows of a whole span's first content; a later one has one row fewer. Each day has 291 flights or more.
WHOLE_ROWS: Final = {"day": 280, "month": 2000}
FAR: Final = 1000  # miles; the label is whether a flight goes farther, so that each candidate is good
_TRUNCATED: Final = 0.3
_OVERSIZED: Final = 8
_PART: Final = "part-00000.csv.gz"


def column_of_label() -> str:
    """The column that the label is in."""
    return flights.COLUMNS[-1]


def year_rows() -> Any:
    """The flights of 2013, a pandas frame; the label is whether they go far."""
    rows = flights.past_rows()
    rows[column_of_label()] = (rows["distance"].astype(float) > FAR).astype(int)
    return rows


class YearExports:
    """Writes the spans of a year into the exports folder of a use case.

    The number of rows says which content of a span it is: that is how an answer of the commands is read back.
    """

    def __init__(self, kind: Literal["day", "month"], folder: Path, rows: Any) -> None:
        """Writes nothing yet.

        Args:
            kind: What a span is.
            folder: The exports folder; exports are prepared beside it.
            rows: The rows of all spans, a pandas frame as `year_rows` gives it.
        """
        self.kind = kind
        self.folder = folder
        self._aside = folder.parent / f".landing-{folder.name}"
        length = len("2013-01-01") if kind == "day" else len("2013-01")
        names = rows[flights.TIME_COLUMN].str.slice(0, length)
        self._spans = {name: part for name, part in rows.groupby(names)}

    def apply(self, event: YearEvent, contents: Mapping[str, YearEvent], at: datetime) -> None:
        """Does what an event says of files; their times are those of the event.

        Args:
            event: `land`, `complete`, `rewrite` or `delete`.
            contents: Each span's last `land` before it.
            at: When.
        """
        target = self.folder / event.span
        if event.kind == "delete":
            shutil.rmtree(target)
        elif event.kind == "land":
            self._land(target, self.rows_of(event, contents), event.complete, at)
        else:  # its bytes once more, and the marker that it may lack
            self._land(target, self.rows_of(contents[event.span], contents), True, at)

    def rows_of(self, event: YearEvent, contents: Mapping[str, YearEvent]) -> Any:
        """The rows that a `land` writes, a pandas frame."""
        if event.variant == "duplicate":
            return self.rows_of(contents[event.of], contents)
        rows = self._spans[event.span]
        rows = rows.sample(_whole_rows(self.kind, event.content), random_state=SEED).sort_index()
        if event.variant in ("truncated", "empty"):
            return rows.iloc[: content_rows(self.kind, event, contents)]
        if event.variant == "unlabelled":
            return rows.assign(**{column_of_label(): ""})
        if event.variant == "unreadable":
            return rows.assign(distance="far")
        if event.variant == "oversized":
            return pd.concat([renumbered(rows, copy) for copy in range(_OVERSIZED)])
        return rows

    def _land(self, target: Path, rows: Any, complete: bool, at: datetime) -> None:
        """Writes an export aside and gives it its name; one that has the name goes away first."""
        shutil.rmtree(self._aside, ignore_errors=True)
        made = self._aside / target.name
        made.mkdir(parents=True)
        content = gzip.compress(rows.to_csv(index=False).encode(), compresslevel=1, mtime=0)
        (made / _PART).write_bytes(content)
        if complete:
            digest = hashlib.sha256(content).hexdigest()
            entry = {"path": _PART, "bytes": len(content), "sha256": digest, "rows": len(rows)}
            write_json(made / SUCCESS, {"files": [entry]})
        seconds = at.timestamp()
        for path in (*made.iterdir(), made):
            os.utime(path, (seconds, seconds))
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            target.rename(self._aside / "former")
        made.rename(target)
        shutil.rmtree(self._aside)


def content_rows(kind: str, event: YearEvent, contents: Mapping[str, YearEvent]) -> int:
    """How many rows a `land` writes; it says which content of its span it is, except of a duplicate.

    Args:
        kind: What a span is: `day` or `month`.
        event: The `land`.
        contents: Each span's last `land` before it.
    """
    if event.variant == "duplicate":
        return content_rows(kind, contents[event.of], contents)
    rows = _whole_rows(kind, event.content)
    shares = {"truncated": _TRUNCATED, "empty": 0, "oversized": _OVERSIZED}
    return int(rows * shares.get(event.variant, 1))


def _whole_rows(kind: str, content: int) -> int:
    return WHOLE_ROWS[kind] + 1 - content
