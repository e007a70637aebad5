"""The comparisons of quality. Two print, as part of `make proof-months`; drift writes a page."""

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
        "drift": Program(
            "benchmarks.quality.drift.bench",
            "Drift alarms: how many are false, and what they find",
            240,
            ("perennial/drift", "benchmarks/quality/drift"),
            page="drift-benchmark.md",
            command="make bench-drift",
        ),
        "parity": Program(
            "benchmarks.quality.parity", "The live version's scores in training and in serving", 1, _ABOUT
        ),
    },
)
