"""Where a definition runs the program: the paths and the user of this installation."""

import os
import pwd
import sys
from dataclasses import dataclass
from pathlib import Path

from perennial.errors import UsageError
from pipeline import config


@dataclass(frozen=True)
class Surroundings:
    """The paths and the user that a definition names.

    Attributes:
        python: The interpreter, an absolute path.
        repository: The folder of `local_runner.py`.
        home: The home of the runs.
        user: Whose runs they are: a name, or a number where it has no name.
    """

    python: Path
    repository: Path
    home: Path
    user: str

    @property
    def own_home(self) -> Path | None:
        """The home, where it is not the default one; None where it is."""
        return None if self.home == self.repository / "work" else self.home

    def check(self) -> None:
        """Checks that every scheduler can be given these paths.

        Raises:
            UsageError: A path has a line break or another control character.
        """
        for what, path in (("Python", self.python), ("repository", self.repository), ("home", self.home)):
            if not str(path).isprintable():
                raise UsageError(
                    f"The path of the {what} has a control character, such as a line break.",
                    "Rename the folder, then run the command again.",
                )


def here() -> Surroundings:
    """Those of this process."""
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        user = str(os.getuid())
    return Surroundings(Path(sys.executable), config.REPOSITORY, config.home(), user)
