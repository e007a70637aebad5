"""What a hostile client may do to a server by REST: each attack, and its allowed replies."""

import contextlib
import gzip
import json
import random
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.proofs.hostile.sockets import CUT_OFF, PATH, connected, many, post, sent, watched

MOST: Final = 32 * 2**20
CSV: Final = "text/csv"
PARTIAL: Final = f"{PATH}?partial=true"

_STRANGE: Final = (
    "/",
    "//",
    "/v1//models",
    "/v1/models/",
    "/v1/models/a:b:c",
    "/v1/models/flights/versions/9" + "9" * 5000 + ":predict",
    "/v1/models/flights/labels/%F0%9F%98%80:predict",
    "/v1/models/flights:predict?partial=%00",
    "/v1/models/%ff%00:predict",
    "/v1/models/" + "a/" * 5000,
    "/%2e%2e/%2e%2e/etc/passwd",
    "/openapi.json/..",
)


@dataclass(frozen=True)
class Attack:
    """One attack.

    Attributes:
        name: What is done.
        run: Does it to the server of a REST and a gRPC port; gives the replies, counted.
        right: The allowed replies.
    """

    name: str
    run: Callable[[int, int], Counter[str]]
    right: frozenset[str]


def _bodies(
    name: str,
    right: str,
    *bodies: bytes,
    kind: str = "application/json",
    path: str = PATH,
    encoding: str = "",
) -> Attack:
    """An attack by whole bodies, one after another."""

    def run(rest: int, _: int) -> Counter[str]:
        return Counter(sent(rest, [post(body, kind, path, encoding=encoding)]) for body in bodies)

    return Attack(name, run, frozenset(right.split()))


