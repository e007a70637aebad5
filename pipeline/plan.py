"""What a pass of the chain is given beside the use case: a span, a window, or a candidate that passed."""

from typing import Final

from pydantic import BaseModel, ConfigDict

from perennial.drift.orders import AlarmOrder, HistorySpan

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
        calibration: JSON of the calibration of drift that judges its days: `file, digest, number`; empty
            where there is none.
        open_alarms: Subject, first day and columns of each drift alarm of the span before that goes on.
        live: Digest of the files of the model that is live; empty where none is, or it is damaged.
    """

    span: str
    version: int
    digest: str
    files: tuple[tuple[str, str], ...]
    previous_statistics: str
    others: tuple[tuple[str, str, str], ...] = ()
    older_statistics: tuple[str, ...] = ()
    row_counts: tuple[tuple[str, int], ...] = ()
    calibration: str = ""
    open_alarms: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    live: str = ""


class DaysPlan(_Plan):
    """A span that was read, of whose days there are no summaries yet.

    Attributes:
        span: Its name.
        examples: URI of its Examples.
    """

    span: str
    examples: str


class EffectsPlan(_Plan):
    """A span that was judged, with drift alarms whose effect on the live model's scores is asked for.

    Attributes:
        span: Its name.
        days: URI of the summaries of its days.
        live: Digest of the live model's files.
        alarms: Its alarms.
        history: The accepted spans before it, oldest first.
    """

    span: str
    days: str
    live: str
    alarms: tuple[AlarmOrder, ...]
    history: tuple[HistorySpan, ...]


class WindowPlan(_Plan):
    """What to train on and what to compare with.

    Attributes:
        spans: Accepted spans of the window, oldest first.
        examples: URIs of their Examples, in the same order.
        champion: The version to compare with: the live one, or 0 where there is none or it is damaged.
        champion_digest: Digest of its files.
        twin: Folder of the champion's twin, which is compared with instead (`perennial.store.twins`); empty
            where it has none.
        twin_digest: Digest of the twin's files.
        serving_python: Interpreter of the serving environment, in which a process waits for the probe.
        live_stale: Whether the live version was trained on rows that a person rejected since.
        live_rows: JSON of the rows that the live version was trained on (`components.window_gate.gate`).
        fewer_rows_accepted: Why a person accepts many fewer rows than those; empty: nobody does.
        start: JSON of the version with whose weights training begins, or why it begins cold
            (`perennial.training.starting_point`); empty: a cold start is what the use case asks for.
    """

    spans: tuple[str, ...]
    examples: tuple[str, ...]
    champion: int
    champion_digest: str
    twin: str
    twin_digest: str
    serving_python: str
    live_stale: bool
    live_rows: str
    fewer_rows_accepted: str
    start: str


class TrainedModel(_Plan):
    """URIs of what belongs to one trained model.

    Attributes:
        window: The rows that it was trained on, and those that it was or would be judged by.
        transform_graph: Its transform.
        model: Its export.
        model_run: Its Keras model before the export.
    """

    window: str
    transform_graph: str
    model: str
    model_run: str


class RefitPlan(_Plan):
    """A candidate that passed, to be trained anew on the rows that it was judged by, too.

    Attributes:
        judged: The candidate.
        newest: The newest span of its window.
        epochs: How many epochs it was trained.
        start: With what it began, as in `WindowPlan`; cold if it began cold.
    """

    judged: TrainedModel
    newest: str
    epochs: int
    start: str


class RefitResult(_Plan):
    """What a refit made.

    Attributes:
        model: The refit model.
        agreement: URI of the result of its comparison with the judged candidate.
        agrees: Whether it is published; else the judged candidate is.
    """

    model: TrainedModel
    agreement: str
    agrees: bool


class PublishPlan(_Plan):
    """A candidate that passed, to be probed and pushed.

    Attributes:
        judged: The candidate.
        evaluation: URI of its evaluation.
        blessing: URI of the Evaluator's verdict.
        refit: Its refit; None where the use case asks for none.
        live: The version that is live; 0 for none.
        serving_python: Interpreter of the serving environment.
        card: JSON of what the model card says beyond data and metrics.
        run_id: The run.
        push_rules: JSON of when a candidate is pushed (`perennial.push_rules.PushRules`).
    """

    judged: TrainedModel
    evaluation: str
    blessing: str
    refit: RefitResult | None
    live: int
    serving_python: str
    card: str
    run_id: str
    push_rules: str


class AsOfPlan(_Plan):
    """A model as of a span of the past, and the spans after it that it is judged on; nothing is published.

    Attributes:
        window: Accepted spans of the window, oldest first.
        window_examples: URIs of their Examples, in the same order.
        judged_examples: URIs of the Examples of the spans that it is judged on.
        start: With which earlier model of the past it begins, as in `WindowPlan`; empty: cold.
    """

    window: tuple[str, ...]
    window_examples: tuple[str, ...]
    judged_examples: tuple[str, ...]
    start: str


class AsOfRefitPlan(_Plan):
    """The refit of a model of the past, judged on the same spans.

    Attributes:
        refit: The model of the past, as a candidate that passed.
        judged_examples: URIs of the Examples of the spans that it is judged on.
    """

    refit: RefitPlan
    judged_examples: tuple[str, ...]


Work = SpanPlan | DaysPlan | EffectsPlan | WindowPlan | RefitPlan | PublishPlan | AsOfPlan | AsOfRefitPlan


class Job(_Plan):
    """One pass of the chain: a part of it, and what that works on."""

    schema_plan: SchemaPlan
    work: Work
