"""Whether a span's judgement is still valid: nothing that it follows from has changed since."""

from collections.abc import Callable
from pathlib import Path

from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanVersion, Verdict
from pipeline import inputs
from pipeline.config import UseCase
from pipeline.run.in_use import compared_with, former_of


class Validity:
    """What the judgements of one use case's spans follow from, by the settings, schema and code of now."""

    def __init__(
        self, use_case: UseCase, ledger: Ledger, schema_digest: str, is_whole: Callable[[SpanVersion], bool]
    ) -> None:
        """`is_whole`: whether what was read of a version can be used."""
        self._use_case = use_case
        self._ledger = ledger
        self._schema_digest = schema_digest
        self._is_whole = is_whole
        self._given: dict[str, inputs.NodeSettings] = {}

    def holds(self, version: SpanVersion) -> bool:
        """Whether a version needs no reading: it is rejected, or its judgement is valid and outputs whole."""
        if version.rejected:
            return True
        former = self.former(version.span)
        return version.judged_with == self.digest(former, version, version.verdict) and self._is_whole(
            version
        )

    def digest(self, former: list[SpanVersion], version: SpanVersion, verdict: Verdict) -> str:
        """Digest of all that a judgement depends on, except the span's own content.

        A span that is blocked is judged again when other spans change: its rows may have been blocked because
        one of them had them by mistake. Of statistics node, key and number count, not the root that they are
        in: a home that was restored elsewhere, and a backtest, which shares outputs, have the same
        judgements.
        """
        before = [[each.span, each.digest, Path(each.statistics).parts[-3:]] for each in former]
        others = None
        if verdict == "BLOCK":
            others = [(other.span, other.digest) for other in self.others(version, verdict)]
        nodes = self._given_of(version.span)
        return inputs.digest_of(nodes=nodes, schema=self._schema_digest, former=before, others=others)

    def others(self, version: SpanVersion, verdict: Verdict) -> list[SpanVersion]:
        """The versions in use with whose rows those of a version are compared."""
        kind = self._use_case.exports.span
        return compared_with(self._ledger, kind, version.span, version, verdict)

    def former(self, span: str) -> list[SpanVersion]:
        """The versions in use before a span from whose statistics drift is measured, newest first."""
        return former_of(self._ledger, self._use_case.exports.span, span, self._is_whole)

    def _given_of(self, span: str) -> inputs.NodeSettings:
        """What the nodes are given for a span; made once for all spans that are written alike."""
        written = self._use_case.exports.csv_format_of(span).to_json()
        if written not in self._given:
            self._given[written] = inputs.of_span(self._use_case, span)
        return self._given[written]
