"""The benchmarks of speed."""

from typing import Final

from benchmarks.harness.program import Program, ProgramFamily
from benchmarks.harness.tree import RUN, SCORING

FAMILY: Final = ProgramFamily(
    "speed",
    "make bench-NAME",
    {
        "chain": Program(
            "benchmarks.speed.chain.bench",
            "The same work, by TFX's template and by ours",
            25,
            (*RUN, "benchmarks/speed/chain"),
            page="benchmark.md",
            command="make bench",
        ),
        "predict": Program(
            "benchmarks.speed.predict.bench",
            "`predict` against scikit-learn on the same rows",
            5,
            (*SCORING, "commands/predict", "perennial/reading", "benchmarks/speed/predict"),
            page="predict-benchmark.md",
        ),
        "schedule": Program(
            "benchmarks.speed.schedule.bench",
            "The schedule while nothing is due: CPU and memory with 1 and 50 use cases",
            7,
            ("commands/schedule", "pipeline/schedule", "benchmarks/speed/schedule"),
            page="schedule-benchmark.md",
        ),
        "serving": Program(
            "benchmarks.speed.serving.bench",
            "One raw row, many, and batches: ours and four other servers",
            20,
            ("serving", "requirements/serving.txt", "benchmarks/speed/serving"),
            page="serving-benchmark.md",
            needs=("wrk",),
        ),
    },
)
