"""What came of the series, as plain data: spans, findings, damage, and the counts of each."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

FEWER_ROWS: Final = "fewer rows"
REFUSED: Final = "refused"
LABELS: Final = "waits for labels"
UNTOUCHED: Final = "nothing: written again"
SEVERITIES: Final = ("note", "warn", "block")


@dataclass(frozen=True)
class GateFinding:
    """One thing that a gate says of a span: its kind, column ("" for none), severity and sentence."""

    kind: str
    column: str
    severity: str
    message: str


@dataclass(frozen=True)
class LandedSpan:
    """A span and what the gates say of it.

    Attributes:
        span: Its name.
        rows: Rows that can be used.
        seen: Whether `new` had its rows.
        verdict: OK, WARN, BLOCK, REFUSED, or NEW where it waits for labels.
        findings: All that is a note, warns or blocks.
        not_checked: A sentence for each check that was not made.
    """

    span: str
    rows: int
    seen: bool
    verdict: str
    findings: tuple[GateFinding, ...]
    not_checked: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "LandedSpan":
        """From plain data; keys that it does not have are left out."""
        own = {name: values[name] for name in cls.__dataclass_fields__}
        findings = tuple(GateFinding(**each) for each in values["findings"])
        return cls(**{**own, "findings": findings, "not_checked": tuple(values["not_checked"])})

    @property
    def worst(self) -> str:
        """The strongest severity of its findings; "" without any."""
        return max((each.severity for each in self.findings), key=SEVERITIES.index, default="")


@dataclass(frozen=True)
class DamageTrial:
    """A span with known damage, judged: the kind of damage and its column ("" for none)."""

    kind: str
    column: str
    judged: LandedSpan


@dataclass(frozen=True)
class SeriesResult:
    """One series: its spans, the last of them with damage; why there are none ("" where there are)."""

    name: str
    spans: tuple[LandedSpan, ...]
    damaged: tuple[DamageTrial, ...]
    problem: str

    @classmethod
    def from_json(cls, name: str, values: Mapping[str, Any]) -> "SeriesResult":
        """From what the worker left."""
        return cls(
            name,
            tuple(map(LandedSpan.from_json, values["spans"])),
            tuple(
                DamageTrial(each["kind"], each["column"], LandedSpan.from_json(each))
                for each in values["damaged"]
            ),
            values["problem"],
        )

    @property
    def later(self) -> tuple[LandedSpan, ...]:
        """The spans that `new` had not seen."""
        return tuple(each for each in self.spans if not each.seen)


@dataclass(frozen=True)
class BlockedColumn:
    """A finding that blocks a span."""

    series: str
    span: str
    finding: GateFinding


def blocks_of(results: Iterable[SeriesResult]) -> Iterator[BlockedColumn]:
    """Every finding that blocks, of spans as they are; also of those that `new` had seen."""
    for result in results:
        for span in result.spans:
            for finding in span.findings:
                if finding.severity == "block":
                    yield BlockedColumn(result.name, span.span, finding)


def counts_by_kind(spans: Sequence[LandedSpan]) -> dict[str, Counter[str]]:
    """Kind -> in how many spans its strongest finding is a note, warns or blocks."""
    counts: dict[str, Counter[str]] = {}
    for span in spans:
        strongest: dict[str, str] = {}
        for each in span.findings:
            before = strongest.get(each.kind, each.severity)
            strongest[each.kind] = max(before, each.severity, key=SEVERITIES.index)
        for kind, severity in strongest.items():
            counts.setdefault(kind, Counter())[severity] += 1
    return counts


def outcome_of_damage(trial: DamageTrial, untouched: LandedSpan) -> str:
    """What the damage led to beside what the span has without it: block, warn, note, or "" for nothing."""
    if trial.judged.verdict in ("REFUSED", "NEW"):
        return "block"
    known = {(each.kind, each.column, each.severity) for each in untouched.findings}
    fresh = [
        each.severity
        for each in trial.judged.findings
        if (each.kind, each.column, each.severity) not in known
    ]
    return max(fresh, key=SEVERITIES.index, default="")
