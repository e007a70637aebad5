"""Finds the raw rows in a `:predict` request, in any of their forms."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from serving.errors import invalid
from serving.model.checks import Row, RowChecks
from serving.model.columns import RowError
from serving.model.engine import RAW_COLUMNS
from serving.requests.csv_rows import rows_of_csv, rows_of_lines
from serving.requests.example_rows import rows_of_examples
from serving.requests.renames import renamed_rows, schema_names

# More rows than a person sends at once; each takes some hundred bytes while it is scored.
MAX_ROWS: Final = 100_000
EXAMPLES: Final = "examples"
LINES: Final = "lines"


@dataclass(frozen=True)
class RawRows:
    """The rows of one request.

    Attributes:
        rows: Raw rows, or in the place of one why it could not be read.
        columnar: Whether the request has columns (`inputs`); the reply then has columns, too.
    """

    rows: Sequence[Row | RowError]
    columnar: bool = False


def from_csv(body: bytes, checks: RowChecks) -> RawRows:
    """The rows of a CSV body with a header."""
    return RawRows(rows_of_csv(body, checks.columns, MAX_ROWS, checks.rules))


def from_json(request: Mapping[str, Any], checks: RowChecks) -> RawRows:
    """The rows of a JSON request, by its `signature_name` and by what stands in it.

    Args:
        request: TF Serving's, with `instances` or `inputs`. Rows are objects of column -> value; or
            {"b64": serialized tf.Example}; or, with `signature_name` "csv_lines", CSV lines. Where no
            signature is named, what stands there says which it is.
        checks: The model's.

    Raises:
        ServingError: There are no rows in it, or the model has no such signature.
    """
    signature = request.get("signature_name", "")
    if signature not in ("", RAW_COLUMNS, "serving_default", "csv_lines"):
        name = signature[:100] if isinstance(signature, str) else "(no string)"
        raise invalid(f'Serving signature name: "{name}" not found in signature def')
    if ("instances" in request) == ("inputs" in request):
        raise invalid("The request must have either 'instances' (rows) or 'inputs' (columns).")
    if "instances" in request:
        instances = request["instances"]
        if not isinstance(instances, list):
            raise invalid("'instances' must be a list of rows.")
        return RawRows(_of_instances(instances, signature, checks))
    return RawRows(_of_inputs(request["inputs"], signature, checks), columnar=True)


def _of_instances(instances: list[Any], signature: str, checks: RowChecks) -> Sequence[Row | RowError]:
    refuse_more(len(instances))
    if signature == "csv_lines":
        lines = [_text(_unwrapped(one, LINES)) for one in instances]
        return rows_of_lines(lines, checks.columns, checks.rules)
    if signature == "serving_default" or (not signature and instances and _is_example(instances[0])):
        return rows_of_examples(
            [_bytes(_unwrapped(one, EXAMPLES)) for one in instances],
            checks.columns,
            checks.rules.cells.rename,
        )
    for index, row in enumerate(instances):
        if type(row) is not dict:
            raise invalid(f"Row {index}: expected an object of column names and values, got other JSON.")
    return renamed_rows(instances, checks.rules.cells.rename)


def _of_inputs(inputs: Any, signature: str, checks: RowChecks) -> Sequence[Row | RowError]:
    if not isinstance(inputs, dict):
        inputs = {LINES if signature == "csv_lines" else EXAMPLES: inputs}
    for name, column in inputs.items():
        if not isinstance(column, list):
            raise invalid(f"Column {name[:100]!r}: expected a list of values.")
    if inputs.keys() in ({LINES}, {EXAMPLES}):
        return _of_instances(
            next(iter(inputs.values())), "csv_lines" if LINES in inputs else "serving_default", checks
        )
    lengths = {len(column) for column in inputs.values()}
    if len(lengths) > 1:
        raise invalid("All columns must have the same length.")
    refuse_more(max(lengths, default=0))
    names = schema_names([*inputs], checks.rules.cells.rename)
    return [dict(zip(names, cells, strict=True)) for cells in zip(*inputs.values(), strict=True)]


def _is_example(instance: Any) -> bool:
    if isinstance(instance, dict):
        return instance.keys() in ({"b64"}, {EXAMPLES})
    return isinstance(instance, str)


def _unwrapped(instance: Any, key: str) -> Any:
    """The value of `{key: value}`, TF Serving's longer way to write an instance of one input."""
    return instance[key] if isinstance(instance, dict) and instance.keys() == {key} else instance


def _bytes(instance: Any) -> bytes:
    if isinstance(instance, str):
        return instance.encode("utf-8", "surrogatepass")
    if isinstance(instance, dict) and instance.keys() == {"b64"} and isinstance(instance["b64"], str):
        try:
            return base64.b64decode(instance["b64"], validate=True)
        except (binascii.Error, ValueError):
            raise invalid("The value of {'b64': ...} is not valid base64.") from None
    raise invalid("Each instance must be a string or {'b64': ...}.")


def _text(instance: Any) -> str:
    try:
        return _bytes(instance).decode()
    except UnicodeDecodeError:
        raise invalid("The CSV lines are not valid UTF-8.") from None


def refuse_more(rows: int) -> None:
    """Refuses more rows than one request may have, before each becomes an object.

    Raises:
        ServingError: There are.
    """
    if rows > MAX_ROWS:
        raise invalid(f"A request can have at most {MAX_ROWS} rows, got {rows}.")
