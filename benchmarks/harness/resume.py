"""How a benchmark or a proof that was stopped goes on: each piece of work leaves its result in a folder.

A result holds the digest of the code that it is of. A result of other code does not count.
"""

import json
import random
import re
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

# What a repetition measures; of everything else the first repetition stands for all.
MEASURES: Final = ("wall", "cpu", "peak_tree", "peak_process", "rows_a_cpu_second")
_FOLDER: Final = "results"
_CODE: Final = "code.json"


class StepFailed(Exception):
    """A measured command did not do what it was started for; the text says which and where its log is."""


class Done:
    """The results of the work that is done, one JSON file each in `FOLDER/results`."""

    def __init__(self, folder: Path, code: str) -> None:
        """Opens the results.

        Args:
            folder: Where the work is done; the results are in `results` in it.
            code: Digest of the code that is measured.
        """
        self._folder = folder / _FOLDER
        self._code = code

    def get(self, name: str, *, any_code: bool = False) -> Result | None:
        """The result of a piece of work; None where it was not done, or was done with other code."""
        file = self._file(name)
        noted = read_json(file) if file.is_file() else None
        if noted is None or not (any_code or noted["code"] == self._code):
            return None
        return dict(noted["result"])

    def add(self, name: str, result: Result) -> Result:
        """Writes the result of a piece of work, plain JSON; gives it back."""
        self._folder.mkdir(parents=True, exist_ok=True)
        write_json(self._file(name), {"code": self._code, "result": result})
        return result

    def once(self, name: str, work: Callable[[], Result]) -> Result:
        """Does a piece of work unless it was done before; gives its result."""
        result = self.get(name)
        return self.add(name, work()) if result is None else result

    def _file(self, name: str) -> Path:
        return self._folder / f"{re.sub(r'[^A-Za-z0-9.]+', '-', name)}.json"


class SeededWork:
    """Pieces of work whose chance follows from a seed, and their results up to now.

    Attributes:
        folder: Where the work is done.
        results: What each piece gave, by its name.
    """

    def __init__(self, folder: Path, seed: int, code: str) -> None:
        """Takes up the results of an earlier process with this code."""
        self.folder = folder
        self._seed = seed
        self._done = Done(folder, code)
        self.results: dict[str, Result] = {}

    def once(self, key: str, work: Callable[[], Result]) -> Result:
        """Does a piece of work unless it was done before; notes and prints its result."""
        self.results[key] = self._done.once(key, work)
        print(key, json.dumps(self.results[key]), file=sys.stderr, flush=True)
        return self.results[key]

    def chance(self, key: str) -> random.Random:
        """Chance that is the same each time for a piece of work."""
        return random.Random(f"{self._seed} {key}")


def keep_only_of(folder: Path, code: str, *, fresh: bool = False) -> None:
    """Empties a folder whose pieces of work build on one another, unless all are of this code.

    Args:
        folder: Made where it is not there.
        code: Digest of the code.
        fresh: Whether to empty it in any case.
    """
    file = folder / _CODE
    if fresh or not file.is_file() or read_json(file) != {"code": code}:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        write_json(file, {"code": code})


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
        root: Folder of all their folders and results.
        code: Digest of the code that is measured; a result of other code does not count as done.
        only: Names of the steps that are wanted, which what they need is added to; none: all.
        repeat: How often each is done.

    Returns:
        Name -> result; of a repeated step the medians of its measures and of its nodes.

    Raises:
        StepFailed: A step failed; what was done before it stays done.
    """
    wanted = with_needs(steps, only)
    rounds: dict[str, list[Result]] = {step.name: [] for step in wanted}
    done = Done(root, code)
    for number in range(1, repeat + 1):
        results: dict[str, Result] = {}
        for step in wanted:
            name = numbered(step.name, number)
            result = done.get(name)
            if result is None:
                print(f"{step.name}, repetition {number} of {repeat}", file=sys.stderr, flush=True)
                folder = root / name
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True)
                result = done.add(name, step.measure(folder, results))
            results[step.name] = result
            rounds[step.name].append(result)
    return {name: median(repeated) for name, repeated in rounds.items()}


def numbered(step: str, repetition: int) -> str:
    """The name of a step's result, and of its folder, in one repetition, from 1."""
    return f"{step}-{repetition}"


def with_needs(steps: Sequence[Step], only: Iterable[str]) -> list[Step]:
    """The steps of these names and all that they need, in the given order; no names: all steps."""
    wanted = set(only) or {step.name for step in steps}
    unknown = wanted - {step.name for step in steps}
    if unknown:
        known = ", ".join(step.name for step in steps)
        raise StepFailed(f"No step '{', '.join(sorted(unknown))}'. Choose from: {known}.")
    for step in reversed(steps):
        if step.name in wanted:
            wanted.update(step.needs)
    return [step for step in steps if step.name in wanted]


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
