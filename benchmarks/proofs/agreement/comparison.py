"""Reads the cells of trials by every entry point, and compares what each makes of them with the rule."""

import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.proofs.agreement import files, requests
from benchmarks.proofs.agreement.cells import text_cells, typed_cells
from benchmarks.proofs.agreement.trials import (
    ROLES,
    CellOutcome,
    Trial,
    trial_of,
)
from perennial.reading.row_rules import NO_TIME

# A model can be given a row without a time; a span cannot have one.
_NO_TIME: Final = CellOutcome("refused", reason=NO_TIME)
LOG: Final = "request log"
_NUMBERS: Final[tuple[type, ...]] = (int, float)
_OTHERS: Final[tuple[type, ...]] = (bytes, bool)
# All are counted, and so many described.
_MOST_SHOWN: Final = 20


@dataclass
class Tally:
    """What was compared.

    Attributes:
        cells: (Column, fate) -> cells that were made.
        comparisons: Entry point -> cells that it read.
        settings: Setting -> cells that were made with it.
        disagreements: How many cells an entry point read otherwise.
        shown: The first of them in words.
    """

    cells: Counter[tuple[str, str]] = field(default_factory=Counter)
    comparisons: Counter[str] = field(default_factory=Counter)
    settings: Counter[str] = field(default_factory=Counter)
    disagreements: int = 0
    shown: list[str] = field(default_factory=list)

    def least_share(self, fate: str) -> float:
        """The smallest share of a column's cells that has this fate."""
        shares = []
        for role in ROLES:
            made = sum(count for (name, _), count in self.cells.items() if name == role)
            shares.append(self.cells[role, fate] / made)
        return min(shares)

    def compare(
        self,
        name: str,
        trial: Trial,
        cells: Sequence[Any],
        expected: list[CellOutcome],
        got: list[CellOutcome],
    ) -> None:
        """Counts what one entry point made of cells."""
        self.comparisons[name] += len(cells)
        for cell, one, other in zip(cells, expected, got, strict=True):
            if one != other:
                self.disagreements += 1
                if len(self.shown) < _MOST_SHOWN:
                    what = f"{name}, {trial.role} column, cell {cell!r}"
                    self.shown.append(f"{what}: expected {one}, got {other}; {trial.written}")


def run_trial(dice: random.Random, role: str, count: int, tally: Tally, folder: Path) -> None:
    """Makes a trial of a column, and compares what every entry point reads.

    Args:
        dice: What everything by chance follows from.
        role: Key of `ROLES`.
        count: Cells to make of text, and of two other classes together.
        tally: What is counted.
        folder: Exists; files are made and removed there.
    """
    trial = trial_of(dice, role)
    other = bytes if ROLES[role].kind == "string" else dice.choice(_OTHERS)
    for kind in (str, dice.choice(_NUMBERS), other):
        cells = text_cells(dice, trial, count) if kind is str else typed_cells(dice, trial, count // 2, kind)
        tally.cells.update((role, trial.outcome_of(cell).fate) for cell in cells)
        for setting in trial.settings():
            tally.settings[setting] += len(cells)
        of_files = files.OF_TEXT if kind is str else files.OF_TYPED
        of_requests = requests.OF_TEXT if kind is str else requests.OF_TYPED
        if kind is bool:  # a tf.Example has none, and a tensor has no missing one
            of_files = {name: read for name, read in of_files.items() if "TFRecord" not in name}
            in_json = ("REST, rows", "REST, columns")
            of_requests = {name: of_requests[name] for name in in_json}
        _compare_all(dice, trial, cells, tally, folder, of_files, of_requests)


def _compare_all(
    dice: random.Random,
    trial: Trial,
    cells: Sequence[Any],
    tally: Tally,
    folder: Path,
    of_files: files.Files,
    of_requests: requests.Requests,
) -> None:
    read = [trial.outcome_of(cell) for cell in cells]
    is_label = ROLES[trial.role].task is not None
    for name, read_file in of_files.items():
        if is_label and "predict" in name:  # no model is given it
            continue
        with tempfile.TemporaryDirectory(dir=folder) as place:
            got = read_file(Path(place), trial, cells, dice)
        expected = _in_csv(cells, trial) if "CSV" in name else read
        if ROLES[trial.role].is_time and "run" in name:
            expected = [_NO_TIME if each.fate == "missing" else each for each in expected]
        if "predict" in name:
            expected = [_folded(each) for each in expected]
        if files.REFUSED_FILE in got and all(each.fate != "read" for each in expected):
            expected = got
        tally.compare(name, trial, cells, expected, got)
    if is_label:
        return
    served = [_folded(each) for each in read]
    for name, rows_of in of_requests.items():
        form = requests.Form(trial)
        expected = served if "CSV" not in name.upper() else [_folded(each) for each in _in_csv(cells, trial)]
        tally.compare(
            name, trial, cells, expected, requests.outcomes_of(form.checks, rows_of(form, trial, cells, dice))
        )
    log = folder / "log"
    tally.compare(LOG, trial, cells, served, requests.logged(log, trial, cells))
    shutil.rmtree(log)


def _in_csv(cells: Sequence[Any], trial: Trial) -> list[CellOutcome]:
    """Where nothing quotes, an empty text is missing."""
    if trial.written.quotechar is None:
        cells = [cell or None for cell in cells]
    return [trial.outcome_of(cell) for cell in cells]


def _folded(read: CellOutcome) -> CellOutcome:
    """A model is given an empty text where a text is missing."""
    return CellOutcome("missing") if read == CellOutcome("read", b"") else read
