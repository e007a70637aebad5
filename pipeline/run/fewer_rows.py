"""Whether a run trains on many fewer rows than the live version was trained on, and who accepted that."""

from typing import Any

from components.window_gate.gate import WindowResult
from perennial.files import read_json
from perennial.store import registry
from perennial.store.span_version import SpanVersion
from pipeline.execution.messages import Pass
from pipeline.run.context import RunContext
from pipeline.run.live_rows import live_rows
from pipeline.summary import AcceptedFewerRows, FewerRowsSummary

_OTHER_SETTINGS = "The settings of the window were changed since, so that this was not blocked."


class FewerRowsCheck:
    """What the WindowGate is given, and what follows from its result.

    Attributes:
        live: What the live version was trained on.
        accepted: The reason of a person who accepts fewer rows in this run; empty: nobody does.
    """

    def __init__(
        self, context: RunContext, live: registry.Version | None, accepted: list[SpanVersion], inputs: str
    ) -> None:
        """Records an acceptance before anything is trained; `outcome` completes it."""
        self.live = live_rows(live, context.ledger, context.use_case, accepted)
        self.accepted = context.fewer_rows_accepted
        self._ledger = context.ledger.fewer_rows
        self._run_id = context.run_id
        self._acceptance: dict[str, Any] | None = None
        if self.accepted:
            self._acceptance = self._ledger.accept(
                context.run_id, self.live.version, self.live.rows, inputs, self.accepted
            )

    def outcome(self, passed: Pass) -> tuple[FewerRowsSummary | None, str]:
        """What the gate found, and a sentence about it; None and "" if there are not many fewer rows."""
        failure = passed.failure
        if failure is not None and failure.kind == "fewer_rows":
            return _summary(failure.facts, blocked=True), f"{failure.problem} {failure.remedy}"
        folder = passed.output("WindowGate", "anomalies")
        facts = read_json(folder / "gate.json") if folder else {}
        if not facts.get("fewer"):
            self._settle(None)
            return None, ""
        if not facts["same_window"]:
            self._settle(None)
            return _summary(facts), f"{facts['sentence']} {_OTHER_SETTINGS}"
        acceptance = self._settle(facts["rows"])
        who, why = (acceptance["who"], acceptance["why"]) if acceptance else ("", "")
        return _summary(facts, acceptance), f'{facts["sentence"]} {who} accepted it ("{why}").'

    def _settle(self, rows: int | None) -> dict[str, Any] | None:
        """Completes the acceptance with the rows that it was for; None: it was not needed."""
        if self._acceptance is None:
            return None
        self._ledger.settle(self._run_id, rows)
        return None if rows is None else {**self._acceptance, "rows": rows}


def _summary(
    facts: dict[str, Any], acceptance: dict[str, Any] | None = None, *, blocked: bool = False
) -> FewerRowsSummary:
    keys = WindowResult.__dataclass_fields__.keys() & FewerRowsSummary.model_fields.keys()
    accepted = AcceptedFewerRows(**acceptance) if acceptance else None
    return FewerRowsSummary(**{key: facts[key] for key in keys}, blocked=blocked, accepted=accepted)
