"""Faults of the machine: its clock, its folders, its permissions, its terminal."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.proofs.faults.sandbox import CommandResult, InjectedFault, Injection, Sandbox

# A root without these is held by permissions as any user is.
_NO_OVERRIDE = (
    "setpriv",
    "--bounding-set=-dac_override,-dac_read_search",
    "--inh-caps=-dac_override,-dac_read_search",
)
# The monotonic clock stays: whoever sets a clock sets the other one.
_FAKED = ("env", "FAKETIME_DONT_FAKE_MONOTONIC=1", "faketime")
# The folder; not the setting PERENNIAL_HOME, which remedies name.
_HOME = r"(?<!_)HOME\b"
_NAMES = ("HOME", "USER", "LOGNAME", "LNAME", "USERNAME")


@contextmanager
def clock_back(sandbox: Sandbox) -> Iterator[CommandResult]:
    yield sandbox.run(wrap=(*_FAKED, "2003-01-01 00:00:00"))


@contextmanager
def clock_forward(sandbox: Sandbox) -> Iterator[CommandResult]:
    sandbox.run(wrap=(*_FAKED, "2046-01-01 00:00:00"))
    yield sandbox.run()


@contextmanager
def clock_forward_at_work(sandbox: Sandbox) -> Iterator[CommandResult]:
    # libfaketime stops TFDV's threads for ever, so here the clock of our own code is set.
    sandbox.edit(
        "perennial/clock.py", "datetime.now(timezone.utc)", "datetime.now(timezone.utc).replace(year=2036)"
    )
    yield sandbox.run()
    sandbox.edit("perennial/clock.py", ".replace(year=2036)", "")


@contextmanager
def clock_stands_still(sandbox: Sandbox) -> Iterator[CommandResult]:
    runs = sandbox.root / "runs"
    before = len(list(runs.iterdir()))
    result = [sandbox.run(wrap=(*_FAKED, "-f", "2030-01-01 00:00:00")) for _ in range(3)][-1]
    yield result.adding(f"{len(list(runs.iterdir())) - before} runs")


@contextmanager
def _mounted(*options: str, at: Path) -> Iterator[None]:
    subprocess.run(["mount", *options, str(at)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--recursive", str(at)], check=True)


@contextmanager
def _read_only(folder: Path) -> Iterator[None]:
    with _mounted("--bind", str(folder), at=folder):
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
        yield


@contextmanager
def read_only_home(sandbox: Sandbox) -> Iterator[CommandResult]:
    with _read_only(sandbox.home):
        yield sandbox.run()


@contextmanager
def read_only_judgement(sandbox: Sandbox) -> Iterator[CommandResult]:
    with _read_only(sandbox.home):
        result = sandbox.command("spans", "flights", "reject", "2013-02", "--why", "a proof")
        looked = [sandbox.command(*which) for which in (("status", "flights"), ("spans", "flights"))]
        yield result.adding(f"status and spans: {[one.code for one in looked]}")


@contextmanager
def read_only_models(sandbox: Sandbox) -> Iterator[CommandResult]:
    with _read_only(sandbox.root / "models"):
        yield sandbox.run()


@contextmanager
def home_without_permission(sandbox: Sandbox) -> Iterator[CommandResult]:
    sandbox.home.chmod(0o500)
    yield sandbox.run(wrap=_NO_OVERRIDE)
    sandbox.home.chmod(0o700)


@contextmanager
def home_is_a_file(sandbox: Sandbox) -> Iterator[CommandResult]:
    aside = sandbox.home.rename(sandbox.folder / "aside")
    sandbox.home.touch()
    yield sandbox.run()
    sandbox.home.unlink()
    aside.rename(sandbox.home)


@contextmanager
def exports_without_permission(sandbox: Sandbox) -> Iterator[CommandResult]:
    folder = sandbox.export().parent
    folder.chmod(0)
    yield sandbox.run(wrap=_NO_OVERRIDE)
    folder.chmod(0o700)


@contextmanager
def span_without_permission(sandbox: Sandbox) -> Iterator[CommandResult]:
    sandbox.export().chmod(0)
    yield sandbox.run(wrap=_NO_OVERRIDE)
    shutil.rmtree(sandbox.export())


@contextmanager
def file_without_permission(sandbox: Sandbox) -> Iterator[CommandResult]:
    part = next(sandbox.export().glob("*.gz"))
    part.chmod(0)
    yield sandbox.run(wrap=_NO_OVERRIDE)
    shutil.rmtree(sandbox.export())


@contextmanager
def nobody(sandbox: Sandbox) -> Iterator[CommandResult]:
    yield sandbox.run(wrap=("unshare", "--user", "--map-user=54321"), unset=_NAMES)


@contextmanager
def plain_letters(sandbox: Sandbox) -> Iterator[CommandResult]:
    odd = sandbox.home / "exports" / "flights" / os.fsdecode("mañana\n".encode() + b"\xff")
    odd.mkdir()
    wrap = ("env", "LC_ALL=C", "PYTHONIOENCODING=ascii", "PYTHONUTF8=0", "PYTHONCOERCECLOCALE=0")
    yield sandbox.command("spans", "flights", wrap=wrap)
    odd.rmdir()


@contextmanager
def closed_streams(sandbox: Sandbox) -> Iterator[CommandResult]:
    yield sandbox.run(wrap=("bash", "-c", 'exec "$@" <&- >&- 2>&-', "-"))


@contextmanager
def full_output(sandbox: Sandbox) -> Iterator[CommandResult]:
    with Path("/dev/full").open("w") as full:
        yield sandbox.run(capture_output=False, stdout=full, stderr=subprocess.PIPE)


def _fault(
    name: str, how: str, inject: Injection, code: int, *names: str, verdicts: Sequence[str] = ()
) -> InjectedFault:
    """A fault with nothing new to read, after which there is nothing new either."""
    return InjectedFault(name, how, inject, code, verdicts, names=names, then=("NOTHING_NEW",), landed=False)


_SETTLED = ("NOTHING_NEW",)
FAULTS = (
    _fault("clock set back ten years", "faketime 2003", clock_back, 0, "2003", verdicts=_SETTLED),
    _fault(
        "clock that was twenty years ahead, and is right again",
        "a run under faketime 2046, then one without",
        clock_forward,
        0,
        "2046",
        verdicts=_SETTLED,
    ),
    InjectedFault(
        "clock set forward ten years, with a month to read",
        "perennial/clock.py gives 2036",
        clock_forward_at_work,
        0,
        ("PUSHED", "KEPT"),
        then=("NOTHING_NEW", "KEPT"),  # the code that was edited and is as before counts as other code
        live=False,
    ),
    _fault(
        "clock that stands still: three runs in one microsecond",
        "faketime -f",
        clock_stands_still,
        0,
        r"\b3 runs",
        verdicts=_SETTLED,
    ),
    _fault(
        "home on a read-only file system",
        "bind mount, remounted read-only",
        read_only_home,
        1,
        _HOME,
        "read-only",
    ),
    _fault(
        "judgement on a read-only file system",
        "the same; `spans reject`, `status`, `spans`",
        read_only_judgement,
        1,
        _HOME,
        "read-only",
        r"status and spans: \[0, 0\]",
    ),
    InjectedFault(
        "models folder on a read-only file system",
        "bind mount of models, read-only",
        read_only_models,
        1,
        ("FAILED",),
        names=("HOME/flights/models", "[Rr]ead-only"),
        then=("KEPT",),  # after FAILED a run goes through the chain again, and has all in the cache
        landed=False,
    ),
    _fault(
        "home without permission to write",
        "mode 0500, without CAP_DAC_OVERRIDE",
        home_without_permission,
        1,
        _HOME,
        "permission",
    ),
    _fault("home is a file", "a file of that name", home_is_a_file, 1, _HOME),
    InjectedFault(
        "exports folder without permission to read",
        "mode 0, without CAP_DAC_OVERRIDE",
        exports_without_permission,
        1,
        ("FAILED",),
        names=("HOME/exports/flights", "Permission denied"),
        then=("KEPT",),  # as above
        landed=False,
    ),
    InjectedFault(
        "span folder without permission to read",
        "the same on the span",
        span_without_permission,
        0,
        _SETTLED,
        names=("2013-03", "Permission denied"),
        then=_SETTLED,
    ),
    InjectedFault(
        "data file without permission to read",
        "the same on one file",
        file_without_permission,
        3,
        ("DATA_BLOCKED",),
        names=(r"part-\d+\.csv\.gz", "Permission denied"),
        then=_SETTLED,
    ),
    _fault(
        "a user without name, HOME and USER",
        "a user namespace with uid 54321",
        nobody,
        0,
        verdicts=_SETTLED,
    ),
    _fault(
        "terminal of plain ASCII, and a folder whose name is not text",
        "LC_ALL=C, a name with a line break and a byte 0xff",
        plain_letters,
        0,
    ),
    InjectedFault(
        "standard input, output and error closed",
        "exec <&- >&- 2>&-",
        closed_streams,
        0,
        then=_SETTLED,
        live=False,
        landed=False,
    ),
    _fault("standard output that is full", "> /dev/full", full_output, 0, "No space left"),
)
