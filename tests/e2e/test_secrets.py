"""Secrets and data values are searched for in all that a run leaves behind and says."""

import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.e2e.clone import Clone

SECRETS = {"environment": "envPLANTED41", "beam option": "beamPLANTED42", "beam value": "val+PLANTED43/=="}
VALUES = {
    "carrier": "carrierPLANTED51",  # not in its domain, so that the gate has something to say of it
    "tailnum": "tailPLANTED52",
    "temp": "-4711.25",
}
BAD = {"distance": "distancePLANTED61", "late": "latePLANTED62", "sched_dep": "depPLANTED63"}
# These hold the data, and nothing else may.
DATA = ("exports", "flights/artifacts", "flights/models", "flights/quarantine")
BEAM = """\
beam_pipeline_args:
  - --runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner
  - --sdk_container_image=unused
  - --tfxio_use_byte_size_batching=true
  - --planted_token=beamPLANTED42
  - --planted_key
  - val+PLANTED43/==
"""


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home in which a month with planted values was run, and all that the commands said."""
    clone = Clone(tmp_path_factory.mktemp("secrets"))
    clone.cli("replay", "flights", "--through", "2013-01")
    rows = clone.export("2013-01").reset_index(drop=True)
    for number, (column, value) in enumerate({**VALUES, **BAD}.items()):
        if column in rows.columns:
            rows.loc[100 + number, column] = value
    clone.land("2013-01", rows)
    clone.edit("pipeline/use_cases/flights.yaml", "steps_per_epoch: 800", "steps_per_epoch: 50")
    with (clone.code / "pipeline" / "use_cases" / "flights.yaml").open("a") as config:
        config.write("\n" + BEAM)
    output = ""
    for command in (["run", "flights"], ["status", "flights"], ["spans", "flights"], ["doctor"]):
        for more in ([], ["--json"]):
            done = subprocess.run(
                clone.line(*command, *more),
                capture_output=True,
                text=True,
                env={**clone.environment(), "STORE_PASSWORD": SECRETS["environment"]},
            )
            output += done.stdout + done.stderr
    assert "ArrowExampleGen" in output
    return clone.home, output


def _left(home: Path) -> dict[str, str]:
    """The text of every file that is no data, by name; of a database all that is in its tables."""
    texts = {}
    for path in home.rglob("*"):
        name = path.relative_to(home).as_posix()
        if not path.is_file() or name.startswith(DATA):
            continue
        if path.suffix == ".db":
            with sqlite3.connect(path) as database:
                texts[name] = "\n".join(database.iterdump())
        else:
            texts[name] = path.read_bytes().decode(errors="replace")
    return texts


def test_the_search_looks_at_logs_summaries_reports_and_both_databases(traces: tuple[Path, str]) -> None:
    names = {Path(name).name for name in _left(traces[0])}
    assert {
        "log.txt",
        "summary.json",
        "report.txt",
        "report.html",
        "page.json",
        "ledger.db",
        "metadata.db",
    } <= names
    assert list((traces[0] / "flights" / "quarantine").rglob("*.csv"))


@pytest.mark.parametrize("planted", [*SECRETS.values(), *VALUES.values(), *BAD.values()])
def test_what_was_planted_is_nowhere_but_in_the_data(traces: tuple[Path, str], planted: str) -> None:
    home, output = traces
    leaks = [name for name, text in {**_left(home), "output": output}.items() if planted in text]
    assert leaks == []
