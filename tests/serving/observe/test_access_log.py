"""A line a request, written beside the requests and whatever becomes of the file."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from serving.observe.access_log import AccessLog
from tests.serving.observe.small_logs import add_line, until


def _lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_line_is_json_with_the_time_as_rfc_3339(tmp_path: Path) -> None:
    log = AccessLog(str(tmp_path / "access.log"))
    add_line(log, 2)
    add_line(log, model='new\nline "' + "x" * 5000)
    add_line(log, model="\ud800")
    log.close()
    first, second = _lines(tmp_path / "access.log")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(first.pop("time")))
    assert first == {
        "api": "rest", "verb": "predict", "model": "m", "version": 3, "status": 200,
        "ms": 1.234, "rows": 2, "bytes": 50, "peer": "::1",
    }  # fmt: skip
    assert str(second["model"]).startswith('new\nline "xxx')
    assert len(str(second["model"])) == 100
    assert log.dropped == 1


def test_lines_go_to_a_new_file_once_the_old_one_was_renamed(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    log = AccessLog(str(path))
    add_line(log, 1)
    until(lambda: path.stat().st_size)
    path.rename(tmp_path / "access.log.1")
    add_line(log, 2)
    until(lambda: path.exists() and path.stat().st_size)
    path.unlink()
    add_line(log, 3)
    log.close()
    assert [line["rows"] for line in _lines(tmp_path / "access.log.1")] == [1]
    assert [line["rows"] for line in _lines(path)] == [3]


def test_several_workers_lines_in_one_file_stay_whole(tmp_path: Path) -> None:
    logs = [AccessLog(str(tmp_path / "access.log")) for _ in range(3)]
    for number in range(3000):
        add_line(logs[number % 3], number, "x" * (number % 100))
    for log in logs:
        log.close()
    assert sorted(int(str(line["rows"])) for line in _lines(tmp_path / "access.log")) == list(range(3000))


def test_a_pipe_that_nobody_reads_holds_up_no_request_and_drops_are_counted() -> None:
    code = """if True:
        import sys, time
        from serving.observe.access_log import AccessLog
        from tests.serving.observe.small_logs import add_line
        log = AccessLog("-", max_lines=1000)
        began = time.perf_counter()
        for number in range(5000):
            add_line(log, number, "x" * 100)
        seconds = time.perf_counter() - began
        time.sleep(0.6)
        for number in range(5000):
            add_line(log, number, "x" * 100)
        print(seconds < 0.5, log.dropped >= 8000, file=sys.stderr, flush=True)
        log.close()
    """
    reader, writer = os.pipe()
    process = subprocess.run(
        [sys.executable, "-c", code], stdout=writer, stderr=subprocess.PIPE, text=True, timeout=30, check=True
    )
    os.close(writer)
    os.close(reader)
    assert process.stderr == "True True\n"


def test_a_full_disk_is_counted_and_raises_nothing() -> None:
    log = AccessLog("/dev/full")
    add_line(log, 1)
    add_line(log, 2)
    log.close()
    assert log.dropped == 2
