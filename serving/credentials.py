"""Secrets in files: bearer tokens, certificates with their keys; judged before anything listens."""

import hashlib
import hmac
import logging
import re
import ssl
import time
from pathlib import Path
from typing import Final

MIN_LETTERS: Final = 16
# As RFC 6750 has them.
_TOKEN: Final = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
_LOOK_EVERY: Final = 1.0
_LOG: Final = logging.getLogger(__name__)


class AuthError(ValueError):
    """A token, key or certificate file that is not to be used; the message says why, and nothing of it."""


class BearerTokens:
    """The tokens in a file, one a line; `#` begins a comment. Read again within a second of a change.

    If the file goes away, is open to others or holds anything but tokens, all are refused until it is right.
    """

    def __init__(self, path: Path) -> None:
        """Reads the file.

        Raises:
            AuthError: It cannot be used.
        """
        self._path = path
        self._looked = time.monotonic()
        self._seen = _signature(path)
        self._digests = _read(path)

    def allow(self, authorization: str | None) -> bool:
        """Whether an `Authorization` header has one of the tokens; takes as long whichever it is."""
        self._reread()
        scheme, _, token = (authorization or "").partition(" ")
        digest = hashlib.sha256(token.strip().encode("utf-8", "surrogateescape")).digest()
        matches = False
        for known in self._digests:
            matches |= hmac.compare_digest(known, digest)
        return matches and scheme.lower() == "bearer"

    def _reread(self) -> None:
        now = time.monotonic()
        if now - self._looked < _LOOK_EVERY:
            return
        self._looked = now
        signature = _signature(self._path)
        if signature == self._seen:
            return
        self._seen = signature
        try:
            self._digests = _read(self._path)
        except AuthError as error:
            self._digests = ()
            _LOG.error("All requests are refused: %s", error)


def _signature(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_mode


def _read(path: Path) -> tuple[bytes, ...]:
    refuse_open(path)
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError as error:
        raise AuthError(f"Cannot read the token file {path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise AuthError(f"The token file {path} must contain only ASCII characters.") from error
    digests = []
    for number, line in enumerate(lines, start=1):
        token = line.partition("#")[0].strip()
        if not token:
            continue
        if not _TOKEN.fullmatch(token) or len(token) < MIN_LETTERS:
            raise AuthError(
                f"Token file {path}, line {number}: expected one token of at least {MIN_LETTERS}"
                " characters (letters, digits and -._~+/)."
            )
        digests.append(hashlib.sha256(token.encode()).digest())
    if not digests:
        raise AuthError(f"The token file {path} has no token.")
    return tuple(digests)


def refuse_open(path: Path) -> None:
    """Refuses a secret's file that others may read, or the group may write.

    The group may read: in Kubernetes that is how a secret is given to one who is not root.

    Raises:
        AuthError: It is such, or not there.
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise AuthError(f"Cannot read {path}: {error.strerror}.") from error
    if mode & 0o037:
        raise AuthError(f"The permissions of the secret file {path} are too open. Run `chmod 600 {path}`.")


def check_certificates(cert: str, key: str, client_ca: str = "") -> None:
    """Refuses what OpenSSL would not take: gRPC would fail at each handshake, and log nothing.

    Args:
        cert: PEM file of the server's certificate with those between it and the root.
        key: PEM file of its key.
        client_ca: PEM file of who signs the clients' certificates; "": clients need none.

    Raises:
        AuthError: The files do not fit one another, or the key is open to others.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # OpenSSL would ask for the password of a key at a terminal, where no one may be.
        context.load_cert_chain(cert, key, password="")
        if client_ca:
            context.load_verify_locations(client_ca)
    except (OSError, ssl.SSLError) as error:
        raise AuthError(
            "Cannot load the TLS files: expected PEM files of a certificate, of its key without a password "
            f"and, for mTLS, of a CA. OpenSSL: {error.args[-1]}."
        ) from error
    refuse_open(Path(key))
