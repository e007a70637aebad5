"""Says which raw columns a model takes, what its inputs are called, and how a raw row is refused."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from serving.reading.values import Kind

KINDS: Final[Mapping[str, Kind]] = {"INT": "int", "FLOAT": "float", "BYTES": "string"}
# In the schema: a column that is set aside. Rows may have it, and the model does not.
SET_ASIDE: Final = "DISABLED"
_LEGAL: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class RowError(ValueError):
    """A raw row that a model cannot take; the message holds no value of the row.

    Attributes:
        row: Which row, counted from 0 within the request.
        column: Which column.
        problem: What was expected and what kind of value the row has.
    """

    def __init__(self, row: int, column: str, problem: str) -> None:
        """Makes the error of one cell."""
        super().__init__(f"Row {row}, column {column!r}: {problem}")
        self.row = row
        self.column = column
        self.problem = problem

    def at(self, row: int) -> "RowError":
        """The same error, of another row: of the request, where it was found in a batch of several."""
        return RowError(row, self.column, self.problem)


@dataclass(frozen=True)
class InputColumn:
    """One raw column of a model: its name and the kind of its values."""

    name: str
    kind: Kind


def model_columns(schema: Mapping[str, Any], environment: str = "SERVING") -> tuple[InputColumn, ...]:
    """The columns of a model, in the schema's order: name and kind of each of `features_of`."""
    return tuple(
        InputColumn(feature["name"], KINDS[feature["type"]]) for feature in features_of(schema, environment)
    )


def features_of(schema: Mapping[str, Any], environment: str) -> list[Mapping[str, Any]]:
    """The features of a schema that are columns of one environment.

    Args:
        schema: A TensorFlow Metadata schema as JSON (`json_format.MessageToDict` with the proto's own field
            names), as it lies beside a model.
        environment: Features outside of it are left out: the label is not in "SERVING".

    Returns:
        The features in the schema's order; those that are set aside are none.
    """
    defaults = schema.get("default_environment", [])
    return [
        feature
        for feature in schema.get("feature", [])
        if feature.get("lifecycle_stage") != SET_ASIDE
        and environment not in feature.get("not_in_environment", [])
        and (not defaults or environment in [*defaults, *feature.get("in_environment", [])])
    ]


def input_names(columns: Sequence[InputColumn]) -> tuple[str, ...]:
    """What the inputs of the signature `raw_columns` are called, in the order of `columns`.

    TensorFlow takes ASCII identifiers that differ by more than case, and not `self`. A name that is one stays
    as it is; another becomes one, with a number where that is taken: "mean radius" is `mean_radius`, or
    `mean_radius_2`.
    """
    names: dict[int, str] = {}
    taken = {"self"}
    # Those that can stay come first, wherever they stand.
    for stays in (True, False):
        for index, column in enumerate(columns):
            legal = _LEGAL.fullmatch(column.name) and column.name.lower() not in taken
            if index not in names and (legal or not stays):
                names[index] = column.name if legal else _free(_slug(column.name), taken)
                taken.add(names[index].lower())
    return tuple(names[index] for index in range(len(columns)))


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_")
    return slug if _LEGAL.fullmatch(slug) else f"column_{slug}".rstrip("_")


def _free(slug: str, taken: set[str]) -> str:
    number, name = 1, slug
    while name.lower() in taken:
        number += 1
        name = f"{slug}_{number}"
    return name
