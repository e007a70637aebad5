"""Whether a real `run` judges spans as the nodes in one process do; else the proof is not of the product."""

import dataclasses
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.harness.resume import Result, StepFailed
from benchmarks.proofs.gates.result import LandedSpan
from benchmarks.proofs.gates.series import Series
from pipeline.config import REPOSITORY

# None of its spans is blocked, so that one run judges all of them as they land one after another; some warn.
COMPARED: Final = "abalone, shuffled, new saw half"
NAME: Final = "compared with run"


def judged_by_run(series: Series, packages: Path, folder: Path) -> Result:
    """Lands all spans of a series, runs, and gives the spans of the run's summary as `spans`.

    Raises:
        StepFailed: The run judged nothing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    use_case = dataclasses.replace(series, cut=f"{series.cut}, run").landed(packages, folder)
    line = [sys.executable, str(REPOSITORY / "local_runner.py"), "run", use_case.use_case.name, "--json"]
    done = subprocess.run(line, stdout=subprocess.PIPE, text=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1]) if done.stdout else {}
    if not answer.get("spans"):
        raise StepFailed(f"`run` judged no span: {answer.get('reason') or answer.get('error')}")
    use_case.close()
    return {"spans": answer["spans"]}


def differences(spans: Sequence[LandedSpan], by_run: Sequence[Mapping[str, Any]]) -> list[str]:
    """The spans that `run` judged in another way: rows, verdict or reasons; a sentence each."""
    run = {each["span"]: (each["rows"], each["verdict"], sorted(each["reasons"])) for each in by_run}
    here = {
        each.span: (
            each.rows,
            each.verdict,
            sorted(finding.message for finding in each.findings if finding.severity in ("block", "warn")),
        )
        for each in spans
    }
    return [
        f"Span {span}: `run` judges it in another way than the nodes in one process."
        for span in sorted(run.keys() | here.keys())
        if run.get(span) != here.get(span)
    ]
