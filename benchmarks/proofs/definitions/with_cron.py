"""cron reads the crontabs, and its daemon runs a line, in a mount namespace of its own."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.proofs.definitions.checks import ToolCheck, output_of
from benchmarks.proofs.definitions.lines import LINES
from benchmarks.proofs.definitions.subjects import ODD, PLAIN, SUBJECTS, printed

# The daemon sees the one crontab alone, and leaves nothing behind; it starts what is due each minute.
_DAEMON: Final = """
set -e
for folder in /var/spool/cron/crontabs /etc/cron.d /run; do mount -t tmpfs none $folder; done
mount --bind /dev/null /etc/crontab
chmod 1730 /var/spool/cron/crontabs
crontab "$1"
timeout 70 cron -f || test $? = 124
"""


def version() -> str:
    """cron and its version."""
    return f"cron {output_of(['dpkg-query', '-W', '-f', '${Version}', 'cron']).stdout}"


def checks(home: Path) -> Iterator[ToolCheck]:
    """Reads all, and runs one."""
    file = home / "crontab"
    check = ToolCheck(version(), "`crontab -n` takes the lines")
    for base in (home / PLAIN, home / ODD):
        for name in SUBJECTS:
            for line in LINES:
                file.write_text(printed("cron", name, line, base), encoding="utf-8")
                shown = output_of(["crontab", "-n", file])
                check.add(shown.returncode == 0, f"{name} `{line}`: {shown.stdout[:200]}")
    yield check
    yield _daemon(home, file)


def _daemon(home: Path, file: Path) -> ToolCheck:
    base = home / ODD
    text = printed("cron", "flights", "* * * * *", base)
    file.write_text(f'MAILTO=""\n{text}', encoding="utf-8")
    runs = base / "runs"
    runs.unlink(missing_ok=True)
    shown = output_of(["unshare", "--mount", "sh", "-c", _DAEMON, "sh", file], {**os.environ, "LC_ALL": "C"})
    check = ToolCheck(version(), "the daemon runs the line, from a folder whose name has `%`, `$` and `&`")
    started = runs.read_text(encoding="utf-8").splitlines() if runs.is_file() else []
    check.add(str(base / "a home") in started, f"started with {started}; {shown.stdout[:200]}")
    return check
