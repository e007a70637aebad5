"""Which folders are spans, which of them are whole, and what is said of the others."""

import hashlib
import json
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from perennial.errors import ExportsUnreadable
from perennial.files import file_digest
from pipeline import export_folders, span_names
from pipeline.config_sections import Stable
from pipeline.export_folders import ExportFolder
from pipeline.export_manifest import ManifestError
from pipeline.span_names import SpanKind

NOW = datetime(2013, 4, 10, 12, tzinfo=timezone.utc)
CONTENT = b"a,b\n1,2\n"


def _export(folder: Path, content: bytes = CONTENT, marker: str | None = "") -> Path:
    folder.mkdir(parents=True)
    (folder / "part-0.csv").write_bytes(content)
    if marker is not None:
        (folder / "_SUCCESS").write_text(marker)
    return folder


def _entry(**changes: Any) -> dict[str, Any]:
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    return {"path": "part-0.csv", "bytes": len(CONTENT), "sha256": sha256, "rows": 1} | changes


def _manifest(*entries: Mapping[str, Any]) -> str:
    return json.dumps({"files": list(entries)})


def _find(folder: Path, kind: SpanKind = "month") -> list[ExportFolder]:
    return export_folders.find_exports(folder, kind, "success_file", NOW)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("month", "2013-01"),
        ("month", "2013-04"),
        ("day", "2013-02-28"),
        ("day", "2013-04-10"),
        ("number", "7"),
        ("week", "2013-W15"),
        ("week", "2009-W53"),
        ("hour", "2013-04-10T12"),
        ("hour", "2013-04-09T23"),
    ],
)
def test_a_name_of_the_configured_kind_is_a_span(kind: SpanKind, name: str) -> None:
    assert export_folders.not_a_span(name, kind, NOW) == ""


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("month", "2013-13"),
        ("month", "2013-00"),
        ("month", "2013-1"),
        ("month", "2013-01-15"),
        ("month", "2013-01.tmp"),
        ("month", "backup"),
        ("month", "2013-01\n"),
        ("day", "2013-01"),
        ("number", "-1"),
        ("number", "1.0"),
        ("number", "1" * 19),
        # Digits of other scripts are numbers to Python and to nobody's file listing.
        ("number", "\u0967\u0968"),
        ("month", "\u0968\u0966\u0967\u0969-01"),
    ],
)
def test_another_name_is_none_and_an_example_is_given(kind: SpanKind, name: str) -> None:
    reason = export_folders.not_a_span(name, kind, NOW)
    assert reason.startswith("Not a span name; expected one like ")


@pytest.mark.parametrize(
    ("kind", "name", "why"),
    [
        ("week", "2014-W53", "No such week exists in the calendar; expected one like 2013-W05."),
        ("week", "2013-W5", "Not a span name; expected one like 2013-W05."),
        ("week", "2013-W00", "Not a span name; expected one like 2013-W05."),
        ("week", "2013-w05", "Not a span name; expected one like 2013-W05."),
        ("week", "2013-W16", "It starts after today (2013-04-10)."),
        ("hour", "2013-01-15T24", "Not a span name; expected one like 2013-01-15T06."),
        ("hour", "2013-01-15 06", "Not a span name; expected one like 2013-01-15T06."),
        ("hour", "2013-02-30T06", "No such hour exists in the calendar; expected one like 2013-01-15T06."),
        ("hour", "2013-04-10T13", "It starts after now (2013-04-10T12:00:00Z)."),
        ("day", "2013-02-30", "No such day exists in the calendar; expected one like 2013-01-15."),
        ("day", "0000-01-01", "No such day exists in the calendar; expected one like 2013-01-15."),
        ("month", "2013-1", "Not a span name; expected one like 2013-01."),
    ],
)
def test_a_wrong_name_is_answered_with_what_is_wrong_and_an_example(
    kind: SpanKind, name: str, why: str
) -> None:
    assert export_folders.not_a_span(name, kind, NOW) == why


def test_a_day_that_the_calendar_has_not_is_none() -> None:
    assert export_folders.not_a_span("2013-02-29", "day", NOW) == (
        "No such day exists in the calendar; expected one like 2013-01-15."
    )


