"""Injects every fault for real; holds what is told, the live model and the next run to what is right.

A fault that passed with this very code is not injected again; its result is in `HOME/results`.
"""

import argparse
import json
import re
import sys
import time
from typing import Any

from benchmarks.harness.page import Outcome
from benchmarks.harness.program import add_fresh, add_home
from benchmarks.harness.resume import Done, keep_only_of
from benchmarks.harness.tree import CODE, digest_of_code
from benchmarks.proofs.faults import damage, disk, exports, interruptions, settings, surroundings, user_code
from benchmarks.proofs.faults.scene import Fault, Scene, Told
from pipeline.config import REPOSITORY

FAULTS = (
    *surroundings.FAULTS,
    *exports.FAULTS,
    *settings.FAULTS,
    *user_code.FAULTS,
    *interruptions.FAULTS,
    *damage.FAULTS,
    *disk.FAULTS,
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which faults."""
    add_home(parser, "proof-faults", "where clones, homes and results are")
    add_fresh(parser)
    parser.add_argument("--only", default="", help="faults whose name has this pattern in it")


def run(options: argparse.Namespace) -> Outcome:
    """Injects those that have not passed yet; all passed where it is good."""
    code = digest_of_code(REPOSITORY, (*CODE, "benchmarks/proofs/faults"))
    keep_only_of(options.home, code, fresh=options.fresh)
    scene = Scene(options.home)
    scene.prepare()
    done = Done(options.home, code)
    results = []
    for number, fault in enumerate(FAULTS, 1):
        if not re.search(options.only, fault.name, re.IGNORECASE):
            continue
        result = done.get(fault.name)
        if result is None or not result["passed"]:
            result = done.add(fault.name, _tried(scene, fault))
        results.append(result)
        print(f"{number}/{len(FAULTS)}", json.dumps(result), file=sys.stderr, flush=True)
    good = all(result["passed"] for result in results)
    return Outcome(_table(results), good=good, whole=len(results) == len(FAULTS))


def _tried(scene: Scene, fault: Fault) -> dict[str, Any]:
    """Injects one fault, takes it back, and runs again; what was not as expected is in `failures`."""
    began = time.monotonic()
    scene.restore(landed=fault.landed)
    with fault.inject(scene) as told:
        pass
    untouched = scene.live_answers(1) if fault.live else True
    following = scene.run()
    failures = []
    if told.code != fault.code:
        failures.append(f"exit code {fault.code} was expected")
    if not re.search(fault.says, told.text):
        failures.append(f"{fault.says!r} was expected in what the user is told")
    for which in (told, following):
        if "Traceback" in which.text or "Unexpected error" in which.text:
            failures.append("a traceback")
    if not untouched:
        failures.append("the live model was touched")
    if following.verdict not in fault.then:
        failures.append(f"the next run should end in one of {', '.join(fault.then)}")
    if scene.running_executions():
        failures.append("executions are RUNNING")
    return {
        "fault": fault.name,
        "how": fault.how,
        "told": _shortened(told, scene),
        "code": told.code,
        "live": ("untouched" if untouched else "TOUCHED") if fault.live else "as asked",
        "next": following.verdict or _shortened(following, scene),
        "failures": failures,
        "passed": not failures,
        "seconds": round(time.monotonic() - began),
    }


def _shortened(told: Told, scene: Scene) -> str:
    text = told.sentence.replace(str(scene.home), "HOME").replace(str(scene.folder), "DIR")
    return re.sub(r"\d{8}T\d{6}\.\d{6}Z(-\d+)?", "RUN", text)


def _table(found: list[dict[str, Any]]) -> str:
    heads = ("fault", "how it was injected", "what the user is told", "exit code", "live model", "next run")
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for came in found:
        cells = [str(came[key]) for key in ("fault", "how", "told", "code", "live", "next")]
        if came["failures"]:
            cells[0] += f" **NOT AS EXPECTED: {'; '.join(came['failures'])}**"
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    passed = sum(came["passed"] for came in found)
    return "\n".join([*lines, "", f"{passed} of {len(found)} as expected."]) + "\n"
