"""Injects every fault for real; holds what is told, the live model and the next run to what is right.

Usage: python -m benchmarks.faults --folder DIR [--only TEXT] [--fresh] [--table FILE]

A fault that passed with this very code is not injected again; what it came to is in `DIR/results`.
"""

import argparse
import json
import re
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.code import code_digest
from benchmarks.faults import damage, disk, exports, interruptions, settings, surroundings, user_code
from benchmarks.faults.scene import Fault, Scene, Told

FAULTS = (
    *surroundings.FAULTS,
    *exports.FAULTS,
    *settings.FAULTS,
    *user_code.FAULTS,
    *interruptions.FAULTS,
    *damage.FAULTS,
    *disk.FAULTS,
)


def main() -> int:
    """Injects those that have not passed yet, writes the table; 0 if all passed."""
    options = _options()
    folder: Path = options.folder.resolve()
    of = folder / "code"
    if options.fresh or not of.is_file() or of.read_text() != code_digest():
        shutil.rmtree(folder, ignore_errors=True)
    scene = Scene(folder)
    scene.prepare()
    of.write_text(code_digest())
    results = folder / "results"
    results.mkdir(exist_ok=True)
    found = []
    for number, fault in enumerate(FAULTS, 1):
        file = results / (re.sub(r"\W+", "-", fault.name) + ".json")
        if not re.search(options.only, fault.name, re.IGNORECASE):
            continue
        came = json.loads(file.read_text()) if file.is_file() else {}
        if not came.get("passed"):
            came = _tried(scene, fault)
            file.write_text(json.dumps(came, indent=2))
        found.append(came)
        print(f"{number}/{len(FAULTS)}", json.dumps(came), file=sys.stderr, flush=True)
    options.table.write_text(_table(found)) if options.table else print(_table(found))
    return 0 if all(came["passed"] for came in found) else 1


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


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--folder", type=Path, required=True, help="where clones, homes and results are")
    parser.add_argument("--only", default="", help="faults whose name has this pattern in it")
    parser.add_argument("--fresh", action="store_true", help="forget what passed before")
    parser.add_argument("--table", type=Path, help="file for the table; else standard output")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
