"""A root made by hand: ledger rows and folders of each kind that retention decides about, without a run."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

from perennial import clock
from perennial.store.ledger import Ledger
from perennial.store.span_version import Verdict
from pipeline import config
from pipeline.config import UseCase
from pipeline.run.retention.lineage_rows import OutputLinks
from pipeline.run.retention.plan import Plan, plan
from pipeline.run.retention.standing import Standing
from tests.pipeline.run import trains

# A window of 3 spans, and nothing is kept for its age.
YAML: Final = trains.YAML + "keep: {models: 1, runs: 1h, spans: 1h, alerts: 1h}\n"
BEGIN: Final = datetime(2024, 1, 1, tzinfo=timezone.utc)


class Root:
    """The root of the use case `trains`."""

    def __init__(self, home: Path, more: str = "") -> None:
        self.use_case: UseCase = config.parse(YAML + more, name="trains", home=home, source="trains.yaml")
        self.root = self.use_case.make_root()
        self.lineage = OutputLinks(frozenset(), {})
        self.ledger: Ledger

    @contextmanager
    def opened(self) -> Iterator["Root"]:
        """With its ledger open."""
        with closing(Ledger(self.root / "ledger.db")) as self.ledger:
            yield self

    def standing(self) -> Standing:
        """As it is a year after `BEGIN`."""
        standing = Standing.of(self.use_case, self.ledger)
        values = {name: getattr(standing, name) for name in standing.__dataclass_fields__}
        return Standing(**values | {"lineage": self.lineage, "now": BEGIN + timedelta(days=366)})

    def plan(self, **settings: Any) -> Plan:
        """What goes and what stays then."""
        return plan(self.standing(), **settings)

    def goes(self) -> dict[str, list[str]]:
        """Keys of what goes, by kind."""
        keys: dict[str, list[str]] = {}
        for item in self.plan().goes:
            keys.setdefault(item.kind, []).append(item.key)
        return {kind: sorted(each) for kind, each in keys.items()}

    def land(self, span: str) -> None:
        """An export lies there."""
        folder = self.use_case.exports_folder / span
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "part.csv").write_text(span)
        (folder / "_SUCCESS").touch()

    def output(self, node: str, key: str, number: int, file: str = "data") -> str:
        """A node put something out; gives its URI."""
        folder = self.root / "artifacts" / node / key / str(number)
        folder.mkdir(parents=True)
        (folder / file).write_text(f"{node} {number}")
        self.ledger.outputs.note({str(folder): "digest"})
        return str(folder)

    def span(
        self,
        span: str,
        number: int,
        verdict: Verdict = "OK",
        *,
        digest: str = "",
        landed: bool = True,
        run_id: str = "r",
    ) -> None:
        """A span arrived and was judged; its outputs have the number."""
        if landed:
            self.land(span)
        examples = self.output("ArrowExampleGen", "examples", number, "summary.json")
        statistics = self.output("SpanStatistics", "statistics", number)
        days = self.output("DaySummaries", "days", number)
        gate = self.output("DataGate", "anomalies", number)
        self.lineage.gates[statistics] = gate
        version = self.ledger.spans.arrive(span, digest or f"content of {span}")
        file = self.root / "quarantine" / span / f"v{version.version}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("a row")
        self.ledger.spans.judge(
            version,
            verdict,
            [],
            rows=1,
            quarantined=1,
            judged_with="j",
            run_id=run_id,
            examples=examples,
            statistics=statistics,
            days=days,
        )

    def version(
        self, number: int, run_id: str = "", card: dict[str, Any] | None = None, **facts: Any
    ) -> None:
        """A version was published."""
        (self.root / "models" / str(number)).mkdir(parents=True)
        self.ledger.versions.publish(
            number,
            run_id,
            facts.pop("digest", f"digest {number}"),
            clock.stamp(BEGIN),
            facts.pop("restores", None),
            "A test.",
            card={"run_id": run_id, **(card or {})},
            **facts,
        )

    def run(self, run_id: str, exit_code: int = 1, fingerprint: str = "") -> None:
        """A run ended."""
        (self.root / "runs" / run_id).mkdir(parents=True)
        self.ledger.runs.begin(run_id, "manual")
        self.ledger.runs.end(run_id, "FAILED" if exit_code else "KEPT", exit_code, "", fingerprint)
