"""Faults of exports: they change while they are read, lead elsewhere, or are bombs."""

import gzip
import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.harness.resume import StepFailed
from benchmarks.proofs.faults.sandbox import (
    LANDED,
    CommandResult,
    InjectedFault,
    Injection,
    Sandbox,
    command_result,
)

Act = Callable[[Path], None]
_GIB = 1 << 30


def _while_read(act: Act) -> Injection:
    """Acts on a data file once its checksum is known, as the chain's process starts, before it is read."""

    @contextmanager
    def inject(sandbox: Sandbox) -> Iterator[CommandResult]:
        kept = sandbox.folder / "kept"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(sandbox.export(), kept)
        part = sorted(sandbox.export().glob("*.gz"))[0]
        log = sandbox.root / "runs"
        before = set(log.iterdir())
        running = sandbox.start("run", "flights", "--json")
        while running.poll() is None and not _began(set(log.iterdir()) - before):
            pass
        act(part)
        out, err = running.communicate()
        yield command_result(running.returncode, out, err)
        shutil.rmtree(sandbox.export())
        kept.rename(sandbox.export())

    return inject


def _began(runs: set[Path]) -> bool:
    """Whether the chain's process, which starts once all checksums are known, has printed its first line.

    The log is there before: the process that makes the page opens it first.
    """
    return any(log.stat().st_size for run in runs for log in run.glob("log.txt"))


def _append(part: Path) -> None:
    with part.open("ab") as file:
        file.write(gzip.compress(b"more,rows\n"))


def _replace(part: Path) -> None:
    other = part.with_name(".other")
    other.write_bytes(gzip.compress(gzip.decompress(part.read_bytes())[:-500]))
    other.replace(part)


def _landing(change: Act, *, manifest: bool = False) -> Injection:
    """Changes March's folder before the run; its manifest is emptied unless wanted."""

    @contextmanager
    def inject(sandbox: Sandbox) -> Iterator[CommandResult]:
        if not manifest:
            (sandbox.export() / "_SUCCESS").write_text("")
        change(sandbox.export())
        yield sandbox.run()
        shutil.rmtree(sandbox.export())

    return inject


def _manifest_of(*names: str) -> Act:
    def change(folder: Path) -> None:
        manifest = json.loads((folder / "_SUCCESS").read_text())
        manifest["files"] += [{"path": name, "bytes": 1, "sha256": "0" * 64} for name in names]
        (folder / "_SUCCESS").write_text(json.dumps(manifest))

    return change


def _beside(make: Callable[[Path], object], name: str) -> Act:
    def change(folder: Path) -> None:
        make(folder / name)

    return change


def _bomb(path: Path) -> None:
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(10 * _GIB >> 20):
            file.write(bytes(1 << 20))


def _shorter(folder: Path) -> None:
    part = sorted(folder.glob("*.gz"))[0]
    part.write_bytes(part.read_bytes()[:-1000])


def _folder_of_no_data(path: Path) -> None:
    path.mkdir()
    (path / "x.doc").touch()


def _zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("part.csv", "a\n1\n")


def _text_bomb(path: Path) -> None:
    """All columns of the export, with nothing in them but the carrier."""
    with gzip.open(sorted(path.parent.glob("*.gz"))[0], "rt") as part:
        header = part.readline().strip().split(",")
    rows = 1_000_000
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array([b"x" * (1 << 20)]))
    columns = {name: texts if name == "carrier" else pa.nulls(rows) for name in header}
    pq.write_table(pa.table(columns), path, compression="zstd")


def _lying_footer(path: Path) -> None:
    pq.write_table(pa.table({"carrier": ["UA"] * 1000}), path)
    data = bytearray(path.read_bytes())
    data[-8:-4] = (2**31 - 1).to_bytes(4, "little")
    path.write_bytes(data)


def _changed_content(folder: Path) -> None:
    """The manifest's checksum is of other bytes of the same length."""
    part = sorted(folder.glob("*.gz"))[0]
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    other_digest = hashlib.sha256(data).hexdigest()
    part.write_bytes(data)
    if other_digest in (folder / "_SUCCESS").read_text():
        raise StepFailed("The bytes have not changed. Fix this proof.")


