"""A real server, from its start to its end: versions that come, break and go, and processes that die."""

import json
import os
import shutil
import signal
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from benchmarks.harness.server_process import ServerProcess
from pipeline.config import REPOSITORY, serving_python
from tests.serving.plain_models import export, publish

CONFIG = """
model_config_list {{
  config {{
    name: "plus"
    base_path: "{path}"
    version_labels {{ key: "stable" value: {stable} }}
  }}
}}
"""


class ServedPlus:
    """A server of `y = x + a number`, whose version N adds N * 10.

    Attributes:
        server: The server.
        models: The folder of the versions.
        number: The highest version that was published.
    """

    def __init__(self, folder: Path, exported: Path, workers: int = 2) -> None:
        self.models = folder / "plus"
        self.models.mkdir(parents=True)
        self.exported = exported
        self.number = 0
        self.config = folder / "models.config"
        self.label(1)
        self.server = ServerProcess(
            [
                *("--model_config_file", str(self.config), "--model_config_file_poll_wait_seconds", "0.2"),
                *("--workers", str(workers), "--drain", "10", "--access-log", ""),
            ]
        )

    def label(self, stable: int) -> None:
        aside = self.config.with_suffix(".new")
        aside.write_text(CONFIG.format(path=self.models, stable=stable))
        aside.rename(self.config)

    def publish(self) -> int:
        """Publishes the next version, and waits until it is live; gives its number."""
        self.number += 1
        publish(self.exported / str(self.number), self.models, self.number)
        self.wait_for(self.number)
        return self.number

    def wait_for(self, number: int) -> None:
        self.server.wait(lambda: self.server.live.get(("plus", number)), f"version {number}")

    def ask(self, path: str = "", signature: str = "serving_default", x: float = 1.0) -> Any:
        body = json.dumps({"signature_name": signature, "instances": [x]}).encode()
        url = f"http://127.0.0.1:{self.server.rest_port}/v1/models/plus{path}:predict"
        with urllib.request.urlopen(urllib.request.Request(url, body), timeout=30) as response:
            return json.load(response)["predictions"][0]

    def all_workers_answer(self, answer: float, path: str = "") -> bool:
        """Whether so many requests, each on a connection of its own, all get an answer."""
        return all(self.ask(path) == answer for _ in range(8))


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Exports by number; number N adds 10 * N."""
    folder = tmp_path_factory.mktemp("exported")
    for number in range(1, 9):
        export(10.0 * number, folder / str(number))
    return folder


@pytest.fixture
def alone(tmp_path: Path, exported: Path) -> Iterator[ServedPlus]:
    """A server of one worker, with a first version, for one test."""
    served = ServedPlus(tmp_path, exported, workers=1)
    try:
        served.publish()
        yield served
    finally:
        served.server.process.kill()
        served.server.process.wait()


@pytest.fixture(scope="module")
def plus(tmp_path_factory: pytest.TempPathFactory, exported: Path) -> Iterator[ServedPlus]:
    served = ServedPlus(tmp_path_factory.mktemp("served"), exported)
    try:
        served.server.wait(lambda: served.server.get("/healthz")[0] == 200, "a first worker")
        assert served.server.get("/readyz")[0] == 503, "nothing is there to be served"
        assert any("has no version of plus yet" in line for line in served.server.log)
        served.publish()
        served.server.wait(lambda: served.server.get("/readyz")[0] == 200, "ready")
        yield served
    finally:
        served.server.process.kill()
        served.server.process.wait()


def test_a_new_version_is_live_and_the_old_one_is_unloaded(plus: ServedPlus) -> None:
    number = plus.publish()
    number = plus.publish()
    assert plus.all_workers_answer(1 + 10 * number)
    states = {version: state for version, (state, _) in plus.server.states("plus").items()}
    assert states == {1: "AVAILABLE", **dict.fromkeys(range(2, number), "END"), number: "AVAILABLE"}


def test_a_label_keeps_its_version_and_moves_with_the_file(plus: ServedPlus) -> None:
    assert plus.all_workers_answer(11, "/labels/stable")
    number = plus.publish()
    plus.label(number)
    line_end = f"label stable of plus points to version {number}"
    plus.server.wait(lambda: any(line_end in line for line in plus.server.log), line_end)
    assert plus.all_workers_answer(1 + 10 * number, "/labels/stable")
    plus.label(1)
    line_end = "label stable of plus points to version 1"
    plus.server.wait(lambda: sum(line_end in line for line in plus.server.log) == 2, line_end)
    assert plus.all_workers_answer(11, "/labels/stable")


def test_a_broken_version_is_reported_and_served_once_it_is_fixed(plus: ServedPlus) -> None:
    former, number = plus.number, plus.number + 1
    broken = plus.models / ".broken"
    shutil.copytree(plus.exported / str(number), broken)
    data = broken / "variables" / "variables.data-00000-of-00001"
    kept = data.read_bytes()
    data.write_bytes(b"")
    broken.rename(plus.models / str(number))
    plus.server.wait(lambda: plus.server.states("plus").get(number, ("", ""))[1], "the version's end")
    assert plus.server.states("plus")[number][0] == "END"
    assert plus.all_workers_answer(1 + 10 * former)
    (plus.models / str(number) / "variables" / data.name).write_bytes(kept)
    plus.wait_for(number)
    plus.number = number
    assert plus.all_workers_answer(1 + 10 * number)


def test_a_worker_that_is_killed_is_replaced_by_one_that_serves_the_same(plus: ServedPlus) -> None:
    former = {worker.pid for worker in plus.server.workers()}
    os.kill(min(former), signal.SIGKILL)
    plus.server.wait(lambda: len({w.pid for w in plus.server.workers()} - former) == 1, "another worker")
    assert plus.all_workers_answer(1 + 10 * plus.number)
    os.kill(max(former), signal.SIGKILL)  # now the new one answers alone
    plus.server.wait(lambda: len({w.pid for w in plus.server.workers()} - former) == 2, "two others")
    assert plus.all_workers_answer(1 + 10 * plus.number)
    assert plus.all_workers_answer(11, "/labels/stable")


def test_workers_share_a_folder_of_metrics_and_the_most_files_they_may_open(plus: ServedPlus) -> None:
    worker = plus.server.workers()[0]
    assert Path(worker.environ()["SERVING_METRICS_FOLDER"]).is_dir()
    soft, hard = worker.rlimit(psutil.RLIMIT_NOFILE)
    assert soft == min(hard, 2**20)


def test_on_a_signal_it_answers_open_requests_and_exits_with_0(alone: ServedPlus) -> None:
    metrics = Path(alone.server.workers()[0].environ()["SERVING_METRICS_FOLDER"])
    answers: list[Any] = []
    steps = 3000.0
    asking = threading.Thread(target=lambda: answers.append(alone.ask(signature="slowly", x=steps)))
    asking.start()
    time.sleep(0.3)
    assert not answers, "it has not been answered yet"
    assert alone.server.stop() == 0
    asking.join()
    assert answers == [steps + 10]
    assert alone.server.log[-1].endswith(" stopped")
    assert not metrics.exists()


def test_a_second_signal_ends_it_at_once(alone: ServedPlus) -> None:
    asking = threading.Thread(target=_cut_off, args=(alone,))
    asking.start()
    time.sleep(0.3)
    workers = alone.server.workers()
    alone.server.process.terminate()
    alone.server.wait(lambda: any("stopping" in line for line in alone.server.log), "its last words")
    alone.server.process.terminate()
    assert alone.server.process.wait(5) == 1
    asking.join()
    assert not any(worker.is_running() for worker in workers)


def test_when_it_is_killed_its_workers_end_by_themselves(alone: ServedPlus) -> None:
    workers = alone.server.workers()
    alone.server.process.kill()
    alone.server.process.wait()
    assert psutil.wait_procs(workers, timeout=20)[1] == []


def test_without_a_worker_that_starts_it_exits_with_1_and_the_reason_is_logged(tmp_path: Path) -> None:
    (tmp_path / "tensorflow.py").write_text("raise ImportError('no TensorFlow here')")
    process = subprocess.run(
        [
            serving_python(),
            *("-m", "serving", "--model", f"plus={tmp_path}", "--port", "0", "--grpc-port", "0"),
        ],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert process.returncode == 1
    assert "no TensorFlow here" in process.stderr
    assert "no worker can start" in process.stderr.splitlines()[-1]


def _cut_off(plus: ServedPlus) -> None:
    with pytest.raises(OSError, match=r"."):
        plus.ask(signature="slowly", x=1e6)
