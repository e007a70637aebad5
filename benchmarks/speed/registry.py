"""The benchmarks of speed."""

from typing import Final

from benchmarks.harness.program import Program, ProgramFamily

_CHAIN: Final = ("commands/run", "components", "models", "perennial", "pipeline", "schemas", "transforms")

FAMILY: Final = ProgramFamily(
    "speed",
    "make bench-NAME",
    {
        "chain": Program(
            "benchmarks.speed.chain.bench",
            "The same work, by TFX's template and by ours",
            25,
            (*_CHAIN, "serving"),
            page="benchmark.md",
            command="make bench",
        ),
        "predict": Program(
            "benchmarks.speed.predict.bench",
            "`predict` against scikit-learn on the same rows",
            5,
            ("commands/predict", "perennial/reading", "serving"),
            page="predict-benchmark.md",
        ),
        "serving": Program(
            "benchmarks.speed.serving.bench",
            "One raw row, many, and batches: ours and four other servers",
            20,
            ("serving", "requirements/serving.txt"),
            page="serving-benchmark.md",
            needs=("wrk",),
        ),
    },
)
