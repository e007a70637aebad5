"""systemd-analyze reads the units, and computes the times of their timers."""

import re
from collections.abc import Iterator
from datetime import datetime, timezone
from itertools import islice
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim

from benchmarks.proofs.definitions.checks import ToolCheck, output_of
from benchmarks.proofs.definitions.lines import EXTENDED, LINES, START, random_lines
from benchmarks.proofs.definitions.subjects import ODD, PLAIN, SUBJECTS, ZONE, printed
from commands.schedule.printing.cron_fields import cron_fields
from commands.schedule.printing.on_calendar import on_calendar

_TIMES: Final = 50
# systemd looks no further ahead.
_LAST_YEAR: Final = 2199
_ELAPSE: Final = re.compile(r"(?:elapse|Iter\. #\d+|Iteration #\d+): \w{3} ([\d-]+ [\d:]+) UTC")


def version() -> str:
    """systemd and its version."""
    return output_of(["systemd-analyze", "--version"]).stdout.split(" (")[0]


def checks(home: Path) -> Iterator[ToolCheck]:
    """Verifies the units, and compares times."""
    yield _units(home)
    tool = version()
    for zone in ("UTC", ZONE):
        check = ToolCheck(tool, f"the next {_TIMES} times of a line's `OnCalendar=` are cronsim's, in {zone}")
        for line in (*LINES, *EXTENDED, *random_lines(200)):
            ours = times(line, zone, START, _TIMES)
            theirs = [each for each in _cron_times(line, zone) if each.year <= _LAST_YEAR]
            check.add(bool(ours) and ours == theirs[: len(ours)], f"`{line}`")
        yield check


def times(line: str, zone: str, after: datetime, count: int) -> list[datetime]:
    """The first times of a line's calendar events after a moment, in UTC without a zone; both are so."""
    moments: set[datetime] = set()
    for event in on_calendar(cron_fields(line), zone):
        command = ["systemd-analyze", "calendar", f"--base-time={after} UTC", f"--iterations={count}", event]
        shown = output_of(command, {"TZ": "UTC", "PATH": "/usr/bin:/bin", "LC_ALL": "C"}).stdout
        moments |= {datetime.strptime(text, "%Y-%m-%d %H:%M:%S") for text in _ELAPSE.findall(shown)}
    return sorted(moments)[:count]


def _cron_times(line: str, zone: str) -> Iterator[datetime]:
    start = START.replace(tzinfo=timezone.utc).astimezone(ZoneInfo(zone))
    for time in islice(CronSim(line, start), _TIMES):
        yield time.astimezone(timezone.utc).replace(tzinfo=None)


def _units(home: Path) -> ToolCheck:
    check = ToolCheck(
        version(), "`verify` takes service and timer, split by the printed command, without a remark"
    )
    for base in (home / PLAIN, home / ODD):
        for name in SUBJECTS:
            for line in (*LINES, *EXTENDED):
                folder = home / "units"
                files = _split(printed("systemd", name, line, base), folder)
                shown = output_of(["systemd-analyze", "verify", "--man=no", *files])
                right = len(files) == 2 and not shown.returncode and not shown.stdout
                check.add(right, f"{name} `{line}`: {shown.stdout[:200]}")
    return check


def _split(text: str, folder: Path) -> list[Path]:
    """Writes the files of a definition below a folder, by the command that it has in its comment."""
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    # Without the folder's own name: awk makes files where the definition says.
    place = "/etc/systemd/system"
    (program,) = re.findall(r"awk '(.*)'$", text, re.MULTILINE)
    (folder / "printed").write_text(text, encoding="utf-8")
    moved = program.replace("file = $2", f'file = "{folder}" substr($2, {len(place) + 1})')
    output_of(["awk", moved, folder / "printed"])
    (folder / "printed").unlink()
    return sorted(folder.iterdir())
