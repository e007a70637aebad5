"""The examples of the guide are what the program prints."""

from pathlib import Path
from typing import Final

import pytest

from commands.schedule.printing.definition import definition
from commands.schedule.printing.kinds import KINDS, Scheduler
from commands.schedule.printing.surroundings import Surroundings
from pipeline import config

PAGE: Final = config.REPOSITORY / "docs" / "guides" / "schedulers.md"
_BASE: Final = Path("/opt/perennial")
_SCHEDULE: Final = '\nschedule: {cron: "30 5 * * mon-fri", timezone: Europe/Berlin}\n'


def examples() -> dict[Scheduler, str]:
    """The definitions of flights, as the page's example has them."""
    text = (config.USE_CASES / "flights.yaml").read_text(encoding="utf-8") + _SCHEDULE
    home = Path("/var/lib/perennial")
    use_case = config.parse(text, name="flights", home=home, source="flights.yaml")
    place = Surroundings(_BASE / ".venv" / "bin" / "python", _BASE, home, "perennial")
    return {kind: definition(kind, use_case, place) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_an_example_is_what_the_program_prints(kind: Scheduler) -> None:
    block = PAGE.read_text(encoding="utf-8").split(f"<!-- {kind} -->")[1].split(f"<!-- /{kind} -->")[0]
    printed = block.split("\n", 2)[2].rpartition("```")[0]
    assert printed == examples()[kind], "copy the output of `schedule --print`"
