"""Trains the same rows again: on other numbers of threads, with other instruction sets, without oneDNN.

flights has a time column; diabetes (scikit-learn's) has none, so a hash of its rows decides which of them
early stopping uses.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import sklearn.datasets

from benchmarks.harness.code_copy import CodeCopy
from benchmarks.harness.page import Outcome
from benchmarks.harness.program import add_fresh, add_home
from benchmarks.harness.resume import Done, Result, StepFailed, keep_only_of
from benchmarks.harness.tree import digest_of_code
from pipeline.config import REPOSITORY

# Another machine's metric may differ by this share of it; on the same machine not one bit does.
TOLERANCE: Final = 0.001
MONTH: Final = "2013-02"


@dataclass(frozen=True)
class Variant:
    """One way to train.

    Attributes:
        title: Its line on the page.
        environment: What it sets.
        same_bits: Whether the weights must be the first run's, bit by bit.
    """

    title: str
    environment: Mapping[str, str]
    same_bits: bool


VARIANTS: Final = (
    Variant("as configured", {}, True),
    Variant("again", {}, True),
    Variant("1 thread", {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}, True),
    Variant("4 threads", {"TF_NUM_INTRAOP_THREADS": "4", "TF_NUM_INTEROP_THREADS": "4"}, True),
    Variant("AVX2 at most", {"ONEDNN_MAX_CPU_ISA": "AVX2"}, False),
    Variant("SSE4.1 at most", {"ONEDNN_MAX_CPU_ISA": "SSE41"}, False),
    Variant("without oneDNN", {"TF_ENABLE_ONEDNN_OPTS": "0"}, False),
)
_RESULT: Final = """\
The same rows, trained again. On one machine every bit of the weights is the same, with any number of threads.
On another instruction set oneDNN, TensorFlow's library of matrix products, rounds differently:"""
METRICS: Final = {"flights": "log_loss", "diabetes": "rmse"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where the runs are made."""
    add_home(parser, "proof-reproducibility")
    add_fresh(parser)


def run(options: argparse.Namespace) -> Outcome:
    """Trains in each way what is not trained yet, and compares with the first."""
    code_digest = digest_of_code(REPOSITORY, options.about)
    keep_only_of(options.home, code_digest, fresh=options.fresh)
    done = Done(options.home, code_digest)
    code = _code(options.home)
    results: dict[str, list[Result]] = {name: [] for name in METRICS}
    for number, variant in enumerate(VARIANTS):
        for name, trained in results.items():
            home = options.home / f"home-{number}"
            trained.append(done.once(f"{name}-{number}", partial(_train, code, home, name, variant)))
            print(f"{name}, {variant.title}: {trained[-1]}", file=sys.stderr, flush=True)
    return Outcome(page(results), good=all(map(is_reproducible, results.values())))


def _code(root: Path) -> Path:
    """A copy of the code, with a use case of diabetes."""
    copy = CodeCopy(root / "code", root / "made")
    if not (copy.code / "pipeline" / "use_cases" / "diabetes.yaml").is_file():
        copy.renew()
        table = root / "diabetes.csv"
        sklearn.datasets.load_diabetes(as_frame=True).frame.to_csv(table, index=False)
        _command(copy, {}, "new", "diabetes", "--from", str(table), "--label", "target")
    return copy.code


def _train(code: Path, home: Path, name: str, variant: Variant) -> Result:
    """Trains one use case in a home of its own.

    Returns:
        The metric, the epochs and a digest of the weights.
    """
    shutil.rmtree(home / name, ignore_errors=True)
    copy = CodeCopy(code, home)
    if name == "flights":
        _command(copy, variant.environment, "replay", name, "--through", MONTH)
    elif not (home / "exports" / name).is_dir():
        shutil.copytree(code.parent / "made" / "exports" / name, home / "exports" / name)
    summary = json.loads(_command(copy, variant.environment, "run", name, "--json"))
    if summary["verdict"] != "PUSHED":
        raise StepFailed(f"{name}, {variant.title}: {summary['verdict']}: {summary['reason']}")
    (training,) = (home / name).glob("artifacts/Trainer/model_run/*/training.json")
    (weights,) = (home / name).glob("models/1/variables/variables.data-*")
    return {
        "metric": summary["candidate"]["metrics"][METRICS[name]],
        "epochs": json.loads(training.read_text())["epochs"],
        "weights": hashlib.sha256(weights.read_bytes()).hexdigest()[:12],
    }


def _command(copy: CodeCopy, environment: Mapping[str, str], *arguments: str) -> str:
    done = subprocess.run(
        copy.line(*arguments),
        env={**copy.environment(), **environment},
        cwd=copy.code,
        stdout=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        raise StepFailed(f"`{' '.join(arguments)}` exited with {done.returncode}: {done.stdout.strip()}")
    return done.stdout


def is_reproducible(results: Sequence[Result]) -> bool:
    """Whether bits are the same where they must be, and every metric is within the tolerance."""
    first = results[0]
    same = [
        result["weights"] == first["weights"]
        for result, variant in zip(results, VARIANTS, strict=True)
        if variant.same_bits
    ]
    return all(same) and max(map(partial(_difference, first), results)) <= TOLERANCE


def _difference(first: Result, other: Result) -> float:
    """How far a metric is from the first's, as a share of it."""
    return abs(float(other["metric"]) / float(first["metric"]) - 1)


def page(results: Mapping[str, Sequence[Result]]) -> str:
    """The page: for each use case a line for each way."""
    lines = [
        f"{_RESULT} there a metric may differ by {TOLERANCE:.1%} of it.",
        "",
        "| use case | how | metric | differs by | epochs | weights |",
        "|---|---|---|---|---|---|",
    ]
    for name, trained in results.items():
        for result, variant in zip(trained, VARIANTS, strict=True):
            same = "same bits" if result["weights"] == trained[0]["weights"] else "differ"
            lines.append(
                f"| {name} | {variant.title} | {METRICS[name]} {result['metric']!r} |"
                f" {_difference(trained[0], result):.1e} | {result['epochs']} | {same} |"
            )
    return "\n".join(lines)
