"""Injects every fault for real; checks the answer, the live model and the next run.

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
from benchmarks.harness.tree import digest_of_code
from benchmarks.proofs.faults import damage, disk, exports, interruptions, settings, surroundings, user_code
from benchmarks.proofs.faults.sandbox import CommandResult, InjectedFault, Sandbox
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
    add_home(parser, "proof-faults", "folder for clones, homes and results")
    add_fresh(parser)
    parser.add_argument(
        "--only", default="", help="inject only faults whose name matches this regular expression"
    )


def run(options: argparse.Namespace) -> Outcome:
    """Injects those that have not passed yet; all passed where it is good."""
    code = digest_of_code(REPOSITORY, options.about)
    sandbox = Sandbox(options.home)
    sandbox.unmount()
    keep_only_of(options.home, code, fresh=options.fresh)
    sandbox.prepare()
    done = Done(options.home, code)
    results = []
    for number, fault in enumerate(FAULTS, 1):
        if not re.search(options.only, fault.name, re.IGNORECASE):
            continue
        result = done.get(fault.name)
        if result is None or not result["passed"]:
            result = done.add(fault.name, _tried(sandbox, fault))
        results.append(result)
        print(f"{number}/{len(FAULTS)}", json.dumps(result), file=sys.stderr, flush=True)
    sandbox.unmount()  # the last fault's disk
    good = all(result["passed"] for result in results)
    return Outcome(_table(results), good=good, whole=len(results) == len(FAULTS))


def _tried(sandbox: Sandbox, fault: InjectedFault) -> dict[str, Any]:
    """Injects one fault, takes it back, and runs again; `failures` has what is not as expected."""
    began = time.monotonic()
    sandbox.restore(landed=fault.landed)
    with fault.inject(sandbox) as result:
        pass
    untouched = sandbox.live_answers(1) if fault.live else True
    following = sandbox.run()
    failures = _differences(fault, result, _anonymous(result.text, sandbox))
    for which in (result, following):
        if "Traceback" in which.text or "Unexpected error" in which.text:
            failures.append("a traceback or an unexpected error")
    if not untouched:
        failures.append("the live model changed")
    if following.verdict not in fault.then:
        failures.append(f"next run: expected {' or '.join(fault.then)}")
    if sandbox.running_executions():
        failures.append("executions are still RUNNING")
    return {
        "fault": fault.name,
        "how": fault.how,
        "message": _anonymous(result.first_line, sandbox),
        "code": result.code,
        "live": ("unchanged" if untouched else "CHANGED") if fault.live else "-",
        "next": following.verdict or _anonymous(following.first_line, sandbox),
        "failures": failures,
        "passed": not failures,
        "seconds": round(time.monotonic() - began),
    }


def _differences(fault: InjectedFault, result: CommandResult, text: str) -> list[str]:
    """How the answer to a fault differs from what is expected."""
    failures = []
    if result.code != fault.code:
        failures.append(f"expected exit code {fault.code}")
    if result.verdict not in (fault.verdicts or ("",)):
        failures.append(f"expected {' or '.join(fault.verdicts) or 'no verdict'}")
    if fault.failed and fault.failed not in result.failed_nodes:
        failures.append(f"expected {fault.failed} FAILED")
    failures += [f"the message does not name {name!r}" for name in fault.names if not re.search(name, text)]
    if fault.hides and fault.hides in text:
        failures.append("the message shows data")
    return failures


def _anonymous(text: str, sandbox: Sandbox) -> str:
    """The text without the folders of this machine and the ids of runs."""
    text = text.replace(str(sandbox.home), "HOME").replace(str(sandbox.folder), "DIR")
    return re.sub(r"\d{8}T\d{6}\.\d{6}Z(-\d+)?", "RUN", text)


def _table(results: list[dict[str, Any]]) -> str:
    heads = ("fault", "how it is injected", "message", "exit code", "live model", "next run")
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for result in results:
        cells = [str(result[key]) for key in ("fault", "how", "message", "code", "live", "next")]
        if result["failures"]:
            cells[0] += f" **NOT AS EXPECTED: {'; '.join(result['failures'])}**"
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    passed = sum(result["passed"] for result in results)
    return "\n".join([*lines, "", f"{passed} of {len(results)} as expected."]) + "\n"
