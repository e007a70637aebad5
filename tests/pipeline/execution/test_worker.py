"""What the chain's process tells of the nodes it runs, and of what they raise."""

import io
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from absl import logging as absl_logging

from perennial.errors import ConfigError, FileRefused, SpanChanged, SpanRefused, UserCodeError
from pipeline.config import LOCAL_BEAM_ARGS, REPOSITORY
from pipeline.execution import messages
from pipeline.execution.messages import Failure, NodeBegan
from pipeline.execution.worker import _failure, _Masking, _NodeWatcher, _Sender
from tests import toy_chain


def test_tfx_still_logs_which_node_begins_in_the_words_we_wait_for(tmp_path: Path) -> None:
    sent = io.StringIO()
    logger, watcher = absl_logging.get_absl_logger(), _NodeWatcher(_Sender(sent))
    former = absl_logging.get_verbosity()
    absl_logging.set_verbosity(absl_logging.INFO)
    logger.addHandler(watcher)
    try:
        toy_chain.run(tmp_path)
    finally:
        logger.removeHandler(watcher)
        absl_logging.set_verbosity(former)
    received = [messages.read(line.encode()) for line in sent.getvalue().splitlines()]
    assert received == [NodeBegan(name=name) for name in toy_chain.NODES]


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
    program = f"""
import os, sys
sys.path.insert(0, {str(REPOSITORY)!r})
from pipeline.execution.worker import _keep_from_children
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
