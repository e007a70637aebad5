"""Lets schemathesis ask a running server what its OpenAPI document allows, and what it does not."""

import subprocess
from pathlib import Path
from typing import Final

from benchmarks.harness.flights import NAME
from benchmarks.harness.server_process import ServerProcess

_SHOWN: Final = ("Operations:", "Tested:", "passed", "Scenarios:", "generated", "failed", "errored")


def fuzz_api(models: Path, schemathesis: Path, seconds: int) -> tuple[str, bool]:
    """What schemathesis sums up, and whether no answer was a failure of the server.

    Args:
        models: Folder of versions.
        schemathesis: The program, in an environment of its own.
        seconds: How long it asks.
    """
    server = ServerProcess(["--model", f"{NAME}={models}", "--workers", "1"])
    try:
        server.wait(lambda: server.get("/readyz")[0] == 200, "the model")
        document = f"http://127.0.0.1:{server.rest_port}/openapi.json"
        command = [str(schemathesis), "run", document, "--checks", "not_a_server_error", "-w", "2"]
        command += ["-n", "100000", "--max-time", str(seconds), "--phases", "fuzzing,stateful"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    finally:
        server.stop()
    lines = [line for line in done.stdout.splitlines() if any(word in line for word in _SHOWN)]
    failures = sum("Traceback" in line for line in server.log)
    lines.append(f"Tracebacks in the server's log: {failures}. Exit code of schemathesis: {done.returncode}.")
    return "\n".join(lines), not failures and not done.returncode
