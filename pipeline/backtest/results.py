"""Results of trainings: a file each, known by all that it follows from, so that none is mixed up."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from components.next_span_scores.loss_by_day import LossByDay
from perennial.errors import Stopped
from perennial.files import read_json, write_json
from perennial.store.span_version import SpanVersion
from pipeline import inputs
from pipeline.backtest.policies import Training
from pipeline.config import UseCase
from pipeline.plan import SchemaPlan

FORMAT: Final = 1
# The part of a key that is in a file's name.
_SHORT: Final = 16


@dataclass(frozen=True)
class LossesOnSpan:
    """Losses of a model on one span.

    Attributes:
        content: Digest of the span's content and of how it was read.
        days: Rows and sum of losses by day; the day is "" where rows have no time.
    """

    content: str
    days: LossByDay


@dataclass(frozen=True)
class TrainingResult:
    """The result of one training.

    Attributes:
        key: Digest of all that the model follows from.
        spans: What it was trained on, oldest first.
        refit: Whether the rows that a candidate is judged by were trained on.
        before: As of `Training`.
        rows: Rows trained on.
        epochs: Epochs of the final fit.
        cpu_seconds: Processor time of window, transform and training.
        seconds: Wall time of the whole pass.
        judged: The spans that it was judged on.
        why_cold: Why training began cold though a warm start was wanted, a sentence; empty: it did not.
        agrees: Of a refit, whether it agreed with the judged model; if not, that model was used, as in a run.
    """

    key: str
    spans: tuple[str, ...]
    refit: bool
    before: tuple[str, ...]
    rows: int
    epochs: int
    cpu_seconds: float
    seconds: float
    judged: Mapping[str, LossesOnSpan]
    why_cold: str = ""
    agrees: bool | None = None

    def has(self, wanted: Mapping[str, str]) -> bool:
        """Whether it was judged on spans of this content (span -> digest)."""
        return all(
            span in self.judged and self.judged[span].content == content for span, content in wanted.items()
        )


class Results:
    """The results of a use case's backtests, whatever their range."""

    def __init__(self, folder: Path) -> None:
        """`folder` need not exist yet."""
        self._folder = folder

    def get(self, training: Training, key: str) -> TrainingResult | None:
        """The result with this key; None if there is none."""
        path = self._path(training, key)
        result = _read(path) if path.is_file() else None
        return result if result is not None and result.key == key else None

    def add(self, training: Training, result: TrainingResult) -> TrainingResult:
        """Writes a result; it appears whole. Spans that the same model was judged on before stay in it.

        Returns:
            The result as it is written, with all these spans.
        """
        former = self.get(training, result.key)
        whole = replace(result, judged={**(former.judged if former else {}), **result.judged})
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_json(self._path(training, result.key), {"format": FORMAT, **asdict(whole)})
        return whole

    def others(self, training: Training, key: str) -> int:
        """How many results of the same training there are of other content, settings or code."""
        paths = self._folder.glob(f"{_name(training)}-*.json")
        others = filter(None, (_read(path) for path in paths if path != self._path(training, key)))
        return sum(_of(result) == _of(training) for result in others)

    def all(self) -> Iterator[TrainingResult]:
        """All results that can be read."""
        yield from filter(None, map(_read, sorted(self._folder.glob("*.json"))))

    def _path(self, training: Training, key: str) -> Path:
        return self._folder / f"{_name(training)}-{key[:_SHORT]}.json"


def _name(training: Training) -> str:
    ways = ("-refit" if training.refit else "") + ("-warm" if training.continues else "")
    return f"{training.as_of}-{len(training.spans)}{ways}"


def _of(one: Training | TrainingResult) -> tuple[Any, ...]:
    """What a training is, whatever it follows from."""
    return one.spans, one.refit, one.before


def _read(path: Path) -> TrainingResult | None:
    """A result; None of a file that another release wrote, or that is damaged: it is made again."""
    try:
        content = read_json(path)
        if content.pop("format") != FORMAT:
            return None
        judged = {span: LossesOnSpan(**each) for span, each in content.pop("judged").items()}
        names = {key: tuple(content[key]) for key in ("spans", "before")}
        return TrainingResult(**{**content, **names}, judged=judged)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


class Keys:
    """Digests of what trainings and judged spans follow from, with the settings and code of now."""

    def __init__(self, use_case: UseCase, schema: SchemaPlan, versions: Sequence[SpanVersion]) -> None:
        """`versions` are those in use."""
        self._use_case = use_case
        self._schema = schema
        self._versions = {version.span: version for version in versions}
        self._wiring = inputs.wiring()
        self._nodes: dict[tuple[str, bool], inputs.NodeSettings] = {}
        self._known: dict[Training, str] = {}

    def of_training(self, training: Training) -> str:
        """Digest of all that a model follows from."""
        if training not in self._known:
            self._known[training] = inputs.digest_of(
                spans=[[span, *self._reading_of(span)] for span in training.spans],
                nodes=self._nodes_of(training.as_of, refit=training.refit),
                wiring=self._wiring,
                schema=self._schema.digest,
                refit=training.refit,
                continues=self.of_training(training.continues) if training.continues else "",
            )
        return self._known[training]

    def expect_code_of(self, training: Training) -> None:
        """Expects that the code is still that with which the key of a training was made.

        Raises:
            Stopped: A file was edited since.
        """
        now = Keys(self._use_case, self._schema, list(self._versions.values()))
        if now._code_of(training) != self._code_of(training):
            raise Stopped(
                f"Stopped: the code was edited while the model as of {training.as_of} was trained, so its"
                " result is not kept.",
                "Run the same command again: it trains with the code as it is then.",
            )

    def _code_of(self, training: Training) -> tuple[str, inputs.NodeSettings]:
        return self._wiring, self._nodes_of(training.as_of, refit=training.refit)

    def of_span(self, span: str) -> str:
        """Digest of the content of a span, and of how it was read."""
        return inputs.digest_of(span=span, reading=self._reading_of(span))

    def _reading_of(self, span: str) -> list[Any]:
        version = self._versions[span]
        format_of = self._use_case.exports.csv_format_of(span).to_json()
        return [version.digest, version.read_as, version.later_verdict != "", format_of]

    def _nodes_of(self, newest: str, *, refit: bool) -> inputs.NodeSettings:
        """Settings of the nodes; made once for all spans that are written alike."""
        written = self._use_case.exports.csv_format_of(newest).to_json(), refit
        if written not in self._nodes:
            self._nodes[written] = inputs.of_backtest(self._use_case, newest, refit=refit)
        return self._nodes[written]
