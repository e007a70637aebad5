"""The sections of a use case's YAML, each validated and frozen; `pipeline/config.py` reads them."""

from dataclasses import replace
from datetime import tzinfo
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from components.agreement.settings import AgreementBounds
from perennial.durations import Age, Seconds
from perennial.reading.csv_format import CsvFormat, check_encoding, check_marks, check_quoting
from perennial.section import Count, Section, Whole, WrongSetting
from perennial.training.settings import Hyperparameters
from pipeline.cell_settings import (
    DatedFormats,
    MissingMarkers,
    Words,
    by_first_span,
    check_date_formats,
    check_time_zone,
    check_words,
    in_force,
    missing_words,
)
from pipeline.span_names import SpanKind
from pipeline.window_bounds import WindowBounds, span_at
from serving.reading.rules import ReadingRules
from serving.reading.time_zones import UTC_NAMES, zone


def _no_url(value: object) -> object:
    """Refuses a URL: it is not a folder on this machine, and a signed URL contains a secret."""
    if isinstance(value, str) and "://" in value:
        raise ValueError("expected a folder on this machine, got a URL")
    return value


class Stable(Section):
    """An export is complete once it has not changed for this long; for writers without a `_SUCCESS` file."""

    stable: Seconds


class ExportsSection(Section):
    """Where exports are, the names of their folders, and how their files are read.

    Attributes:
        path: Folder of the span folders; None: `<home>/exports/<use case>`.
        span: How a folder's name is read: `2013-01`, `2013-W05`, `2013-01-15`, `2013-01-15T06` or an integer.
        years: For `span: number`: a span is this many years, and its number is the first of them. 0: a number
            is no year.
        time_column: Column with the date or time of a row; None: rows have no time.
        gap: What happens while a span between two others is missing: the spans after it wait for it, or the
            run warns, or it goes on.
        complete_when: When an export is complete.
        delimiter: Character between two cells of a CSV.
        encoding: Encoding of a CSV, by its Python name.
        decimal: Decimal mark of numbers in text.
        thousands: Thousands separator of numbers in text; None: there is none.
        na_values: Texts that mean a missing cell, in addition to the empty cell: of all columns, or by column
            ("*": all others). A text is written as in the files, with their `decimal` and `thousands`; a
            number of YAML (-999.5) is that number, however they write it.
        true_values: Texts that are 1 in columns of numbers, in addition to `true`.
        false_values: Texts that are 0 there, in addition to `false`.
        date_format: Column -> format of its dates or times (`strptime`, or ISO8601), several formats, or
            formats `from` a span on; they are read as ISO dates.
        time_zone: Zone of the wall clock to which times with an offset or a zone are converted, and of those
            without; None: UTC, and it is reported where times are converted.
        rename: Name of a column in the files -> its name in the schema, for a column that the source renamed;
            files with either name are read.
        skipinitialspace: Whether spaces after a CSV's delimiter are ignored.
        quotechar: What a cell of a CSV that has a delimiter stands in; null: nothing quotes.
        escapechar: Character of a CSV that takes the meaning from the one after it (or gives it one: `\\n`);
            null: none does, and a quote in a quoted cell is doubled.
        escape_unquoted: Whether it does so in unquoted cells too; false is Spark's way.
        skipfooter: Lines at the end of a CSV that are not rows, such as a total: they go to quarantine.
        max_bad_share: A span with a larger share of rows in quarantine is refused.
        max_unlabelled_share: A span with a larger share of rows without a label waits for an export that has
            them; up to this share they are counted and left out.
        anchor_share: Share of rows, chosen by hash, that are never trained on.
        tail_days: The last days of a span, kept apart for evaluation.
    """

    path: Annotated[Path | None, BeforeValidator(_no_url), Field(description="a folder")] = None
    span: SpanKind = "month"
    gap: Literal["wait", "warn", "skip"] = "warn"
    years: Annotated[int, Field(ge=0)] = 0
    time_column: str | None = None
    complete_when: Annotated[
        Literal["success_file"] | Stable, Field(description="success_file, or a time such as {stable: 60s}")
    ] = "success_file"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    encoding: str = "utf-8"
    decimal: Annotated[str, Field(min_length=1, max_length=1)] = "."
    thousands: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    na_values: MissingMarkers = ()
    true_values: Words = ()
    false_values: Words = ()
    date_format: dict[str, DatedFormats] = Field(default_factory=dict)
    time_zone: str | None = None
    rename: dict[str, str] = Field(default_factory=dict)
    skipfooter: Annotated[int, Field(ge=0)] = 0
    skipinitialspace: bool = False
    quotechar: Annotated[str, Field(min_length=1, max_length=1)] | None = '"'
    escapechar: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    escape_unquoted: bool = True
    max_bad_share: Annotated[float, Field(ge=0, lt=1)] = 0.001
    max_unlabelled_share: Annotated[float, Field(ge=0, le=1)] = 0.5
    anchor_share: Annotated[float, Field(gt=0, lt=0.5)] = 0.02
    tail_days: Annotated[int, Field(ge=1)] = 7

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        check_encoding(value)
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value is not None:
            check_time_zone(value)
        return value

    @model_validator(mode="after")
    def _one_reading(self) -> "ExportsSection":
        check_marks(self.delimiter, self.decimal, self.thousands)
        check_words(self.true_values, self.false_values, missing_words(self.na_values, self.decimal))
        try:
            check_date_formats(self.date_format, self.span)
        except WrongSetting as error:
            raise WrongSetting(str(error), "date_format", *error.at) from error
        check_quoting(self.csv_format)
        if self.span == "hour" and self.time_zone not in (None, *UTC_NAMES):
            raise WrongSetting("expected UTC or none for `span: hour`, whose hours are UTC's", "time_zone")
        return self

    @property
    def zone(self) -> tzinfo:
        """The zone whose midnights begin and end months, weeks and days."""
        return zone(self.time_zone or "UTC")

    @property
    def csv_format(self) -> CsvFormat:
        """The format of CSV files, of the newest span."""
        return self.csv_format_of(None)

    @property
    def time_formats(self) -> dict[str | None, CsvFormat]:
        """The span from which on the times are written in another format -> the format of files from it on.

        Oldest first; None stands for all spans before the others.
        """
        groups = by_first_span(self.date_format.get(self.time_column or "", ()), self.span)
        written, column = self.csv_format, self.time_column
        if column is None or len(groups) == 1:
            return {None: written}
        dates = written.rules.date_format
        return {
            first: replace(written, rules=replace(written.rules, date_format={**dates, column: formats}))
            for first, formats in groups.items()
        }

    def csv_format_of(self, span: str | None) -> CsvFormat:
        """The format of the CSV files of a span; None: of the newest."""
        return CsvFormat(
            self.delimiter,
            self.encoding,
            self.skipfooter,
            self.skipinitialspace,
            self._rules_of(span),
            self.quotechar,
            self.escapechar,
            self.escape_unquoted,
        )

    def _rules_of(self, span: str | None) -> ReadingRules:
        rules = ReadingRules(
            self.decimal,
            self.thousands,
            missing_words(self.na_values, self.decimal),
            self.true_values,
            self.false_values,
            {name: in_force(formats, span, self.span) for name, formats in self.date_format.items()},
            self.time_zone or "UTC",
            self.rename,
        )
        return rules.with_dates(self.time_column) if self.time_column else rules


