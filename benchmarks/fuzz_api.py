"""Lets schemathesis ask a running server what its OpenAPI document allows, and what it does not.

Usage: python -m benchmarks.fuzz_api --models FOLDER --schemathesis PROGRAM [--seconds 150]
"""

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Final

from benchmarks.served import Server

_SHOWN: Final = ("Operations:", "Tested:", "passed", "Scenarios:", "generated", "failed", "errored")


def main() -> int:
    """Prints what schemathesis sums up; returns 0 if no answer was a failure of the server."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", type=Path, required=True, help="the folder of a flights model's versions")
    parser.add_argument("--schemathesis", required=True, help="the program, in an environment of its own")
    parser.add_argument("--seconds", type=int, default=150)
    options = parser.parse_args()
    server = Server(["--model", f"flights={options.models}", "--workers", "1"])
    try:
        server.wait(lambda: server.get("/readyz")[0] == 200, "the model")
        document = f"http://127.0.0.1:{server.rest_port}/openapi.json"
        asked = [options.schemathesis, "run", document, "--checks", "not_a_server_error", "-w", "2"]
        asked += ["-n", "100000", "--max-time", str(options.seconds), "--phases", "fuzzing,stateful"]
        found = subprocess.run(asked, capture_output=True, text=True, check=False)
    finally:
        server.stop()
    print("\n".join(line for line in found.stdout.splitlines() if any(word in line for word in _SHOWN)))
    failures = sum("Traceback" in line for line in server.said)
    print(f"Tracebacks in what the server said: {failures}. Exit code of schemathesis: {found.returncode}.")
    return 1 if failures or found.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
