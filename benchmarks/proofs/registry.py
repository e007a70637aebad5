"""The proofs: of each its title, how long it takes, what code it is about, and what it needs."""

from typing import Final

from benchmarks.harness.program import Program, ProgramFamily
from benchmarks.harness.tree import CHAIN, RUN, modules_in, with_imports

# How a command answers, errors included.
_COMMANDS: Final = (
    *modules_in("commands"),
    *("local_runner.py", "perennial/errors.py"),
)
_FLIGHTS_DATA: Final = (
    *("pipeline/use_cases/flights.py", "pipeline/use_cases/flights.yaml"),
    "schemas/flights.pbtxt",
)
# What makes a use case, lands spans, and judges them and a window; not what trains.
_GATES: Final = with_imports(
    *(f"components/{node}" for node in ("arrow_example_gen", "data_gate", "span_statistics", "window")),
    *("components/window_gate", "pipeline/run/intake.py"),
    *("commands/cutting", "commands/land", "commands/new", "commands/replay", *_FLIGHTS_DATA),
)

FAMILY: Final = ProgramFamily(
    "proofs",
    "make proof-NAME",
    {
        "months": Program(
            "benchmarks.proofs.months",
            "Months 1 to 6, one after another",
            10,
            (*RUN, "commands/replay", "benchmarks/quality", "benchmarks/proofs/months.py"),
            page="proofs/months.md",
        ),
        "tables": Program(
            "benchmarks.proofs.tables.proof",
            "Public tables, from a file to a served model without an edit",
            40,
            (*CHAIN, "commands/cutting", "commands/new", "commands/predict", "benchmarks/proofs/tables"),
            page="proofs/tables.md",
        ),
        "backtest": Program(
            "benchmarks.proofs.backtest.proof",
            "What retraining would have brought: flights and three dated tables",
            60,
            (
                *CHAIN,
                *(
                    "commands/backtest",
                    "pipeline/backtest",
                    "commands/cutting",
                    "commands/new",
                    "commands/replay",
                ),
                *("benchmarks/proofs/tables/sources.py", "benchmarks/proofs/backtest", *_FLIGHTS_DATA),
            ),
            page="proofs/backtest.md",
        ),
        "gates": Program(
            "benchmarks.proofs.gates.proof",
            "What the gates block: tables as they are, and with known damage",
            35,
            (
                *_GATES,
                *("benchmarks/proofs/tables/sources.py", "benchmarks/proofs/tables/ugly.py"),
                "benchmarks/proofs/gates",
            ),
            page="proofs/gates.md",
        ),
        "reading": Program(
            "benchmarks.proofs.reading",
            "Every value of the year",
            5,
            (
                *with_imports("components/arrow_example_gen", "perennial/reading", *_FLIGHTS_DATA),
                "benchmarks/proofs/reading.py",
            ),
            page="proofs/reading.md",
        ),
        "agreement": Program(
            "benchmarks.proofs.agreement.proof",
            "One cell, one meaning, at every entry point",
            6,
            with_imports("benchmarks/proofs/agreement"),
            page="proofs/agreement.md",
        ),
        "renames": Program(
            "benchmarks.proofs.renames",
            "Columns of real tables, renamed, gone and new",
            3,
            (
                *(
                    "commands/evolve/contents.py",
                    "commands/evolve/renames.py",
                    "benchmarks/proofs/renames.py",
                ),
                *("benchmarks/proofs/tables/sources.py", *_FLIGHTS_DATA),
            ),
            page="proofs/renames.md",
        ),
        "kills": Program(
            "benchmarks.proofs.kills.proof",
            "Killed at every node's start and end, and at random moments",
            60,
            (*RUN, "commands/replay", "benchmarks/proofs/kills"),
            page="proofs/kills.md",
        ),
        "past": Program(
            "benchmarks.proofs.past.proof",
            "Backfills, backtests and prunes that are killed at random moments",
            45,
            (
                *RUN,
                *(f"commands/{name}" for name in ("backfill", "backtest", "prune", "replay")),
                *("pipeline/backtest", "benchmarks/proofs/past", "benchmarks/proofs/kills/homes.py"),
            ),
            page="proofs/past.md",
        ),
        "backup": Program(
            "benchmarks.proofs.backup",
            "Backups while a run goes on, restored elsewhere; both commands killed",
            40,
            (
                *RUN,
                *("commands/backup", "commands/replay", "commands/restore", "pipeline/backup"),
                "pipeline/backtest/root.py",
                *("benchmarks/proofs/backup.py", "benchmarks/proofs/kills/homes.py"),
            ),
            page="proofs/backup.md",
        ),
        "faults": Program(
            "benchmarks.proofs.faults.proof",
            "Every fault, injected for real",
            45,
            (
                *RUN,
                *_COMMANDS,
                *(f"commands/{name}" for name in ("doctor", "replay", "rollback", "spans", "status")),
                *("pipeline/backtest/root.py", "pipeline/backup", "pipeline/schedule"),
                "benchmarks/proofs/faults",
            ),
            page="proofs/faults.md",
            needs=("root", "faketime", "unshare"),
        ),
        "definitions": Program(
            "benchmarks.proofs.definitions.proof",
            "Definitions for other schedulers, checked by the tools that they are for",
            10,
            (*with_imports("commands/schedule/printing"), "benchmarks/proofs/definitions"),
            page="proofs/definitions.md",
            needs=("root", "unshare", "systemd-analyze", "crontab"),
        ),
        "serving-parity": Program(
            "benchmarks.proofs.serving_parity.proof",
            "A server's scores against training's",
            15,
            (
                *with_imports(
                    *("models/flights.py", "schemas/flights.pbtxt", "transforms/flights.py"),
                    *("perennial/training", "serving"),
                ),
                *("benchmarks/quality/parity.py", "benchmarks/proofs/serving_parity"),
            ),
            page="proofs/serving-parity.md",
        ),
        "versions": Program(
            "benchmarks.proofs.versions.proof",
            "Version changes and broken versions under load",
            6,
            ("serving", "benchmarks/proofs/versions"),
            page="proofs/versions.md",
        ),
        "rollback": Program(
            "benchmarks.proofs.rollback.proof",
            "Rollback and forward under load",
            12,
            (
                *with_imports("commands/forward", "commands/history", "commands/rollback", "serving"),
                *("benchmarks/proofs/rollback", "benchmarks/proofs/versions"),
            ),
            page="proofs/rollback.md",
        ),
        "hostile": Program(
            "benchmarks.proofs.hostile.proof",
            "Hostile clients",
            10,
            ("serving", "benchmarks/proofs/hostile"),
            page="proofs/hostile.md",
        ),
        "year": Program(
            "benchmarks.proofs.year.proof",
            "A year unattended, with two hundred troubles",
            60,
            (
                *RUN,
                *_COMMANDS,
                *with_imports(
                    *(f"commands/{name}" for name in ("approve", "check_overdue", "rollback", "schedule")),
                    *("commands/spans", "commands/status", "benchmarks/proofs/year"),
                ),
            ),
            page="proofs/year.md",
            needs=("root",),
        ),
        "retention": Program(
            "benchmarks.proofs.retention",
            "A year of weeks under the default retention",
            45,
            (
                *RUN,
                *_COMMANDS,
                *with_imports(
                    *(f"commands/{name}" for name in ("check_overdue", "history", "status")),
                    "benchmarks/proofs/retention.py",
                ),
            ),
            page="proofs/retention.md",
        ),
        "fuzz": Program(
            "benchmarks.proofs.fuzz.proof",
            "The server's parsers and API, fuzzed",
            8,
            ("serving", "benchmarks/proofs/fuzz"),
            page="proofs/fuzz.md",
        ),
        "page": Program(
            "benchmarks.proofs.page",
            "The page in a real browser",
            2,
            ("serving", "benchmarks/proofs/page.py"),
            page="proofs/page.md",
            needs=("chromium",),
        ),
        "report": Program(
            "benchmarks.proofs.report.proof",
            "The pages of runs",
            15,
            (
                *RUN,
                *_COMMANDS,
                "commands/report",
                "commands/spans",
                "pipeline/report",
                "benchmarks/proofs/report",
            ),
            page="proofs/report.md",
            needs=("chromium",),
        ),
        "tutorial": Program(
            "benchmarks.proofs.tutorial",
            "The tutorial on a clean clone, timed",
            10,
            (
                *CHAIN,
                *(
                    "Makefile",
                    "commands",
                    "docs/guides/tutorial.md",
                    "local_runner.py",
                    "perennial/errors.py",
                ),
                *(
                    "pipeline/backtest",
                    "pipeline/backup",
                    "pipeline/report",
                    "pipeline/schedule",
                    "requirements",
                    "serving",
                ),
                "benchmarks/proofs/tutorial.py",
            ),
            page="proofs/tutorial.md",
        ),
        "reproducibility": Program(
            "benchmarks.proofs.reproducibility",
            "The same rows, trained again on other threads and instruction sets",
            8,
            (
                *("commands/new/templates", "pipeline/use_cases/flights.yaml", "schemas/flights.pbtxt"),
                *with_imports(
                    *("components/transform", "components/window", "perennial/training"),
                    *("models/flights.py", "transforms/flights.py"),
                ),
                "benchmarks/proofs/reproducibility.py",
            ),
            page="proofs/reproducibility.md",
        ),
        "training": Program(
            "benchmarks.proofs.training",
            "A training that is killed again and again",
            15,
            (
                "commands/new/templates",
                *with_imports("perennial/training", "pipeline/run/runner.py"),
                "benchmarks/proofs/training.py",
            ),
            page="proofs/training.md",
        ),
        "growth": Program(
            "benchmarks.proofs.growth.proof",
            "How the cost of one run grows",
            40,
            (*RUN, "benchmarks/proofs/growth"),
            page="proofs/growth.md",
        ),
    },
)
