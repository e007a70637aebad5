"""The use case's curated schema: read, compared with the config, and laid down for a run by its digest."""

import hashlib
from collections import Counter
from collections.abc import Iterator

from tensorflow_metadata.proto.v0 import schema_pb2

from perennial.errors import ConfigError, SchemaError, did_you_mean
from perennial.files import write_text
from perennial.reading.columns import check_label, columns_to_json, export_columns
from perennial.schema import parse_schema, schema_text
from pipeline.config import UseCase
from pipeline.plan import SchemaPlan
from serving.reading.rules import OTHERS


def curated_schema(use_case: UseCase) -> tuple[str, schema_pb2.Schema]:
    """Reads the use case's curated schema; returns its text and the parsed schema.

    Raises:
        SchemaError: It does not exist, does not parse, or has no label or time column, or its label does not
            fit the task.
        ConfigError: The config names a column that the schema does not have.
    """
    text = schema_text(use_case.schema_file)
    return text, checked_schema(use_case, text)


def checked_schema(use_case: UseCase, text: str) -> schema_pb2.Schema:
    """Parses the text of a curated schema, and compares it with the config.

    Raises:
        SchemaError, ConfigError: As `curated_schema`.
    """
    path = use_case.schema_file
    proto = parse_schema(text, f"schemas/{path.name}")
    columns = export_columns(proto)
    names = [column.name for column in columns]
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise SchemaError(f"schemas/{path.name} has the feature `{twice[0]}` twice.", "Remove one of them.")
    wanted = {"label": use_case.label, "exports.time_column": use_case.exports.time_column or use_case.label}
    for key, name in wanted.items():
        if name not in names:
            raise SchemaError(f"schemas/{path.name} has no feature `{name}`.", f"Add it, or fix `{key}`.")
    check_label(columns[names.index(use_case.label)], use_case.answers)
    there = [feature.name for feature in proto.feature]  # with those that are set aside
    for key, name in _columns_named(use_case):
        if name not in there:
            near = did_you_mean(name, there)
            raise ConfigError(
                f"{use_case.name}.yaml: `{key}`: the schema has no column `{name}`{near}.",
                "Fix the name; nothing was started.",
            )
    for name in use_case.exports.rename:
        if name in there:
            raise ConfigError(
                f"{use_case.name}.yaml: `exports.rename`: the schema has a column `{name}`; expected a name"
                " that only the files have.",
                "Remove it there, or in the schema; nothing was started.",
            )
    return proto


def _columns_named(use_case: UseCase) -> Iterator[tuple[str, str]]:
    """The columns that a config names in addition to label and time column, each with its key.

    A rule about a new column may name one that the schema does not have.
    """
    exports = use_case.exports
    yield from (("exports.date_format", name) for name in exports.date_format)
    yield from (("exports.rename", name) for name in exports.rename.values())
    by_column = exports.na_values if isinstance(exports.na_values, dict) else {}
    yield from (("exports.na_values", name) for name in by_column if name != OTHERS)
    yield from (
        ("data.policy", rule.feature)
        for rule in use_case.data.policy
        if rule.feature != "*" and rule.anomaly != "new_column"
    )
    yield from (("evaluation.slices", cut.column) for cut in use_case.evaluation.cuts)
    yield from (("serving.private", name) for name in use_case.serving.private)


def import_schema(use_case: UseCase) -> SchemaPlan:
    """Copies the use case's curated schema into a folder named by its digest.

    An edit gives another folder, and so a cache miss; TFX's Importer does not notice an edited file.

    Raises:
        SchemaError: As `curated_schema`.
    """
    text, proto = curated_schema(use_case)
    digest = hashlib.sha256(text.encode()).hexdigest()
    folder = use_case.root / "schemas" / digest[:16]
    laid = folder / "schema.pbtxt"
    if not laid.is_file() or laid.read_bytes() != text.encode():
        folder.mkdir(parents=True, exist_ok=True)
        write_text(laid, text)
    return SchemaPlan(uri=str(folder), digest=digest, columns=columns_to_json(export_columns(proto)))
