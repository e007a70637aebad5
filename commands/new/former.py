"""What `new` must not replace: a use case of the same name that has a live model or is another one."""

import contextlib
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from commands.new.write import paths_of
from perennial.errors import ConfigError, UsageError
from perennial.store import registry
from pipeline import config

_WORDS: Final = {"label": "label", "task": "task", "time_column": "time column"}


@dataclass(frozen=True)
class Former:
    """The use case that has the name now.

    Attributes:
        name: The name.
        live: Number of its live version; 0 for none.
        chosen: Its label, task and time column, by these names; empty where there is no use case.
    """

    name: str
    live: int
    chosen: dict[str, str | None]

    @classmethod
    def of(cls, name: str, root: Path, repository: Path) -> "Former":
        """Reads the YAML; nothing is known of one that is not valid.

        Args:
            name: The name.
            root: Folder of all that belongs to the use case.
            repository: Where its files are.
        """
        live = registry.live(root / "models")
        file = repository / paths_of(name)["yaml"]
        chosen: dict[str, str | None] = {}
        if file.is_file():
            with contextlib.suppress(ConfigError, UnicodeDecodeError):
                text = file.read_text(encoding="utf-8")
                known = config.parse(text, name=name, home=config.home(), source=file.name)
                chosen = {"label": known.label, "task": known.task}
                chosen["time_column"] = known.exports.time_column
        return cls(name, live.number if live else 0, chosen)

    def refuse_live(self, path: Path) -> None:
        """Refuses if there is a live model.

        Args:
            path: The table, for the remedy.

        Raises:
            UsageError: There is one.
        """
        if self.live:
            raise UsageError(
                f"{self.name!r} has a live model (version {self.live}); `new` would replace its use case.",
                f"To hand in its next file, run `land {self.name} {shlex.quote(str(path))}`."
                " For another model, run `new` with another name.",
            )

    def refuse_other(self, **chosen: Any) -> None:
        """Refuses if what is chosen now differs from the use case.

        Args:
            chosen: Some of `label`, `task` and `time_column`.

        Raises:
            UsageError: One of them differs; names both.
        """
        for key, value in chosen.items():
            if self.chosen and self.chosen[key] != value:
                there, now = (f"`{each}`" if each else "none" for each in (self.chosen[key], value))
                raise UsageError(
                    f"A use case {self.name!r} exists with another {_WORDS[key]}: {there}, not {now}.",
                    "Run `new` with another name, or add --replace to replace the use case. To hand in its"
                    f" next file, run `land {self.name} FILE`.",
                )
