"""The settings of a server: one frozen object, which also travels to the workers as JSON."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

# What TF Serving's own paths, `/v1/models/NAME[/versions/N]:predict`, can name.
MODEL_NAME: Final = re.compile(r"[^/:\s]+")
LARGEST_VERSION: Final = 2**63 - 1
FREE_PORT: Final = -1

Policy = Literal["latest", "all"] | tuple[int, ...]
Privacy = Literal["omit", "hash"]


class SettingsError(ValueError):
    """Settings that no server can be started with; the message is one sentence for the one who gave them."""


@dataclass(frozen=True)
class RequestLogSettings:
    """Which requests are kept, and how many.

    Attributes:
        folder: Where the days' folders lie.
        share: Share of the rows, 0 to 1, drawn at random.
        max_bytes: The oldest days go once all together are larger.
        max_days: Days older than this go.
    """

    folder: str
    share: float = 0.01
    max_bytes: int = 256 * 2**20
    max_days: int = 30

    def __post_init__(self) -> None:
        """Refuses what cannot be.

        Raises:
            SettingsError: A share that is none, no room, or no days.
        """
        if not 0 <= self.share <= 1:
            raise SettingsError(f"The request log's share must be from 0 to 1, got {self.share:g}.")
        if self.max_bytes < 1 or self.max_days < 1:
            raise SettingsError("The request log's max_bytes and max_days must be at least 1.")


@dataclass(frozen=True)
class ModelSettings:
    """One model of the server.

    Attributes:
        path: Folder of its versions, each in a folder whose name is its number.
        policy: "latest": the `newest` highest numbers; "all"; or the numbers of the versions, pinned.
        newest: How many versions "latest" serves at once.
        labels: Label -> version; such a version is loaded, whatever the policy.
        private: Column -> "omit" or "hash" in the request log.
        request_log: Where requests are kept; None: nowhere.
    """

    path: str
    policy: Policy = "latest"
    newest: int = 1
    labels: Mapping[str, int] = field(default_factory=dict)
    private: Mapping[str, Privacy] = field(default_factory=dict)
    request_log: RequestLogSettings | None = None

    def __post_init__(self) -> None:
        """Refuses what cannot be.

        Raises:
            SettingsError: A version that is no number, an unknown policy or way of being private.
        """
        if isinstance(self.policy, tuple):
            if not self.policy:
                raise SettingsError("The list of pinned versions is empty.")
            for version in self.policy:
                _check_version(version, "A pinned version")
        elif self.policy not in ("latest", "all"):
            raise SettingsError(
                f'The version policy must be "latest", "all" or a list of numbers, got {self.policy!r}.'
            )
        if self.newest < 1:
            raise SettingsError("The number of latest versions to serve must be at least 1.")
        for label, version in self.labels.items():
            if not MODEL_NAME.fullmatch(label):
                raise SettingsError(
                    f"A version label must not contain a slash, colon or space, got {label!r}."
                )
            _check_version(version, f"The version of label {label}")
        for column, way in self.private.items():
            if way not in ("omit", "hash"):
                raise SettingsError(f'Private column {column!r}: expected "omit" or "hash", got {way!r}.')


@dataclass(frozen=True)
class ServerSettings:
    """The whole server.

    Attributes:
        models: Name -> model.
        host: Address that is listened at.
        port: Of REST; 0: a free one.
        grpc_port: Of gRPC; 0: none, as TF Serving has it; `FREE_PORT`: a free one.
        workers: Processes that answer.
        max_body_bytes: A request with a larger body is refused.
        max_queue: Requests that may wait in a worker; one more is answered 429.
        request_timeout: Seconds after which a request is given up.
        idle_timeout: Seconds within which a request, head and body, must have come.
        keep_alive: Seconds that a connection may lie idle.
        max_connections: Of one worker; one more ends the one that has been idle longest.
        access_log: A file that one JSON object a request is appended to; "-": standard output; "": none.
        token_file: File of bearer tokens, one a line; "": everyone may ask.
        tls_cert: PEM of the certificate; "": no TLS.
        tls_key: PEM of its key.
        tls_client_ca: PEM of who signs clients' certificates; "": clients need none.
        drain_seconds: Time to answer open requests after a stop signal.
    """

    models: Mapping[str, ModelSettings]
    host: str = "127.0.0.1"
    port: int = 8501
    grpc_port: int = 8500
    workers: int = 1
    max_body_bytes: int = 32 * 2**20
    max_queue: int = 1024
    request_timeout: float = 30.0
    idle_timeout: float = 10.0
    keep_alive: float = 60.0
    max_connections: int = 4096
    access_log: str = "-"
    token_file: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    tls_client_ca: str = ""
    drain_seconds: float = 30.0

    def __post_init__(self) -> None:
        """Refuses what cannot be.

        Raises:
            SettingsError: What, and what was expected.
        """
        check_models(self.models)
        for what in ("workers", "max_body_bytes", "max_queue", "max_connections"):
            if getattr(self, what) < 1:
                raise SettingsError(f"{what} must be at least 1, got {getattr(self, what)}.")
        for what in ("request_timeout", "idle_timeout", "keep_alive", "drain_seconds"):
            if not 0 < getattr(self, what) < float("inf"):
                raise SettingsError(f"{what} must be more than 0 seconds, got {getattr(self, what):g}.")
        for port in (self.port, max(self.grpc_port, 0)):
            if not 0 <= port < 2**16:
                raise SettingsError(f"A port must be from 0 to 65535, got {port}.")
        if bool(self.tls_cert) != bool(self.tls_key):
            raise SettingsError("TLS needs a certificate and its key; only one of them is set.")
        if self.tls_client_ca and not self.tls_cert:
            raise SettingsError("Client certificates (mTLS) need TLS. Set the server's certificate and key.")

    @property
    def guarded(self) -> bool:
        """Whether a client has to show who it is."""
        return bool(self.token_file or self.tls_client_ca)

    @property
    def exposed(self) -> bool:
        """Whether someone on another machine can ask it who shows nothing."""
        local = self.host in ("localhost", "::1") or self.host.startswith("127.")
        return not local and not self.guarded

    def to_json(self) -> dict[str, Any]:
        """As JSON has it; `from_json` reads it."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "ServerSettings":
        """Reads what `to_json` gave.

        Raises:
            SettingsError: It is not that.
        """
        try:
            models = {str(name): _model(each) for name, each in fields["models"].items()}
            return cls(**{**fields, "models": models})
        except (TypeError, KeyError, AttributeError) as error:
            raise SettingsError(f"The server settings are not valid: {error}.") from error


