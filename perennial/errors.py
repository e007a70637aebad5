"""The errors that a user can get: each has a problem, a remedy and an exit code."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar


class PerennialError(Exception):
    """An error that a user can cause or fix; shown as two sentences, never as a traceback.

    Attributes:
        exit_code: The exit code of the process (the table of verdicts in the README).
        problem: What is wrong: what was expected, and what kind of value there is; no data values.
        remedy: What to do.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, problem: str, remedy: str) -> None:
        """Makes the error from its two sentences."""
        super().__init__(f"{problem} {remedy}")
        self.problem = problem
        self.remedy = remedy

    def __reduce__(self) -> tuple[type["PerennialError"], tuple[str, str]]:
        """Makes the error picklable, as Beam workers pickle their errors."""
        return type(self), (self.problem, self.remedy)


class UsageError(PerennialError):
    """A wrong command, option or name; nothing was started."""

    exit_code = 2


class ConfigError(UsageError):
    """A use case's YAML is not valid."""


def nearest(key: str, known: Iterable[str]) -> str:
    """The known key that is most similar to `key`; empty if none is similar."""
    return next(iter(difflib.get_close_matches(key, list(known), n=1)), "")


def did_you_mean(key: str, known: Iterable[str]) -> str:
    """` (did you mean `x`?)` with the most similar known key; empty if none is similar."""
    near = nearest(key, known)
    return f" (did you mean `{near}`?)" if near else ""


class SchemaError(UsageError):
    """A curated schema does not parse, or contradicts the config."""


class FileRefused(PerennialError):
    """A file of an export cannot be read without loss; the span is refused."""

    exit_code = 3


class SpanRefused(PerennialError):
    """An export is refused: none of its rows are trained on."""

    exit_code = 3


class LabelsMissing(PerennialError):
    """Too many rows of an export have no label yet: it waits for one that has them and is not judged."""

    exit_code = 0


class SpanChanged(PerennialError):
    """An export changed while it was read: it waits for the next run and is not judged."""

    exit_code = 1


class HomeUnusable(PerennialError):
    """The home folder cannot be created or written to; nothing was started."""

    exit_code = 1


class ExportsUnreadable(PerennialError):
    """The exports folder cannot be listed."""

    exit_code = 1


class FewerRows(PerennialError):
    """A run would train on many fewer rows than the live model was trained on; a person has to accept it.

    Attributes:
        facts: The figures, as plain values.
    """

    exit_code = 3

    def __init__(self, problem: str, remedy: str, facts: Mapping[str, Any]) -> None:
        """Makes the error from its two sentences and its figures."""
        super().__init__(problem, remedy)
        self.facts = dict(facts)

    def __reduce__(self) -> tuple[type["FewerRows"], tuple[str, str, dict[str, Any]]]:  # type: ignore[override]
        """Makes the error picklable."""
        return type(self), (self.problem, self.remedy, self.facts)


class NodeFailed(PerennialError):
    """A node of the chain failed; the run is FAILED."""

    exit_code = 1


class UserCodeError(PerennialError):
    """A use case's own code is at fault: a function raises or returns the wrong thing, or a module is broken.

    Attributes:
        where: File and line in the project's folder, such as `transforms/rain.py:48`.
        what: The error, without data values, such as `KeyError 'visib'`.
    """

    exit_code = 1

    def __init__(self, where: str, what: str, remedy: str = "Fix it, then run the command again.") -> None:
        """Makes the error from its place and its text."""
        super().__init__(f"{where}: {what}.", remedy)
        self.where = where
        self.what = what

    def __reduce__(self) -> tuple[type["UserCodeError"], tuple[str, str, str]]:  # type: ignore[override]
        """Makes the error picklable."""
        return type(self), (self.where, self.what, self.remedy)


class DaysDamaged(PerennialError):
    """A file of day summaries is not what was written; a run makes it anew from the span's rows."""

    exit_code = 1


class Unservable(PerennialError):
    """The candidate cannot be served as it was trained."""

    exit_code = 4


class NothingLive(PerennialError):
    """No version of the use case is live."""

    exit_code = 6


class Stopped(PerennialError):
    """A command was stopped by a signal, or because what it works with was edited meanwhile."""

    exit_code = 1


class Busy(PerennialError):
    """Another run of the use case holds the lock."""

    exit_code = 5


class LedgerDamaged(PerennialError):
    """The ledger is damaged or missing; `run` sets it aside and rebuilds what it can."""

    exit_code = 1


class DiskFull(PerennialError):
    """The disk has too little space for a run, or is full; the run is FAILED."""

    exit_code = 1


class BackupDamaged(PerennialError):
    """A backup is truncated, or is not what was written; nothing was restored from it."""

    exit_code = 1


class CopyFailed(PerennialError):
    """A file changed in a way that it cannot be copied into a backup; no backup was written."""

    exit_code = 1


class CandidateVoid(PerennialError):
    """The candidate that waited can no longer be pushed."""

    exit_code = 1


class NotRecorded(PerennialError):
    """A version is live, but not all that follows from that could be recorded; the next run does that."""


class LiveChanged(PerennialError):
    """The live version is no longer the champion that the candidate was compared with."""

    exit_code = 0