@pytest.mark.parametrize(
    ("kind", "name"), [("month", "2013-05"), ("day", "2013-04-11"), ("day", "9999-12-31")]
)
def test_a_span_that_begins_in_the_future_is_none(kind: SpanKind, name: str) -> None:
    assert export_folders.not_a_span(name, kind, NOW) == "It starts after today (2013-04-10)."


def test_numbers_sort_as_numbers(tmp_path: Path) -> None:
    for name in ("10", "9", "101"):
        _export(tmp_path / name)
    assert [export.span for export in _find(tmp_path, "number")] == ["9", "10", "101"]


def test_a_span_of_another_kind_that_the_ledger_still_knows_sorts_first() -> None:
    known = sorted(["10", "2013-02", "9", "2013-01", "0"], key=lambda span: span_names.order(span, "number"))
    assert known == ["2013-01", "2013-02", "0", "9", "10"]


def test_a_folder_that_does_not_exist_holds_no_exports(tmp_path: Path) -> None:
    assert _find(tmp_path / "nothing") == []


def test_odd_folders_are_listed_last_with_their_reason_and_stop_nothing(tmp_path: Path) -> None:
    for name in ("2013-02", "2013-01", "0-backup", "2014-01"):
        _export(tmp_path / name)
    exports = _find(tmp_path)
    assert [export.span for export in exports] == ["2013-01", "2013-02", "0-backup", "2014-01"]
    assert [export.state for export in exports] == ["complete", "complete", "odd", "odd"]
    assert all(export.reason for export in exports[2:])


def test_hidden_folders_and_loose_files_are_not_looked_at(tmp_path: Path) -> None:
    for name in (".2013-01", "_temporary"):
        _export(tmp_path / name)
    (tmp_path / "README").touch()
    (tmp_path / "2013-01.zip").touch()
    assert _find(tmp_path) == []


def test_a_file_where_a_spans_folder_should_be_is_odd(tmp_path: Path) -> None:
    (tmp_path / "2013-01").touch()
    (export,) = _find(tmp_path)
    assert (export.state, export.reason) == ("odd", "Expected a folder of files, got a file.")


def test_a_symbolic_link_to_a_folder_is_no_span(tmp_path: Path) -> None:
    _export(tmp_path / "elsewhere" / "2013-01")
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "2013-01").symlink_to(tmp_path / "elsewhere" / "2013-01")
    (export,) = _find(exports)
    assert (export.state, export.reason) == ("odd", "Expected a folder, got a symbolic link.")


def test_a_folder_that_cannot_be_read_waits() -> None:
    # Not in tmp_path, which only its owner may enter: root, who can read everything, steps down to nobody.
    exports = Path(tempfile.mkdtemp())
    exports.chmod(0o755)
    folder = _export(exports / "2013-01")
    folder.chmod(0)
    user = os.geteuid()
    try:
        if user == 0:
            os.seteuid(65534)
        (export,) = _find(exports)
    finally:
        os.seteuid(user)
        folder.chmod(0o700)
        shutil.rmtree(exports)
    assert (export.state, export.reason) == ("waiting", "Cannot read the folder: Permission denied.")


def test_without_a_marker_a_span_waits(tmp_path: Path) -> None:
    _export(tmp_path / "2013-01", marker=None)
    (export,) = _find(tmp_path)
    assert (export.state, export.reason) == ("waiting", "No _SUCCESS file yet.")


