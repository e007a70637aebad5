"""`predict`: which version scores which files into what, and what came of it."""

import contextlib
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import IO, Any, Final

from components.arrow_example_gen.reading import ExportFormat
from components.arrow_example_gen.source_files import format_of
from components.evaluator.settings import parse_settings
from pipeline import config, registry, spans
from pipeline.config import UseCase
from pipeline.errors import FileRefused, NothingLive, SpanRefused, Stopped, UsageError
from pipeline.predict.answers import Answers
from pipeline.predict.csv_table import CsvTable, csv_output
from pipeline.predict.output import RefusedRows, aside, refuse_unfit, refused_file
from pipeline.predict.part import Part, in_order
from pipeline.predict.progress import Progress
from pipeline.predict.rules import Rules
from pipeline.predict.scorer import Scorer

# Rows that were not scored: as of `check`, which finds an export in order or not.
SOME_REFUSED: Final = 3
_LISTED: Final = 5
