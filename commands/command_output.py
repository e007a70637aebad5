"""What a command answers."""

from typing import Any, NamedTuple


class CommandOutput(NamedTuple):
    """What a command answers, for programs and for people.

    Attributes:
        content: Plain values, which `--json` prints as one object.
        text: The same for a person.
        exit_code: What the process exits with.
    """

    content: dict[str, Any]
    text: str
    exit_code: int = 0