def test_an_empty_marker_makes_a_span_complete_with_its_data_files_in_order(tmp_path: Path) -> None:
    folder = _export(tmp_path / "2013-01", marker=" \n")
    for name in ("a.csv", "deep/b.csv", "_committed_1", ".part-0.csv.crc", "_temporary/c.csv"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    (export,) = _find(tmp_path)
    assert (export.state, export.manifest_rows, export.checksums) == ("complete", None, None)
    names = [path.relative_to(folder).as_posix() for path in export.files]
    assert names == ["a.csv", "deep/b.csv", "part-0.csv"]


def test_a_manifest_that_matches_its_folder_is_taken(tmp_path: Path) -> None:
    folder = _export(tmp_path / "2013-01", marker=_manifest(_entry(path="./part-0.csv")))
    export = export_folders.look_into(folder)
    assert (export.state, export.reason) == ("complete", "")
    assert export.manifest_rows == {"part-0.csv": 1}
    assert export.checksums == {"part-0.csv": _entry()["sha256"]}


def test_rows_may_be_left_out_of_a_manifest(tmp_path: Path) -> None:
    entry = _entry()
    del entry["rows"]
    export = export_folders.look_into(_export(tmp_path / "2013-01", marker=_manifest(entry)))
    assert (export.state, export.manifest_rows) == ("complete", None)


@pytest.mark.parametrize(
    ("marker", "reason"),
    [
        ("done", "_SUCCESS must be empty or JSON."),
        ("[]", "_SUCCESS needs a list `files` of"),
        ("{}", "_SUCCESS needs a list `files` of"),
        (_manifest({"path": "part-0.csv"}), "_SUCCESS needs a list `files` of"),
        (_manifest(_entry(bytes=True)), "_SUCCESS needs a list `files` of"),
        (_manifest(_entry(rows="1")), "_SUCCESS needs a list `files` of"),
        (_manifest(), "part-0.csv is in the folder but not in _SUCCESS."),
        (_manifest(_entry(), _entry(path="b.csv")), "b.csv is in _SUCCESS but not in the folder."),
        (_manifest(_entry(bytes=9)), "part-0.csv: _SUCCESS lists 9 bytes, but the file has 8."),
        (_manifest(_entry(), _entry()), "_SUCCESS lists file 2 twice."),
        (_manifest(_entry(), _entry(path="./part-0.csv")), "_SUCCESS lists file 2 twice."),
        (_manifest(_entry(path="../part-0.csv")), "_SUCCESS: the path of file 1 is outside"),
        (_manifest(_entry(path="a/../../b")), "_SUCCESS: the path of file 1 is outside"),
        (_manifest(_entry(path="/etc/passwd")), "_SUCCESS: the path of file 1 is outside"),
        (_manifest(_entry(path="_SUCCESS")), "_SUCCESS is in _SUCCESS but not in the folder."),
    ],
)
def test_a_manifest_that_lies_refuses_its_span(tmp_path: Path, marker: str, reason: str) -> None:
    _export(tmp_path / "2013-01", marker=marker)
    (export,) = _find(tmp_path)
    assert export.state == "refused"
    assert export.reason.startswith(reason)


def test_a_file_that_is_a_link_out_of_the_span_is_refused(tmp_path: Path) -> None:
    folder = _export(tmp_path / "2013-01", marker=_manifest(_entry()))
    (folder / "part-0.csv").rename(tmp_path / "outside.csv")
    (folder / "part-0.csv").symlink_to(tmp_path / "outside.csv")
    assert (
        export_folders.look_into(folder).reason
        == "part-0.csv is a symbolic link to outside the span's folder."
    )


def test_a_checksum_that_is_not_the_files_is_noticed_when_the_content_is_read(tmp_path: Path) -> None:
    folder = _export(tmp_path / "2013-01", marker=_manifest(_entry(sha256="0" * 64)))
    export = export_folders.look_into(folder)
    assert export.state == "complete"
    with pytest.raises(ManifestError, match=r"part-0.csv: SHA-256 differs from the one in _SUCCESS\."):
        export_folders.content_digest(export, file_digest)


def _digest(folder: Path) -> str:
    return export_folders.content_digest(export_folders.look_into(folder), file_digest)


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "part-0.csv").write_text("a,b\n1,3\n"),
        lambda folder: (folder / "part-0.csv").rename(folder / "part-1.csv"),
        lambda folder: (folder / "part-1.csv").touch(),
    ],
)
def test_other_data_is_another_digest(tmp_path: Path, change: Callable[[Path], object]) -> None:
    folder = _export(tmp_path / "2013-01")
    before = _digest(folder)
    change(folder)
    assert _digest(folder) != before


