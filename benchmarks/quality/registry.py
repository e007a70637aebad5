"""The comparisons of quality; they print, and their output is part of `make proof-months`."""

from typing import Final

from benchmarks.harness.program import Program, ProgramFamily
from benchmarks.harness.tree import RUN

_ABOUT: Final = (*RUN, "benchmarks/quality")

FAMILY: Final = ProgramFamily(
    "quality",
    "python -m benchmarks.quality NAME",
    {
        "yardstick": Program(
            "benchmarks.quality.yardstick",
            "The network against scikit-learn, month by month",
            5,
            _ABOUT,
            command="make yardstick",
        ),
        "parity": Program(
            "benchmarks.quality.parity", "The live version's scores in training and in serving", 1, _ABOUT
        ),
    },
)
