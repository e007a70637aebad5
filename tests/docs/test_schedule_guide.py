"""The guide of the schedule: its settings are all there are, with their defaults; its unit lets a run end."""

import re
from typing import Final

import yaml

from commands.schedule.run_sequence import _GRACE
from pipeline.config import REPOSITORY, USE_CASES
from pipeline.schedule_section import ScheduleSection
from tests.commented_schedule import uncommented

PAGE: Final = (REPOSITORY / "docs" / "guides" / "schedule.md").read_text(encoding="utf-8")


def _settings() -> dict[str, str]:
    """Key -> its default, as the table has it."""
    rows = re.findall(r"^\| (`[^|]+`) \| ([^|]+) \|", PAGE.split("## Settings")[1], re.MULTILINE)
    settings: dict[str, str] = {}
    for keys, defaults in rows:
        names = re.findall(r"`(\w+)`", keys)
        values = re.findall(r"\[[^]]*\]|[^,\s][^,]*", defaults)
        settings |= dict(zip(names, values if len(names) > 1 else [defaults], strict=True))
    return settings


def test_the_table_has_every_key_with_its_default() -> None:
    shown = _settings()
    assert shown.keys() == set(ScheduleSection.model_fields)
    written = {key: value for key, value in shown.items() if value != "none" and key != "metrics_file"}
    text = "\n".join(f"{key}: {value}" for key, value in written.items())
    assert ScheduleSection.model_validate(yaml.safe_load(text)) == ScheduleSection()


def test_the_first_step_is_what_the_file_has() -> None:
    step = PAGE.split("```yaml\n")[1].split("```")[0]
    assert step in uncommented((USE_CASES / "flights.yaml").read_text(encoding="utf-8"))


def test_the_unit_waits_longer_than_a_run_may_take_to_end() -> None:
    (minutes,) = re.findall(r"^TimeoutStopSec=(\d+)min$", PAGE, re.MULTILINE)
    assert int(minutes) * 60 > ScheduleSection().stop_within + _GRACE
