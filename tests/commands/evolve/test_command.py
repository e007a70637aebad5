"""The command as it is typed: its verdicts and exit codes, on files that a person edited."""

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commands.command_output import CommandOutput
from commands.evolve import command as evolve_command
from commands.run import command as run_command
from perennial.errors import UsageError
from tests.commands.new.orders import odd_rows, written


def _typed(path: Path, *words: str) -> CommandOutput:
    parser = argparse.ArgumentParser()
    evolve_command.arguments(parser)
    return evolve_command.command(parser.parse_args(["orders", "--from", str(path), *words]))


def _rows(**columns: Callable[[int], Any]) -> list[dict[str, Any]]:
    return [row | {name: of(i) for name, of in columns.items()} for i, row in enumerate(odd_rows())]


def test_each_outcome_has_its_exit_code_and_only_apply_writes(repository: Path) -> None:
    schema, transform = repository / "schemas" / "orders.pbtxt", repository / "transforms" / "orders.py"
    schema.write_text(schema.read_text() + 'feature { name: "extra" type: INT presence { min_count: 0 } }\n')
    transform.write_text(re.sub(r'"flag",  # int.*', '"flag"', transform.read_text()))
    before = transform.read_text()
    path = repository.parent / "next.csv"

    same = _typed(written(path, _rows()), "--apply")
    assert (same.content["verdict"], same.exit_code) == ("UNCHANGED", 0)
    proposed = _typed(written(path, _rows(rating=lambda i: i * 37 % 101)))
    assert (proposed.content["verdict"], proposed.exit_code, transform.read_text()) == ("PROPOSED", 0, before)
    applied = _typed(path, "--apply")
    assert (applied.content["verdict"], applied.exit_code) == ("APPLIED", 0)
    assert '"flag",\n    "rating",' in transform.read_text()


def test_what_is_left_to_a_person_exits_with_3(repository: Path) -> None:
    schema = repository / "schemas" / "orders.pbtxt"
    one_line = re.sub(
        r'feature \{\n  name: "class"\n(?:  .*\n)+\}',
        'feature { name: "class" type: BYTES string_domain { value: "large" value: "small" } }',
        schema.read_text(),
    )
    schema.write_text(one_line)
    rows = _rows()
    for row in rows[::3]:
        row["class"] = "medium"
    by_hand = _typed(written(repository.parent / "next.csv", rows), "--apply")
    assert (by_hand.content["verdict"], by_hand.exit_code) == ("BY_HAND", 3)
    assert 'add the new values of `class` to its list: value: "medium"' in by_hand.content["by_hand"][0]
    assert schema.read_text() == one_line


def test_run_and_evolve_stop_at_half_an_edit_until_apply_finishes_it(repository: Path) -> None:
    note = repository / "pipeline" / "use_cases" / ".orders.evolve.json"
    note.write_text("[]\n")
    path = written(repository.parent / "next.csv", odd_rows())
    options = argparse.Namespace(name="orders", accept_fewer_rows=False, why="")
    with pytest.raises(UsageError, match="stopped halfway"):
        _typed(path)
    with pytest.raises(UsageError, match="stopped halfway"):
        run_command.command(options)
    assert _typed(path, "--apply").content["verdict"] == "UNCHANGED"
    assert not note.exists()


@pytest.mark.parametrize("folder", ["transforms", "models"])
def test_a_file_that_is_no_python_or_is_gone_is_named(repository: Path, folder: str) -> None:
    file, path = repository / folder / "orders.py", written(repository.parent / "next.csv", _rows())
    file.write_text(file.read_text() + "def (\n")
    with pytest.raises(UsageError, match=rf"{folder}/orders\.py, line \d+, is no Python"):
        _typed(path, "--apply")
    file.unlink()
    with pytest.raises(UsageError, match=rf"{folder}/orders\.py cannot be read"):
        _typed(path)