class WindowSection(Section):
    """Which accepted spans a model is trained on, and which days it is evaluated on.

    Attributes:
        spans: How many accepted spans, the newest, or `all`; 12, and with `since` all, where it is not set.
        since: The first span that is taken, by its name or by a date that lies in it; None: any.
        eval_days: Days to evaluate on, the newest.
        eval_min_rows: Rows to evaluate on, at least.
        max_shrink: Share of the live model's training rows that may be gone before a person has to accept it;
            1: any.
    """

    spans: Annotated[
        Annotated[int, Field(ge=1)] | Literal["all"], Field(description="an integer from 1, or all")
    ] = 12
    since: Annotated[str | Whole | None, Field(description="a span or a date")] = None
    eval_days: Annotated[int, Field(ge=1)] = 7
    eval_min_rows: Annotated[int, Field(ge=1)] = 5000
    max_shrink: Annotated[float, Field(ge=0, le=1)] = 0.3

    @model_validator(mode="before")
    @classmethod
    def _all_since(cls, values: object) -> object:
        """Since a span means all since then, if no number is set."""
        if isinstance(values, dict) and values.get("since") is not None:
            return {"spans": "all", **values}
        return values

    def bounds(self, kind: SpanKind) -> WindowBounds:
        """Which spans it can hold, where they are named so.

        Raises:
            WrongSetting: `since` is neither a span nor a date.
        """
        first = "" if self.since is None else span_at(str(self.since), kind)
        return WindowBounds(None if self.spans == "all" else self.spans, first, kind)


class TrainingSection(Section):
    """How a model is trained.

    Attributes:
        seed: Of the order of rows and of the start.
        refit: Whether a candidate that passed is trained anew on all rows, those that it was judged by
            included, and that model is pushed.
        agreement: How far its scores may be from those of the candidate; else the candidate is pushed.
        start: Whether training begins from nothing, or with the live model's weights.
        hyperparameters: Of training and of the network.
    """

    seed: int = 17
    refit: bool = False
    agreement: AgreementBounds = AgreementBounds()
    start: Literal["cold", "warm"] = "cold"
    hyperparameters: Hyperparameters


class RequestLogSection(Section):
    """The share of scored rows that the server logs, and for how long; share 0: none."""

    share: Annotated[float, Field(ge=0, le=1)] = 0.01
    max_mb: Annotated[int, Field(ge=1)] = 256
    max_days: Annotated[int, Field(ge=1)] = 30


class ServingSection(Section):
    """Settings of the serving probe and of the server.

    Attributes:
        probe_rows: Number of rows that the probe scores.
        versions: The served versions: the highest number, or these.
        labels: Label -> version, such as `stable: 4`.
        request_log: The log of scored rows.
        private: Column -> what the log does with its values: `omit` or `hash`.
    """

    probe_rows: Annotated[int, Field(ge=500)] = 500
    versions: Annotated[
        Literal["latest"] | Annotated[tuple[Count, ...], Field(min_length=1)],
        Field(description="latest, or a list of version numbers such as [4, 5]"),
    ] = "latest"
    labels: dict[str, Annotated[int, Field(gt=0)]] = Field(default_factory=dict)
    request_log: RequestLogSection = RequestLogSection()
    private: dict[str, Literal["omit", "hash"]] = Field(default_factory=dict)


class KeepSection(Section):
    """What `prune`, and each run after its verdict, leaves in the home.

    Attributes:
        models: Versions on disk: this many, the newest; the live one and those that `rollback` and `forward`
            would restore are left in any case.
        runs: Folders, logs and pages of runs, and their rows in the ledger, seconds.
        spans: Statistics, results of the gate, quarantine and sketches of spans that are older than the
            window, seconds.
        alerts: Alerts that are closed, seconds.
    """

    models: Count = 10
    runs: Age = 90 * 86400
    spans: Age = 400 * 86400
    alerts: Age = 400 * 86400


class RunSection(Section):
    """Limits of one run."""

    deadline: Seconds = 7200
