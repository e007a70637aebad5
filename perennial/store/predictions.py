"""The ledger's predictions: what the live model answered on the rows of a span, and where that is."""

from dataclasses import dataclass

from perennial import clock
from perennial.store.databases import DatabaseTable


@dataclass(frozen=True)
class RecordedPredictions:
    """The answers of one model on one content of a span.

    Attributes:
        span: The span.
        digest: Digest of its content.
        model: Digest of the model's files (`registry.model_digest`): a version that restores another has the
            same model.
        uri: URI of the artifact, which has the answers by day.
        absent: Why there are no answers, a clause; empty if there are.
        at: When they were recorded.
    """

    span: str
    digest: str
    model: str
    uri: str
    absent: str
    at: str


class PredictionTable(DatabaseTable):
    """The table `predictions`: one row for each content of a span and model."""

    def note(self, span: str, digest: str, model: str, uri: str, absent: str = "") -> None:
        """Records answers, or that there are none, in the place of those of the same content and model."""
        values = (span, digest, model, uri, absent, clock.stamp(clock.now()))
        # As a new row, so that the newest is the last one.
        self._rows("INSERT OR REPLACE INTO predictions VALUES (?, ?, ?, ?, ?, ?)", *values)

    def forget(self, uri: str) -> None:
        """Records that an artifact was removed."""
        self._rows("DELETE FROM predictions WHERE uri=?", uri)

    def all(self, model: str = "") -> list[RecordedPredictions]:
        """Those of a model, by its digest; of every model if that is empty. Oldest first."""
        rows = self._rows("SELECT * FROM predictions WHERE ? IN ('', model) ORDER BY rowid", model)
        return [RecordedPredictions(**row) for row in rows]

    def newest(self) -> dict[tuple[str, str], RecordedPredictions]:
        """Of each content, by span and digest, those of the model that answered last."""
        return {(each.span, each.digest): each for each in self.all()}
