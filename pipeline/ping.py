"""Calls a Healthchecks-style URL when a run begins and ends, in the background; the URL is a secret."""

import atexit
import threading
import time
import urllib.parse
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from perennial.errors import UsageError
from pipeline import config

SECONDS: Final = 10.0
_LONGEST_BODY: Final = 10_000  # bytes


class Ping:
    """The calls of one run: `start`, then `end`.

    Each is made in a thread of its own, after the one before it, so that a receiver gets them in their order.
    No error of a call is one of the run; the process waits for the last one at its exit, `SECONDS` at most.
    """

    def __init__(self, variable: str | None, warn: Callable[[str], None]) -> None:
        """Reads the URL from the environment variable `variable`; None: nothing is called.

        Args:
            variable: Its name. Where it is not set, this is warned of and nothing is called.
            warn: Shows a sentence.

        Raises:
            UsageError: It has something other than a URL of http or https; the value is not repeated.
        """
        self._variable = variable
        self._warn = warn
        text = config.variable(variable).strip() if variable else ""
        self._url = _parts(variable or "", text) if text else None
        if variable and not text:
            warn(f"The variable {variable} (`schedule.ping_url_env`) is not set: no URL is called.")
        # Healthchecks finds the start that belongs to an end by it, and shows how long the run took.
        self._run = str(uuid.uuid4())
        self._last: threading.Thread | None = None
        self._until = 0.0
        self._problem = ""

    def start(self) -> None:
        """Reports that the run begins."""
        self._call("/start", "")

    def end(self, exit_code: int, text: str) -> None:
        """Reports success (exit code 0) or a failure, with a text; waits for it when the process exits."""
        self._call("" if exit_code == 0 else "/fail", text)
        if self._url:
            atexit.register(self.finish)

    def finish(self) -> None:
        """Waits for the last call, and warns if one went wrong."""
        atexit.unregister(self.finish)
        if self._last is None:
            return
        with suppress(KeyboardInterrupt):  # a person does not want to wait
            self._last.join(max(0.0, self._until - time.monotonic()))
        if self._last.is_alive():
            self._problem = f"no answer within {SECONDS:.0f} seconds"
        if self._problem:
            self._warn(f"The URL in {self._variable} was called without success: {self._problem}.")
        self._last = None

    def _call(self, ending: str, text: str) -> None:
        if self._url is None:
            return
        address = self._url
        query = "&".join(filter(None, [address.query, f"rid={self._run}"]))
        url = urllib.parse.urlunsplit(
            (address.scheme, address.netloc, address.path.rstrip("/") + ending, query, "")
        )
        body = text.encode(errors="backslashreplace")[:_LONGEST_BODY]
        before = self._last

        def call() -> None:
            if before is not None:
                before.join(SECONDS)
            self._problem = _post(url, body) or self._problem

        self._until = time.monotonic() + SECONDS
        # A daemon's: where a name server or a receiver hangs, the process ends all the same.
        self._last = threading.Thread(target=call, name="ping", daemon=True)
        self._last.start()


def _parts(variable: str, text: str) -> urllib.parse.SplitResult:
    """The parts of a URL."""
    try:
        parts = urllib.parse.urlsplit(text)
        # `port` is checked when it is read.
        is_right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_right = False
    if not is_right or not text.isascii() or not text.isprintable() or " " in text or "@" in parts.netloc:
        raise UsageError(
            f"The variable {variable} (`schedule.ping_url_env`): expected a URL of http or https without user"
            " and password, such as https://hc-ping.com/UUID; its value, not shown, is something else.",
            "Set it to the URL, or remove `schedule.ping_url_env`; nothing was started.",
        ) from None
    return parts


def _post(url: str, body: bytes) -> str:
    """Posts a body; gives what went wrong, in words without the URL, or "" if nothing did."""
    import urllib.error
    import urllib.request

    class NoRedirect(urllib.request.HTTPRedirectHandler):
        """Follows none: what is called would learn the URL's secret."""

        def redirect_request(self, *_: object) -> None:
            """Gives no request, so that the answer is an error."""

    headers = {"Content-Type": "text/plain; charset=utf-8", "User-Agent": "perennial"}
    try:
        request = urllib.request.Request(url, data=body, headers=headers, method="POST")
        with urllib.request.build_opener(NoRedirect).open(request, timeout=SECONDS):
            return ""
    except urllib.error.HTTPError as error:
        error.close()
        if 300 <= error.code < 400:
            return f"it answered {error.code}, a redirect, which is not followed"
        return f"it answered {error.code}"
    except Exception as error:  # the edge of a thread: Python would print a traceback, and the URL with it
        cause = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(cause, TimeoutError):
            return f"no answer within {SECONDS:.0f} seconds"
        return type(cause).__name__
