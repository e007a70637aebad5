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
_PRESENCE: Final = re.compile(r"\bpresence\s*:?\s*\{[^{}]*\}")
_OPTIONAL: Final = "presence { min_fraction: 0 min_count: 0 }"
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|#.*')


@dataclass(frozen=True)
class Block:
    """The lines of a feature, from 1, both ends included, and what it says."""

    first: int
    last: int
    feature: schema_pb2.Feature


def block_of(text: str, name: str) -> Block:
    """Where the feature of a column stands.

    Raises:
        NoPlace: It is not written as `feature {`, with lines of its own.
    """
    depth = first = 0
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        bare = _bare(line)
        if depth == 0 and _OPENS.match(bare):
            first = number
        depth += bare.count("{") - bare.count("}")
        if depth == 0 and first:
            feature = _feature("\n".join(lines[first - 1 : number]))
            if feature is not None and feature.name == name and number > first:
                return Block(first, number, feature)
            first = 0
    raise NoPlace(
        f"write the feature of `{name}` over several lines, `feature {{` on the first and `}}` on the last"
    )


def _feature(text: str) -> schema_pb2.Feature | None:
    """The one feature of some lines; None where they hold another number of features, or no whole one."""
    try:
        features = text_format.Parse(text, schema_pb2.Schema()).feature
    except text_format.ParseError:
        return None
    return features[0] if len(features) == 1 else None


def _bare(line: str) -> str:
    """A line with spaces for its strings and its comment, and braces for angle brackets."""
    bare = _STRING.sub(lambda match: " " * len(match[0]), line)
    return bare.replace("<", "{").replace(">", "}")


def set_aside(text: str, name: str, why: str) -> str:
    """The schema with a column that no model sees: exports with it and without it are read.

    Raises:
        NoPlace: The feature, or its last line, is not written as `new` writes it.
    """
    line = "lifecycle_stage: DISABLED"
    try:
        block = block_of(text, name)
    except NoPlace as why_not:
        raise NoPlace(f"{why_not}; then add {line} to it") from why_not
    if _bare(text.split("\n")[block.last - 1]).strip() != "}" or block.feature.HasField("lifecycle_stage"):
        raise NoPlace(f"set {line} in the feature of `{name}`")
    return with_line(text, block.last - 1, f"  {line}  # {why}")


def made_optional(text: str, name: str, why: str) -> str:
    """The schema with a column that exports may lack: it is missing there.

    Raises:
        NoPlace: The feature, or its presence, is not on lines as `new` writes them.
    """
    try:
        block = block_of(text, name)
    except NoPlace as why_not:
        raise NoPlace(f"{why_not}; then set {_OPTIONAL} in it") from why_not
    if not block.feature.HasField("presence"):
        return text
    lines = text.split("\n")
    for number in range(block.first - 1, block.last):
        if place := _PRESENCE.search(_bare(lines[number])):
            line = lines[number]
            indent = line[: len(line) - len(line.lstrip())]
            lines[number] = f"{line[: place.start()]}{_OPTIONAL}{line[place.end() :]}"
            lines.insert(number + (number == block.first - 1), f"{indent or '  '}# {why}")
            return "\n".join(lines)
    raise NoPlace(f"set {_OPTIONAL} in the feature of `{name}`")


def with_feature(text: str, entry: Entry) -> str:
    """The schema with a further feature, at the end."""
    lines = [*(f"# {comment}" for comment in entry.comments), "feature {"]
    lines += [*(f"  {line}" for line in entry.lines), "}"]
    return with_line(text, len(text.split("\n")), "\n".join(lines))


def with_values(text: str, name: str, values: Sequence[str]) -> str:
    """The schema with further values in the list of a column.

    Raises:
        NoPlace: The list is not within the feature, or this is not on lines of its own.
    """
    entries = " ".join(_value(value) for value in values)
    by_hand = f"add the new values of `{name}` to its list: {entries}"
    try:
        block = block_of(text, name)
    except NoPlace as why_not:
        raise NoPlace(by_hand) from why_not
    lines = text.split("\n")
    begun = False
    for number in range(block.first - 1, block.last):
        bare = _bare(lines[number])
        start = bare.find("string_domain")
        end = bare.find("}", max(start, 0))
        begun = begun or start >= 0
        if begun and end >= 0:
            before = lines[number][:end]
            if before.strip():
                lines[number] = f"{before.rstrip()} {entries} {lines[number][end:]}"
            else:
                lines.insert(number, f"    {entries}")
            return "\n".join(lines)
    raise NoPlace(by_hand)


def with_integer(text: str, name: str, value: int) -> str:
    """The schema whose bounds of a column of integers have a further value.

    Raises:
        NoPlace: The bounds are not on one line of the feature.
    """
    by_hand = f"widen the int_domain of `{name}` in the schema to {value}"
    try:
        block = block_of(text, name)
    except NoPlace as why_not:
        raise NoPlace(by_hand) from why_not
    lines = text.split("\n")
    bound = "max" if value > block.feature.int_domain.max else "min"
    for number in range(block.first - 1, block.last):
        place = re.search(rf"int_domain\s*:?\s*\{{[^}}]*\b{bound}:\s*(-?\d+)", _bare(lines[number]))
        if place:
            lines[number] = f"{lines[number][: place.start(1)]}{value}{lines[number][place.end(1) :]}"
            return "\n".join(lines)
    raise NoPlace(by_hand)


def _value(value: str) -> str:
    written = text_format.MessageToString(schema_pb2.Feature(name=value), as_utf8=True, as_one_line=True)
    return f"value: {written.removeprefix('name: ')}".strip()
