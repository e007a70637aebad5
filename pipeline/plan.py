"""What a pass of the chain is given beside the use case: a span to judge, or a window to learn from."""

from typing import Final

from pydantic import BaseModel, ConfigDict

# Below the folder of a span's statistics.
STATISTICS_FILE: Final = "Split-span/FeatureStats.pb"


class _Plan(BaseModel):
    model_config = ConfigDict(frozen=True)


class SchemaPlan(_Plan):
    """The curated schema: a folder with `schema.pbtxt`, named by its digest so that it never changes."""

    uri: str
    digest: str
    columns: str


class SpanPlan(_Plan):
    """One version of a span to read and judge.

    Attributes:
        span: Its name.
        version: Number of the first arrival of this content, so that content which comes back is a cache hit.
        digest: Digest of its content.
        files: Absolute path and SHA-256 of each of its data files.
        others: Name, content digest and Examples URI of each other span in use; the URI is empty if its
            Examples are lost.
        previous_statistics: URI of the statistics of the previous accepted span; empty where there is none.
        older_statistics: URIs of those of the accepted spans before that, newest first.
        row_counts: Name and rows of the accepted spans before it, oldest first.
    """

    span: str
    version: int
    digest: str
    files: tuple[tuple[str, str], ...]
    previous_statistics: str
    others: tuple[tuple[str, str, str], ...] = ()
    older_statistics: tuple[str, ...] = ()
    row_counts: tuple[tuple[str, int], ...] = ()


class WindowPlan(_Plan):
    """What to train on and whom to compare with.

    Attributes:
        spans: Accepted spans of the window, oldest first.
        examples: URIs of their Examples, in the same order.
        live: The version that is live; 0 for none.
        champion: The version to compare with: `live`, or 0 where that is damaged.
        champion_digest: Digest of its files.
        serving_python: Interpreter of the serving environment.
        live_stale: Whether `live` was trained on rows that a person rejected since.
        live_rows: JSON of the rows that the live version was trained on (`components.window_gate.gate`).
        fewer_rows_accepted: Why a person accepts many fewer rows than those; empty: nobody does.
        start: JSON of the version with whose weights training begins, or why it begins cold
            (`perennial.training.starting_point`); empty: a cold start is what the use case asks for.
        card: JSON of what the model card says beyond data and metrics.
        run_id: The run.
        push_rules: JSON of when a candidate is pushed (`perennial.push_rules.PushRules`).
    """

    spans: tuple[str, ...]
    examples: tuple[str, ...]
    live: int
    champion: int
    champion_digest: str
    serving_python: str
    live_stale: bool
    live_rows: str
    fewer_rows_accepted: str
    start: str
    card: str
    run_id: str
    push_rules: str


class Job(_Plan):
    """One pass of the chain: a span up to its data gate, or a window from there to the push."""

    schema_plan: SchemaPlan
    work: SpanPlan | WindowPlan
