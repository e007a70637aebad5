"""Faults of the machine: its clock, its folders, its permissions, its terminal."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.proofs.faults.scene import Fault, Scene, Told

# A root without these is held by permissions as any user is.
_NO_OVERRIDE = (
    "setpriv",
    "--bounding-set=-dac_override,-dac_read_search",
    "--inh-caps=-dac_override,-dac_read_search",
)
# The monotonic clock stays: whoever sets a clock sets the other one.
_FAKED = ("env", "FAKETIME_DONT_FAKE_MONOTONIC=1", "faketime")
_NAMES = ("HOME", "USER", "LOGNAME", "LNAME", "USERNAME")
_READ_ONLY = r"[Rr]ead-only file system"


@contextmanager
def clock_back(scene: Scene) -> Iterator[Told]:
    yield scene.run(wrap=(*_FAKED, "2003-01-01 00:00:00"))


@contextmanager
def clock_forward(scene: Scene) -> Iterator[Told]:
    scene.run(wrap=(*_FAKED, "2046-01-01 00:00:00"))
    yield scene.run()


@contextmanager
def clock_forward_at_work(scene: Scene) -> Iterator[Told]:
    # libfaketime stops TFDV's threads for ever, so here the clock of our own code is set.
    scene.edit(
        "perennial/clock.py", "datetime.now(timezone.utc)", "datetime.now(timezone.utc).replace(year=2036)"
    )
    yield scene.run()
    scene.edit("perennial/clock.py", ".replace(year=2036)", "")


@contextmanager
def clock_stands_still(scene: Scene) -> Iterator[Told]:
    runs = scene.root / "runs"
    before = len(list(runs.iterdir()))
    told = [scene.run(wrap=(*_FAKED, "-f", "2030-01-01 00:00:00")) for _ in range(3)][-1]
    yield Told(told.code, f"{told.text}\n{len(list(runs.iterdir())) - before} runs were noted", told.verdict)


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
def read_only_home(scene: Scene) -> Iterator[Told]:
    with _read_only(scene.home):
        yield scene.run()


@contextmanager
def read_only_judgement(scene: Scene) -> Iterator[Told]:
    with _read_only(scene.home):
        told = scene.command("spans", "flights", "reject", "2013-02", "--why", "a proof")
        looked = [scene.command(*which) for which in (("status", "flights"), ("spans", "flights"))]
        yield Told(told.code, f"{told.text}\nstatus and spans: {[one.code for one in looked]}")


@contextmanager
def read_only_models(scene: Scene) -> Iterator[Told]:
    with _read_only(scene.root / "models"):
        yield scene.run()


@contextmanager
def home_without_permission(scene: Scene) -> Iterator[Told]:
    scene.home.chmod(0o500)
    yield scene.run(wrap=_NO_OVERRIDE)
    scene.home.chmod(0o700)


@contextmanager
def home_is_a_file(scene: Scene) -> Iterator[Told]:
    aside = scene.home.rename(scene.folder / "aside")
    scene.home.touch()
    yield scene.run()
    scene.home.unlink()
    aside.rename(scene.home)


@contextmanager
def exports_without_permission(scene: Scene) -> Iterator[Told]:
    folder = scene.export().parent
    folder.chmod(0)
    yield scene.run(wrap=_NO_OVERRIDE)
    folder.chmod(0o700)


@contextmanager
def span_without_permission(scene: Scene) -> Iterator[Told]:
    scene.export().chmod(0)
    yield scene.run(wrap=_NO_OVERRIDE)
    shutil.rmtree(scene.export())


@contextmanager
def file_without_permission(scene: Scene) -> Iterator[Told]:
    part = next(scene.export().glob("*.gz"))
    part.chmod(0)
    yield scene.run(wrap=_NO_OVERRIDE)
    shutil.rmtree(scene.export())


@contextmanager
def nobody(scene: Scene) -> Iterator[Told]:
    yield scene.run(wrap=("unshare", "--user", "--map-user=54321"), unset=_NAMES)


@contextmanager
def plain_letters(scene: Scene) -> Iterator[Told]:
    odd = scene.home / "exports" / "flights" / os.fsdecode("mañana\n".encode() + b"\xff")
    odd.mkdir()
    wrap = ("env", "LC_ALL=C", "PYTHONIOENCODING=ascii", "PYTHONUTF8=0", "PYTHONCOERCECLOCALE=0")
    yield scene.command("spans", "flights", wrap=wrap)
    odd.rmdir()


@contextmanager
def closed_streams(scene: Scene) -> Iterator[Told]:
    told = scene.run(wrap=("bash", "-c", 'exec "$@" <&- >&- 2>&-', "-"))
    said = scene.command("status", "flights").text
    yield Told(told.code, f"(nothing can be said) {said}")


@contextmanager
def full_output(scene: Scene) -> Iterator[Told]:
    with Path("/dev/full").open("w") as full:
        yield scene.run(capture_output=False, stdout=full, stderr=subprocess.PIPE)


FAULTS = (
    Fault(
        "clock set back ten years",
        "faketime 2003",
        clock_back,
        0,
        r"The clock says 2003.*it was set",
        ("NOTHING_NEW",),
        landed=False,
    ),
    Fault(
        "clock that was twenty years ahead, and is right again",
        "a run under faketime 2046, then one without",
        clock_forward,
        0,
        r"the last run ended 2046.*it was set",
        ("NOTHING_NEW",),
        landed=False,
    ),
    Fault(
        "clock set forward ten years, with a month to read",
        "perennial/clock.py says 2036",
        clock_forward_at_work,
        0,
        r"PUSHED|KEPT",
        ("NOTHING_NEW", "KEPT"),  # the code that was edited and is as before counts as other code
        live=False,
    ),
    Fault(
        "clock that stands still: three runs in one microsecond",
        "faketime -f",
        clock_stands_still,
        0,
        r"3 runs were noted",
        ("NOTHING_NEW",),
        landed=False,
    ),
    Fault(
        "home on a read-only file system",
        "bind mount, remounted read-only",
        read_only_home,
        1,
        _READ_ONLY,
        ("NOTHING_NEW",),
        landed=False,
    ),
    Fault(
        "judgement on a read-only file system",
        "the same; `spans reject`, `status`, `spans`",
        read_only_judgement,
        1,
        _READ_ONLY + r"(.|\n)*\[0, 0\]",
        ("NOTHING_NEW",),
        landed=False,
    ),
    Fault(
        "models folder on a read-only file system",
        "bind mount of models, read-only",
        read_only_models,
        1,
        _READ_ONLY,
        ("NOTHING_NEW",),
        landed=False,
    ),
    Fault(
        "home that may not be written to",
        "mode 0500, without CAP_DAC_OVERRIDE",
        home_without_permission,
        1,
        "was expected at",
        ("NOTHING_NEW",),
        landed=False,
    ),
    Fault(
        "home is a file",
        "a file of that name",
        home_is_a_file,
        1,
        "was expected at",
        ("NOTHING_NEW",),
        landed=False,
    ),
    Fault(
        "exports folder that may not be read",
        "mode 0, without CAP_DAC_OVERRIDE",
        exports_without_permission,
        1,
        r"exports folder .* cannot be read \(Permission denied\)",
        ("KEPT",),  # after FAILED a run goes through the chain again, and finds all in the cache
        landed=False,
    ),
    Fault(
        "span folder that may not be read",
        "the same on the span",
        span_without_permission,
        0,
        "Span 2013-03 waits. It cannot be read: Permission denied",
        ("NOTHING_NEW",),
    ),
    Fault(
        "data file that may not be read",
        "the same on one file",
        file_without_permission,
        3,
        r"the file cannot be read \(Permission denied\)",
        ("NOTHING_NEW",),
    ),
    Fault(
        "a user without name, HOME and USER",
        "a user namespace with uid 54321",
        nobody,
        0,
        "NOTHING_NEW",
        ("NOTHING_NEW",),
        landed=False,
    ),
    Fault(
        "terminal of plain ASCII, and a folder whose name is not text",
        "LC_ALL=C, a name with a line break and a byte 0xff",
        plain_letters,
        0,
        "",
        ("NOTHING_NEW",),
        landed=False,
    ),
    Fault(
        "standard input, output and error closed",
        "exec <&- >&- 2>&-",
        closed_streams,
        0,
        "",
        ("NOTHING_NEW",),
        live=False,
        landed=False,
    ),
    Fault(
        "standard output that is full",
        "> /dev/full",
        full_output,
        0,
        "The answer could not be written: No space left",
        ("NOTHING_NEW",),
        landed=False,
    ),
)
