"""`schedule --print`, as typed."""

import subprocess
import sys
from pathlib import Path

import pytest

from commands.command_line import main
from pipeline import config
from tests.commands.versions import Ask

_SCHEDULE = "\nschedule: {cron: '30 5 * * *', timezone: Europe/Berlin}\n"
# Runs the command on a use case in the folder that is given, and says which of the slow modules it imported.
_IMPORTED = """
import sys
from pathlib import Path
from commands.command_line import main
from pipeline import config
config.USE_CASES = Path(sys.argv[1])
code = main(["schedule", "--print", "systemd", "flights"])
slow = {"tfx", "tensorflow", "apache_beam", "ml_metadata", "pandas", "pyarrow"}
print(code, sorted(slow & {name.split(".")[0] for name in sys.modules}))
"""


@pytest.fixture
def scheduled(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the YAML of flights, scheduled; `home` is another one than the default."""
    folder = tmp_path / "use_cases"
    folder.mkdir()
    text = (config.USE_CASES / "flights.yaml").read_text()
    (folder / "flights.yaml").write_text(text + _SCHEDULE)
    monkeypatch.setattr(config, "USE_CASES", folder)
    return folder


def test_the_definition_is_the_output(
    scheduled: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schedule", "--print", "cron", "flights"]) == 0
    output = capsys.readouterr().out
    assert "CRON_TZ=Europe/Berlin\n30 5 * * * mkdir " in output
    assert f"PERENNIAL_HOME={home.resolve()} flock" in output
    assert f"{sys.executable} {config.REPOSITORY}/local_runner.py run flights" in output


def test_as_json_the_definition_is_one_text(scheduled: Path, answer: Ask) -> None:
    code, reply = answer("schedule", "--print", "k8s", "flights")
    assert (code, set(reply), reply["kind"]) == (0, {"use_case", "kind", "definition"}, "k8s")
    assert "kind: CronJob\n" in reply["definition"]


def test_a_use_case_without_cron_is_a_usage_error(home: Path, answer: Ask) -> None:
    code, reply = answer("schedule", "--print", "systemd", "flights")
    assert code == 2
    assert "`schedule.cron`" in reply["error"]
    assert "pipeline/use_cases/flights.yaml" in reply["remedy"]


def test_another_scheduler_is_a_usage_error(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["schedule", "--print", "jenkins", "flights"])
    assert "cron" in capsys.readouterr().err


def test_it_imports_nothing_slow(scheduled: Path) -> None:
    command = [sys.executable, "-c", _IMPORTED, str(scheduled)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=config.REPOSITORY)
    assert done.stdout.splitlines()[-1] == "0 []"
