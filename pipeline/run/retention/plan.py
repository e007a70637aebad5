"""What goes and what stays, from the needs and a listing; nothing is touched."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from perennial import clock
from perennial.row_sketch import FILE as SKETCH
from perennial.store.prunes import PrunedSpan, RowRemoval
from perennial.store.span_version import DAYS_LOST
from pipeline.run.leftovers import REMNANTS
from pipeline.run.rebuild import began_of
from pipeline.run.retention.needs import REGISTRY, Need, span_key
from pipeline.run.retention.standing import Standing

ItemKind = Literal["versions", "outputs", "rows", "runs", "quarantine", "sketches", "alerts", "ticks"]
# What is left of a span's Examples: what they hold, by which a lost ledger is rebuilt, and their sketch.
REMNANT_FILES: Final = ("summary.json", SKETCH)
_ROWS_OF: Final = "ArrowExampleGen"


@dataclass(frozen=True)
class Item:
    """A thing that goes, or that stays.

    Attributes:
        kind: `rows` are outputs of ArrowExampleGen, the rows of a span; `outputs` those of all other nodes.
        key: Its name: number, id, or path below the root.
        path: Its folder or file; None for what is a row of the ledger only.
        whys: Why it stays; empty for what goes.
    """

    kind: ItemKind
    key: str
    path: Path | None
    whys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What goes and what stays.

    Attributes:
        goes: What goes.
        stays: What stays, each with why.
        ticks: How many times of the schedule go.
        work: Empty folders in which nodes worked, of outputs that go.
        rows: What changes in the ledger.
        outputs: URIs of the outputs that stay.
    """

    goes: tuple[Item, ...]
    stays: tuple[Item, ...]
    ticks: int
    work: tuple[Path, ...]
    rows: RowRemoval
    outputs: frozenset[str]


def plan(standing: Standing, registry: Sequence[Callable[[Standing], Iterator[Need]]] = REGISTRY) -> Plan:
    """Derives what goes: all that no function of the registry needs.

    Args:
        standing: The use case at this moment.
        registry: Gives the needs.
    """
    whys: dict[tuple[str, str], list[str]] = {}
    for need in (need for function in registry for need in function(standing)):
        reasons = whys.setdefault((need.kind, need.key), [])
        reasons += [need.why] if need.why not in reasons else []
    return _Planner(standing, {key: tuple(reasons) for key, reasons in whys.items()}).plan()


