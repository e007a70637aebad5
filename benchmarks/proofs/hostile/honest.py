"""An honest client that asks a server again and again and prints each answer.

Usage: python -m benchmarks.proofs.hostile.honest PORT

One line of JSON an answer on standard output: [moment it was asked for, seconds, status]; status 0 is none.
"""

import http.client
import json
import sys
import threading
import time
from typing import Final

PAUSE: Final = 0.05
_BODY: Final = json.dumps({"instances": [{"carrier": "UA", "flight": 1, "temp": 50.5}]}).encode()
_PATH: Final = "/v1/models/flights:predict"
_HEADERS: Final = {"Content-Type": "application/json"}
_SPEAKING: Final = threading.Lock()


def ask_on(port: int, keep: bool) -> None:
    """Asks until the process is ended, over one connection or over a new one each time."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while True:
        began = time.monotonic()
        status = 0
        try:
            connection.request("POST", _PATH, _BODY, _HEADERS)
            response = connection.getresponse()
            response.read()
            status = response.status
        except (OSError, http.client.HTTPException):
            connection.close()
        if not keep:
            connection.close()
        with _SPEAKING:
            print(json.dumps([began, time.monotonic() - began, status]), flush=True)
        time.sleep(PAUSE)


if __name__ == "__main__":
    threading.Thread(target=ask_on, args=(int(sys.argv[1]), True), daemon=True).start()
    ask_on(int(sys.argv[1]), False)
