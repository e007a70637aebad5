"""Damage, a full disk, a hung node and people who act during a run; each test stands alone."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.e2e.clone import Clone, Saved, states, until
from tests.small_disk import fill, mounted

RUNNING = 2


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Clone]:
    """A clone whose home is a file system of 60 MiB, in which a month has landed."""
    clone = Clone(tmp_path)
    clone.home.mkdir()
    with mounted(clone.home, mib=60):
        clone.cli("replay", "flights", "--through", "2013-01")
        yield clone


def _problems(chain: Clone) -> list[str]:
    completed = subprocess.run(chain.line("doctor", "--json"), capture_output=True, text=True, check=False)
    return [each["problem"] for each in json.loads(completed.stdout)["findings"]]


def _newest(chain: Clone, output: str) -> Path:
    folder = chain.home / "flights" / "artifacts" / output
    return max(folder.iterdir(), key=lambda path: int(path.name))


def test_nothing_is_wrong_after_a_run_that_went_well(chain: Clone) -> None:
    assert _problems(chain) == []


def test_an_altered_model_is_not_taken_from_the_cache(chain: Clone) -> None:
    weights = next(_newest(chain, "Trainer/model").rglob("variables.data-*"))
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    chain.edit("pipeline/use_cases/flights.yaml", "threshold: 0.5", "threshold: 0.4")
    summary = chain.json("run", "flights")
    assert "Trainer/model/" in summary["reason"]
    assert states(summary)["Trainer"] == "COMPLETE"
    assert states(summary)["Transform"] == "CACHED"


def test_a_truncated_output_is_made_anew_and_its_span_judged_anew(chain: Clone) -> None:
    examples = chain.home / "flights" / "artifacts" / "ArrowExampleGen" / "examples"
    first = min(examples.iterdir(), key=lambda path: int(path.name))
    os.truncate(next((first / "Split-head").glob("*.gz")), 1000)
    assert _problems(chain) == ["The output of span 2013-01 is damaged or missing."]
    summary = chain.json("run", "flights")
    assert summary["verdict"] == "NOTHING_NEW"
    # The window is made of links to the same file.
    assert f"ArrowExampleGen/examples/{first.name}" in summary["reason"]
    assert "Window/window/" in summary["reason"]
    assert states(summary, "2013-01")["ArrowExampleGen"] == "COMPLETE"
    assert states(summary, "2013-02")["ArrowExampleGen"] == "CACHED"
    assert _problems(chain) == []


def test_a_damaged_live_version_counts_as_absent_and_is_replaced(chain: Clone) -> None:
    live = chain.versions()[-1]
    (weights,) = (chain.home / "flights" / "models" / str(live) / "variables").glob("variables.data-*")
    os.truncate(weights, 100)
    summary = chain.json("run", "flights")
    assert summary["verdict"] == "PUSHED"
    assert f"Version {live} is damaged: its files have changed since it was published." in summary["reason"]
    assert summary["champion"] is None
    assert chain.versions()[-1] == live + 1
    assert _problems(chain) == []


def test_a_ledger_and_an_mlmd_file_damaged_at_once_are_rebuilt(chain: Clone) -> None:
    root, versions = chain.home / "flights", chain.versions()
    runs = len(list((root / "runs").iterdir()))
    chain.cli("spans", "flights", "accept", "2013-01", "--why", "it is well")
    assert chain.json("run", "flights")["verdict"] == "NOTHING_NEW"
    for name in ("ledger.db", "metadata.db"):
        os.truncate(root / name, (root / name).stat().st_size // 2)
    for command in (("status", "flights"), ("spans", "flights"), ("rollback", "flights", "--why", "x")):
        assert "ledger.db is damaged." in chain.json(*command, expect=1)["error"]
    summary = chain.json("run", "flights")
    assert "ledger.db is damaged: what is left was set aside" in summary["reason"]
    assert "metadata.db is damaged: what is left was set aside" in summary["reason"]
    assert "Lost: " in summary["reason"]
    assert summary["verdict"] in ("PUSHED", "KEPT")
    assert chain.versions()[: len(versions)] == versions
    assert [(span["span"], span["version"]) for span in summary["spans"]] == [("2013-01", 1), ("2013-02", 1)]
    (january, _) = chain.json("spans", "flights")["spans"]
    assert january["decision"] == {"decision": "accept", "why": "it is well"}
    assert len(list((root / "runs").iterdir())) == runs + 2
    assert chain.json("run", "flights")["verdict"] == "NOTHING_NEW"
    assert all("of damaged files are set aside" in problem for problem in _problems(chain))
    for path in root.glob("*.damaged-*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert _problems(chain) == []


def test_what_people_do_during_a_run_stands(march_in_use: Saved) -> None:
    chain = march_in_use.restore()
    live = chain.publish_again()
    # A reason to train, for long enough that people can act meanwhile.
    chain.edit("pipeline/use_cases/flights.yaml", "steps_per_epoch: 100", "steps_per_epoch: 800")
    running = chain.start("run", "flights", "--json")
    until(running, "Trainer")
    first = chain.json("run", "flights", expect=5)
    second = chain.json("run", "flights", expect=5)
    assert "in a row" not in first["reason"]
    assert second["reason"].startswith("2 runs in a row could not start. Run ")
    assert f"(process {running.pid})" in second["reason"]
    assert [alert["kind"] for alert in chain.json("status", "flights")["alerts"]] == ["BUSY"]
    chain.cli("spans", "flights", "reject", "2013-02", "--why", "a strike")
    back = chain.json("rollback", "flights", "--to", "1", "--why", "it is wrong")
    answer, _ = running.communicate()
    summary = json.loads(answer)
    assert summary["verdict"] == "KEPT"
    assert "is live now, but the candidate was compared with" in summary["reason"]
    assert (summary["live_version"], summary["pushed_version"]) == (live + 1, None)
    assert back["live_version"] == live + 1
    # The version that was rolled back to was trained on February, too.
    assert [alert["kind"] for alert in chain.json("status", "flights")["alerts"]] == ["LIVE_MODEL_STALE"]
    chain.edit("pipeline/use_cases/flights.yaml", "steps_per_epoch: 800", "steps_per_epoch: 100")
    after = chain.json("run", "flights")
    assert after["trained_on"]["spans"] == ["2013-01", "2013-03"]
    assert after["champion"]["version"] == live + 1


def test_a_hung_function_is_ended_at_the_deadline_with_all_that_it_began(chain: Clone) -> None:
    live, before = chain.versions(), (chain.code / "transforms/flights.py").read_text()
    children = "import subprocess, time\n    subprocess.Popen(['sleep', '4321'])\n    time.sleep(4321)\n\n"
    signature = next(line for line in before.splitlines() if line.startswith("def preprocessing_fn("))
    assert signature.endswith(":")
    chain.edit("transforms/flights.py", signature, f"{signature}\n    {children}")
    chain.edit("pipeline/use_cases/flights.yaml", "deadline: 2h", "deadline: 45s")
    summary = chain.json("run", "flights", expect=1)
    assert summary["verdict"] == "FAILED"
    assert summary["reason"].startswith("Transform ran past the deadline of 45 s and was stopped.")
    commands = [each.info["cmdline"] or [] for each in psutil.process_iter(["cmdline"])]
    assert ["sleep", "4321"] not in commands
    assert chain.executions(RUNNING) == 0
    assert chain.versions() == live
    (chain.code / "transforms/flights.py").write_text(before)
    chain.edit("pipeline/use_cases/flights.yaml", "deadline: 45s", "deadline: 2h")
    assert chain.json("run", "flights")["verdict"] in ("PUSHED", "KEPT", "NOTHING_NEW")


def test_a_disk_with_too_little_room_is_reported_before_anything_is_started(small: Clone) -> None:
    with (small.home / "filler").open("wb") as file:
        file.write(bytes(45 << 20))
    summary = small.json("run", "flights", expect=1)
    assert summary["verdict"] == "FAILED"
    assert "A run needs about" in summary["reason"]
    assert not (small.home / "flights" / "artifacts").exists()


def test_a_disk_that_fills_in_the_middle_fails_the_run_and_the_next_is_clean(small: Clone) -> None:
    running = small.start("run", "flights", "--json")
    until(running, "SpanStatistics")
    fill(small.home)
    answer, _ = running.communicate()
    summary: dict[str, Any] = json.loads(answer)
    assert (summary["verdict"], running.returncode) == ("FAILED", 1)
    assert "The disk is full." in summary["reason"]
    assert states(summary, "2013-01")["SpanStatistics"] == "FAILED"
    assert (Path(summary["report"]).parent / "summary.json").is_file()
    assert [run["verdict"] for run in small.json("status", "flights")["last_runs"]] == ["FAILED"]
    assert "A run needs about" in small.json("run", "flights", expect=1)["reason"]
    (small.home / "filler").unlink()
    running = small.start("run", "flights", "--json")
    until(running, "SpanStatistics")
    until(running, "DataGate")
    os.kill(running.pid, signal.SIGTERM)
    running.communicate()
    time.sleep(0.1)
    assert small.executions(RUNNING) == 0
