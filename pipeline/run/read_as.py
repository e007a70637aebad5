"""How a span's outputs were read, and whether a model can be trained on them with the present schema."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from tensorflow_metadata.proto.v0 import statistics_pb2

from perennial.store.span_version import SpanVersion
from pipeline.config import UseCase
from pipeline.plan import STATISTICS_FILE, SchemaPlan

_STATISTICS: Final = statistics_pb2.FeatureNameStatistics
_TYPES: Final = {_STATISTICS.INT: "INT", _STATISTICS.FLOAT: "FLOAT", _STATISTICS.STRING: "BYTES"}
_KINDS: Final = {"int": "INT", "float": "FLOAT", "string": "BYTES"}
_SETTINGS: Final = {
    "label": "`label`",
    "task": "`task` or `classes`",
    "time_column": "`exports.time_column`",
    "time_zone": "`exports.time_zone`",
}


def read_as(use_case: UseCase) -> str:
    """The settings that the meaning of a span's outputs depends on, as JSON."""
    content = {
        "label": use_case.label,
        "task": json.loads(use_case.answers.to_json()),
        "time_column": use_case.exports.time_column,
        "time_zone": use_case.exports.time_zone or "UTC",
    }
    return json.dumps(content, sort_keys=True)


def types_of(schema: SchemaPlan) -> dict[str, str]:
    """Type of each column of the schema: INT, FLOAT or BYTES."""
    return {column["name"]: _KINDS[column["kind"]] for column in json.loads(schema.columns)}


def types_in(version: SpanVersion) -> dict[str, str]:
    """Type of each column that has values in the outputs of a version in use, by their statistics."""
    content = (Path(version.statistics) / STATISTICS_FILE).read_bytes()
    datasets = statistics_pb2.DatasetFeatureStatisticsList.FromString(content).datasets
    return {
        feature.path.step[0] if feature.path.step else feature.name: _TYPES[feature.type]
        for dataset in datasets
        for feature in dataset.features
        if feature.type in _TYPES and _has_values(feature)
    }


def contradiction(
    former_types: Mapping[str, str], types: Mapping[str, str], former: str, present: str
) -> str:
    """Why outputs cannot be trained on; empty if they can.

    A column that only one of the two has is no contradiction: it is missing in the outputs, or is not used.

    Args:
        former_types: From `types_in`.
        types: From `types_of`.
        former: From `read_as`; empty if it is not known, as after an older release: it is not compared then.
        present: From `read_as`.
    """
    for name, wanted in types.items():
        if (known := former_types.get(name, wanted)) != wanted:
            return f"its column `{name}` was read as {known}, and the schema now has {wanted}"
    if former:
        then, now = json.loads(former), json.loads(present)
        for key, setting in _SETTINGS.items():
            # An older release did not note the zone.
            if key in then and then[key] != now[key]:
                return f"it was read with another {setting}"
    return ""


def contradictions(used: Sequence[SpanVersion], use_case: UseCase, schema: SchemaPlan) -> str:
    """What is wrong with the spans in use that cannot be trained on, and what to do; empty if all can be."""
    types, present = types_of(schema), read_as(use_case)
    wrong = [
        (version, problem)
        for version in used
        if (problem := contradiction(types_in(version), types, version.read_as, present))
    ]
    if not wrong:
        return ""
    (first, problem), *others = wrong
    named = f" It is the same with {', '.join(version.span for version, _ in others)}." if others else ""
    return (
        f"Span {first.span} cannot be trained on: {problem}. {_why_not_read(first)}{named} Undo that change,"
        f" fix the export, or run `spans {use_case.name} reject SPAN --why ...`."
    )


def _why_not_read(version: SpanVersion) -> str:
    """Why outputs in use do not follow the present schema."""
    if version.later_verdict:
        state = "refused" if version.later_verdict == "REFUSED" else "blocked"
        return f"Read again it is {state}: {' '.join(version.later_reasons)}"
    return "Its export does not exist any more, or is another one, so that it was not read again."


def _has_values(feature: statistics_pb2.FeatureNameStatistics) -> bool:
    statistics = feature.string_stats if feature.HasField("string_stats") else feature.num_stats
    return bool(statistics.common_stats.num_non_missing)
