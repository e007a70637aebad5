"""Steps that are measured one after another, each in a folder of its own; what is done is not done again."""

import hashlib
import shutil
import statistics
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from perennial.files import read_json, write_json

Result = dict[str, Any]
Results = Mapping[str, Result]

RESULT_FILE: Final = "result.json"
# What a repetition measures; of everything else the first repetition stands for all.
MEASURES: Final = ("wall", "cpu", "peak_tree", "peak_process", "rows_a_cpu_second")


class StepFailed(Exception):
    """A measured command did not do what it was started for; the text says which and where its log is."""


@dataclass(frozen=True)
class Step:
    """One thing to measure.

    Attributes:
        name: Its name, and its folder's.
        measure: Is given an empty folder and the results of what it needs; gives its result, plain JSON.
        needs: Steps that have to be done before.
    """

    name: str
    measure: Callable[[Path, Results], Result]
    needs: tuple[str, ...] = ()


def run_steps(
    steps: Sequence[Step], root: Path, code: str, *, only: Iterable[str] = (), repeat: int = 1
) -> dict[str, Result]:
    """Does what is not done yet, in order, all steps of one repetition before those of the next.

    Args:
        steps: In the order in which they are done; what one needs comes before it.
        root: Folder of all their folders.
        code: Digest of the code that is measured; a result of other code does not count as done.
        only: Names of the steps that are wanted, which what they need is added to; none: all.
        repeat: How often each is done.

    Returns:
        Name -> result; of a repeated step the medians of its measures and of its nodes.

    Raises:
        StepFailed: A step failed; what was done before it stays done.
    """
    wanted = with_needs(steps, only)
    found: dict[str, list[Result]] = {step.name: [] for step in wanted}
    for number in range(1, repeat + 1):
        results: dict[str, Result] = {}
        for step in wanted:
            folder = root / f"{step.name}-{number}"
            result = done(folder, code)
            if result is None:
                print(f"{step.name}, repetition {number} of {repeat}", file=sys.stderr, flush=True)
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True)
                result = {"code": code, **step.measure(folder, results)}
                write_json(folder / RESULT_FILE, result)
            results[step.name] = result
            found[step.name].append(result)
    return {name: median(repeated) for name, repeated in found.items()}


def with_needs(steps: Sequence[Step], only: Iterable[str]) -> list[Step]:
    """The steps of these names and all that they need, in the given order; no names: all steps."""
    wanted = set(only) or {step.name for step in steps}
    unknown = wanted - {step.name for step in steps}
    if unknown:
        known = ", ".join(step.name for step in steps)
        raise StepFailed(f"There is no step {', '.join(sorted(unknown))}; there is: {known}.")
    for step in reversed(steps):
        if step.name in wanted:
            wanted.update(step.needs)
    return [step for step in steps if step.name in wanted]


def done(folder: Path, code: str) -> Result | None:
    """The result that a folder holds, if it is one of this code."""
    file = folder / RESULT_FILE
    result = read_json(file) if file.is_file() else None
    return result if result and result["code"] == code else None


def median(results: Sequence[Result]) -> Result:
    """The first result with the medians of all in the place of its measures and of its nodes' seconds."""
    merged = dict(results[0])
    for name in MEASURES:
        if name in merged:
            merged[name] = statistics.median(result[name] for result in results)
    if "nodes" in merged:
        merged["nodes"] = {
            node: statistics.median(result["nodes"].get(node, 0.0) for result in results)
            for node in merged["nodes"]
        }
    return merged


def digest_of_code(folder: Path, names: Iterable[str]) -> str:
    """Digest of names and contents of the files of these names, and below the folders of these names."""
    digest = hashlib.sha256()
    for name in names:
        path = folder / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"{file.relative_to(folder)}\0".encode() + file.read_bytes())
    return digest.hexdigest()
