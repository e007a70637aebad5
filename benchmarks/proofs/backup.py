"""Backups while a run goes on, restored elsewhere and run to the end; both commands killed; cut files.

The code is a copy whose flights are trained for one epoch only: what is shown is not how good a model is.
A home with three months of flights is copied, restored under another path, and given the fourth month there.
The fourth month's run in the home itself is copied at random moments; each copy is restored under another
path and run to its end. All these ends must be that of the home itself. `backup` and `restore` are killed at
moments drawn uniformly over the length of an undisturbed one, and run again; truncated backups are restored.
"""

import argparse
import json
import shutil
import time
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks.harness.code_copy import CodeCopy
from benchmarks.harness.leftovers import leftovers_of
from benchmarks.harness.page import Outcome, code_block
from benchmarks.harness.program import add_fresh, add_home
from benchmarks.harness.resume import Result, SeededWork, keep_only_of
from benchmarks.harness.tree import digest_of_code
from benchmarks.proofs.kills.homes import is_over, state
from perennial.files import file_digest
from pipeline.config import REPOSITORY

BEFORE, MONTH = "2013-03", "2013-04"
DURING: Final = 3
KILLS: Final = 24
CUTS: Final = 20
_ASIDE: Final = (".partial", ".restore", ".db")


class BackupProof(SeededWork):
    """The home, the backups, and the results up to now."""

    def __init__(self, folder: Path, seed: int, code: str) -> None:
        """Takes up the results of an earlier process with this code."""
        super().__init__(folder, seed, code)
        self.code = folder / "code"
        self.home = folder / "home"
        self.calm = folder / "calm.tar.gz"

    # A run, and copies of it

    def prepared(self) -> Result:
        """Three months were run, and copied; how long a run, a backup and a restore take, in seconds."""
        self._copy(self.home).renew_quick()
        shutil.rmtree(self.home, ignore_errors=True)
        self._ask(self.home, "replay", "flights", "--through", BEFORE)
        run = self._timed(self.home, "run", "flights")
        backup = self._timed(self.home, "backup", str(self.calm))
        home = self._new("killed")
        restore = self._timed(self.home, "restore", str(self.calm), "--to", str(home))
        return {"run": run, "backup": backup, "restore": restore, "files": _digests(home)}

    def elsewhere(self) -> Result:
        """Under another path a run has nothing new, and then reads one more month alone."""
        home = self._new("elsewhere")
        self._ask(home, "restore", str(self.calm), "--to", str(home))
        first = self._ask(home, "run", "flights")["verdict"]
        self._ask(home, "replay", "flights", "--through", MONTH)
        summary = self._ask(home, "run", "flights")
        spans = [each["span"] for each in summary["spans"]]
        return {"first": first, "spans": spans, "end": self._end(home)}

    def during(self, count: int, seconds: float) -> Result:
        """The fourth month's run, and the moments at which it was copied; its end."""
        self._ask(self.home, "replay", "flights", "--through", MONTH)
        chance = self.chance("during")
        moments = sorted(round(chance.uniform(0, seconds), 1) for _ in range(count))
        run = self._copy(self.home).start("run", "flights")
        began = time.monotonic()
        copied = []
        for number, moment in enumerate(moments):
            over = is_over(run, max(0.0, moment - (time.monotonic() - began)))
            self._ask(self.home, "backup", str(self.folder / f"during-{number}.tar"))
            copied.append("over before" if over else f"{moment} s")
        run.communicate()
        return {"copied": copied, "end": self._end(self.home)}

    def continued(self, number: int) -> Result:
        """A copy of the middle of the run, restored under another path and run to its end."""
        home = self._new(f"during-{number}")
        self._ask(home, "restore", str(self.folder / f"during-{number}.tar"), "--to", str(home))
        summary = self._ask(home, "run", "flights")
        return {
            "verdict": summary["verdict"],
            "end": self._end(home),
            "leftovers": leftovers_of(home / "flights"),
        }

    # Kills

    def killed_backup(self, key: str, seconds: float) -> Result:
        """Kills `backup` once; the file is a whole backup, former or new; the next leaves no other."""
        file, home = self.folder / "killed.tar.gz", self._new("killed")
        if not file.exists():
            shutil.copyfile(self.calm, file)
        moment = self.chance(key).uniform(0, seconds)
        over = self._kill(self.home, moment, "backup", str(file))
        whole = self._code(home, "restore", str(file), "--to", str(home)) == 0
        self._ask(self.home, "backup", str(file))
        return {
            "at": "over before" if over else f"{moment:.2f} s",
            "whole": whole and (home / "flights" / "ledger.db").is_file(),
            "left": _left(self.folder, home),
        }

    def killed_restore(self, key: str, seconds: float, files: dict[str, str]) -> Result:
        """Kills `restore` once; no use case is half there, and the next one ends as an undisturbed one."""
        home = self._new("killed")
        moment = self.chance(key).uniform(0, seconds)
        over = self._kill(home, moment, "restore", str(self.calm), "--to", str(home))
        placed = (home / "flights").exists()
        half = placed and not (home / "flights" / "ledger.db").is_file()
        code = self._code(home, "restore", str(self.calm), "--to", str(home))
        return {
            "at": "over before" if over else f"{moment:.2f} s",
            "placed": placed,
            # 2: all of it was there already.
            "whole": not half and (code == 0 or (code == 2 and placed)) and _digests(home) == files,
            "left": _left(self.folder, home),
        }

    def truncated(self, key: str) -> Result:
        """A backup that was cut at random is refused, and nothing is restored of it."""
        file, home = self.folder / "cut.tar.gz", self._new("cut")
        content = self.calm.read_bytes()
        share = self.chance(key).random()
        file.write_bytes(content[: int(len(content) * share)])
        code = self._code(home, "restore", str(file), "--to", str(home))
        return {"cut_at": round(share, 4), "refused": code in (1, 2) and not home.exists()}

    def _kill(self, home: Path, moment: float, *command: str) -> bool:
        """Starts a command in a home and kills it; whether it was over before."""
        process = self._copy(home).start(*command)
        over = is_over(process, moment)
        process.kill()
        process.communicate()
        return over

    def _copy(self, home: Path) -> CodeCopy:
        return CodeCopy(self.code, home)

    def _ask(self, home: Path, *arguments: str) -> Result:
        """What a command answers in a home.

        Raises:
            StepFailed: It failed.
        """
        return self._copy(home).run_json(*arguments)

    def _timed(self, home: Path, *arguments: str) -> float:
        """How long a command takes, in seconds."""
        began = time.monotonic()
        self._ask(home, *arguments)
        return round(time.monotonic() - began, 2)

    def _code(self, home: Path, *arguments: str) -> int:
        """The exit code of a command."""
        process = self._copy(home).start(*arguments)
        process.communicate()
        return process.returncode

    def _end(self, home: Path) -> Result:
        """The verdicts of the runs of a home."""
        return {**state(home), "nothing_more": self._ask(home, "run", "flights")["verdict"] == "NOTHING_NEW"}

    def _new(self, name: str) -> Path:
        """A folder that is not there."""
        shutil.rmtree(self.folder / name, ignore_errors=True)
        return self.folder / name


