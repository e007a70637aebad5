"""What README and guides say of commands, options, metrics and limits is what the program has."""

import argparse
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from commands.command_line import _parser as runner_parser
from commands.new.write import paths_of
from perennial.schema import model_columns, read_schema
from pipeline.config import REPOSITORY
from serving.__main__ import _parser as server_parser
from serving.credentials import MIN_LETTERS
from serving.http.connections import MAX_HEAD_BYTES
from serving.observe import access_log, families, observer, request_log
from serving.observe.score_counts import MOST_CLASSES
from serving.requests.compressed import MOST_MEMBERS
from serving.requests.csv_rows import MOST_CELLS, MOST_LINES
from serving.requests.json_parse import MOST_CONTAINERS
from serving.requests.raw_rows import MAX_ROWS
from tests.docs.pages import blocks, name_of

GUIDES: Final = REPOSITORY / "docs" / "guides"
SERVING: Final = (GUIDES / "serving.md").read_text(encoding="utf-8")
PAGES: Final = [REPOSITORY / "README.md", *sorted(GUIDES.glob("*.md"))]
# Where a command of a line ends, and another or a comment of the page begins.
_END: Final = re.compile(r" \|\|? | && | & ?$| &$|;| +# | > | 2>&1")
_INDENTED: Final = re.compile(r"(?:^    [^\n]*\n)+", re.MULTILINE)


def _commands(page: Path, program: str) -> Iterator[list[str]]:
    """The arguments of each line of a page's code blocks that runs a program."""
    text = page.read_text(encoding="utf-8")
    for block in [*blocks(text), *_INDENTED.findall(text)]:
        for line in block.replace("\\\n", " ").splitlines():
            if not line.startswith("  ") or line.startswith("    "):
                _, is_run, rest = line.partition(f"{program} ")
                if is_run and "python" in line.partition(program)[0]:
                    yield shlex.split(_END.split(rest)[0])


def _rows(text: str, first: str) -> list[list[str]]:
    """The cells of the rows of the table whose header begins with `first`."""
    table = text[text.index(f"| {first}") :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table]


def _options(parser: argparse.ArgumentParser) -> dict[str, object]:
    """Option -> its default."""
    return {name: action.default for action in parser._actions for name in action.option_strings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_of_a_page_has_arguments_that_the_program_takes(page: Path) -> None:
    for arguments in _commands(page, "local_runner.py"):
        runner_parser().parse_args(arguments)
    for arguments in _commands(page, "-m serving"):
        server_parser().parse_args(arguments)


def test_commands_are_read_from_the_pages() -> None:
    assert sum(1 for page in PAGES for _ in _commands(page, "local_runner.py")) > 25
    assert ["--model", "trains=/models/trains"] in list(_commands(GUIDES / "serving.md", "-m serving"))


def test_the_options_of_the_server_are_those_that_its_guide_lists() -> None:
    listed = {name: row[1] for row in _rows(SERVING, "option") for name in re.findall(r"`(--[\w-]+)", row[0])}
    parser = server_parser()
    # Another spelling of an option, what is for the program itself, and help are not listed.
    spelt_otherwise = {"-h", "--help", "--settings"}
    spelt_otherwise |= {name for action in parser._actions for name in action.option_strings[1:]}
    assert set(listed) == set(_options(parser)) - spelt_otherwise
    for name, default in _options(parser).items():
        if re.fullmatch(r"[\d.]+[KM]?", listed.get(name, "")):
            assert listed[name] == (f"{default:g}" if isinstance(default, float) else str(default)), name


def test_the_metrics_of_the_server_are_those_that_its_guide_lists() -> None:
    listed = {
        name: set(row[1].replace(" ", "").split(",")) - {""}
        for row in _rows(SERVING, "metric")
        for name in re.findall(r"`(\w+)`", row[0])
    }
    assert listed == {family.name: set(family.labels) for family in families.OURS}


@pytest.mark.parametrize(
    ("sentence", "is_true"),
    [
        ("100,000 rows", MAX_ROWS == 100_000),
        ("2 million JSON lists and objects", MOST_CONTAINERS == 2_000_000),
        ("400,000 lines", MOST_LINES == 400_000),
        ("10 million cells", MOST_CELLS == 10_000_000),
        ("1,000 members", MOST_MEMBERS == 1000),
        ("a request head 64 KiB", MAX_HEAD_BYTES == 64 * 1024),
        ("up to half a second old", observer.PERIOD == 0.5),
        ("the 101st class", MOST_CLASSES == 100),
        ("lines four times a second", access_log.PERIOD == 0.25),
        ("50,000 lines may wait", access_log.MAX_LINES == 50_000),
        ("after five minutes", request_log.MAX_AGE == 5 * 60),
        ("at least 16 characters", MIN_LETTERS == 16),
    ],
)
def test_a_limit_of_the_server_is_what_its_guide_names(sentence: str, is_true: bool) -> None:
    assert sentence in " ".join(SERVING.split())
    assert is_true


def test_the_row_that_the_readme_sends_is_one_of_the_schema_of_flights() -> None:
    (body,) = re.findall(r"curl -d '(\{.*\})'", (REPOSITORY / "README.md").read_text())
    columns = {
        column.name: column.kind
        for column in model_columns(read_schema(REPOSITORY / paths_of("flights")["schema"]), "SERVING")
    }
    types: dict[str, tuple[type, ...]] = {"int": (int,), "float": (int, float), "string": (str,)}
    for row in json.loads(body)["instances"]:
        for name, value in row.items():
            assert value is None or isinstance(value, types[columns[name]]), name


def test_the_files_of_a_use_case_are_those_that_its_guide_lists() -> None:
    listed = [row[0].strip("`") for row in _rows((GUIDES / "use-cases.md").read_text(), "file")]
    assert sorted(listed) == sorted(path.replace("NAMEX", "NAME") for path in paths_of("NAMEX").values())
