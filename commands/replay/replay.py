"""Writes past exports of real data, as if they had just arrived; each folder appears when it is complete."""

import gzip
import hashlib
import importlib
import json
import re
import zlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Literal

from perennial.errors import UsageError
from perennial.files import file_digest, sync, sync_tree, written_aside
from perennial.progress import report
from pipeline.export_manifest import SUCCESS

ROWS_A_PART: Final = 10_000

Every = Literal["month", "day"]

# How a span of each length is written: pattern, strptime format, characters of a timestamp, an example.
_SPANS: Final[dict[Every, tuple[str, str, int, str]]] = {
    "month": (r"\d{4}-\d{2}", "%Y-%m", 7, "2013-03"),
    "day": (r"\d{4}-\d{2}-\d{2}", "%Y-%m-%d", 10, "2013-03-15"),
}


def replay(use_case_name: str, exports_dir: Path, through: str, every: Every = "month") -> list[str]:
    """Writes each span of the past up to `through`, as `<span>/part-NNNNN.csv.gz` and a `_SUCCESS` manifest.

    A span appears whole, by a rename. One that is already there with the same rows is left alone, so a
    second replay writes nothing. The same rows give the same bytes.

    Args:
        use_case_name: The use case; its module `pipeline.use_cases.<name>` gives `past_rows()`,
            `source_files()`, `TIME_COLUMN`, `FIRST_DAY` and `LAST_DAY`.
        exports_dir: The folder the spans are written to; made when it is not there.
        through: The last span to write: a month (`2013-03`) or a day (`2013-03-15`), as `every` says.
        every: How long a span is.

    Returns:
        The spans that were written now, oldest first.

    Raises:
        UsageError: There is no past for the use case, `through` is not a span of it, or a span's folder is
            there with other content; that folder is left as it is.
    """
    _expect_span(through, every)
    module = _past_of(use_case_name)
    length = _SPANS[every][2]
    first, last = module.FIRST_DAY[:length], module.LAST_DAY[:length]
    if not first <= through <= last:
        raise UsageError(
            f"--through must be a {every} from {first} to {last}, got {through}.",
            f"Choose a {every} in that range.",
        )
    exports_dir.mkdir(parents=True, exist_ok=True)
    source = _source_digest(module)
    if _are_written(exports_dir, _calendar(module.FIRST_DAY, through, length), source):
        return []
    rows = module.past_rows()
    spans = rows[module.TIME_COLUMN].str.slice(0, length)
    wanted = spans <= through
    written = []
    done = 0
    for span, part in rows[wanted].groupby(spans[wanted], sort=True):
        if _write_span(exports_dir / span, part, source):
            written.append(span)
        done += len(part)
        report(done, int(wanted.sum()), "rows")
    return written


def _expect_span(through: str, every: Every) -> None:
    pattern, form, _, example = _SPANS[every]
    try:
        # strptime alone would take 2013-3; the pattern alone would take 2013-13.
        datetime.strptime(through, form)
        valid = re.fullmatch(pattern, through) is not None
    except ValueError:
        valid = False
    if valid:
        return
    form_of = next((name for name, span in _SPANS.items() if re.fullmatch(span[0], through)), None)
    if form_of == every:
        raise UsageError(f"--through: there is no {every} {through}.", f"Set a {every} such as {example}.")
    if form_of:
        raise UsageError(
            f"--through must be a {every} such as {example}, got a {form_of}.",
            f"Set a {every}, or add --every {form_of}.",
        )
    raise UsageError(
        f"--through must be a {every} such as {example}, got {through!r}.", f"Write it as {example}."
    )


def _past_of(use_case_name: str) -> ModuleType:
    name = f"pipeline.use_cases.{use_case_name}"
    try:
        if re.fullmatch(r"[a-z][a-z0-9_]*", use_case_name):
            return importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name != name:  # something that the module itself imports
            raise
    raise UsageError(
        f"The use case {use_case_name} has no past exports to replay.",
        "Put exports into its exports folder and run `run`, or try `replay flights`.",
    )


def _source_digest(module: ModuleType) -> str:
    """Digest of what the past is made of: the source's files and the code that reads and writes it."""
    digest = hashlib.sha256()
    for path in [*module.source_files(), Path(str(module.__file__)), Path(__file__)]:
        digest.update(bytes.fromhex(file_digest(path)))
    return digest.hexdigest()


def _calendar(first_day: str, through: str, length: int) -> list[str]:
    """Every span from that of `first_day` to `through`."""
    day = date.fromisoformat(first_day)
    spans: dict[str, None] = {}
    while (span := day.isoformat()[:length]) <= through:
        spans[span] = None
        day += timedelta(days=1)
    return list(spans)


def _are_written(exports_dir: Path, spans: list[str], source: str) -> bool:
    """Whether all spans are there, written from this very source, with files of the sizes they were given.

    Reading the source takes seconds, and a replay that has nothing to do should take none.
    """
    for span in spans:
        folder = exports_dir / span
        try:
            manifest = json.loads((folder / SUCCESS).read_text())
            sizes = {entry["path"]: entry["bytes"] for entry in manifest["files"]}
            sizes_on_disk = {
                path.name: path.stat().st_size for path in folder.iterdir() if path.name != SUCCESS
            }
        except (OSError, ValueError, KeyError, TypeError):
            return False
        if manifest.get("source") != source or sizes != sizes_on_disk:
            return False
    return True


def _write_span(folder: Path, rows: Any, source: str) -> bool:
    """Writes a span's rows to `folder`; returns False, and writes nothing, where they are there already."""
    parts = list(_parts(rows))
    if folder.exists():
        if _holds(folder, parts):
            return False
        raise UsageError(
            f"The exports folder already has a span {folder.name} with different content.",
            "It was not changed. Move that folder away, or replay into another one.",
        )
    with written_aside(folder, "replay-") as aside:
        aside.mkdir(mode=0o700)
        entries = []
        for name, text, count in parts:
            # Neither the clock nor a file name goes into the gzip header: the same rows are the same bytes.
            content = gzip.compress(text, mtime=0)
            (aside / name).write_bytes(content)
            entries.append(_entry(name, content, count))
        manifest = {"source": source, "files": entries}
        (aside / SUCCESS).write_text(json.dumps(manifest, indent=1) + "\n")
        sync_tree(aside)
    sync(folder.parent)
    return True


def _parts(rows: Any) -> Iterator[tuple[str, bytes, int]]:
    """Cuts a span's rows into parts; yields each one's file name, CSV bytes with a header line, and rows."""
    for number, start in enumerate(range(0, len(rows), ROWS_A_PART)):
        part = rows.iloc[start : start + ROWS_A_PART]
        yield f"part-{number:05d}.csv.gz", part.to_csv(index=False, lineterminator="\n").encode(), len(part)


def _holds(folder: Path, parts: list[tuple[str, bytes, int]]) -> bool:
    """Says whether a folder is complete and holds just these rows.

    What is compared is the text, not its gzip form, which another release of zlib may write otherwise.
    """
    if sorted(path.name for path in folder.iterdir()) != sorted([SUCCESS, *(name for name, _, _ in parts)]):
        return False
    entries = []
    for name, text, count in parts:
        content = (folder / name).read_bytes()
        try:
            if gzip.decompress(content) != text:
                return False
        except (OSError, EOFError, zlib.error):
            return False
        entries.append(_entry(name, content, count))
    try:
        return bool(json.loads((folder / SUCCESS).read_text())["files"] == entries)
    except (ValueError, KeyError, TypeError):
        return False


def _entry(name: str, content: bytes, rows: int) -> dict[str, Any]:
    return {"path": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(), "rows": rows}