def _digests(home: Path) -> dict[str, str]:
    """SHA-256 of each file that was restored, but for the ledger, which has the times of restored files."""
    files = (path for path in sorted(home.rglob("*")) if path.is_file() and path.name != "ledger.db")
    return {str(path.relative_to(home)): file_digest(path) for path in files}


def _left(*folders: Path) -> list[str]:
    """Files aside that commands left in folders."""
    names = (path.name for folder in folders for path in folder.iterdir())
    return sorted(name for name in names if any(mark in name for mark in _ASIDE))


def arguments(parser: argparse.ArgumentParser) -> None:
    """How many copies of the run, kills and truncated files."""
    add_home(parser, "proof-backup", "folder for homes and results")
    add_fresh(parser)
    parser.add_argument("--during", type=int, default=DURING, help="number of copies while a run goes on")
    parser.add_argument("--kills", type=int, default=KILLS, help="number of kills, half of each command")
    parser.add_argument("--cuts", type=int, default=CUTS, help="number of truncated backups")
    parser.add_argument("--seed", type=int, default=1)


def run(options: argparse.Namespace) -> Outcome:
    """Copies, restores, kills; the page is a summary as JSON, then each result."""
    code = digest_of_code(REPOSITORY, options.about)
    keep_only_of(options.home, code, fresh=options.fresh)
    proof = BackupProof(options.home, options.seed, code)
    took = proof.once("prepared", proof.prepared)
    for number in range(options.kills // 2):
        key = f"backup killed {number + 1}"
        proof.once(key, partial(proof.killed_backup, key, took["backup"]))
        key = f"restore killed {number + 1}"
        proof.once(key, partial(proof.killed_restore, key, took["restore"], took["files"]))
    for number in range(options.cuts):
        key = f"truncated {number + 1}"
        proof.once(key, partial(proof.truncated, key))
    proof.once("during", partial(proof.during, options.during, took["run"]))
    proof.once("elsewhere", proof.elsewhere)
    for number in range(options.during):
        proof.once(f"continued {number + 1}", partial(proof.continued, number))
    summary = summarized(proof.results)
    each = [f"{key} {json.dumps(result)}" for key, result in proof.results.items() if key != "prepared"]
    return Outcome(
        code_block("\n".join([json.dumps(summary, indent=2), *each])),
        good=summary["all_held"],
        whole=(options.during, options.kills, options.cuts) == (DURING, KILLS, CUTS),
    )


def summarized(done: dict[str, Any]) -> dict[str, Any]:
    """How much was copied, killed and cut, and whether all of it held."""
    calm, elsewhere = done["during"]["end"], done["elsewhere"]
    ends = [result for key, result in done.items() if key.startswith("continued")]
    kills = [result for key, result in done.items() if " killed " in key]
    cuts = [result for key, result in done.items() if key.startswith("truncated")]
    summary: dict[str, Any] = {
        "seconds": {key: done["prepared"][key] for key in ("run", "backup", "restore")},
        "elsewhere_first": elsewhere["first"],
        "elsewhere_read": elsewhere["spans"],
        "elsewhere_same_end": elsewhere["end"] == calm,
        "copies_during_a_run": len(ends),
        "same_ends": sum(end["end"] == calm and not end["leftovers"] for end in ends),
        "kills": len(kills),
        "over_before": sum(kill["at"] == "over before" for kill in kills),
        "whole_after_kills": sum(kill["whole"] and not kill["left"] for kill in kills),
        "cuts": len(cuts),
        "refused": sum(cut["refused"] for cut in cuts),
    }
    held = (
        (elsewhere["first"], elsewhere["spans"]) == ("NOTHING_NEW", [MONTH])
        and summary["elsewhere_same_end"]
        and summary["same_ends"] == len(ends)
        and summary["whole_after_kills"] == len(kills)
        and summary["refused"] == len(cuts)
    )
    return {**summary, "all_held": held}
