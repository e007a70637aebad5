"""Fuzzes the server's parsers by atheris, and its API by schemathesis, each in an environment of its own."""

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from benchmarks.harness.flights import add_models, newest
from benchmarks.harness.page import Outcome, code_block
from benchmarks.harness.program import add_home
from benchmarks.harness.resume import StepFailed
from benchmarks.proofs.fuzz.api import fuzz_api
from pipeline.config import REPOSITORY

PACKAGES: Final = {"parsers": "atheris==2.3.0", "api": "schemathesis==4.30.1"}
PARSERS_SECONDS: Final = 240
API_SECONDS: Final = 150
_PROGRESS: Final = re.compile(r"^(Done|#.*cov:).*", re.MULTILINE)
_SITE_PACKAGES: Final = Path("lib", "python3.10", "site-packages")


def arguments(parser: argparse.ArgumentParser) -> None:
    """How long."""
    add_home(parser, "proof-fuzz", "folder of environments and of inputs that crash")
    add_models(parser)
    parser.add_argument("--parsers-seconds", type=int, default=PARSERS_SECONDS)
    parser.add_argument("--api-seconds", type=int, default=API_SECONDS)


def run(options: argparse.Namespace) -> Outcome:
    """Runs both; each has its table."""
    version = newest(options.models)
    for name, package in PACKAGES.items():
        _install(options.home / name, package)
    parsers, parsers_good = _fuzz_parsers(options.home, version, options.parsers_seconds)
    program = options.home / "api" / "bin" / "schemathesis"
    api, api_good = fuzz_api(options.models, program, options.api_seconds)
    text = "\n\n".join(
        [
            "atheris, on the parsers of requests:",
            code_block(parsers),
            "schemathesis, on the OpenAPI document of a running server:",
            code_block(api),
        ]
    )
    whole = options.parsers_seconds >= PARSERS_SECONDS and options.api_seconds >= API_SECONDS
    return Outcome(text, good=parsers_good and api_good, whole=whole)


def _install(folder: Path, package: str) -> None:
    """Makes an environment with one package, once; that of the parsers sees the serving environment's, too.

    Raises:
        StepFailed: The package cannot be installed.
    """
    made = folder / "made"
    if made.is_file() and made.read_text() == package:
        return
    shutil.rmtree(folder, ignore_errors=True)
    python = REPOSITORY / ".uv" / "bin" / "python"
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    for command in ([str(python), "-m", "venv", str(folder)], [*pip, *_only_binary(package), package]):
        if subprocess.run(command, stdout=sys.stderr).returncode:
            raise StepFailed(f"{package} cannot be installed in {folder}.")
    serving = REPOSITORY / ".venv-serving" / _SITE_PACKAGES
    if folder.name == "parsers":
        (folder / _SITE_PACKAGES / "serving.pth").write_text(f"{serving.resolve()}\n")
    made.write_text(package)


def _only_binary(package: str) -> list[str]:
    return ["--only-binary", ":all:"] if package.startswith("atheris") else []


def _fuzz_parsers(home: Path, version: Path, seconds: int) -> tuple[str, bool]:
    """The last lines of progress, and whether nothing crashed; else the last lines of all."""
    crashes = home / "crashes"
    crashes.mkdir(exist_ok=True)
    done = subprocess.run(
        [
            *(str(home / "parsers" / "bin" / "python"), "-W", "ignore"),
            *("-m", "benchmarks.proofs.fuzz.parsers", str(version)),
            *(f"-max_total_time={seconds}", "-max_len=4096", f"-artifact_prefix={crashes}/"),
        ],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode:
        return "\n".join(done.stdout.splitlines()[-30:]), False
    lines = [match[0] for match in _PROGRESS.finditer(done.stdout)]
    return "\n".join(lines[-2:]), True
