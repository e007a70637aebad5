"""What the chain's process tells of the nodes it runs, and of what they raise."""

import contextlib
import inspect
import io
import logging
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from absl import logging as absl_logging

from perennial.errors import ConfigError, FewerRows, FileRefused, SpanChanged, SpanRefused, UserCodeError
from pipeline.config import LOCAL_BEAM_ARGS
from pipeline.execution import messages
from pipeline.execution.lineage import Lineage
from pipeline.execution.messages import Failure, NodeBegan, Pass
from pipeline.execution.worker import (
    _failure,
    _keep_from_children,
    _Masking,
    _NodeWatcher,
    _Sender,
    run_pipeline,
)
from tests import small_disk, toy_chain


@contextlib.contextmanager
def _watched(stream: IO[str]) -> Iterator[None]:
    """Sends each node that begins to a stream."""
    logger, watcher = absl_logging.get_absl_logger(), _NodeWatcher(_Sender(stream))
    former = absl_logging.get_verbosity()
    absl_logging.set_verbosity(absl_logging.INFO)
    logger.addHandler(watcher)
    try:
        yield
    finally:
        logger.removeHandler(watcher)
        absl_logging.set_verbosity(former)


def test_tfx_still_logs_which_node_begins_in_the_words_we_wait_for(tmp_path: Path) -> None:
    sent = io.StringIO()
    with _watched(sent):
        toy_chain.run(tmp_path)
    received = [messages.read(line.encode()) for line in sent.getvalue().splitlines()]
    assert received == [NodeBegan(name=name) for name in toy_chain.NODES]


class _FilledAt(io.StringIO):
    """A stream of messages that fills a disk once one says that a node began."""

    def __init__(self, node: str, disk: Path) -> None:
        super().__init__()
        self._node, self._disk = node, disk

    def write(self, text: str) -> int:
        if messages.read(text.encode()) == NodeBegan(name=self._node):
            small_disk.fill(self._disk)
        return len(text)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    with small_disk.mounted(folder, mib=8):
        yield folder


def _outcome(passed: Pass) -> tuple[str, list[str]]:
    return passed.failure.problem if passed.failure else "", [node.state for node in passed.nodes]


@pytest.mark.parametrize(
    ("node", "states"),
    [
        ("Make", ["FAILED", "SKIPPED", "SKIPPED"]),
        ("Add", ["COMPLETE", "FAILED", "SKIPPED"]),
        ("Log", ["COMPLETE", "COMPLETE", "FAILED"]),
    ],
)
@pytest.mark.parametrize("ran_before", [False, True])
def test_a_node_that_a_full_disk_keeps_from_being_recorded_is_failed(
    small: Path, node: str, states: list[str], ran_before: bool
) -> None:
    if ran_before:
        toy_chain.run(small)
    with _watched(_FilledAt(node, small)):
        passed = run_pipeline(toy_chain.chain_of(small, span="2"), small)
    assert _outcome(passed) == ("The disk is full.", states)
    assert passed.failed_node == node
    assert passed.nodes[toy_chain.NODES.index(node)].why == "its start could not be recorded"


def test_a_node_that_fills_the_disk_while_it_runs_is_failed(small: Path) -> None:
    passed = run_pipeline(toy_chain.chain_of(small, fills=str(small)), small)
    assert _outcome(passed) == ("The disk is full.", ["COMPLETE", "FAILED", "SKIPPED"])
    (small / "filler").unlink()
    assert Lineage(str(small / "metadata.db")).sweep(small / "artifacts") == 1


def test_what_a_refused_span_leaves_is_swept_at_once_for_the_run_goes_on(tmp_path: Path) -> None:
    passed = run_pipeline(toy_chain.chain_of(tmp_path, refuses=1), tmp_path)
    assert _outcome(passed) == ("It was set to refuse.", ["COMPLETE", "FAILED", "SKIPPED"])
    assert not list(tmp_path.glob("artifacts/*/.system/stateful_working_dir/*"))


