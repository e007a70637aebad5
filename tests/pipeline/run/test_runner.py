"""A run from lock to verdict, over all that may be the case and all that may happen, without TFX."""

import functools
import json
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Final

import pytest

from perennial import clock, disk
from perennial.disk import Reserve
from perennial.signals import STOPPING
from pipeline import inputs, provenance
from pipeline.execution.messages import Broken, Failure
from pipeline.run import lock, settled
from pipeline.run.runner import new_run_id
from pipeline.summary import Summary
from tests.pipeline.run.scene import Scene
from tests.pipeline.run.scripted import Happening, Script
from tests.pipeline.run.verdicts import (
    CANDIDATES,
    CHAMPIONS,
    EXIT_CODES,
    LIVE_BEFORE,
    PLACES,
    SPANS,
    Case,
    Champion,
    Spans,
)


def _signal(*numbers: int) -> Callable[[], Happening]:
    """Sends this thread signals, all at once."""

    def send() -> Happening:
        signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
        for number in numbers:
            signal.pthread_kill(threading.get_ident(), number)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)
        return None

    return send


def _raise() -> Happening:
    raise ZeroDivisionError("a value: hunter2")


def _no_room() -> Happening:
    raise OSError(28, "No space left on device", "/home/of/the/run")


_FULL: Final = Failure(
    kind="node_failed", problem="The disk is full.", remedy="Free disk space, then run again."
)
_RAISED: Final = Failure(kind="node_failed", problem="It raised ValueError.", remedy="See the log.")
# What may end a run, and what its reason then says.
HAPPENINGS: Final[dict[str, tuple[Callable[[], Happening], str]]] = {
    "a node fails": (lambda: _RAISED, " failed on "),
    "a node fills the disk": (lambda: _FULL, "The disk is full."),
    "the process dies": (lambda: "gone", "The chain's process was killed by SIGKILL at "),
    "past the deadline": (lambda: "deadline", "ran past the deadline of 7,200 s and was stopped."),
    "MLMD fails": (
        lambda: Broken(problem="It raised Locked.", remedy="See the log."),
        "failed. It raised Locked.",
    ),
    "an error of ours": (_raise, "Unexpected error: ZeroDivisionError. The traceback is in "),
    "the disk is full": (_no_room, "The disk is full."),
    "SIGTERM": (_signal(signal.SIGTERM), "The run was stopped by SIGTERM; the next run cleans up after it."),
    "two signals": (_signal(signal.SIGHUP, signal.SIGTERM), "The run was stopped by SIGHUP;"),
}
# After these the next run is looked at as well; it does not know which one it was.
_WITH_NEXT: Final = ("the process dies", "SIGTERM")
_NODE_AT: Final = {"span": "ArrowExampleGen", "training": "Evaluator"}


class Past:
    """Roots with a history, each made once and laid where the runs expect it."""

    def __init__(self, folder: Path) -> None:
        self._home = folder / "home"
        self._scene = Scene(self._home)
        self._kept = folder / "kept"
        self._made: set[str] = set()

    def scene(self, champion: Champion, *, spans: bool) -> Scene:
        """A root in which spans 1 and 2 were accepted, or none ever landed, and in which this is live."""
        name = f"{champion} {spans}"
        shutil.rmtree(self._home)
        if name not in self._made:
            self._make(self._scene, champion, spans)
            shutil.copytree(self._home, self._kept / name)
            self._made.add(name)
        else:
            shutil.copytree(self._kept / name, self._home)
        return self._scene

    def _make(self, scene: Scene, champion: Champion, spans: bool) -> None:
        scene.use_case.make_root()
        scene.metadata()
        if spans:
            for span in ("1", "2"):
                scene.land(span)
            scene.run(Script(candidate="bad" if champion == "none" else "good"))
        elif champion != "none":
            scene.publish()
        if champion == "rolled back":
            scene.roll_back()
        if champion == "damaged":
            scene.damage()
        live = scene.live()
        assert (live.number if live else 0) == LIVE_BEFORE[champion]


@pytest.fixture(scope="module")
def past() -> Iterator[Past]:
    """Histories in memory where that is a folder, for a ledger waits for the disk at every line."""
    memory = Path("/dev/shm")
    with (
        tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder,
        pytest.MonkeyPatch.context() as patched,
    ):
        # Nobody edits the code between two of these runs: it is digested once.
        for module in (inputs, settled):
            patched.setattr(module, "source_digest", functools.cache(provenance.source_digest))
        patched.setattr(disk, "RESERVE_BYTES", 1 << 16)
        yield Past(Path(folder))


