"""What a worker serves at this moment: loaded versions, which is live, what is known of the others."""

import asyncio
import contextlib
import ctypes
import gc
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import grpc
import numpy.typing as npt
import tensorflow as tf

from serving.errors import ServingError, invalid
from serving.model.checks import RequestRows, Row
from serving.model.columns import RowError
from serving.model.engine import Engine, InputError, ScoredRows
from serving.model.folder import CARD_FILE, SCHEMA_FILE
from serving.model.saved_model import SavedModel
from serving.model.scoring_thread import ScoringThread

# More rows are read in a thread of their own.
_MANY: Final = 500
_CODES: Final[dict[int, grpc.StatusCode]] = {code.value[0]: code for code in grpc.StatusCode}


@dataclass(frozen=True)
class VersionStatus:
    """What is known of one version, loaded or not.

    Attributes:
        version: Its number.
        state: START, LOADING, AVAILABLE, UNLOADING or END, as TF Serving's.
        error: Why it ended, where it failed.
    """

    version: int
    state: str
    error: str = ""


class LoadedVersion:
    """One loaded version.

    Attributes:
        model: Name of the model.
        number: The version.
        path: Its folder.
        saved: The SavedModel.
        engine: What takes raw rows; None where no schema lies in the folder.
        card: The model card, empty where there is none.
        inflight: Requests that are being answered.
    """

    def __init__(self, model: str, number: int, path: Path) -> None:
        """Loads the version. Takes a second, so not in the event loop.

        Raises:
            LoadError: The folder cannot be served.
        """
        self.model = model
        self.number = number
        self.path = path
        self.engine = Engine.load(path) if (path / SCHEMA_FILE).exists() else None
        self.saved = self.engine.saved if self.engine else SavedModel.load(path)
        self.card = _card(path)
        self.inflight = 0
        self._thread: ScoringThread | None = None
        self._timeout = 0.0

    def answer_in(self, thread: ScoringThread, timeout: float) -> None:
        """Says which thread runs its graph, and how many seconds a request has."""
        self._thread, self._timeout = thread, timeout

    def score_requests(self, requests: Sequence[RequestRows]) -> list[ScoredRows]:
        """Scores the rows of several requests at once; the scoring thread calls it."""
        if not self.engine:
            raise invalid(f"Model {self.model} takes no raw rows: its folder has no {SCHEMA_FILE}.")
        return self.engine.score_requests(requests)

    async def score(self, rows: Sequence[Row | RowError], *, timeout: float | None = None) -> ScoredRows:
        """Checks and scores raw rows, in one batch with what other requests ask.

        Raises:
            ServingError: Too many requests wait, the deadline passed, or the graph fails at the rows.
        """
        with self._inflight() as thread:
            # Others wait for the thread that scores, and for the event loop.
            ahead = self.engine if len(rows) > _MANY else None
            asked = await asyncio.to_thread(ahead.checks.read, rows) if ahead else rows
            try:
                scored = await thread.score(self, asked, self._deadline(timeout))
            except InputError as error:
                raise invalid(str(error)) from None
        return scored

    async def run(
        self,
        signature: str,
        inputs: Mapping[str, npt.NDArray[Any]],
        outputs: Sequence[str] = (),
        *,
        timeout: float | None = None,
    ) -> dict[str, npt.NDArray[Any]]:
        """Runs any signature: output key -> array.

        Raises:
            ServingError: As `score`, with the code and the words of TensorFlow's error.
        """
        with self._inflight() as thread:
            try:
                tensors = await thread.run(
                    lambda: self.saved.run(signature, inputs, outputs), self._deadline(timeout)
                )
            except tf.errors.OpError as error:
                code = _CODES.get(error.error_code, grpc.StatusCode.INTERNAL)
                raise ServingError(code, error.message.splitlines()[0][:1000]) from None
        return tensors

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keeps it from being closed while a request that has found it is still read."""
        self.inflight += 1
        try:
            yield
        finally:
            self.inflight -= 1

    @contextlib.contextmanager
    def _inflight(self) -> Iterator[ScoringThread]:
        if self._thread is None:
            raise ServingError(grpc.StatusCode.UNAVAILABLE, f"Version {self.number} is not available yet.")
        with self.held():
            yield self._thread

    def _deadline(self, timeout: float | None) -> float:
        return self._timeout if timeout is None else min(timeout, self._timeout)


class Models:
    """All that a worker serves. Belongs to the event loop."""

    def __init__(self, names: Sequence[str], thread: ScoringThread, timeout: float) -> None:
        """Takes the names that are configured; nothing is loaded yet."""
        self._state: dict[str, dict[str, Any]] = {name: _NOTHING for name in names}
        self._loaded: dict[tuple[str, int], LoadedVersion] = {}
        self._thread = thread
        self._timeout = timeout
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def names(self) -> list[str]:
        """The models that are configured."""
        return list(self._state)

    @property
    def ready(self) -> bool:
        """Whether every model has a live version."""
        return all((name, state["live"]) in self._loaded for name, state in self._state.items())

    @property
    def loaded(self) -> list[LoadedVersion]:
        """All versions that are loaded."""
        return list(self._loaded.values())

    @property
    def live_numbers(self) -> dict[str, int | None]:
        """Of each model the version that answers when none is named."""
        return {name: state["live"] for name, state in self._state.items()}

    @property
    def live(self) -> list[LoadedVersion]:
        """The live versions of the models that have one."""
        versions = (self._loaded.get((name, state["live"])) for name, state in self._state.items())
        return [version for version in versions if version]

    def labels(self, model: str) -> dict[str, int]:
        """Label -> version."""
        return dict(self._state[model]["labels"])

    def find(self, model: str, version: int | None = None, label: str | None = None) -> LoadedVersion:
        """The version that answers: the live one, or that of the number or label.

        Raises:
            ServingError: There is none, in TF Serving's words.
        """
        state = self._state.get(model, _NOTHING)
        version = _labelled(state, version, label)
        number = state["live"] if version is None else version
        loaded = self._loaded.get((model, number))
        if loaded is None or state["versions"].get(str(number), {}).get("state") != "AVAILABLE":
            asked = f"Latest({model})" if version is None else f"Specific({model}, {version})"
            raise ServingError(grpc.StatusCode.NOT_FOUND, f"Servable not found for request: {asked}")
        return loaded

    def status(self, model: str, version: int | None = None, label: str | None = None) -> list[VersionStatus]:
        """What is known of a model's versions, the newest first.

        Raises:
            ServingError: Nothing is, in TF Serving's words.
        """
        state = self._state.get(model, _NOTHING)
        version = _labelled(state, version, label)
        known = [
            VersionStatus(int(number), each["state"], each.get("error", ""))
            for number, each in state["versions"].items()
        ]
        if version is not None:
            known = [each for each in known if each.version == version]
            if not known:
                raise ServingError(
                    grpc.StatusCode.NOT_FOUND, f"Could not find version {version} of model {model}"
                )
        if not known:
            raise ServingError(grpc.StatusCode.NOT_FOUND, f"Could not find any versions of model {model}")
        return sorted(known, key=lambda each: -each.version)

    def add(self, version: LoadedVersion) -> None:
        """Takes a version that is loaded and proved; it answers once `apply` says that it is AVAILABLE."""
        version.answer_in(self._thread, self._timeout)
        replaced = self._loaded.get((version.model, version.number))
        self._loaded[version.model, version.number] = version
        if replaced:
            self._close(replaced)

    def apply(self, state: Mapping[str, Mapping[str, Any]]) -> None:
        """Takes what holds now; versions that are no longer wanted are closed once they have answered."""
        self._state = {name: {**_NOTHING, **each} for name, each in state.items()}
        for key in list(self._loaded):
            known = self._state.get(key[0], _NOTHING)["versions"].get(str(key[1]), {})
            if known.get("state") not in ("AVAILABLE", "LOADING"):
                self._close(self._loaded.pop(key))

    def _close(self, version: LoadedVersion) -> None:
        task = asyncio.get_running_loop().create_task(_drain(version))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


def _labelled(state: Mapping[str, Any], version: int | None, label: str | None) -> int | None:
    """The version that a label names, or the one that was named without."""
    if label is None:
        return version
    if label not in state["labels"]:
        raise invalid(f"Unrecognized servable version label: {label}")
    return int(state["labels"][label])


async def _drain(version: LoadedVersion) -> None:
    # A request that has found the version but not asked it yet does so before this sleep is over.
    await asyncio.sleep(0.05)
    while version.inflight:
        await asyncio.sleep(0.01)
    version.saved.close()
    del version
    await asyncio.to_thread(give_back)


def give_back() -> None:
    """Frees what a closed version held: a graph and its operations hold each other."""
    gc.collect()
    with contextlib.suppress(AttributeError):  # only glibc has it
        ctypes.CDLL(None).malloc_trim(0)


_NOTHING: Final[dict[str, Any]] = {"versions": {}, "live": None, "labels": {}}


def _card(path: Path) -> Mapping[str, Any]:
    try:
        card = json.loads((path / CARD_FILE).read_text())
    except (OSError, ValueError):
        return {}
    return card if isinstance(card, dict) else {}
