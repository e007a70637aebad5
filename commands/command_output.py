"""The output of a command."""

from typing import Any, NamedTuple


class CommandOutput(NamedTuple):
    """The output of a command, for programs and for people.

    Attributes:
        content: Plain values, which `--json` prints as one object.
        text: The same for a person.
        exit_code: The exit code of the process.
    """

    content: dict[str, Any]
    text: str
    exit_code: int = 0