def _refused(name: str, how: str, inject: Injection, *names: str) -> InjectedFault:
    """The span is refused; the next run has it no more."""
    names = (LANDED, *names)
    return InjectedFault(name, how, inject, 3, ("DATA_BLOCKED",), names=names, then=("NOTHING_NEW",))


def _waits(name: str, how: str, act: Act) -> InjectedFault:
    """The span waits, and the next run takes it up."""
    names = (LANDED, r"part-\d+\.csv\.gz")
    return InjectedFault(name, how, _while_read(act), 0, ("NOTHING_NEW",), names=names)


_FIRST = r"part-00000\.csv\.gz"
_CSV, _GZIP, _PARQUET = r"part-9\.csv", r"part-9\.csv\.gz", r"part-9\.parquet"
_MOST = r"536,?870,?912|512.?MiB"  # what one file may hold when decompressed, bytes
FAULTS = (
    _waits("file appended to while the run reads", "bytes appended once the chain starts", _append),
    _waits("file replaced while the run reads", "another file renamed onto it", _replace),
    _waits("file removed while the run reads", "unlinked once the chain starts", Path.unlink),
    _refused(
        "`..` in a manifest",
        "a path ../2013-01/x",
        _landing(_manifest_of("../2013-01/x"), manifest=True),
        "_SUCCESS",
        r"file \d",
    ),
    _refused(
        "absolute path in a manifest",
        "/etc/passwd",
        _landing(_manifest_of("/etc/passwd"), manifest=True),
        "_SUCCESS",
        r"file \d",
    ),
    _refused(
        "manifest that does not fit its files",
        "one bit of a file turned",
        _landing(_changed_content, manifest=True),
        _FIRST,
        "SHA-256",
    ),
    _refused(
        "link out of the span's folder",
        "a symbolic link to /etc/passwd",
        _landing(_beside(lambda path: path.symlink_to("/etc/passwd"), "part-9.csv")),
        _CSV,
        "symbolic link",
    ),
    _refused(
        "link to itself",
        "a symbolic link to its own name",
        _landing(_beside(lambda path: path.symlink_to(path), "part-9.csv")),
        _CSV,
        "symbolic link",
    ),
    _refused(
        "pipe among the data files", "mkfifo", _landing(_beside(os.mkfifo, "part-9.csv")), _CSV, r"\bpipe\b"
    ),
    _refused(
        "device among the data files",
        "mknod of /dev/zero",
        _landing(_beside(lambda path: os.mknod(path, 0o20666, os.makedev(1, 5)), "part-9.csv")),
        _CSV,
        "device",
    ),
    _refused(
        "name with a line break",
        "part\\n9.csv",
        _landing(_beside(Path.touch, "part\n9.csv")),
        r"part\\x0a9\.csv",
    ),
    _refused(
        "name that is not UTF-8",
        "a byte 0xff",
        _landing(_beside(Path.touch, os.fsdecode(b"part-\xff.csv"))),
        r"part-\\xff\.csv",
    ),
    _refused(
        "folder called like a data file, with something else in it",
        "a folder part-9.csv with x.doc",
        _landing(_beside(_folder_of_no_data, "part-9.csv")),
        r"x\.doc",
        r"\.parquet",
    ),
    _refused(
        "gzip bomb", "10 GiB of zeros in 45 MB", _landing(_beside(_bomb, "part-9.csv.gz")), _GZIP, _MOST
    ),
    _refused("gzip file cut short", "its last 1,000 bytes missing", _landing(_shorter), _FIRST, "gzip"),
    _refused(
        "zip named .csv.gz", "a zip archive", _landing(_beside(_zip, "part-9.csv.gz")), _GZIP, r"\bzip\b"
    ),
    _refused("empty file", "zero bytes", _landing(_beside(Path.touch, "part-9.csv")), _CSV, r"\b0 bytes"),
    _refused(
        "Parquet bomb",
        "a text of 1 MiB repeated a million times by its dictionary",
        _landing(_beside(_text_bomb, "part-9.parquet")),
        _PARQUET,
        _MOST,
    ),
    _refused(
        "Parquet file with a lying footer",
        "a footer of 2 GiB in a file of 1 kB",
        _landing(_beside(_lying_footer, "part-9.parquet")),
        _PARQUET,
    ),
)
