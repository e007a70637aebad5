"""The scoring process: `serving.offline.predict` in the serving environment; it inherits nothing."""

import contextlib
import fcntl
import json
import signal
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Protocol

import numpy as np
import pyarrow as pa

from perennial.errors import Unservable
from pipeline.config import REPOSITORY
from serving.offline import frames

# Linux' own limit for a pipe of any user; the default of 64 KB makes twenty switches of a chunk's column.
_PIPE_BYTES: Final = 1 << 20


class RowScorer(Protocol):
    """Scores rows."""

    def score(self, columns: Sequence[Any]) -> tuple[Any, Any]:
        """As `ScoringProcess.score`."""


class ScoringProcess:
    """A started scoring process. `score` may be called from several threads; leaving the context ends it."""

    def __init__(self, python: Path, model: Path, width: tuple[int, ...]) -> None:
        """Starts it; it loads while its caller opens the table.

        Args:
            python: Interpreter of the serving environment.
            model: Folder of the version.
            width: The shape of one row's score: () or (classes,).

        Raises:
            Unservable: The interpreter does not exist.
        """
        self._width = width
        self._lock = threading.Lock()
        self._loaded = False
        # A file and not a pipe: nobody reads it while the process runs.
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        # Nothing of this environment: it is served as it would be elsewhere.
        environment = {"PYTHONPATH": str(REPOSITORY), "TF_CPP_MIN_LOG_LEVEL": "3", "LANG": "C.UTF-8"}
        command = [str(python), "-s", "-W", "ignore", "-m", "serving.offline.predict", str(model)]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                cwd=REPOSITORY,
                env=environment,
            )
        except OSError as error:
            self._errors.close()
            raise Unservable(
                f"The Python of the serving environment does not start ({error.strerror}).",
                "Run `make setup`.",
            ) from error
        self._asked, self._answered = _streams(self._process)

    def __enter__(self) -> "ScoringProcess":
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        """Ends the process: it holds nothing that has to be put down."""
        self._process.kill()
        with contextlib.suppress(BrokenPipeError):
            self._asked.close()
        self._answered.close()
        self._process.wait()
        self._errors.close()

    def score(self, columns: Sequence[Any]) -> tuple[Any, Any]:
        """Scores rows.

        Args:
            columns: One a column of the model, in its order: int64 or float32 arrays, or binary Arrow arrays
                that are dictionaries.

        Returns:
            Scores, float32, shape (rows, *width), and bool, shape (rows,): which rows the model's graph
            could not take; their scores are NaN.

        Raises:
            Unservable: The version does not load, or the process ended.
        """
        rows = len(columns[0])
        if not rows:
            return np.empty((0, *self._width), np.float32), np.empty(0, bool)
        with self._lock:
            self._wait_until_loaded()
            try:
                frames.write_count(self._asked, rows)
                for column in columns:
                    write(self._asked, column)
                self._asked.flush()
                return frames.read_scores(self._answered, self._width)
            except (BrokenPipeError, EOFError):
                raise self._ended() from None

    def _wait_until_loaded(self) -> None:
        if self._loaded:
            return
        try:
            reply = json.loads(self._answered.readline())
        except ValueError:
            raise self._ended() from None
        if "error" in reply:
            raise Unservable(
                str(reply["error"]),
                "Its files are those that were published: run `make setup` to repair the serving environment,"
                " or set --version to another version.",
            )
        self._loaded = True

    def _ended(self) -> Unservable:
        code = self._process.wait()
        self._errors.seek(0)
        last = self._errors.read().decode("utf-8", "replace").strip().splitlines()[-1:] or ["no output"]
        # A signal leaves no message: the last line would be of something else.
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with code {code}: {last[0][:300]}"
        return Unservable(
            f"The scoring process ended {how}.",
            "Check the free memory of this machine, then run the command again.",
        )


def _streams(process: "subprocess.Popen[bytes]") -> tuple[IO[bytes], IO[bytes]]:
    if not process.stdin or not process.stdout:
        raise ValueError("the process has no pipes")
    for stream in (process.stdin, process.stdout):
        # A user may have used up what all of their pipes may hold.
        with contextlib.suppress(OSError):
            fcntl.fcntl(stream, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return process.stdin, process.stdout


def write(stream: IO[bytes], column: Any) -> None:
    """Writes a column of `laid_out` to the scoring process."""
    if not isinstance(column, pa.DictionaryArray):
        stream.write(np.ascontiguousarray(column).data.cast("B"))
        return
    texts = column.dictionary
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int32)[texts.offset + 1 : texts.offset + len(texts) + 1]
    frames.write_texts(
        stream, ends, memoryview(data or b"")[: int(ends[-1])], column.indices.to_numpy().astype(np.int32)
    )
