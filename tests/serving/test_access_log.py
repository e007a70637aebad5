"""A line a request, written beside the requests and whatever becomes of the file."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from serving.access_log import AccessLog


def _lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _until(reached: "object") -> None:
    deadline = time.monotonic() + 5
    while not reached() and time.monotonic() < deadline:  # type: ignore[operator]
        time.sleep(0.01)


def test_a_line_is_json_with_the_time_as_rfc_3339(tmp_path: Path) -> None:
    log = AccessLog(str(tmp_path / "access.log"))
    log.add({"model": "flights", "status": 200})
    log.add({"model": 'new\nline "', "status": 400})
    log.close()
    first, second = _lines(tmp_path / "access.log")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(first.pop("time")))
    assert first == {"model": "flights", "status": 200}
    assert second["model"] == 'new\nline "'


def test_lines_go_to_a_new_file_once_the_old_one_was_renamed(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    log = AccessLog(str(path))
    log.add({"n": 1})
    _until(lambda: path.stat().st_size)
    path.rename(tmp_path / "access.log.1")
    log.add({"n": 2})
    _until(lambda: path.exists() and path.stat().st_size)
    path.unlink()
    log.add({"n": 3})
    log.close()
    assert [line["n"] for line in _lines(tmp_path / "access.log.1")] == [1]
    assert [line["n"] for line in _lines(path)] == [3]


def test_several_workers_lines_in_one_file_stay_whole(tmp_path: Path) -> None:
    logs = [AccessLog(str(tmp_path / "access.log")) for _ in range(3)]
    for number in range(3000):
        logs[number % 3].add({"n": number, "text": "x" * (number % 500)})
    for log in logs:
        log.close()
    assert sorted(int(str(line["n"])) for line in _lines(tmp_path / "access.log")) == list(range(3000))


def test_a_pipe_that_nobody_reads_holds_up_no_request_and_drops_are_counted() -> None:
    code = """if True:
        import sys, time
        from serving.access_log import AccessLog
        log = AccessLog("-", max_lines=1000)
        began = time.perf_counter()
        for number in range(5000):
            log.add({"n": number, "text": "x" * 100})
        seconds = time.perf_counter() - began
        time.sleep(0.6)
        for number in range(5000):
            log.add({"n": number, "text": "x" * 100})
        print(seconds < 0.5, log.dropped >= 8000, file=sys.stderr, flush=True)
        log.close()
    """
    reader, writer = os.pipe()
    found = subprocess.run(
        [sys.executable, "-c", code], stdout=writer, stderr=subprocess.PIPE, text=True, timeout=30, check=True
    )
    os.close(writer)
    os.close(reader)
    assert found.stderr == "True True\n"


def test_a_full_disk_is_counted_and_raises_nothing() -> None:
    log = AccessLog("/dev/full")
    log.add({"n": 1})
    log.add({"n": 2})
    log.close()
    assert log.dropped == 2
