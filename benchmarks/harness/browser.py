"""Drives a headless Chromium over its DevTools protocol, without a driver or a framework."""

import base64
import contextlib
import json
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.sync.client import connect
from websockets.sync.connection import Connection

from benchmarks.harness.small_png import small_png

# The last ones keep it from asking Google's hosts for things.
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-quic",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


class Browser:
    """One tab. It keeps the addresses of its requests and the errors on its console.

    Attributes:
        requests: Addresses of all requests of the page.
        complaints: What went to the console, uncaught exceptions and violated policies among it.
    """

    def __init__(self, socket: Connection) -> None:
        """Takes the tab's connection."""
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._socket = socket
        self._number = 0
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> Any:
        """Calls a method of the protocol, and gives its result."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(timeout=20))
            if message.get("id") == self._number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
            self._note(message)

    def _note(self, message: Any) -> None:
        parameters = message.get("params", {})
        if message.get("method") == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif message.get("method") == "Log.entryAdded":
            self.complaints.append(parameters["entry"]["text"])
        elif message.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(
                str(parameters["exceptionDetails"].get("exception", parameters["exceptionDetails"]))
            )
        elif message.get("method") == "Runtime.consoleAPICalled":
            self.complaints.append(str(parameters["args"]))

    def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        reply = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in reply:
            raise RuntimeError(f"{expression}: {reply['exceptionDetails']}")
        return reply["result"].get("value")

    def until(self, expression: str, seconds: float = 10) -> Any:
        """Waits until an expression is true, and gives its value.

        Raises:
            TimeoutError: It is not within the time.
        """
        deadline = time.monotonic() + seconds
        while not (value := self.ask(expression)):
            if time.monotonic() > deadline:
                raise TimeoutError(f"Not true after {seconds:g} s: {expression}")
            time.sleep(0.02)
        return value

    def open(self, address: str) -> None:
        """Goes to an address and waits until it is loaded."""
        self.send("Page.navigate", url=address)
        self.until(f"location.href.startsWith({json.dumps(address)}) && document.readyState === 'complete'")

    def type(self, selector: str, text: str) -> None:
        """Writes into a field, as a person does, in the place of what stands there."""
        self.ask(f"document.querySelector({json.dumps(selector)}).select()")
        self.ask(f"document.querySelector({json.dumps(selector)}).focus()")
        self.send("Input.insertText", text=text)

    def press_enter(self) -> None:
        """Presses the return key."""
        key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
        self.send("Input.dispatchKeyEvent", type="keyDown", **key)
        self.send("Input.dispatchKeyEvent", type="keyUp", **key)

    def click(self, selector: str) -> None:
        """Clicks the middle of an element, wherever it is on the page."""
        chosen = f"document.querySelector({json.dumps(selector)})"
        self.ask(f"{chosen}.scrollIntoView({{block: 'center'}})")
        box = json.loads(self.ask(f"JSON.stringify({chosen}.getBoundingClientRect())"))
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def look(self, width: int, height: int, scheme: str) -> None:
        """Sets the window's size and whether the user likes it light or dark."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme_wanted = [{"name": "prefers-color-scheme", "value": scheme}]
        self.send("Emulation.setEmulatedMedia", features=scheme_wanted)

    def picture(self, path: Path) -> None:
        """Writes a PNG of what is seen, small enough for git.

        Raises:
            ValueError: Too much is seen for that.
        """
        self.ask("scrollTo(0, 0)")
        taken = base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"])
        path.write_bytes(small_png(taken))


def version(program: str = "chromium") -> str:
    """Its name and version."""
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    return " ".join(answer.split()[:2])


@contextlib.contextmanager
def browser(program: str = "chromium") -> Iterator[Browser]:
    """A fresh browser with one tab; ends with the block."""
    with tempfile.TemporaryDirectory() as profile:
        flags = [*_FLAGS, f"--user-data-dir={profile}", "--remote-debugging-port=0", "about:blank"]
        process = subprocess.Popen([program, *flags], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            with connect(_address_of_tab(Path(profile)), max_size=None) as socket:
                yield Browser(socket)
        finally:
            process.terminate()
            process.wait(20)


def _address_of_tab(profile: Path) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, ValueError, StopIteration, IndexError):
            port = (profile / "DevToolsActivePort").read_text().splitlines()[0]
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=5) as reply:
                tabs = json.loads(reply.read())
            return str(next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page"))
        time.sleep(0.05)
    raise TimeoutError("The browser has no tab after 30 s.")
