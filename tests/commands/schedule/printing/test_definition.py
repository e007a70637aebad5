"""What is printed for each scheduler: its own parser takes it, and it says what the config asks for."""

import ast
import configparser
import shlex
import subprocess
from pathlib import Path
from typing import Any, Final

import kubernetes_validate
import pytest
import yaml

from commands.schedule.printing.definition import definition
from commands.schedule.printing.kinds import KINDS, Scheduler
from commands.schedule.printing.surroundings import Surroundings
from perennial.errors import UsageError
from pipeline import config

_YAML: Final = (config.USE_CASES / "flights.yaml").read_text()
_PLAIN: Final = Path("/srv/perennial")
_ODD: Final = Path("/srv/50% off, $HOME")
# Older schemas ask for `onPodConditions` in every rule, by mistake.
_KUBERNETES: Final = ("1.29", kubernetes_validate.latest_version())


def _printed(
    kind: Scheduler, schedule: str = "", *, cron: str = "30 5 * * *", base: Path = _PLAIN, exports: str = ""
) -> str:
    text = _YAML.replace("exports:\n", f"exports:\n{exports}", 1)
    text += f'\nschedule: {{cron: "{cron}", timezone: Europe/Berlin, {schedule}}}\n'
    home = base / "work" if base == _PLAIN else base / "a home"
    use_case = config.parse(text, name="flights", home=home, source="flights.yaml")
    return definition(kind, use_case, Surroundings(base / ".venv/bin/python", base, home, "ada"))


def _command(text: str) -> str:
    return text.splitlines()[-1]


def _units(text: str) -> tuple[configparser.RawConfigParser, configparser.RawConfigParser]:
    """The service and the timer; of a key that is set more than once, the last value."""
    units = []
    for part in text.split("\n# /etc/systemd/system/")[1:]:
        parser = configparser.RawConfigParser(strict=False, comment_prefixes="#")
        parser.optionxform = str  # type: ignore[assignment,method-assign]
        parser.read_string(part.partition("\n")[2])
        units.append(parser)
    service, timer = units
    return service, timer


def _cron_job(text: str) -> dict[str, Any]:
    job, claim = yaml.safe_load_all(text)
    for version in _KUBERNETES:
        for document in (job, claim):
            kubernetes_validate.validate(document, version, strict=True)
    return dict(job["spec"])


def _dag(text: str) -> dict[str, Any]:
    """Name -> value of what the file assigns, and the keywords of its calls; the file has to compile."""
    compile(text, "flights.py", "exec")
    values: dict[str, Any] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            values[node.targets[0].id] = node.value
        if isinstance(node, ast.Call):
            values |= {each.arg: each.value for each in node.keywords if each.arg}
            values |= {"line": node.args[0]} if ast.unparse(node.func) == "CronTriggerTimetable" else {}
        if isinstance(node, ast.Import | ast.ImportFrom):
            values.setdefault("imports", set()).add(ast.unparse(node).split()[1].split(".")[0])
    return values


@pytest.mark.parametrize("kind", KINDS)
def test_every_definition_names_use_case_cron_line_zone_and_exit_codes(kind: Scheduler) -> None:
    text = " ".join(_printed(kind).split())
    assert 'use case flights at "30 5 * * *", Europe/Berlin' in text
    assert "0 PUSHED, KEPT, NOTHING_NEW; 1 FAILED; 2 wrong config or name; 3 DATA_BLOCKED;" in text


@pytest.mark.parametrize("kind", KINDS)
def test_a_use_case_without_cron_is_refused_with_an_example(kind: Scheduler) -> None:
    use_case = config.parse(_YAML, name="flights", home=_PLAIN / "work", source="flights.yaml")
    with pytest.raises(UsageError, match=r"`schedule\.cron`.*cron: \"30 5 \* \* \*\"") as error:
        definition(kind, use_case, Surroundings(_PLAIN / "python", _PLAIN, _PLAIN / "work", "ada"))
    assert error.value.exit_code == 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_path_with_a_line_break_is_refused(kind: Scheduler) -> None:
    with pytest.raises(UsageError, match="control character"):
        _printed(kind, base=Path("/srv/a\nb"))


