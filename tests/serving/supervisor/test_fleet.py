"""Which worker loads what and is told what; and, played at random, what never happens."""

import random
from collections.abc import Mapping
from typing import Any

import pytest

from serving.settings import ModelSettings
from serving.supervisor.fleet import Command, Fleet, LoadVersion, Notice, Restart, SendState
from serving.supervisor.versions import VersionFolder

Disk = dict[int, VersionFolder]


def _disk(*numbers: int, content: str = "whole") -> Disk:
    return {number: VersionFolder(f"/m/{number}", content) for number in numbers}


def _scan(fleet: Fleet, disk: Disk) -> list[Command]:
    return [*fleet.scanned({"m": disk}), *fleet.scanned({"m": disk})]


def _fleet(*numbers: int, workers: int = 2, **settings: Any) -> Fleet:
    """A fleet whose workers all serve the highest of some versions."""
    fleet = Fleet({"m": ModelSettings("/m", **settings)})
    _scan(fleet, _disk(*numbers))
    waiting = [load for worker in range(workers) for load in _loads(fleet.started(worker))]
    for load in waiting:
        waiting.extend(_loads(fleet.loaded(load.worker, load.model, load.version)))
    return fleet


def _loads(commands: list[Command]) -> list[LoadVersion]:
    return [command for command in commands if isinstance(command, LoadVersion)]


def _sent(commands: list[Command]) -> dict[int, Any]:
    """Worker -> what it was told last of model m."""
    return {each.worker: each.state["models"]["m"] for each in commands if isinstance(each, SendState)}


def _notices(commands: list[Command]) -> list[str]:
    return [command.text for command in commands if isinstance(command, Notice)]


def test_a_first_worker_is_sent_an_empty_state_at_once() -> None:
    fleet = Fleet({"m": ModelSettings("/m")})
    fleet.scanned({"m": {}})
    assert _sent(fleet.started(0)) == {0: {"versions": {}, "live": None, "labels": {}}}


def test_at_the_start_all_workers_load_at_the_same_time() -> None:
    fleet = Fleet({"m": ModelSettings("/m")})
    _scan(fleet, _disk(1))
    assert _loads(fleet.started(0)) == [LoadVersion(0, "m", 1, "/m/1")]
    assert _loads(fleet.started(1)) == [LoadVersion(1, "m", 1, "/m/1")]
    assert _sent(fleet.loaded(1, "m", 1)) == {}
    commands = fleet.loaded(0, "m", 1)
    assert {worker: each["live"] for worker, each in _sent(commands).items()} == {0: 1, 1: 1}
    assert _notices(commands) == ["version 1 of m is live"]


def test_a_new_version_is_loaded_by_one_worker_after_another_and_live_once_all_have_it() -> None:
    fleet = _fleet(1)
    first = _loads(_scan(fleet, _disk(1, 2)))
    assert [load.worker for load in first] == [0]
    commands = fleet.loaded(0, "m", 2)
    assert [load.worker for load in _loads(commands)] == [1]
    assert fleet.live == {"m": 1}
    sent = _sent(fleet.loaded(1, "m", 2))
    assert sent.keys() == {0, 1}
    assert sent[0] == {
        "versions": {"1": {"state": "END", "error": ""}, "2": {"state": "AVAILABLE", "error": ""}},
        "live": 2,
        "labels": {},
    }


@pytest.mark.parametrize("second", [False, True])
def test_one_worker_that_cannot_load_a_version_is_enough_to_refuse_it(second: bool) -> None:
    fleet = _fleet(1)
    _scan(fleet, _disk(1, 2))
    if second:
        fleet.loaded(0, "m", 2)
    commands = fleet.failed(int(second), "m", 2, "a file is missing")
    sent = _sent(commands)
    assert sent[0] == sent[1]
    assert sent[0]["versions"]["2"] == {"state": "END", "error": "a file is missing"}
    assert (sent[0]["live"], _loads(commands)) == (1, [])
    assert _notices(commands) == ["version 2 of m cannot be served: a file is missing"]


def test_a_worker_that_comes_back_loads_what_is_served_before_it_takes_traffic() -> None:
    fleet = _fleet(4, 5, labels={"stable": 4})
    fleet.ended(0)
    commands = fleet.started(7)
    assert (_sent(commands), [load.version for load in _loads(commands)]) == ({}, [5])
    commands = fleet.loaded(7, "m", 5)
    assert (_sent(commands), [load.version for load in _loads(commands)]) == ({}, [4])
    sent = _sent(fleet.loaded(7, "m", 4))
    assert sent.keys() == {7}
    assert (sent[7]["live"], sent[7]["labels"]) == (5, {"stable": 4})


