"""A real server of two workers, seen from outside: metrics, logs, the document, and who may ask."""

import csv
import json
import os
import shutil
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from benchmarks.harness.server_process import ServerProcess
from serving.observe.observer import PERIOD
from tests import tiny_use_case

TOKEN = "a-token-for-the-tests"


@dataclass
class Seen:
    """The server, its folder, and the rows that were scored."""

    server: ServerProcess
    folder: Path
    scored: int = 0

    def ask(
        self, path: str, body: bytes | None = None, token: str = TOKEN, **headers: str
    ) -> tuple[int, Any]:
        """Status and body, each on a connection of its own, so that both workers are asked."""
        url = f"http://127.0.0.1:{self.server.rest_port}{path}"
        request = urllib.request.Request(url, body, headers)
        if token:
            request.add_header("authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def predict(self, rows: list[Any], partial: str = "") -> tuple[int, Any]:
        """Status and JSON of `:predict`."""
        status, body = self.ask(f"/v1/models/tiny:predict{partial}", json.dumps({"instances": rows}).encode())
        reply = json.loads(body)
        self.scored += len([score for score in reply.get("predictions", []) if score is not None])
        return status, reply

    def metric(self, sample: str) -> float:
        """One sample's value, 0 where there is none."""
        _, text = self.ask("/metrics")
        samples = [line for line in text.decode().splitlines() if line.startswith(f"{sample} ")]
        return float(samples[0].split()[-1]) if samples else 0.0


@pytest.fixture(scope="module")
def seen(tiny: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    folder = tmp_path_factory.mktemp("seen")
    shutil.copytree(tiny.serving_model_dir, folder / "tiny" / "1")
    (folder / "tokens").write_text(TOKEN)
    (folder / "tokens").chmod(0o600)
    server = ServerProcess(
        [
            *("--model", f"tiny={folder / 'tiny'}", "--workers", "2", "--drain", "5"),
            *("--access-log", str(folder / "access.log"), "--token-file", str(folder / "tokens")),
            *("--request-log", str(folder / "log"), "--request-log-share", "1"),
        ]
    )
    served = Seen(server, folder)
    server.wait(lambda: served.ask("/readyz")[0] == 200, "ready")
    yield served
    server.process.kill()
    server.process.wait()


def test_only_health_is_answered_without_a_token(seen: Seen) -> None:
    paths = ("/", "/page.json", "/metrics", "/openapi.json", "/v1/models/tiny", "/nothing")
    assert {path: seen.ask(path, token="")[0] for path in paths} == dict.fromkeys(paths, 401)
    assert seen.ask("/healthz", token="")[0] == seen.ask("/readyz", token="")[0] == 200


def test_requests_of_all_workers_are_summed_and_outlive_a_worker(seen: Seen) -> None:
    for row in tiny_use_case.rows(30):
        assert seen.predict([row])[0] == 200
    assert seen.predict([{"size": "SECRET"}])[0] == 400
    sample = 'perennial_requests_total{api="rest",model="tiny",verb="predict",status="200"}'

    def everywhere() -> bool:
        """Whether both workers, of which one answers each time, know of all."""
        return all(seen.metric(sample) == 30 for _ in range(10))

    seen.server.wait(everywhere, "30 requests in the metrics")
    refused = 'perennial_refused_rows_total{model="tiny",column="size"}'
    seen.server.wait(lambda: seen.metric(refused) == 1, "a refused row in the metrics")
    assert seen.metric('perennial_live_version{model="tiny"}') == 1
    loaded = 'perennial_version_loaded{model="tiny",version="1"}'
    seen.server.wait(lambda: seen.metric(loaded) == 2, "both workers")
    answered = ':tensorflow:serving:request_count{model_name="tiny",status="OK"}'
    seen.server.wait(lambda: seen.metric(answered) == 30, "TF Serving's own count")
    former = {worker.pid for worker in seen.server.workers()}
    time.sleep(2 * PERIOD)  # by then each worker has left its numbers for the others
    os.kill(min(former), signal.SIGKILL)
    seen.server.wait(lambda: len({w.pid for w in seen.server.workers()} - former) == 1, "another worker")
    seen.server.wait(lambda: seen.metric(loaded) == 2, "the other worker's metrics")
    seen.server.wait(everywhere, "what the dead worker counted")


def test_replies_fit_the_document(seen: Seen) -> None:
    api = json.loads(seen.ask("/openapi.json")[1])

    def fits(schema: str, value: Any) -> bool:
        whole = {"$ref": f"#/components/schemas/{schema}", "components": api["components"]}
        return bool(jsonschema.Draft202012Validator(whole).is_valid(value))

    assert api["security"] == [{"token": []}]
    assert fits("tiny_Reply", seen.predict([{}, {"size": 1}])[1])
    assert fits("tiny_Reply", seen.predict([{"size": "x"}, {"size": 1}], "?partial=true")[1])
    assert fits("Error", seen.predict([{"size": "x"}])[1])
    assert fits("Status", json.loads(seen.ask("/v1/models/tiny")[1]))
    assert fits("Metadata", json.loads(seen.ask("/v1/models/tiny/metadata")[1]))
    paths = [path for path in api["paths"] if "{" not in path and "get" in api["paths"][path]]
    assert {path: seen.ask(path)[0] for path in paths} == dict.fromkeys(paths, 200)


def test_the_page_is_sent_with_its_policy(seen: Seen) -> None:
    url = f"http://127.0.0.1:{seen.server.rest_port}/"
    request = urllib.request.Request(url, headers={"authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=20) as reply:
        assert reply.headers["content-security-policy"].startswith("default-src 'none'")
        assert reply.headers["content-type"] == "text/html; charset=utf-8"
    (model,) = json.loads(seen.ask("/page.json")[1])["models"]
    assert model["versions"][0]["number"] == model["live"] == 1


def test_once_it_has_ended_all_rows_and_lines_are_on_disk(seen: Seen) -> None:
    assert seen.predict([{"size": 1, "row_id": "last"}])[0] == 200
    assert seen.server.stop() == 0
    lines = [json.loads(line) for line in (seen.folder / "access.log").read_text().splitlines()]
    assert {line["status"] for line in lines} == {200, 400}
    assert sum(line["rows"] for line in lines if line["verb"] == "predict" and line["status"] == 200) >= 34
    assert "SECRET" not in (seen.folder / "access.log").read_text()
    logged_rows: list[dict[str, str]] = []
    for part in (seen.folder / "log").glob("**/part-*.csv"):
        with part.open(newline="") as file:
            logged_rows += csv.DictReader(file)
    # Of the worker that was killed, at most what it had not written within its last second is lost.
    assert seen.scored - 30 <= len(logged_rows) <= seen.scored
    assert logged_rows[-1]["_version"] == "1"
    assert "last" in {row["_row_id"] for row in logged_rows}
