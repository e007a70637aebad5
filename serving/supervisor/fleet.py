"""Which worker loads which version, and which state it gets: a state machine over all models, without I/O."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from serving.settings import ModelSettings
from serving.supervisor.versions import AVAILABLE, LOADING, START, ModelVersions, VersionFolder

State = dict[str, Any]


@dataclass(frozen=True)
class LoadVersion:
    """Tells a worker to load a version next to those that it serves."""

    worker: int
    model: str
    version: int
    path: str


@dataclass(frozen=True)
class SendState:
    """Sends a worker the current state; after the first one it takes traffic."""

    worker: int
    state: State


@dataclass(frozen=True)
class Restart:
    """Restarts a worker that cannot load what the others serve."""

    worker: int
    why: str


@dataclass(frozen=True)
class Notice:
    """A sentence for the log."""

    text: str


Command = LoadVersion | SendState | Restart | Notice
_Key = tuple[str, int]


@dataclass
class _FleetWorker:
    """A connected worker.

    Attributes:
        held: Loaded version -> fingerprint of the folder that it was loaded from.
        loading: The version that it is loading, and its fingerprint.
        sent_state: The state that was last sent to it; None: it takes no traffic yet.
    """

    held: dict[_Key, str] = field(default_factory=dict)
    loading: tuple[_Key, str] | None = None
    sent_state: State | None = None


class Fleet:
    """All models and all workers. Each event returns the commands to execute, in order."""

    def __init__(self, models: Mapping[str, ModelSettings]) -> None:
        """Has no worker and no version yet."""
        self._models = {name: ModelVersions(name, each) for name, each in models.items()}
        self._workers: dict[int, _FleetWorker] = {}

    @property
    def live(self) -> dict[str, int | None]:
        """Model -> live version."""
        return {name: model.live for name, model in self._models.items()}

    def configure(self, models: Mapping[str, ModelSettings]) -> list[Command]:
        """Replaces policies, labels or models."""
        former = self._models
        self._models = {}
        for name, settings in models.items():
            self._models[name] = former.get(name) or ModelVersions(name, settings)
            self._models[name].settings = settings
        return self._advance()

    def scanned(self, folders: Mapping[str, Mapping[int, VersionFolder] | None]) -> list[Command]:
        """Takes the folders on disk: model -> number -> folder; None if they could not be read."""
        for name, versions in folders.items():
            if name in self._models:
                self._models[name].scanned(versions)
        return self._advance()

    def started(self, worker: int) -> list[Command]:
        """Adds a worker."""
        self._workers[worker] = _FleetWorker()
        return self._advance()

    def ended(self, worker: int) -> list[Command]:
        """Removes a worker that has ended."""
        gone = self._workers.pop(worker, None)
        if gone and gone.loading:
            (name, number), fingerprint = gone.loading
            if self._is(name, number, LOADING, fingerprint):
                self._models[name].crashed(number)
        return self._advance()

    def loaded(self, worker: int, name: str, number: int) -> list[Command]:
        """Records that a worker has loaded and tested a version."""
        one = self._workers.get(worker)
        if one is None or one.loading is None or one.loading[0] != (name, number):
            return []
        key, fingerprint = one.loading
        one.loading = None
        one.held[key] = fingerprint
        if not (self._is(name, number, LOADING) or self._is(name, number, AVAILABLE)) and one.sent_state:
            one.sent_state = {}  # no longer wanted: the state is sent again, so that it is unloaded
        return self._advance()

    def failed(self, worker: int, name: str, number: int, error: str) -> list[Command]:
        """Records that a worker could not load a version, or did not answer."""
        one = self._workers.get(worker)
        if one is None or one.loading is None or one.loading[0] != (name, number):
            return []
        _, fingerprint = one.loading
        one.loading = None
        commands: list[Command] = []
        if self._is(name, number, LOADING, fingerprint):
            self._models[name].fail(number, error)
        elif self._is(name, number, AVAILABLE):
            # The others serve it, so the folder has changed, or this worker is broken.
            if any(self._taking_traffic()):
                del self._workers[worker]
                commands.append(Restart(worker, f"it cannot load version {number} of {name}: {error}"))
            else:
                self._models[name].fail(number, error)
        return [*commands, *self._advance()]

    def _advance(self) -> list[Command]:
        self._plan()
        for model in self._models.values():
            for number in model.in_state(LOADING):
                if self._all_hold(model, number):
                    model.promote(number)
        self._plan()
        loads = self._loads()
        models = {name: model.truth() for name, model in self._models.items()}
        commands: list[Command] = [*self._state_updates({"models": models}), *loads]
        for model in self._models.values():
            commands.extend(Notice(text) for text in model.notices)
            model.notices.clear()
        return commands

    def _plan(self) -> None:
        busy = [each.loading[0] for each in self._workers.values() if each.loading]
        for name, model in self._models.items():
            model.plan({number for other, number in busy if other == name})
        for worker in self._workers.values():
            if worker.sent_state is None and self._missing(worker) is None:
                worker.sent_state = {}

    def _loads(self) -> list[LoadVersion]:
        """What idle workers load next: first what the others serve, then new versions."""
        commands = []
        for identity, worker in self._workers.items():
            if worker.loading is None and (key := self._next(worker)):
                record = self._models[key[0]].records[key[1]]
                if record.state == START:
                    record.state = LOADING
                worker.loading = (key, record.folder.fingerprint)
                commands.append(LoadVersion(identity, *key, record.folder.path))
        return commands

    def _next(self, worker: _FleetWorker) -> _Key | None:
        if worker.sent_state is None:
            return self._missing(worker)
        serving = any(model.live is not None for model in self._models.values())
        if serving and any(other.loading for other in self._taking_traffic()):
            return None  # one after another, so that the others can answer requests
        for name, model in self._models.items():
            for number in model.to_load():
                safe = not model.records[number].crashes or self._anyone_holds(name, number)
                if safe and not self._holds(worker, name, number):
                    return name, number
        return None

    def _missing(self, worker: _FleetWorker) -> _Key | None:
        """What a new worker loads before it takes traffic.

        All that is served; and a version that crashed a worker, because no traffic is lost here.
        """
        for name, model in self._models.items():
            again = [number for number in model.in_state(LOADING) if model.records[number].crashes]
            for number in [*model.in_state(AVAILABLE), *again]:
                if not self._holds(worker, name, number):
                    return name, number
        return None

    def _holds(self, worker: _FleetWorker, name: str, number: int) -> bool:
        """Whether a worker has loaded a version with the current content of its folder."""
        fingerprint = self._models[name].records[number].folder.fingerprint
        return worker.held.get((name, number)) == fingerprint

    def _anyone_holds(self, name: str, number: int) -> bool:
        return any(self._holds(worker, name, number) for worker in self._workers.values())

    def _state_updates(self, state: State) -> list[SendState]:
        commands = []
        for identity, worker in self._workers.items():
            if worker.sent_state is not None and worker.sent_state != state:
                worker.sent_state = state
                # The worker unloads what is not served and not loading.
                worker.held = {
                    key: fingerprint
                    for key, fingerprint in worker.held.items()
                    if self._is(*key, LOADING) or self._is(*key, AVAILABLE)
                }
                commands.append(SendState(identity, state))
        return commands

    def _all_hold(self, model: ModelVersions, number: int) -> bool:
        """Whether there is a worker that takes traffic, and all of them have loaded a version."""
        workers = list(self._taking_traffic())
        return bool(workers) and all(self._holds(each, model.name, number) for each in workers)

    def _taking_traffic(self) -> Iterator[_FleetWorker]:
        return (worker for worker in self._workers.values() if worker.sent_state is not None)

    def _is(self, name: str, number: int, state: str, fingerprint: str | None = None) -> bool:
        model = self._models.get(name)
        record = model.records.get(number) if model else None
        return (
            record is not None
            and record.state == state
            and (fingerprint is None or record.folder.fingerprint == fingerprint)
        )
