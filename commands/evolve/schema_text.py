"""Edits the text of a schema: a feature set aside, one added, a value listed; comments and order stay."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from commands.evolve.texts import NoPlace, with_line
from commands.new.schema import Entry

_OPENS: Final = re.compile(r"\s*feature\s*:?\s*\{")
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|#.*')


@dataclass(frozen=True)
class Block:
    """The lines of a feature, from 1, both ends included, and what it says."""

    first: int
    last: int
    feature: schema_pb2.Feature


def blocks_of(text: str) -> dict[str, Block]:
    """Column -> where its feature stands.

    Raises:
        NoPlace: Features are not written as `feature {` with lines of their own.
    """
    blocks: dict[str, Block] = {}
    depth = first = 0
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        bare = _STRING.sub("", line)
        if depth == 0 and _OPENS.match(bare):
            first = number
        depth += bare.count("{") - bare.count("}")
        if depth == 0 and first:
            schema = text_format.Parse("\n".join(lines[first - 1 : number]), schema_pb2.Schema())
            if len(schema.feature) != 1 or number == first:
                raise NoPlace("write each feature of the schema on lines of its own")
            blocks[schema.feature[0].name] = Block(first, number, schema.feature[0])
            first = 0
    return blocks


def set_aside(text: str, name: str, why: str) -> str:
    """The schema with a column that no model sees: exports with it and without it are read."""
    return with_line(text, blocks_of(text)[name].last - 1, f"  lifecycle_stage: DISABLED  # {why}")


def made_optional(text: str, name: str, why: str) -> str:
    """The schema with a column that exports may lack: it is missing there.

    Raises:
        NoPlace: Its presence is written over several lines.
    """
    block = blocks_of(text)[name]
    lines = text.splitlines(keepends=True)
    optional = f"  presence {{ min_fraction: 0 min_count: 0 }}  # {why}\n"
    for number in range(block.first, block.last):
        if re.match(r"\s*presence\s*:?\s*\{", lines[number]):
            if "}" not in lines[number]:
                raise NoPlace(f"set `presence {{ min_fraction: 0 min_count: 0 }}` of `{name}` in the schema")
            lines[number] = optional
            return "".join(lines)
    return text


def with_feature(text: str, entry: Entry) -> str:
    """The schema with a further feature, at the end."""
    lines = [*(f"# {comment}" for comment in entry.comments), "feature {"]
    lines += [*(f"  {line}" for line in entry.lines), "}"]
    return with_line(text, len(text.splitlines()), "\n".join(lines))


def with_values(text: str, name: str, values: Sequence[str]) -> str:
    """The schema with further values in the list of a column.

    Raises:
        NoPlace: The list is not within the feature.
    """
    block = blocks_of(text)[name]
    lines = text.splitlines(keepends=True)
    begun = False
    for number in range(block.first, block.last):
        begun = begun or "string_domain" in lines[number]
        bare = _STRING.sub(lambda match: " " * len(match[0]), lines[number])
        if begun and "}" in bare:
            end = bare.index("}")
            entries = " ".join(_value(value) for value in values)
            before = lines[number][:end]
            if before.strip():
                lines[number] = f"{before.rstrip()} {entries} {lines[number][end:]}"
            else:
                lines.insert(number, f"    {entries}\n")
            return "".join(lines)
    raise NoPlace(f"add the new values of `{name}` to its list in the schema")


def with_integer(text: str, name: str, value: int) -> str:
    """The schema whose bounds of a column of integers have a further value."""
    block = blocks_of(text)[name]
    lines = text.splitlines(keepends=True)
    bound = "max" if value > block.feature.int_domain.max else "min"
    for number in range(block.first, block.last):
        line, times = re.subn(rf"(int_domain\s*\{{[^}}]*\b{bound}:\s*)-?\d+", rf"\g<1>{value}", lines[number])
        if times:
            lines[number] = line
            return "".join(lines)
    raise NoPlace(f"widen the int_domain of `{name}` in the schema")


def _value(value: str) -> str:
    written = text_format.MessageToString(schema_pb2.Feature(name=value), as_utf8=True, as_one_line=True)
    return f"value: {written.removeprefix('name: ')}".strip()
