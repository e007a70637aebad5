"""Faults of exports: they change while they are read, lead elsewhere, or are bombs."""

import gzip
import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.proofs.faults.scene import LANDED, Fault, Scene, Told, told_by

Act = Callable[[Path], None]
_GIB = 1 << 30


def _while_read(act: Act) -> Callable[[Scene], AbstractContextManager[Told]]:
    """Acts on a data file once its checksum is known, as the chain's process starts, before it is read."""

    @contextmanager
    def inject(scene: Scene) -> Iterator[Told]:
        kept = scene.folder / "kept"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(scene.export(), kept)
        part = sorted(scene.export().glob("*.gz"))[0]
        log = scene.root / "runs"
        before = set(log.iterdir())
        running = scene.start("run", "flights", "--json")
        while running.poll() is None and not _began(set(log.iterdir()) - before):
            pass
        act(part)
        out, err = running.communicate()
        yield told_by(running.returncode, out, err)
        shutil.rmtree(scene.export())
        kept.rename(scene.export())

    return inject


def _began(runs: set[Path]) -> bool:
    """Whether a run has come to start the chain's process, so that it knows all checksums."""
    return any((run / "log.txt").exists() for run in runs)


def _append(part: Path) -> None:
    with part.open("ab") as file:
        file.write(gzip.compress(b"more,rows\n"))


def _replace(part: Path) -> None:
    other = part.with_name(".other")
    other.write_bytes(gzip.compress(gzip.decompress(part.read_bytes())[:-500]))
    other.replace(part)


def _landing(change: Act, *, manifest: bool = False) -> Callable[[Scene], AbstractContextManager[Told]]:
    """Lets March land otherwise: `change` is given its folder; its manifest is emptied unless wanted."""

    @contextmanager
    def inject(scene: Scene) -> Iterator[Told]:
        if not manifest:
            (scene.export() / "_SUCCESS").write_text("")
        change(scene.export())
        yield scene.run()
        shutil.rmtree(scene.export())

    return inject


def _manifest_of(*names: str) -> Act:
    def change(folder: Path) -> None:
        told = json.loads((folder / "_SUCCESS").read_text())
        told["files"] += [{"path": name, "bytes": 1, "sha256": "0" * 64} for name in names]
        (folder / "_SUCCESS").write_text(json.dumps(told))

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
    assert_other = hashlib.sha256(data).hexdigest()
    part.write_bytes(data)
    if assert_other in (folder / "_SUCCESS").read_text():
        raise SystemExit("the bytes did not change: mend this proof")


def _fault(
    name: str, how: str, inject: Callable[[Scene], AbstractContextManager[Told]], says: str, code: int = 3
) -> Fault:
    # What is refused is taken away again; what waits is taken up.
    return Fault(name, how, inject, code, says, ("NOTHING_NEW",) if code else ("PUSHED", "KEPT"))


FAULTS = (
    _fault(
        "file appended to while the run reads",
        "bytes appended once the chain starts",
        _while_read(_append),
        f"Span {LANDED} waits.*changed while it was read",
        0,
    ),
    _fault(
        "file replaced while the run reads",
        "another file renamed onto it",
        _while_read(_replace),
        f"Span {LANDED} waits.*changed while it was read",
        0,
    ),
    _fault(
        "file removed while the run reads",
        "unlinked once the chain starts",
        _while_read(Path.unlink),
        f"Span {LANDED} waits.*changed while it was read",
        0,
    ),
    _fault(
        "`..` in a manifest",
        "a path ../2013-01/x",
        _landing(_manifest_of("../2013-01/x"), manifest=True),
        "leads out of the span's folder",
    ),
    _fault(
        "absolute path in a manifest",
        "/etc/passwd",
        _landing(_manifest_of("/etc/passwd"), manifest=True),
        "leads out of the span's folder",
    ),
    _fault(
        "manifest that is not what lies there",
        "one bit of a file turned",
        _landing(_changed_content, manifest=True),
        "its SHA-256 is not the one",
    ),
    _fault(
        "link out of the span's folder",
        "a symbolic link to /etc/passwd",
        _landing(_beside(lambda path: path.symlink_to("/etc/passwd"), "part-9.csv")),
        "symbolic link that leads out",
    ),
    _fault(
        "link to itself",
        "a symbolic link to its own name",
        _landing(_beside(lambda path: path.symlink_to(path), "part-9.csv")),
        "a symbolic link, and not to a file",
    ),
    _fault(
        "pipe among the data files", "mkfifo", _landing(_beside(os.mkfifo, "part-9.csv")), "no regular file"
    ),
    _fault(
        "device among the data files",
        "mknod of /dev/zero",
        _landing(_beside(lambda path: os.mknod(path, 0o20666, os.makedev(1, 5)), "part-9.csv")),
        "no regular file",
    ),
    _fault(
        "name with a line break",
        "part\\n9.csv",
        _landing(_beside(Path.touch, "part\n9.csv")),
        r"part\\x0a9.csv: a name of letters that print",
    ),
    _fault(
        "name that is not UTF-8",
        "a byte 0xff",
        _landing(_beside(Path.touch, os.fsdecode(b"part-\xff.csv"))),
        r"part-\\xff.csv: a name of letters that print",
    ),
    _fault(
        "folder called like a data file, with something else in it",
        "a folder part-9.csv with x.doc",
        _landing(_beside(_folder_of_no_data, "part-9.csv")),
        "the name must end in .csv",
    ),
    _fault(
        "gzip bomb",
        "10 GiB of zeros in 45 MB",
        _landing(_beside(_bomb, "part-9.csv.gz")),
        r"holds more than \d+ bytes when decompressed",
    ),
    _fault("gzip file cut short", "its last 1,000 bytes gone", _landing(_shorter), "damaged or cut short"),
    _fault("zip named .csv.gz", "a zip archive", _landing(_beside(_zip, "part-9.csv.gz")), "a zip archive"),
    _fault("empty file", "zero bytes", _landing(_beside(Path.touch, "part-9.csv")), "the file is empty"),
    _fault(
        "Parquet bomb",
        "a text of 1 MiB repeated a million times by its dictionary",
        _landing(_beside(_text_bomb, "part-9.parquet")),
        r"holds more than \d+ bytes when decompressed",
    ),
    _fault(
        "Parquet file with a lying footer",
        "a footer of 2 GiB in a file of 1 kB",
        _landing(_beside(_lying_footer, "part-9.parquet")),
        "damaged or cut short",
    ),
)
