"""The tree of errors a user can meet: each says what is wrong and what to do, and has an exit code."""

import difflib
from collections.abc import Iterable
from typing import ClassVar


class PerennialError(Exception):
    """Something a user can cause or fix; shown as two sentences, never as a traceback.

    Attributes:
        exit_code: What the process exits with (the table of verdicts in the README).
        problem: What was expected and what kind of thing came instead; no data values.
        remedy: What to do about it.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, problem: str, remedy: str) -> None:
        """Makes the error from its two sentences."""
        super().__init__(f"{problem} {remedy}")
        self.problem = problem
        self.remedy = remedy

    def __reduce__(self) -> tuple[type["PerennialError"], tuple[str, str]]:
        """Lets the error cross a process (Beam workers pickle what they raise)."""
        return type(self), (self.problem, self.remedy)


class UsageError(PerennialError):
    """A wrong command, option or name; nothing was started."""

    exit_code = 2


class ConfigError(UsageError):
    """A use case's YAML does not say what it must."""


def nearest(key: str, known: Iterable[str]) -> str:
    """The known key that is nearest to `key`; empty where none is near."""
    return next(iter(difflib.get_close_matches(key, list(known), n=1)), "")


def did_you_mean(key: str, known: Iterable[str]) -> str:
    """` (did you mean `x`?)` with the known key that is nearest; empty where none is near."""
    near = nearest(key, known)
    return f" (did you mean `{near}`?)" if near else ""


class SchemaError(UsageError):
    """A curated schema does not parse, or contradicts the config."""


class FileRefused(PerennialError):
    """One file of an export cannot be read without loss; its span is refused with it."""

    exit_code = 3


class SpanRefused(PerennialError):
    """An export is refused as a whole: nothing of it is trained on."""

    exit_code = 3


class SpanChanged(PerennialError):
    """An export changed while it was read: it waits for the next run, and nothing is said of its content."""

    exit_code = 1


class HomeUnusable(PerennialError):
    """The folder of all that runs write cannot be made or written to; nothing was started."""

    exit_code = 1


class ExportsUnreadable(PerennialError):
    """The folder that exports land in cannot be listed."""

    exit_code = 1


class NodeFailed(PerennialError):
    """A node of the chain failed; the run is FAILED."""

    exit_code = 1


class UserCodeError(PerennialError):
    """A function of a use case's own modules raised, or such a module cannot be loaded.

    Attributes:
        where: File and line in the project's folder, such as `transforms/rain.py:48`.
        what: The error, without data values, such as `KeyError 'visib'`.
    """

    exit_code = 1

    def __init__(self, where: str, what: str) -> None:
        """Makes the error from its place and what it is."""
        remedy = "Fix it, then run the command again; the traceback is in the run's log."
        super().__init__(f"{where}: {what}.", remedy)
        self.where = where
        self.what = what

    def __reduce__(self) -> tuple[type["UserCodeError"], tuple[str, str]]:
        """Lets the error cross a process."""
        return type(self), (self.where, self.what)


class Unservable(PerennialError):
    """The candidate cannot be served as it was trained."""

    exit_code = 4


class NothingLive(PerennialError):
    """No version of the use case is live."""

    exit_code = 6


class Stopped(PerennialError):
    """A signal asked a command to end before it was done."""

    exit_code = 1


class Busy(PerennialError):
    """Another run of the use case holds the lock."""

    exit_code = 5


class LedgerDamaged(PerennialError):
    """The ledger is no whole SQLite file, or is gone; `run` sets it aside and rebuilds what can be."""

    exit_code = 1


class DiskFull(PerennialError):
    """A run would not fit on the disk, or no longer did; the run is FAILED."""

    exit_code = 1


class LiveChanged(PerennialError):
    """What is live is no longer the champion that the candidate was compared with."""

    exit_code = 0