@pytest.mark.parametrize("kind", ["cron", "systemd", "airflow"])
def test_the_home_is_set_where_it_is_not_the_default(kind: Scheduler) -> None:
    assert "PERENNIAL_HOME" not in _printed(kind)
    assert "a home" in _printed(kind, base=_ODD)
    assert "PERENNIAL_HOME" in _printed(kind, base=_ODD)


def test_a_crontab_has_the_zone_then_the_line() -> None:
    zone, line = _printed("cron", cron="30 5  * * mon-fri").splitlines()[-2:]
    assert zone == "CRON_TZ=Europe/Berlin"
    assert line.startswith("30 5 * * mon-fri mkdir ")
    assert all(each.startswith("#") or not each for each in _printed("cron").splitlines()[:-2])


@pytest.mark.parametrize(
    ("cron", "line"),
    [("10/20 4 * * *", "10-59/20 4 * * *"), ("5,10/20 */2 1-9/3 jan/2 *", "5,10-59/20 */2 1-9/3 jan-12/2 *")],
)
def test_a_number_with_a_step_is_written_as_the_range_that_debian_cron_asks_for(cron: str, line: str) -> None:
    assert _command(_printed("cron", cron=cron)).startswith(f"{line} mkdir ")


def test_cron_gets_no_bare_percent_and_the_shell_the_paths() -> None:
    command = _command(_printed("cron", base=_ODD)).split(" ", 5)[5]
    assert r"\%" in command
    assert "%" not in command.replace(r"\%", "")
    words = shlex.split(command.replace(r"\%", "%"))
    assert f"{_ODD}/.venv/bin/python" in words
    assert f"{_ODD}/a home" in words


@pytest.mark.parametrize(("code", "output"), [(0, ""), (3, "one line\n")])
def test_the_command_of_a_crontab_prints_only_what_a_bad_run_printed(
    tmp_path: Path, code: int, output: str
) -> None:
    base = tmp_path / "50% off, $HOME"
    python = base / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(
        '#!/bin/sh\ntest "$PERENNIAL_HOME" = "$(dirname "$1")/a home" || exit 9\n'
        f"echo one line\nexit {code}\n"
    )
    python.chmod(0o755)
    command = _command(_printed("cron", base=base)).split(" ", 5)[5].replace(r"\%", "%")
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (code, output)


def test_a_line_that_cron_would_cut_is_refused() -> None:
    with pytest.raises(UsageError, match="cron reads 998"):
        _printed("cron", base=Path("/srv", "x" * 250))


def test_a_service_is_one_run_that_is_stopped_by_a_signal_to_it_alone() -> None:
    service, timer = _units(_printed("systemd", "stop_within: 10m"))
    assert dict(service["Service"]) == {
        "Type": "oneshot",
        "User": "ada",
        "WorkingDirectory": "/srv/perennial",
        "ExecStart": '"/srv/perennial/.venv/bin/python" "/srv/perennial/local_runner.py" "run" "flights"',
        "Nice": "10",
        "TimeoutStartSec": str(7200 + 600),
        "KillMode": "mixed",
        "TimeoutStopSec": "600",
    }
    assert timer["Timer"]["OnCalendar"] == "*-*-* 05:30:00 Europe/Berlin"
    assert timer["Timer"]["Persistent"] == "true"
    assert timer["Install"]["WantedBy"] == "timers.target"


def test_a_timer_has_an_event_for_days_and_one_for_weekdays() -> None:
    assert _printed("systemd", cron="0 5 1 * mon").count("\nOnCalendar=") == 2


def test_systemd_expands_neither_specifiers_nor_variables_in_paths() -> None:
    service, _ = _units(_printed("systemd", base=_ODD))
    command = service["Service"]["ExecStart"]
    # The path of the program is no argument: systemd takes its dollar as it is.
    assert command.startswith(
        '"/srv/50%% off, $HOME/.venv/bin/python" "/srv/50%% off, $$HOME/local_runner.py"'
    )
    assert service["Service"]["WorkingDirectory"] == "/srv/50%% off, $HOME"


def test_a_path_that_systemd_starts_no_program_from_is_refused() -> None:
    with pytest.raises(UsageError, match="quotation mark"):
        _printed("systemd", base=Path('/srv/a "b"'))