def _filled(head: bytes, unit: bytes, tail: bytes) -> bytes:
    return head + unit * ((MOST - len(head) - len(tail)) // len(unit)) + tail


def bodies() -> Iterator[Attack]:
    """Attacks by what stands in a body; each is made when its turn comes."""
    rows = b'{"instances":['
    yield _bodies("32 MiB of `[[[[`", "400", b"[" * MOST)
    yield _bodies('`{"a":` 1,100 deep, in a row', "400", rows + b'{"a":' * 1100 + b"1" + b"}" * 1100 + b"]}")
    yield _bodies("32 MiB of `{},{},`", "400", _filled(rows, b"{},", b"{}]}"))
    yield _bodies("32 MiB of `[],[],`, with a NaN", "400", _filled(rows + b"NaN,", b"[],", b"{}]}"))
    yield _bodies("2 million empty rows", "400", rows + b"{}," * 1_999_990 + b"{}]}")
    yield _bodies("32 MiB of `0,0,`", "400", _filled(rows, b"0,", b"0]}"))
    yield _bodies("32 MiB of `1.5,`, a column", "400", _filled(b'{"inputs":{"temp":[', b"1.5,", b"0]}}"))
    yield _bodies(
        "32 MiB of digits, also with a NaN",
        "400",
        *(_filled(b + b"1", b"1", b"]}") for b in (rows, rows + b"NaN,")),
    )
    yield _bodies("32 MiB of one string", "400", _filled(b'{"instances":"', b"x", b'"}'))
    yield _bodies("a carrier of 32 MiB", "200 400", _filled(rows + b'{"carrier":"', b"x", b'"}]}'))
    yield _bodies("a column's name of 32 MiB", "400", _filled(rows + b'{"', b"month", b'":1}]}'))
    yield _bodies("32 MiB of different names", "400", _names())
    yield _bodies(
        "32 MiB of base64 that is not a tf.Example",
        "400",
        _filled(rows + b'{"b64":"', b"A", b'"}]}'),
    )
    yield _bodies(
        "100,000 wrong rows, and the same with partial", "400", _rows({"carrier": 1}), _rows({"carier": 1})
    )
    yield _bodies(
        "100,000 wrong rows, partial", "200", _rows({"carrier": 1}), _rows({"carier": 1}), path=PARTIAL
    )
    yield _bodies(
        "1e400, -1e400, 1e309 in a column",
        "400",
        *(rows + b'{"temp":%s}]}' % n for n in (b"1e400", b"-1e400", b"1e309")),
    )
    yield _bodies("wrong types and shapes", "400", *_wrong())
    yield _bodies("CSV: 16 million lines", "400", _filled(b"carrier\n", b"a\n", b""), kind=CSV)
    yield _bodies(
        "CSV: 32 million cells in a line, in a header",
        "400",
        *(_filled(b, b",", b"") for b in (b"carrier\n", b"a")),
        kind=CSV,
    )
    yield _bodies(
        "CSV: an open quote, bytes that are not UTF-8",
        "400",
        _filled(b'"', b"x", b""),
        b"a\n\xff\n",
        kind=CSV,
    )
    yield _bodies("gzip: 10 MB that unpack to 10 GiB", "413", _bomb(), encoding="gzip")
    yield _bodies("gzip: 500,000 empty members", "400", gzip.compress(b"") * 500_000, encoding="gzip")
    yield _bodies("gzip: random bytes, nothing, a half", "400", *_broken(), encoding="gzip")
    yield _bodies(
        "classify: 32 MiB of `{},{},`",
        "400",
        _filled(b'{"examples":[', b"{},", b"{}]}"),
        path=PATH.replace("predict", "classify"),
    )


def _names() -> bytes:
    return ('{"instances":[{' + ",".join(f'"k{i}":1' for i in range(2_500_000)) + "}]}").encode()[:MOST]


def _rows(row: Any) -> bytes:
    return json.dumps({"instances": [row] * 100_000}).encode()


def _bomb() -> bytes:
    """A part of a deflate stream that is flushed can be repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(b" " * 2**20) + packer.flush(zlib.Z_FULL_FLUSH)
    return gzip.compress(b"")[:10] + block * 10_240


def _broken() -> tuple[bytes, ...]:
    whole = gzip.compress(b'{"instances":[{}]}')
    return random.Random(5).randbytes(100_000), b"", whole[: len(whole) // 2]


def _wrong() -> list[bytes]:
    """Requests of small mistakes; no rows at all are none of them, and have an empty answer."""
    values: list[Any] = [None, True, 0, "", [[]], [{}, []], [1, {}], {"a": {}}, {"temp": 1}]
    wrong: dict[str, list[Any]] = {
        "temp": ["1,5", "x", [], {}, {"b64": 1}, {"b64": "?"}],
        "flight": [1.5, 2**63, 2**70, "x", "1.5", False, 10_000, -1],
        "carrier": [1, [], {"b64": "a"}, {"b64": "\u00e9"}, "\ud800"],
    }
    values += [[{name: one}] for name, cells in wrong.items() for one in cells]
    requests: list[Any] = [{key: value} for key in ("instances", "inputs") for value in values]
    requests += [
        {"instances": [{}], "inputs": {}},
        {"signature_name": [], "instances": [{}]},
        [],
        1,
        "",
        None,
    ]
    odd = [b"", b" ", b"\x00", b"\xff\xfe", b"{", b'{"instances":[{}]}x', b"NaN", b"{'instances':[]}"]
    return [json.dumps(one).encode() for one in requests] + odd


def _beyond(rest: int, _: int) -> Counter[str]:
    announced = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n" % PATH.encode()
    head = b"POST %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" % PATH.encode()
    chunk = b"100000\r\n" + b" " * 2**20 + b"\r\n"
    return Counter([sent(rest, [announced]), sent(rest, [head, *[chunk] * 40, b"0\r\n\r\n"])])


def _heads(rest: int, _: int) -> Counter[str]:
    line = b"GET /healthz HTTP/1.1\r\n"
    return Counter(
        [
            sent(rest, [line, b"X: " + b"x" * 2**20 + b"\r\n\r\n"], 20),
            sent(rest, [line, *[b"X: 1\r\n"] * 100_000, b"\r\n"], 20),
            sent(rest, [b"GET /" + b"a" * 2**20 + b" HTTP/1.1\r\n\r\n"], 20),
        ]
    )


def _garbage(rest: int, _: int) -> Counter[str]:
    draw = random.Random(5)
    good = post(b'{"instances":[{}]}', close=False)
    first = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + draw.randbytes(500),
        *(draw.randbytes(2000) for _ in range(50)),
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    ]
    replies = Counter(sent(rest, [piece], 30) for piece in first)
    return replies + Counter(sent(rest, [good + draw.randbytes(500) + b"\r\n\r\n"], 30) for _ in range(50))


def _pipelined(rest: int, _: int) -> Counter[str]:
    good = post(b'{"instances":[{}]}', close=False)
    return Counter([sent(rest, [good * 999 + post(b'{"instances":[{}]}')])])


def _half(rest: int, _: int) -> Counter[str]:
    with many(rest, 500) as connections:
        for index, connection in enumerate(connections):
            connection.sendall(post(b" " * 1000)[: -(index + 1)])
        return watched(connections, 30)


def _slow(rest: int, _: int) -> Counter[str]:
    """Heads that come letter by letter, and bodies that do."""
    with many(rest, 500) as connections:
        stopped = threading.Event()

        def drip() -> None:
            while not stopped.wait(1):
                for connection in connections:
                    with contextlib.suppress(OSError):
                        connection.sendall(b"a")

        for index, connection in enumerate(connections):
            connection.sendall(b"GET /healthz HTTP/1.1\r\nX: " if index % 2 else post(b" " * 1000)[:-999])
        thread = threading.Thread(target=drip)
        thread.start()
        replies = watched(connections, 30)
        stopped.set()
        thread.join()
        return replies


def _idle(rest: int, _: int) -> Counter[str]:
    with many(rest, 10_000) as connections:
        replies = Counter({"connected": len(connections)})
        return replies + watched(connections, 30)


def _flood(rest: int, _: int) -> Counter[str]:
    """Some thousand requests at the same moment, of 20 rows each."""
    body = post(json.dumps({"instances": [{"carrier": "UA"}] * 20}).encode(), close=False)
    with many(rest, 4000) as connections:
        for connection in connections:
            connection.sendall(body)
        return watched(connections, 60)


def _never_read(rest: int, _: int) -> Counter[str]:
    """Large answers that nobody takes."""
    body = post(json.dumps({"instances": [{"carrier": 1}] * 100_000}).encode(), path=PARTIAL, close=False)
    with many(rest, 60) as connections:
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.sendall(body)
        time.sleep(30)
    return Counter({"left after 30 s": 1})


def _gone(rest: int, _: int) -> Counter[str]:
    """Clients that leave in the middle of a body, and before their answer."""
    whole = post(json.dumps({"instances": [{}] * 100}).encode())
    for index in range(500):
        with connected(rest) as connection:
            connection.sendall(whole if index % 2 else whole[:-5])
    return Counter({"left": 500})


def _paths(rest: int, _: int) -> Counter[str]:
    asked = (
        f"{verb} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{{}}"
        for verb in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE")
        for path in _STRANGE
    )
    return Counter(sent(rest, [one.encode()], 20) for one in asked)


def connections() -> Iterator[Attack]:
    """Attacks by how a connection is used."""
    few = "400 200+400 404 405"
    yield Attack("a Content-Length of 100 GB; 40 MiB in chunks", _beyond, frozenset({"413"}))
    yield Attack("heads of 1 MiB: one header, 100,000 headers, the path", _heads, frozenset({"400", CUT_OFF}))
    yield Attack(
        "HTTP/2, TLS, random bytes; and behind a good request", _garbage, frozenset([*few.split(), CUT_OFF])
    )
    yield Attack("1,000 requests in one write", _pipelined, frozenset({"1000x200"}))
    yield Attack("half a body, then silence: 500 clients", _half, frozenset({CUT_OFF}))
    yield Attack("a letter a second (slowloris): 500 clients", _slow, frozenset({CUT_OFF}))
    yield Attack("10,000 idle connections", _idle, frozenset({"connected", CUT_OFF}))
    yield Attack("4,000 requests at once, past the queue", _flood, frozenset({"200", "429"}))
    yield Attack(
        "60 clients that never read their replies of 9 MB", _never_read, frozenset({"left after 30 s"})
    )
    yield Attack("500 clients that disconnect in the middle of a request", _gone, frozenset({"left"}))
    yield Attack("strange paths and methods", _paths, frozenset({"400", "404", "405", CUT_OFF}))