def test_the_digest_does_not_follow_times_markers_or_where_the_span_lies(tmp_path: Path) -> None:
    first = _export(tmp_path / "2013-01")
    second = _export(tmp_path / "2013-02", marker=_manifest(_entry()))
    os.utime(second / "part-0.csv", (1, 1))
    (second / "_committed").touch()
    assert _digest(first) == _digest(second)


@pytest.mark.parametrize(("age", "state"), [(59, "waiting"), (61, "complete")])
def test_where_no_marker_is_written_a_span_is_complete_once_it_rests(
    tmp_path: Path, age: int, state: str
) -> None:
    folder = _export(tmp_path / "2013-01", marker=None)
    then = (NOW - timedelta(seconds=age)).timestamp()
    for path in (folder / "part-0.csv", folder):
        os.utime(path, (then, then))
    (export,) = export_folders.find_exports(tmp_path, "month", Stable(stable=60), NOW)
    assert export.state == state
    assert export.reason == ("It changed less than 60 s ago." if state == "waiting" else "")


def test_an_empty_folder_at_rest_waits_for_its_first_file(tmp_path: Path) -> None:
    (tmp_path / "2013-01").mkdir()
    os.utime(tmp_path / "2013-01", (1, 1))
    (export,) = export_folders.find_exports(tmp_path, "month", Stable(stable=60), NOW)
    assert (export.state, export.reason) == ("waiting", "No file yet.")


def test_a_marker_counts_where_spans_need_only_rest_too(tmp_path: Path) -> None:
    _export(tmp_path / "2013-01")
    _export(tmp_path / "2013-02", marker="done")
    exports = export_folders.find_exports(tmp_path, "month", Stable(stable=60), datetime.now(timezone.utc))
    assert [export.state for export in exports] == ["complete", "refused"]


def _read(*rows: tuple[int, int]) -> dict[str, Any]:
    return {
        "files": [{"file": "a.csv", "rows": good, "quarantined": bad, "unlabelled": 0} for good, bad in rows]
    }


def test_rows_that_did_not_come_are_a_problem(tmp_path: Path) -> None:
    export = export_folders.look_into(_export(tmp_path / "2013-01", marker=_manifest(_entry(rows=1200))))
    assert export_folders.rows_problem(export, _read((1200, 0))) == ""
    assert export_folders.rows_problem(export, _read((1100, 100))) == ""
    problem = "part-0.csv: _SUCCESS lists 1,200 rows, but the file has 1,199."
    assert export_folders.rows_problem(export, _read((1190, 9))) == problem


def test_where_a_manifest_lists_no_rows_any_number_is_right(tmp_path: Path) -> None:
    export = export_folders.look_into(_export(tmp_path / "2013-01"))
    assert export_folders.rows_problem(export, _read((7, 0))) == ""


def test_files_of_one_name_in_two_folders_are_two_files(tmp_path: Path) -> None:
    folder = tmp_path / "2013-01"
    entries = []
    for path, rows in (("a/part.csv", 1), ("b/part.csv", 2)):
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_bytes(CONTENT)
        entries.append(_entry(path=path, rows=rows))
    (folder / "_SUCCESS").write_text(_manifest(*entries))
    export = export_folders.look_into(folder)
    assert export_folders.rows_problem(export, _read((1, 0), (2, 0))) == ""
    assert export_folders.rows_problem(export, _read((2, 0), (2, 0))).startswith("a/part.csv: ")


def _link_out(folder: Path) -> None:
    (folder / "part-1.csv").symlink_to("/etc/hostname")


def _dangling(folder: Path) -> None:
    (folder / "part-1.csv").symlink_to(folder / "nowhere")


def _loop(folder: Path) -> None:
    (folder / "part-1.csv").symlink_to(folder / "part-1.csv")


def _folder_link(folder: Path) -> None:
    (folder / "more").symlink_to(folder)


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "part-1.csv")


def _socket(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(folder / "s.csv"))


def _line_break(folder: Path) -> None:
    (folder / "part\n1.csv").write_text("a\n")


def _no_text(folder: Path) -> None:
    (folder / os.fsdecode(b"part-\xff.csv")).write_text("a\n")