def test_a_version_does_not_wait_for_a_worker_that_is_not_back_yet() -> None:
    fleet = _fleet(1)
    _scan(fleet, _disk(1, 2))
    fleet.loaded(0, "m", 2)
    fleet.ended(1)
    assert fleet.live == {"m": 2}
    assert [load.version for load in _loads(fleet.started(2))] == [2]


def test_a_worker_that_cannot_load_what_the_others_serve_is_started_anew() -> None:
    fleet = _fleet(1)
    fleet.ended(0)
    fleet.started(2)
    commands = fleet.failed(2, "m", 1, "its folder is gone")
    assert commands == [Restart(2, "it cannot load version 1 of m: its folder is gone")]
    assert fleet.live == {"m": 1}


def test_when_no_other_worker_serves_it_what_cannot_be_loaded_makes_way_for_what_can() -> None:
    fleet = _fleet(4, 5, workers=1)
    fleet.ended(0)
    fleet.started(1)
    commands = fleet.failed(1, "m", 5, "its folder is gone")
    assert _sent(commands)[1]["live"] is None
    assert [load.version for load in _loads(commands)] == [4]
    assert _sent(fleet.loaded(1, "m", 4))[1]["live"] == 4


def test_a_version_that_ends_a_worker_is_tried_again_by_its_successor_before_that_takes_traffic() -> None:
    fleet = _fleet(1)
    _scan(fleet, _disk(1, 2))
    assert _loads(fleet.ended(0)) == []
    assert [load.version for load in _loads(fleet.started(2))] == [1]
    commands = fleet.loaded(2, "m", 1)
    assert (_sent(commands), [load.version for load in _loads(commands)]) == ({}, [2])
    commands = fleet.ended(2)
    assert _notices(commands) == ["version 2 of m cannot be served: 2 workers crashed while they loaded it."]
    assert (fleet.live, _loads(commands)) == ({"m": 1}, [])


def test_when_the_successor_can_load_it_the_others_do_as_well() -> None:
    fleet = _fleet(1)
    _scan(fleet, _disk(1, 2))
    fleet.ended(0)
    fleet.started(2)
    fleet.loaded(2, "m", 1)
    assert [load.worker for load in _loads(fleet.loaded(2, "m", 2))] == [1]
    fleet.loaded(1, "m", 2)
    assert fleet.live == {"m": 2}


def test_an_answer_of_a_worker_that_is_gone_or_was_not_asked_changes_nothing() -> None:
    fleet = _fleet(1)
    assert fleet.loaded(9, "m", 1) == []
    assert fleet.failed(0, "m", 1, "late") == []
    assert fleet.failed(0, "other", 1, "late") == []
    assert fleet.live == {"m": 1}


def test_a_model_that_is_taken_away_is_let_go_and_one_that_is_added_is_loaded() -> None:
    fleet = _fleet(1, workers=1)
    fleet.configure({"n": ModelSettings("/n")})
    commands = fleet.scanned({"n": {3: VersionFolder("/n/3", "whole")}})
    assert _loads(commands) == [LoadVersion(0, "n", 3, "/n/3")]
    states = [each.state["models"] for each in fleet.loaded(0, "n", 3) if isinstance(each, SendState)]
    assert states[-1].keys() == {"n"}
    assert fleet.live == {"n": 3}


def test_a_version_loaded_for_a_model_that_was_taken_away_meanwhile_is_let_go() -> None:
    fleet = Fleet({"m": ModelSettings("/m")})
    _scan(fleet, _disk(1))
    fleet.started(0)
    fleet.configure({})
    assert [each for each in fleet.loaded(0, "m", 1) if isinstance(each, SendState)] == [
        SendState(0, {"models": {}})
    ]