def test_an_error_of_ours_is_shown_in_its_two_sentences_however_deep_it_lies() -> None:
    wrapped = RuntimeError("a runner's own words")
    wrapped.__cause__ = ValueError("another's")
    wrapped.__cause__.__context__ = SpanRefused("It is empty.", "Export it again.")
    assert _failure(wrapped) == Failure(
        kind="span_refused", problem="It is empty.", remedy="Export it again."
    )


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (SpanChanged("p", "r"), "span_changed"),
        (SpanRefused("p", "r"), "span_refused"),
        (FileRefused("p", "r"), "span_refused"),
        (ConfigError("p", "r"), "node_failed"),
        (ValueError("v"), "node_failed"),
        (OSError(28, "No space left on device"), "node_failed"),
    ],
)
def test_what_becomes_of_a_span_follows_from_the_kind_of_its_failure(error: Exception, kind: str) -> None:
    assert _failure(error).kind == kind


def test_fewer_rows_keep_their_figures_on_the_way_to_the_run() -> None:
    error = pickle.loads(pickle.dumps(FewerRows("13 rows.", "Accept them.", {"rows": 13})))
    failure = _failure(error)
    assert (failure.kind, failure.facts) == ("fewer_rows", {"rows": 13})


def test_an_error_of_a_users_function_is_shown_with_file_and_line() -> None:
    error = UserCodeError("transforms/rain.py:48", "KeyError 'visib'")
    error.__cause__ = KeyError("visib")
    wrapped = RuntimeError("a runner's own words")
    wrapped.__cause__ = error
    for raised in (error, wrapped):
        failure = _failure(raised)
        assert (failure.kind, failure.problem) == ("node_failed", "transforms/rain.py:48: KeyError 'visib'.")


@pytest.mark.parametrize("error", [ValueError("a value: hunter2"), SystemExit(0)])
def test_of_any_other_error_only_the_class_is_shown_as_unexpected(error: BaseException) -> None:
    failure = _failure(error)
    assert failure.problem == f"Unexpected error: {type(error).__name__}."
    assert failure.remedy == "Report it, if the traceback does not show the cause."
    assert "hunter2" not in failure.model_dump_json()


def test_a_full_disk_is_reported_as_such_whatever_its_words() -> None:
    failure = _failure(RuntimeError("write failed for /some/file: No space left on device"))
    assert failure.problem == "The disk is full."


def test_the_values_of_a_users_beam_options_are_not_logged() -> None:
    masking = _Masking([*LOCAL_BEAM_ARGS, "--token=s3cret", "--key", 'va"lue'])
    record = logging.LogRecord(
        "absl", logging.INFO, "f", 1, "%s with %s", ("--token=s3cret --key", '"va\\"lue"'), None
    )
    assert masking.filter(record)
    assert record.getMessage() == '--token=(not shown) --(not shown) with "(not shown)"'
    other = logging.LogRecord("absl", logging.INFO, "f", 1, "Component %s is running.", ("A",), None)
    assert masking.filter(other)
    assert (other.msg, other.args) == ("Component %s is running.", ("A",))


def test_what_a_users_function_starts_holds_neither_lock_nor_events(tmp_path: Path) -> None:
    # The function alone: it needs nothing that the worker imports, which takes 10 s.
    program = f"""
import os
{inspect.getsource(_keep_from_children)}
lock, events = os.open({str(tmp_path / "lock")!r}, os.O_CREAT | os.O_RDWR), os.pipe()[1]
os.set_inheritable(lock, True)
os.set_inheritable(events, True)

def held():
    child = os.fork()
    if child == 0:
        os._exit(sum(os.path.exists(f"/proc/self/fd/{{one}}") for one in (lock, events)))
    forked = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return forked, sum(os.system(f"test -e /proc/self/fd/{{one}}") == 0 for one in (lock, events))

print(*held())
_keep_from_children(lock, events)
print(*held())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    # By a child that is forked, and by one that runs another program: both descriptors or neither.
    assert done.stdout.splitlines() == ["2 2", "0 0"]