@pytest.mark.parametrize(
    ("add", "reason"),
    [
        (_link_out, "part-1.csv is a symbolic link to outside the span's folder."),
        (_dangling, "part-1.csv is a symbolic link that does not point to a file."),
        (_loop, "part-1.csv is a symbolic link that does not point to a file."),
        (_folder_link, "more is a symbolic link that does not point to a file."),
        (_pipe, "part-1.csv is not a regular file but a pipe, socket or device."),
        (_socket, "s.csv is not a regular file but a pipe, socket or device."),
        (_line_break, "part\\x0a1.csv: the name has characters that cannot be printed; rename the file."),
        (_no_text, "part-\\xff.csv: the name has characters that cannot be printed; rename the file."),
    ],
)
@pytest.mark.parametrize("complete_when", ["success_file", Stable(stable=60)])
def test_what_may_have_been_data_and_is_no_file_refuses_the_span(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    add: Callable[[Path], None],
    reason: str,
    complete_when: Any,
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's name may have a hundred letters at most
    folder = Path("2013-01")
    folder.mkdir()
    (folder / "part-0.csv").write_text("a\n")
    add(folder.absolute() if add is not _socket else folder)
    if complete_when == "success_file":
        (export,) = export_folders.find_exports(Path(), "month", complete_when, NOW)
        assert export.state == "waiting"  # it may still be written to
        (folder / "_SUCCESS").touch()
    (export,) = export_folders.find_exports(Path(), "month", complete_when, NOW)
    assert (export.state, export.reason, export.files) == ("refused", reason, ())


def test_a_link_to_a_file_within_the_folder_is_a_file(tmp_path: Path) -> None:
    _export(tmp_path / "2013-01")
    (tmp_path / "2013-01" / "part-9.csv").symlink_to("part-0.csv")
    assert _find(tmp_path)[0].state == "complete"


def test_names_with_spaces_quotes_and_many_letters_are_names(tmp_path: Path) -> None:
    _export(tmp_path / "2013-01")
    for name in ("a file.csv", 'it\'s "quoted".csv', "é" * 100 + ".csv"):
        (tmp_path / "2013-01" / name).write_text("a\n")
    assert _find(tmp_path)[0].state == "complete"


@pytest.mark.parametrize("name", [b"2013-01\n", b"\xff\xfe", b"2013 01", b"x" * 255])
def test_a_folder_of_a_strange_name_is_odd_and_can_be_printed(tmp_path: Path, name: bytes) -> None:
    (tmp_path / os.fsdecode(name)).mkdir()
    (export,) = _find(tmp_path)
    assert export.state == "odd"
    assert export.span.isprintable()
    assert export.span.encode()


@pytest.mark.parametrize("text", ["[" * 100_000, '{"files": ' + "9" * 5000 + "}"])
def test_a_manifest_that_python_cannot_read_is_no_json(tmp_path: Path, text: str) -> None:
    _export(tmp_path / "2013-01")
    (tmp_path / "2013-01" / "_SUCCESS").write_text(text)
    (export,) = _find(tmp_path)
    assert export.state == "refused"


def test_a_huge_manifest_is_refused_unread(tmp_path: Path) -> None:
    _export(tmp_path / "2013-01")
    with (tmp_path / "2013-01" / "_SUCCESS").open("wb") as file:
        file.truncate(1 << 40)
    (export,) = _find(tmp_path)
    assert (export.state, export.reason) == ("refused", "_SUCCESS is larger than 32 MiB.")


def test_a_file_that_changed_after_now_shows_that_a_clock_is_wrong(tmp_path: Path) -> None:
    folder = tmp_path / "2013-01"
    folder.mkdir()
    (folder / "part-0.csv").write_text("a\n")
    os.utime(folder / "part-0.csv", (NOW.timestamp() + 1e8, NOW.timestamp() + 1e8))
    (export,) = export_folders.find_exports(tmp_path, "month", Stable(stable=60), NOW)
    assert (export.state, export.reason) == (
        "waiting",
        "Its last change is in the future: the clock of this machine or of the writer is wrong.",
    )


def test_an_exports_folder_that_cannot_be_listed_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(ExportsUnreadable, match=r"Cannot read the exports folder .*: Permission denied\."):
        _find(tmp_path)
