"""The proofs: of each its title, how long it takes, what code it is about, and what it needs."""

from typing import Final

from benchmarks.harness.program import Program, ProgramFamily

_CHAIN: Final = ("components", "models", "perennial", "pipeline", "schemas", "serving", "transforms")
# What a run of flights follows from.
_RUN: Final = ("local_runner.py", "commands/run", *_CHAIN)

FAMILY: Final = ProgramFamily(
    "proofs",
    "make proof-NAME",
    {
        "months": Program(
            "benchmarks.proofs.months",
            "Months 1 to 6, one after another",
            10,
            _RUN,
            page="proofs/months.md",
        ),
        "tables": Program(
            "benchmarks.proofs.tables.proof",
            "Public tables, from a file to a served model without an edit",
            40,
            (*_RUN, "commands/new", "commands/predict"),
            page="proofs/tables.md",
        ),
        "reading": Program(
            "benchmarks.proofs.reading",
            "Every value of the year",
            5,
            ("components/arrow_example_gen", "perennial/reading", "schemas"),
            page="proofs/reading.md",
        ),
        "kills": Program(
            "benchmarks.proofs.kills.proof",
            "Killed at every node's start and end, and at random moments",
            60,
            _RUN,
            page="proofs/kills.md",
        ),
        "faults": Program(
            "benchmarks.proofs.faults.proof",
            "Every fault, injected for real",
            45,
            ("local_runner.py", "commands", *_CHAIN),
            page="proofs/faults.md",
            needs=("root", "faketime", "unshare"),
        ),
        "serving-parity": Program(
            "benchmarks.proofs.serving_parity.proof",
            "A server's scores against training's",
            15,
            ("models", "perennial/reading", "perennial/training", "serving", "transforms"),
            page="proofs/serving-parity.md",
        ),
        "versions": Program(
            "benchmarks.proofs.versions.proof",
            "Version changes and broken versions under load",
            6,
            ("serving",),
            page="proofs/versions.md",
        ),
        "hostile": Program(
            "benchmarks.proofs.hostile.proof",
            "Hostile clients",
            10,
            ("serving",),
            page="proofs/hostile.md",
        ),
        "fuzz": Program(
            "benchmarks.proofs.fuzz.proof",
            "The server's parsers and API, fuzzed",
            8,
            ("serving",),
            page="proofs/fuzz.md",
        ),
        "page": Program(
            "benchmarks.proofs.page",
            "The page in a real browser",
            2,
            ("serving",),
            page="proofs/page.md",
            needs=("chromium",),
        ),
        "report": Program(
            "benchmarks.proofs.report.proof",
            "The pages of runs",
            15,
            (*_RUN, "commands/report"),
            page="proofs/report.md",
            needs=("chromium",),
        ),
        "tutorial": Program(
            "benchmarks.proofs.tutorial",
            "The tutorial on a clean clone, timed",
            15,
            ("Makefile", "commands", "docs/guides/tutorial.md", "local_runner.py", "requirements", *_CHAIN),
            page="proofs/tutorial.md",
        ),
        "growth": Program(
            "benchmarks.proofs.growth.proof",
            "How the cost of one run grows",
            40,
            _RUN,
            page="proofs/growth.md",
        ),
    },
)