def _begin(past: Past, spans: Spans, champion: Champion) -> tuple[Scene, dict[str, str]]:
    """The root, and what the gate says of its spans."""
    has_past = spans not in ("none", "nothing but a blocked one")
    scene = past.scene(champion, spans=has_past)
    gates: dict[Spans, tuple[str, str, str]] = {
        "fresh": ("3", "rows", "OK"),
        "blocked": ("3", "rows", "BLOCK"),
        "refused": ("3", "rows", "REFUSED"),
        "replaced": ("2", "other rows", "WARN"),
        "replaced by a blocked one": ("2", "other rows", "BLOCK"),
        "changed while read": ("3", "rows", "CHANGED"),
        "nothing but a blocked one": ("1", "rows", "BLOCK"),
    }
    if spans not in gates:
        return scene, {}
    span, content, gate = gates[spans]
    scene.land(span, content)
    return scene, {span: gate}


def _script(case: Case, gates: dict[str, str], happen: Callable[[], Happening] = lambda: None) -> Script:
    script = Script(gates=gates, candidate=case.candidate, model="a new model")
    if case.place == "published":
        script.published = happen
    elif case.place:
        script.at = {_NODE_AT[case.place]: happen}
    return script


def _expect(scene: Scene, case: Case, summary: Summary) -> None:
    """All that follows from a case."""
    assert (summary.verdict, summary.exit_code) == (case.verdict, EXIT_CODES[case.verdict]), summary.reason
    assert [sentence for sentence in case.sentences if sentence not in summary.reason] == []
    assert "hunter2" not in summary.reason
    live = scene.live()
    assert (live.number if live else 0, summary.live_version or 0) == (case.live_after, case.live_after)
    assert summary.pushed_version == (case.live_after if case.pushes else None)
    folder = scene.root / "runs" / summary.run_id
    assert json.loads((folder / "summary.json").read_text()) == json.loads(json.dumps(summary.as_json()))
    assert (folder / "report.txt").read_text().startswith(f"{case.verdict}  flights: ")
    run = scene.last_run()
    assert (run["run_id"], run["verdict"], run["exit_code"], run["reason"]) == (
        summary.run_id,
        summary.verdict,
        summary.exit_code,
        summary.reason,
    )
    assert scene.alerts() == case.alerts
    with scene.ledger() as ledger:
        assert ledger.runs.interrupted() == []
    assert (scene.worker is None or scene.worker.ended, scene.shown.closed) == (True, True)
    assert not lock.is_held(scene.root / "lock")
    assert Reserve(scene.root).is_kept


def _expect_next(scene: Scene, case: Case, gates: dict[str, str]) -> None:
    """What the next run makes of it: a candidate only where nothing is settled; the same span is withheld."""
    script = Script(gates=gates, candidate="equal", model="a new model")
    summary = scene.run(script)
    assert ("" not in script.passes) == case.settled, summary.reason
    if case.withheld:
        assert summary.verdict == "DATA_BLOCKED"
    elif case.settled:
        assert summary.verdict == ("NOTHING_NEW" if case.live_after else "NO_MODEL")


@pytest.mark.parametrize("champion", CHAMPIONS)
@pytest.mark.parametrize("spans", SPANS)
def test_the_verdict_of_a_run_that_nothing_happens_to(past: Past, spans: Spans, champion: Champion) -> None:
    for candidate in CANDIDATES:
        case = Case(spans, champion, candidate)
        if not case.is_possible:
            continue
        scene, gates = _begin(past, spans, champion)
        script = _script(case, gates)
        _expect(scene, case, scene.run(script))
        assert ("" in script.passes, len(script.passes) > ("" in script.passes)) == (case.trains, case.reads)
        _expect_next(scene, case, gates)


@pytest.mark.parametrize("champion", CHAMPIONS)
@pytest.mark.parametrize("spans", SPANS)
@pytest.mark.parametrize("happening", HAPPENINGS)
def test_whatever_happens_and_wherever_a_run_ends_with_its_verdict(
    past: Past, happening: str, spans: Spans, champion: Champion
) -> None:
    happen, sentence = HAPPENINGS[happening]
    for place in PLACES:
        case = Case(spans, champion, place=place)
        if case.ended_at is None:
            continue
        scene, gates = _begin(past, spans, champion)
        former = [signal.getsignal(number) for number in STOPPING]
        summary = scene.run(_script(case, gates, happen))
        _expect(scene, case, summary)
        assert sentence in summary.reason
        assert [signal.getsignal(number) for number in STOPPING] == former
        if happening in _WITH_NEXT:
            _expect_next(scene, case, gates)


def test_a_clock_that_gives_a_moment_once_more_gives_another_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone.utc)
    monkeypatch.setattr(clock, "now", lambda: moment)
    ids = []
    for _ in range(3):
        ids.append(new_run_id(tmp_path))
        (tmp_path / ids[-1]).mkdir()
    assert ids == ["20260102T030405.000006Z", "20260102T030405.000006Z-2", "20260102T030405.000006Z-3"]