def check_models(models: Mapping[str, ModelSettings]) -> None:
    """Refuses names that no path can hold.

    Raises:
        SettingsError: Such a name.
    """
    for name in models:
        if not MODEL_NAME.fullmatch(name):
            raise SettingsError(f"A model name must not contain a slash, colon or space, got {name!r}.")


def settings_of_line(line: str) -> ServerSettings:
    """Reads settings from JSON.

    Raises:
        SettingsError: It is no JSON, or no settings.
    """
    try:
        fields = json.loads(line)
    except ValueError as error:
        raise SettingsError(f"The server settings are not valid JSON: {error}.") from error
    if not isinstance(fields, dict):
        raise SettingsError("The server settings must be a JSON object.")
    return ServerSettings.from_json(fields)


def usable_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _check_version(version: object, what: str) -> None:
    if not isinstance(version, int) or isinstance(version, bool) or not 0 <= version <= LARGEST_VERSION:
        raise SettingsError(f"{what} must be an integer of at least 0, got {version!r}.")


def _model(fields: Mapping[str, Any]) -> ModelSettings:
    policy = fields.get("policy", "latest")
    log = fields.get("request_log")
    return ModelSettings(
        **{
            **fields,
            "policy": policy if isinstance(policy, str) else tuple(policy),
            "request_log": log and RequestLogSettings(**log),
        }
    )
