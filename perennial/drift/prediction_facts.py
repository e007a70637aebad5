"""What a folder of predictions is; apart from what is in it, as a run reads it without Arrow."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from perennial.errors import DaysDamaged
from perennial.files import read_json, write_json

FACTS_FILE: Final = "predictions.json"
_FORMAT: Final = 1


@dataclass(frozen=True)
class PredictionFacts:
    """What a folder of predictions is.

    Attributes:
        span: The span.
        version: Number of the first arrival of its content.
        digest: Digest of its content.
        model: Digest of the model's files.
        model_version: The number that the version had when it answered.
        rows: Rows that were scored; 0 where the model is absent.
        not_finite: How many of these got no finite answer; they count as missing.
        absent: Why the model counts as absent, a clause; empty if it answered.
    """

    span: str
    version: int
    digest: str
    model: str
    model_version: int
    rows: int = 0
    not_finite: int = 0
    absent: str = ""


def write_facts(folder: Path, facts: PredictionFacts) -> None:
    """Writes what a folder of predictions is, when all that is in it is there."""
    write_json(folder / FACTS_FILE, {"format": _FORMAT, **asdict(facts)})


def read_facts(folder: Path) -> PredictionFacts:
    """What a folder of predictions is.

    Raises:
        DaysDamaged: It is not what was written.
    """
    try:
        content = read_json(folder / FACTS_FILE)
        return PredictionFacts(**{key: content[key] for key in PredictionFacts.__dataclass_fields__})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(folder / FACTS_FILE) from error


def damaged(file: Path) -> DaysDamaged:
    """The error of a file of predictions that is not what was written."""
    name = "/".join(file.parts[-4:])
    return DaysDamaged(
        f"{name} is damaged or missing.",
        "A run that reads the span again with the same model writes it anew.",
    )