def test_a_cron_job_retries_failed_runs_alone_and_never_runs_two() -> None:
    spec = _cron_job(_printed("k8s", "retry: [5m, 30m]"))
    job = spec["jobTemplate"]["spec"]
    assert (spec["schedule"], spec["timeZone"]) == ("30 5 * * *", "Europe/Berlin")
    assert spec["concurrencyPolicy"] == "Forbid"
    assert job["backoffLimit"] == 2
    assert job["template"]["spec"]["restartPolicy"] == "Never"
    assert job["template"]["spec"]["activeDeadlineSeconds"] > 7200
    assert job["activeDeadlineSeconds"] > 3 * 7200
    fails = [each for each in job["podFailurePolicy"]["rules"] if each["action"] == "FailJob"]
    assert [(each["onExitCodes"]["operator"], each["onExitCodes"]["values"][0]) for each in fails] == [
        ("NotIn", 1)
    ]


@pytest.mark.parametrize(
    ("schedule", "cron", "seconds"),
    [
        ("", "30 5 * * *", 86400),
        ("catch_up: skip", "30 5 * * *", 3600),
        ("catch_up: skip", "*/15 * * * *", 900),
        ("catch_up_window: 2h", "30 5 * * *", 7200),
    ],
)
def test_a_missed_time_is_made_up_for_until_the_next_one(schedule: str, cron: str, seconds: int) -> None:
    assert _cron_job(_printed("k8s", schedule, cron=cron))["startingDeadlineSeconds"] == seconds


def test_a_persistent_timer_makes_up_for_missed_times_unless_they_are_skipped() -> None:
    assert _units(_printed("systemd", "catch_up: skip"))[1]["Timer"]["Persistent"] == "false"


def test_the_url_that_is_pinged_is_named_and_never_printed() -> None:
    schedule = "ping_url_env: PERENNIAL_PING_FLIGHTS"
    variables = _cron_job(_printed("k8s", schedule))["jobTemplate"]["spec"]["template"]["spec"]["containers"][
        0
    ]["env"]
    assert variables[1]["valueFrom"]["secretKeyRef"]["key"] == "PERENNIAL_PING_FLIGHTS"
    assert "EnvironmentFile=-/etc/perennial.env" in _printed("systemd", schedule)
    assert "# PERENNIAL_PING_FLIGHTS=https" in _printed("cron", schedule)


def test_exports_in_a_folder_of_their_own_are_mounted() -> None:
    text = _printed("k8s", exports="  path: /data/flights\n")
    container = _cron_job(text)["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    assert {"name": "exports", "mountPath": "/data/flights", "readOnly": True} in container["volumeMounts"]


def test_the_strict_schema_refuses_a_key_that_kubernetes_does_not_know() -> None:
    with pytest.raises(kubernetes_validate.ValidationError):
        _cron_job(_printed("k8s").replace("concurrencyPolicy", "concurencyPolicy"))


def test_a_dag_imports_nothing_of_this_program() -> None:
    assert _dag(_printed("airflow"))["imports"] == {"json", "os", "subprocess", "datetime", "airflow"}


def test_a_dag_runs_the_command_at_the_times_of_the_line() -> None:
    values = _dag(_printed("airflow", "retry: [5m, 30m]", cron="30 5 * * mon-fri", base=_ODD))
    assert ast.literal_eval(values["COMMAND"]) == [
        f"{_ODD}/.venv/bin/python",
        f"{_ODD}/local_runner.py",
        *("run", "flights", "--json"),
    ]
    assert ast.literal_eval(values["ENVIRONMENT"]) == {"PERENNIAL_HOME": f"{_ODD}/a home"}
    plain = {
        name: ast.literal_eval(values[name]) for name in ("line", "timezone", "catchup", "max_active_runs")
    }
    assert plain == {
        "line": "30 5 * * 1-5",
        "timezone": "Europe/Berlin",
        "catchup": False,
        "max_active_runs": 1,
    }
    assert ast.literal_eval(values["retries"]) == 2
    assert ast.unparse(values["retry_delay"]) == "timedelta(seconds=1050)"


def test_a_dag_without_retries_has_none() -> None:
    assert ast.literal_eval(_dag(_printed("airflow", "retry: []"))["retries"]) == 0