class _Played:
    """Workers, a disk and their supervisor, played at random; it looks out for what must never be."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.fleet = Fleet({"m": ModelSettings("/m")})
        self.disk: dict[int, tuple[str, bool]] = {}  # number -> content, whether it can be loaded
        self.moves = 0
        self.identity = 0
        self.highest = 0
        # Of each worker: what it loads, what it holds, what it was told.
        self.loading: dict[int, LoadVersion | None] = {}
        self.held: dict[int, set[int]] = {}
        self.sent: dict[int, Mapping[str, Any]] = {}
        self.failed: set[tuple[int, str]] = set()

    def move(self) -> None:
        self.moves += 1
        choice = self.random.choice(
            ["answer"] * 6 + ["scan"] * 3 + ["write", "write", "remove", "die", "start"]
        )
        getattr(self, f"_{choice}")()

    def settle(self) -> int:
        """Publishes a last version that is whole, and lets everything come to its end; gives its number."""
        if not self.held:
            self._start()
        self.highest += 1
        self.disk[self.highest] = ("whole", True)
        for _ in range(200):
            self._scan()
            self._answer()
        return self.highest

    def _write(self) -> None:
        broken = [number for number, (_, whole) in self.disk.items() if not whole]
        if not broken or self.random.random() < 0.5:
            self.highest += 1
        number = self.random.choice([*broken, self.highest])
        self.disk[number] = (f"content {self.moves}", self.random.random() < 0.6)

    def _remove(self) -> None:
        if self.disk:
            del self.disk[self.random.choice(sorted(self.disk))]

    def _scan(self) -> None:
        folders = {
            number: VersionFolder(f"/m/{number}", content) for number, (content, _) in self.disk.items()
        }
        self._do(self.fleet.scanned({"m": folders}))

    def _start(self) -> None:
        if len(self.held) < 3:
            self.identity += 1
            self.loading[self.identity], self.held[self.identity] = None, set()
            self._do(self.fleet.started(self.identity))

    def _die(self) -> None:
        if self.held and self.random.random() < 0.3:
            self._end(self.random.choice(sorted(self.held)))

    def _end(self, worker: int) -> None:
        del self.loading[worker], self.held[worker]
        self.sent.pop(worker, None)
        self._do(self.fleet.ended(worker))

    def _answer(self) -> None:
        busy = [(worker, load) for worker, load in self.loading.items() if load]
        if not busy:
            return
        worker, load = self.random.choice(busy)
        self.loading[worker] = None
        _, good = self.disk.get(load.version, ("gone", False))
        if good:
            self.held[worker].add(load.version)
            self._do(self.fleet.loaded(worker, "m", load.version))
        else:
            self.held[worker].discard(load.version)
            self.failed.add((load.version, self._as_scanned(load)))
            self._do(self.fleet.failed(worker, "m", load.version, "it is broken"))

    def _do(self, commands: list[Command]) -> None:
        for command in commands:
            if isinstance(command, LoadVersion):
                self._load(command)
            elif isinstance(command, SendState):
                self._send(command.worker, command.state["models"]["m"])
            elif isinstance(command, Restart):
                self._end(command.worker)
                return

    def _load(self, load: LoadVersion) -> None:
        assert self.loading[load.worker] is None, "a worker loads one version at a time"
        self.loading[load.worker] = load
        serving = {worker for worker, sent in self.sent.items() if sent["live"] is not None}
        if load.worker in serving:
            others = [worker for worker in serving - {load.worker} if self.loading[worker]]
            assert not others, "while one loads aside the others answer"
            tried = (load.version, self._as_scanned(load))
            assert tried not in self.failed, "what failed is left alone until it changes"

    def _as_scanned(self, load: LoadVersion) -> str:
        record = self.fleet._models["m"].records.get(load.version)
        return record.folder.fingerprint if record else "gone"

    def _send(self, worker: int, state: Mapping[str, Any]) -> None:
        available = {
            int(number) for number, each in state["versions"].items() if each["state"] == "AVAILABLE"
        }
        loading = {int(number) for number, each in state["versions"].items() if each["state"] == "LOADING"}
        assert available <= self.held[worker], "what is said to be served is loaded"
        assert state["live"] is None or state["live"] in available
        former = self.sent.get(worker)
        if former and former["live"] is not None:
            assert state["live"] is not None, "what works stays"
        self.held[worker] &= available | loading
        self.sent[worker] = state


@pytest.mark.parametrize("seed", range(150))
def test_played_at_random_nothing_half_loaded_is_served_and_nothing_that_works_is_let_go(seed: int) -> None:
    played = _Played(seed)
    for _ in range(150):
        played.move()
    assert played.settle() == played.fleet.live["m"]
