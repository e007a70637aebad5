"""What a worker counts, and the sum over all workers in Prometheus' text format."""

import contextlib
import itertools
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import orjson

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
# What workers that have ended counted: a sum that went down would look like a restart of the whole server.
_ENDED: Final = "ended.json"
_KEPT_VERSIONS: Final = 5

Labels = tuple[str, ...]
# A counter or gauge: [value]. A histogram: the count of each bucket, of those above the last, and the sum.
Cell = list[float]


@dataclass(frozen=True)
class Family:
    """One metric: what it is called and what it counts.

    Attributes:
        kind: As Prometheus has it; a gauge of several workers is their sum, or the largest.
        help: A sentence.
        labels: Names of its labels.
        bounds: Of a histogram the buckets' upper ends.
        largest: Whether a gauge is the largest of the workers' and not their sum.
        by_version: Whether series of versions that are no longer loaded are left out; the labels then begin
            with model and version.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()
    largest: bool = False
    by_version: bool = False

    def cell(self) -> Cell:
        """One with nothing counted."""
        return [0.0] * (len(self.bounds) + 2) if self.kind == "histogram" else [0.0]


@dataclass
class MetricTable:
    """The numbers of one process: family -> label values -> cell.

    A caller keeps the cell that `cell` gives and adds to it: no look-up by name is in a request's way.
    """

    families: Sequence[Family]
    cells: dict[str, dict[Labels, Cell]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Makes room for each family."""
        for family in self.families:
            self.cells.setdefault(family.name, {})

    def cell(self, family: Family, *labels: str) -> Cell:
        """The cell of these label values, made if there is none."""
        return self.cells[family.name].setdefault(labels, family.cell())

    def keep_versions(self, versions: set[Labels]) -> None:
        """Drops the series of (model, version) pairs that are no longer loaded."""
        for family in self.families:
            if family.by_version:
                cells = self.cells[family.name]
                for labels in [labels for labels in cells if labels[:2] not in versions]:
                    del cells[labels]

    def dump(self) -> bytes:
        """As JSON, to be read by `load`."""
        # `copy` is one step for other threads, which may add a series meanwhile.
        return orjson.dumps({name: [*cells.copy().items()] for name, cells in self.cells.items()})

    def add(self, dumped: bytes, *, gauges: bool = True) -> None:
        """Adds another process' numbers, as `dump` wrote them."""
        families = {family.name: family for family in self.families}
        for name, cells in orjson.loads(dumped).items():
            if (family := families.get(name)) and (gauges or family.kind != "gauge"):
                for labels, cell in cells:
                    _add(family, self.cell(family, *labels), cell)


def _add(family: Family, into: Cell, cell: Sequence[float]) -> None:
    for index, value in enumerate(cell[: len(into)]):
        into[index] = max(into[index], value) if family.largest else into[index] + value


def write(dumped: bytes, folder: Path, pid: int) -> None:
    """Writes this process' numbers where the other workers read them."""
    _replace(folder / f"{pid}.json", dumped)


def read(families: Sequence[Family], folder: Path | None, but: int | None = None) -> MetricTable:
    """The sum of what the workers last wrote, without that of the process `but`."""
    total = MetricTable(families)
    for path in folder.glob("*.json") if folder else ():
        if path.stem != str(but):
            with contextlib.suppress(FileNotFoundError):  # buried since
                total.add(path.read_bytes())
    return total


def bury(families: Sequence[Family], folder: Path, pid: int) -> None:
    """Keeps what a worker that has ended counted, and forgets its gauges. Only the supervisor calls this."""
    total = MetricTable(families)
    for name in (_ENDED, f"{pid}.json"):
        with contextlib.suppress(FileNotFoundError):
            total.add((folder / name).read_bytes(), gauges=False)
    total.keep_versions(_newest(total))
    # Removed first: killed in between, a count is lost, where otherwise it would be there twice.
    (folder / f"{pid}.json").unlink(missing_ok=True)
    _replace(folder / _ENDED, total.dump())


def _newest(table: MetricTable) -> set[Labels]:
    """The newest versions of each model, so that what is kept does not grow with every version."""
    numbers: dict[str, set[int]] = {}
    for family in table.families:
        if family.by_version:
            for model, version, *_ in table.cells[family.name]:
                numbers.setdefault(model, set()).add(int(version))
    return {(model, str(number)) for model, of in numbers.items() for number in sorted(of)[-_KEPT_VERSIONS:]}


def _replace(path: Path, content: bytes) -> None:
    aside = path.with_suffix(f".{os.getpid()}.tmp")
    aside.write_bytes(content)
    aside.replace(path)


def text(table: MetricTable) -> bytes:
    """The numbers in Prometheus' text format, version 0.0.4."""
    lines: list[str] = []
    for family in table.families:
        if cells := table.cells[family.name]:
            lines += (
                f"# HELP {family.name} {_escaped(family.help)}",
                f"# TYPE {family.name} {family.kind}",
            )
            for labels, cell in sorted(cells.items()):
                lines += _samples(family, labels, cell)
    return ("\n".join(lines) + "\n").encode() if lines else b""


def _samples(family: Family, values: Labels, cell: Cell) -> Iterable[str]:
    pairs = [f'{name}="{_escaped(value)}"' for name, value in zip(family.labels, values, strict=True)]
    if family.kind != "histogram":
        yield f"{family.name}{_braced(pairs)} {_number(cell[0])}"
        return
    counts = [*itertools.accumulate(cell[:-1])]
    for bound, count in zip((*family.bounds, math.inf), counts, strict=True):
        le = 'le="' + _number(bound) + '"'
        yield f"{family.name}_bucket{_braced([*pairs, le])} {_number(count)}"
    yield f"{family.name}_sum{_braced(pairs)} {_number(cell[-1])}"
    yield f"{family.name}_count{_braced(pairs)} {_number(counts[-1])}"


def _braced(pairs: Sequence[str]) -> str:
    return "{" + ",".join(pairs) + "}" if pairs else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) else repr(float(value))


def exponential(start: float, factor: float, count: int) -> tuple[float, ...]:
    """Upper ends of buckets that grow by a factor."""
    return tuple(start * factor**index for index in range(count))


def relabelled(cells: Mapping[Labels, Cell], keep: Sequence[int], scale: float = 1.0) -> dict[Labels, Any]:
    """Sums of histogram cells over the labels that are not kept; the last number of each times `scale`."""
    sums: dict[Labels, Cell] = {}
    for labels, cell in cells.items():
        kept = tuple(labels[index] for index in keep)
        into = sums.setdefault(kept, [0.0] * len(cell))
        for index, value in enumerate(cell[:-1]):
            into[index] += value
        into[-1] += cell[-1] * scale
    return sums