class _Planner:
    """Sorts what lies on disk and in the ledger by what is needed."""

    def __init__(self, standing: Standing, whys: Mapping[tuple[str, str], tuple[str, ...]]) -> None:
        self._standing = standing
        self._content = standing.content
        self._whys = whys
        self._outputs = dict(self._wanted_outputs())
        self._pruned = list(self._pruned_spans())

    def plan(self) -> Plan:
        """Derives it."""
        items = [*self._of_versions(), *self._of_outputs(), *self._of_runs(), *self._of_spans()]
        items += self._of_alerts()
        goes = tuple(item for item in items if not item.whys)
        used = {(path.parts[-3], path.name) for path in map(Path, self._outputs)}
        before = self._standing.since(self._standing.use_case.keep.runs)
        return Plan(
            goes=goes,
            stays=tuple(item for item in items if item.whys),
            ticks=self._standing.ledger.ticks.count_before(before),
            work=tuple(path for key, path in self._content.work.items() if key not in used),
            rows=self._rows(goes, before),
            outputs=frozenset(self._outputs),
        )

    def _wanted_outputs(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The outputs that are needed by themselves, or as what tells of a span; each with why."""
        for (kind, key), whys in self._whys.items():
            if kind == "artifact":
                yield key, whys
        for arrivals in self._standing.ledger.spans.versions().values():
            for version in arrivals:
                whys = self._whys.get(("span", span_key(version)), ())
                gate = self._standing.lineage.gates.get(version.statistics, "")
                yield from ((uri, whys) for uri in (version.statistics, gate) if uri and whys)

    def _of_versions(self) -> Iterator[Item]:
        for number, path in self._content.versions.items():
            yield Item("versions", str(number), path, self._whys.get(("version", str(number)), ()))

    def _of_outputs(self) -> Iterator[Item]:
        for path in self._content.outputs:
            kind: ItemKind = "rows" if path.parts[-3] == _ROWS_OF else "outputs"
            yield Item(kind, "/".join(path.parts[-3:]), path, self._outputs.get(str(path), ()))

    def _of_runs(self) -> Iterator[Item]:
        known = set()
        for run in self._standing.ledger.runs.every():
            run_id = run["run_id"]
            known.add(run_id)
            yield Item("runs", run_id, self._content.runs.get(run_id), self._whys.get(("run", run_id), ()))
        # A run that was killed before it was recorded, or a removal after the ledger forgot the run.
        since = self._standing.since(self._standing.use_case.keep.runs)
        for run_id in self._content.runs.keys() - known:
            began = began_of(run_id)
            if began is not None and clock.stamp(began) < since:
                yield Item("runs", run_id, self._content.runs[run_id])

    def _of_spans(self) -> Iterator[Item]:
        """Quarantine and sketches: the quarantine of a content has the number of its first arrival."""
        spans = self._standing.ledger.spans
        quarantine: dict[tuple[str, int], list[str]] = {}
        # A killed removal may have left one aside before the ledger knew of it.
        left = {each.remnant for each in self._pruned}
        for span, arrivals in spans.versions().items():
            for version in arrivals:
                reasons = quarantine.setdefault((span, spans.first_arrival(version)), [])
                reasons += self._whys.get(("span", span_key(version)), ())
                left.add(version.examples)
        for (span, number), path in self._content.quarantine.items():
            yield Item("quarantine", f"{span}/v{number}", path, tuple(quarantine.get((span, number), ())))
        for (span, number), path in self._content.remnants.items():
            key = f"{span}/v{number}"
            # One that was read again has its sketch among its rows.
            whys = self._whys.get(("span", key), ()) if str(path) in left else ()
            yield Item("sketches", key, path, whys)

    def _of_alerts(self) -> Iterator[Item]:
        closed = self._standing.ledger.alerts.closed_before(
            self._standing.since(self._standing.use_case.keep.alerts)
        )
        for number in closed:
            yield Item("alerts", str(number), None, self._whys.get(("alert", str(number)), ()))
        for (kind, key), whys in self._whys.items():
            if kind == "alert" and int(key) not in closed:
                yield Item("alerts", key, None, whys)

    def _rows(self, goes: Sequence[Item], before: str) -> RowRemoval:
        ledger, inside = self._standing.ledger, f"{self._content.root / 'artifacts'}/"
        noted = ledger.outputs.digests()
        return RowRemoval(
            versions=[int(item.key) for item in goes if item.kind == "versions"],
            spans=self._pruned,
            outputs=[uri for uri in noted if uri.startswith(inside) and uri not in self._outputs],
            runs=[item.key for item in goes if item.kind == "runs"],
            alerts=[int(item.key) for item in goes if item.kind == "alerts"],
            records_before=before,
            files=self._files_of_no_export(),
        )

    def _pruned_spans(self) -> Iterator[PrunedSpan]:
        """The versions of spans whose rows go, and those of which nothing is needed any more."""
        for arrivals in self._standing.ledger.spans.versions().values():
            for version in arrivals:
                if version.examples in self._outputs:
                    continue
                remnant, statistics = "", ""
                if ("span", span_key(version)) in self._whys:
                    statistics = version.statistics
                    remnant = self._remnant(version.span, version.version, version.examples)
                days = version.days if version.days in (DAYS_LOST, *self._outputs) else ""
                present = (version.examples, version.statistics, version.days)
                if present != (remnant, statistics, days) or (version.examples and not version.pruned):
                    yield PrunedSpan(version.span, version.version, remnant, statistics, days)

    def _remnant(self, span: str, version: int, examples: str) -> str:
        """Where what is left of Examples will be; "" if they are lost."""
        if not examples or not (Path(examples) / REMNANT_FILES[0]).is_file():
            return ""
        return str(self._content.root / REMNANTS / span / f"v{version}")

    def _files_of_no_export(self) -> list[str]:
        """Files whose digests are known, of exports that are not there any more."""
        folder = self._standing.use_case.exports_folder
        if not folder.is_dir():  # a share that is not mounted
            return []
        there = {path.name for path in folder.iterdir()}
        known = self._standing.ledger.files.paths()
        return [
            str(path)
            for path in known
            if path.is_relative_to(folder) and path.relative_to(folder).parts[0] not in there
        ]
