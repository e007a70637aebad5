"""Where the proof works, and how commands are started and killed there."""

import random
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.harness.resume import Result, StepFailed
from benchmarks.proofs.kills.homes import command, copy, is_over, live_answers, start, strike
from pipeline.run import lock

MONTHS: Final = ("--from", "2013-01", "--to", "2013-03")
THROUGH: Final = "2013-03"
WAYS: Final = ("the command", "its tree", "the chain's process", "SIGTERM")
# Of the undisturbed time, the latest moment of a kill: the command goes on where it was, so that a later
# kill in the same round hits what comes after.
_LATEST: Final = 0.4
_LOOK: Final = 0.05  # seconds between two looks


@dataclass(frozen=True)
class ProofFolders:
    """The folders of the proof.

    All work is done in one home: ledger and MLMD name files by their absolute path.

    Attributes:
        folder: Has all of them.
        copied: Name of the folder with the copy of the code.
    """

    folder: Path
    copied: str = "code"

    @property
    def code(self) -> Path:
        """The copy of the code."""
        return self.folder / self.copied

    @property
    def home(self) -> Path:
        """The home of all commands."""
        return self.folder / "home"

    @property
    def root(self) -> Path:
        """The root of flights in it."""
        return self.home / "flights"

    @property
    def undisturbed(self) -> Path:
        """The home as it was after the undisturbed backfill."""
        return self.folder / "undisturbed"

    def land(self) -> None:
        """Makes a new home in which the months have landed.

        Raises:
            StepFailed: They have not.
        """
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True)
        self.run("replay", "flights", "--through", THROUGH)

    def restore(self) -> None:
        """Makes the home that of after the undisturbed backfill."""
        shutil.rmtree(self.home, ignore_errors=True)
        copy(self.undisturbed, self.home)

    def run(self, *order: str, codes: tuple[int, ...] = (0,), now: str = "") -> float:
        """Runs a command to its end; gives the seconds that it took.

        Args:
            order: The command.
            codes: The exit codes that are expected.
            now: The time that it takes for the present; "": that of the machine.

        Raises:
            StepFailed: It ended with another exit code.
        """
        began = time.monotonic()
        code = command(self.home, *order, code=self.code, now=now)
        if code not in codes:
            raise StepFailed(f"`{' '.join(order)}` ended with code {code}; see {self.home}/stderr.txt.")
        return round(time.monotonic() - began, 1)

    def kill(
        self, order: tuple[str, ...], locked: Path, seconds: float, chance: random.Random, most: int
    ) -> list[Result]:
        """Starts a command and kills it, again and again; the live version is asked after each kill.

        Args:
            order: The command.
            locked: The lock that its processes hold.
            seconds: How long it takes where nothing disturbs it.
            chance: Of moments and ways.
            most: How many kills; fewer where the command ends before one.

        Returns:
            `at`, `way` and `live_answered` of each kill.
        """
        kills = []
        for _ in range(most):
            moment, way = chance.uniform(0, _LATEST * seconds), chance.choice(WAYS)
            process = start(self.home, *order, code=self.code)
            if is_over(process, moment):
                break
            strike(process, "the run" if way == "the command" else way, over=False)
            while lock.is_held(locked):
                time.sleep(_LOOK)
            kills.append({"at": f"{moment:.1f} s", "way": way, "live_answered": live_answers(self.home)})
        return kills
