"""The use cases whose definitions are checked: names, paths and settings that a definition can get wrong."""

from pathlib import Path
from typing import Final

from commands.schedule.printing.definition import definition
from commands.schedule.printing.kinds import Scheduler
from commands.schedule.printing.surroundings import Surroundings
from pipeline import config

ZONE: Final = "Europe/Berlin"
# Use case -> settings of its schedule.
SUBJECTS: Final = {
    "flights": "",
    "hourly_rain": "catch_up: skip, retry: [], ping_url_env: PERENNIAL_PING_RAIN",
    "a_use_case_whose_name_is_longer_than_kubernetes_takes": "retry: [1s, 1s], stop_within: 5m",
}
# An installation's folder below the proof's home.
PLAIN: Final = "plain"
ODD: Final = "50% off, $HOME & more"
_YAML: Final = (config.USE_CASES / "flights.yaml").read_text(encoding="utf-8")
_PYTHON: Final = """#!/bin/sh
echo "$PERENNIAL_HOME" >> "$(dirname "$1")/runs"
exec {python} "$@"
"""


def printed(
    kind: Scheduler, name: str, line: str, base: Path, *, zone: str = ZONE, settings: str | None = None
) -> str:
    """The definition of a use case of an installation in a folder."""
    text = f'{_YAML}\nschedule: {{cron: "{line}", timezone: {zone}, {settings or SUBJECTS[name]}}}\n'
    home = base / "a home" if base.name == ODD else base / "work"
    use_case = config.parse(text, name=name, home=home, source=f"{name}.yaml")
    return definition(kind, use_case, Surroundings(base / ".venv/bin/python", base, home, "root"))


def make_installation(base: Path, python: Path, program: str) -> None:
    """Makes a folder with a Python that notes each start in the file `runs`, and a `local_runner.py`."""
    interpreter = base / ".venv" / "bin" / "python"
    interpreter.parent.mkdir(parents=True, exist_ok=True)
    interpreter.write_text(_PYTHON.format(python=python), encoding="utf-8")
    interpreter.chmod(0o755)
    (base / "local_runner.py").write_text(program, encoding="utf-8")
