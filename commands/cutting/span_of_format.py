"""In which format the times of files are written whose span is not known, where it changes with the spans."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from commands.cutting.pieces import pieces_of
from commands.cutting.spans import SpanRule
from commands.cutting.spans_of_times import SpansOfTimes
from perennial.errors import FileRefused
from perennial.reading.reading import ExportFormat
from perennial.reading.source_files import format_of
from pipeline.config_sections import ExportsSection


def spans_of_use_case(exports: ExportsSection, export: ExportFormat) -> SpansOfTimes:
    """How times go to the spans of a use case, each in the format of its span."""
    formats = {first: replace(export, written=written) for first, written in exports.time_formats.items()}
    return SpansOfTimes(SpanRule(exports.span, exports.years), formats)


def span_of_format(exports: ExportsSection, files: Sequence[Path], export: ExportFormat) -> str | None:
    """A span in which times are written as they are in these files; None: the newest.

    Raises:
        FileRefused: Their format changes with the spans, and the times are of several formats, or may be.
    """
    texts = [file for file in files if format_of(file) != "tfrecord"]
    if not export.time_column or len(exports.time_formats) == 1 or not texts:
        return None
    spans = spans_of_use_case(exports, export)
    by_format = {spans.first_of(span): span for span in pieces_of(texts, export, spans) if span}
    if len(by_format) > 1:
        raise FileRefused(
            f"{files[0].name}: `{export.time_column}`: the times are of spans that have different formats.",
            "Put the rows of each span into a file of its own, and name the span with --span.",
        )
    return next(iter(by_format.values()), None)
