"""A real receiver of pings on this machine."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

SECRET = "5cf4f5c1-b9c6-4e6e-9b0a-3d3f2b7d1b11"


class Receiver(ThreadingHTTPServer):
    """Remembers the calls, and answers each with `status`, those that end as in `seconds` after so long."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.calls: list[tuple[str, str]] = []
        self.queries: list[dict[str, list[str]]] = []
        self.status = 200
        self.seconds: dict[str, float] = {}
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{SECRET}"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        address = urlsplit(self.path)
        path = address.path.replace(SECRET, "URL")
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        for ending, seconds in self.server.seconds.items():
            if path.endswith(ending):
                self.server.released.wait(seconds)
        self.server.calls.append((path, body))
        self.server.queries.append(parse_qs(address.query))
        self.send_response(self.server.status)
        self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver for the length of a `with`."""
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
