"""What every definition is made from: the use case, its cron line, and where it runs."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from commands.schedule.printing.cron_fields import CronFields
from commands.schedule.printing.surroundings import Surroundings
from pipeline.config import UseCase
from pipeline.schedule_section import ScheduleSection
from pipeline.verdict import EXIT_CODES

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"


@dataclass(frozen=True)
class PrintOrder:
    """One definition to be made.

    Attributes:
        use_case: With `schedule.cron`.
        fields: That line.
        surroundings: The paths and the user.
    """

    use_case: UseCase
    fields: CronFields
    surroundings: Surroundings

    @property
    def schedule(self) -> ScheduleSection:
        """The section of the config."""
        return self.use_case.schedule

    @property
    def command(self) -> list[str]:
        """The words of the command that runs the use case, from any folder."""
        program = self.surroundings.repository / "local_runner.py"
        return [str(self.surroundings.python), str(program), "run", self.use_case.name]

    @property
    def exit_codes(self) -> str:
        """The exit codes of a run, in one line of a comment."""
        verdicts: dict[int, list[str]] = defaultdict(list)
        for verdict, code in EXIT_CODES.items():
            verdicts[code].append(verdict)
        verdicts[2].append("wrong config or name")
        return "; ".join(f"{code} {', '.join(names)}" for code, names in sorted(verdicts.items()))
