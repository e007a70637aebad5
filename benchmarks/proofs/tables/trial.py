"""One table through `new`, `run` and `predict` in a scratch copy of the repository, as its user would."""

import csv
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq
import yaml

from benchmarks.harness.tree import ENVIRONMENTS, copy_repository
from benchmarks.proofs.tables.sources import PublicTable

TIMEOUT: Final = 900


@dataclass(frozen=True)
class CommandRun:
    """A command that ran, and its output.

    Attributes:
        command: As a user types it.
        code: Exit code; -1 where it ran out of time.
        seconds: Wall time.
        out: Standard output.
        err: The last lines of standard error.
    """

    command: str
    code: int
    seconds: float
    out: str
    err: str

    @property
    def answer(self) -> dict[str, Any]:
        """The JSON object in the last line of standard output; {} where there is none."""
        try:
            return dict(json.loads(self.out.strip().splitlines()[-1]))
        except (ValueError, IndexError):
            return {}


def tried(table: PublicTable, packages: Path, folder: Path) -> dict[str, Any]:
    """Takes a table through the three commands, without an edit.

    Args:
        table: Which.
        packages: Folder of the installed packages that it may be of.
        folder: Emptied, then holds the scratch copy, the root and the files.

    Returns:
        What is known of it, as JSON holds it.
    """
    shutil.rmtree(folder, ignore_errors=True)
    repository = folder / "repository"
    copy_repository(repository)
    file = folder / f"{table.name}{table.suffix}"
    table.write(packages, file)
    before = _files(repository)
    asked = ["new", table.name, "--from", str(file), "--label", table.label]
    new = _run_command(repository, folder, [*asked, *(["--time", table.time] if table.time else [])])
    trial: dict[str, Any] = {"new": new, "made": sorted(_files(repository) - before)}
    if new.code == 0:
        trial["run"] = run = _run_command(repository, folder, ["run", table.name, "--json"])
        if run.answer.get("live_version"):
            fresh = folder / f"fresh{table.suffix}"
            _without_label(file, fresh, _config(repository, table.name), table.label)
            answers = folder / f"answers{table.suffix}"
            trial["predict"] = _run_command(
                repository, folder, ["predict", table.name, str(fresh), str(answers)]
            )
            trial["answers"] = _answers(answers, _config(repository, table.name))
    return {
        "name": table.name,
        "config": _config(repository, table.name),
        "schema": _text(repository / "schemas" / f"{table.name}.pbtxt"),
        **{key: vars(value) if isinstance(value, CommandRun) else value for key, value in trial.items()},
        "summary": trial["run"].answer if "run" in trial else {},
    }


def _files(repository: Path) -> set[str]:
    paths = (path.relative_to(repository) for path in repository.rglob("*") if path.is_file())
    return {
        str(path) for path in paths if "__pycache__" not in path.parts and path.parts[0] not in ENVIRONMENTS
    }


def _run_command(repository: Path, folder: Path, arguments: list[str]) -> CommandRun:
    """Runs a command in the scratch copy."""
    shown = " ".join(["local_runner.py", *(argument.replace(f"{folder}/", "") for argument in arguments)])
    environment = {**os.environ, "PERENNIAL_HOME": str(folder / "home")}
    began = time.monotonic()
    try:
        done = subprocess.run(
            [sys.executable, "local_runner.py", *arguments],
            cwd=repository,
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return CommandRun(shown, -1, TIMEOUT, "", f"stopped after {TIMEOUT} s")
    seconds = round(time.monotonic() - began, 1)
    out, err = (text.replace(f"{folder}/", "") for text in (done.stdout, done.stderr))
    return CommandRun(shown, done.returncode, seconds, out, "\n".join(err.splitlines()[-40:]))


def _config(repository: Path, name: str) -> str:
    return _text(repository / "pipeline" / "use_cases" / f"{name}.yaml")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _without_label(file: Path, target: Path, config: str, label: str) -> None:
    """The rows as they come when the label is not known yet: the same file without its column."""
    if file.suffix == ".parquet":
        rows = pq.read_table(file)
        pq.write_table(rows.drop([label]), target)
        return
    encoding, delimiter = _file_setting(config, "encoding", "utf-8"), _file_setting(config, "delimiter", ",")
    with (
        file.open(encoding=encoding, newline="") as source,
        target.open("w", encoding=encoding, newline="") as out,
    ):
        rows = csv.reader(source, delimiter=delimiter)
        writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
        header = next(rows)
        place = header.index(label)
        for row in (header, *rows):
            writer.writerow(row[:place] + row[place + 1 :])


def _file_setting(config: str, key: str, default: str) -> str:
    """A setting of the file under `exports` in a generated config."""
    return str((yaml.safe_load(config)["exports"]).get(key, default))


def _answers(file: Path, config: str) -> dict[str, Any]:
    """Rows and columns of what `predict` wrote, in the way of the table."""
    if not file.is_file():
        return {}
    if file.suffix == ".parquet":
        metadata = pq.read_metadata(file)
        return {"rows": metadata.num_rows, "columns": pq.read_schema(file).names}
    with file.open(encoding=_file_setting(config, "encoding", "utf-8"), newline="") as lines:
        rows = csv.reader(lines, delimiter=_file_setting(config, "delimiter", ","))
        return {"columns": next(rows), "rows": sum(1 for row in rows if row)}
