"""The serving process: what it inherits and what is said when it gives no answer."""

import sys
from pathlib import Path

import pytest

from components.serving_probe.process import ProbeProcess
from perennial.errors import Unservable


def _script(folder: Path, body: str) -> str:
    path = folder / "python"
    path.write_text(f"#!{sys.executable} -S\n{body}\n")
    path.chmod(0o755)
    return str(path)


def test_nothing_of_the_environment_is_inherited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", "1")
    python = _script(tmp_path, "import json, os, sys; sys.stdin.read(); print(json.dumps(dict(os.environ)))")
    with ProbeProcess(python) as process:
        process.send(tmp_path, tmp_path)
        environment = process.reply(timeout=10)
    assert "A_SECRET" not in environment
    assert "PYTHONPATH" in environment


def test_a_process_that_dies_is_quoted(tmp_path: Path) -> None:
    python = _script(tmp_path, "import sys; sys.exit('no TensorFlow here')")
    with ProbeProcess(python) as process:
        process.send(tmp_path, tmp_path)
        with pytest.raises(Unservable, match="ended with code 1: no TensorFlow here"):
            process.reply(timeout=10)


def test_leaving_the_context_ends_the_process(tmp_path: Path) -> None:
    python = _script(tmp_path, "import time; time.sleep(60)")
    with ProbeProcess(python) as process:
        pass
    assert process._process.returncode == -9


def test_a_process_started_ahead_is_asked_once(tmp_path: Path) -> None:
    python = _script(
        tmp_path, "import json, os, sys; sys.stdin.read(); print(json.dumps({'pid': os.getpid()}))"
    )
    ProbeProcess.start_ahead(python)
    ahead = ProbeProcess._ahead[python]
    with ProbeProcess.started(python) as process:
        assert process is ahead
    with ProbeProcess.started(python) as process:
        assert process is not ahead


def test_a_process_started_ahead_that_was_killed_is_replaced(tmp_path: Path) -> None:
    python = _script(tmp_path, "import sys; sys.stdin.read(); print('{}')")
    ProbeProcess.start_ahead(python)
    killed = ProbeProcess._ahead[python]._process
    killed.kill()
    killed.wait()
    with ProbeProcess.started(python) as process:
        process.send(tmp_path, tmp_path)
        assert process.reply(timeout=10) == {}


def test_a_missing_interpreter_is_reported_when_it_is_asked(tmp_path: Path) -> None:
    ProbeProcess.start_ahead(str(tmp_path / "none"))
    with pytest.raises(Unservable, match="does not start"):
        ProbeProcess.started(str(tmp_path / "none"))
