"""The use case of a simulated year: flights under another name, in a copy of the code, its training short."""

from typing import Final

import yaml

from benchmarks.harness.code_copy import CodeCopy
from benchmarks.proofs.year.exports import WHOLE_ROWS, column_of_label
from benchmarks.proofs.year.plan import YearEvent, YearRules

MODEL: Final = "flights"  # whose schema, transform and network the use case has
MIN_ROWS: Final = 0.7  # of a whole span's; a truncated one has fewer, a correction never so few
# What makes a training short; nothing of it changes which nodes run.
STEPS: Final = 150
_HYPERPARAMETERS: Final = {
    "hidden_units": [16],
    "embedding_sizes": {},
    "dropout": 0.1,
    "deep_l2": 1e-5,
    "wide_l2": 1e-5,
    "learning_rate": 0.01,
    "batch_size": 256,
    "steps_per_epoch": STEPS,
    "epochs": 1,
    "ema_momentum": 0.9,
    "early_stopping": {"days": 1, "patience": 1},
}


def copy_use_case(copy: CodeCopy, rules: YearRules) -> None:
    """Makes the code's copy anew, with the use case in it, its configuration as at the year's begin."""
    copy.renew()
    for folder, suffix in (("schemas", "pbtxt"), ("transforms", "py"), ("models", "py")):
        source = (copy.code / folder / f"{MODEL}.{suffix}").read_text(encoding="utf-8")
        renamed = source.replace(f"from transforms.{MODEL} ", f"from transforms.{rules.name} ")
        (copy.code / folder / f"{rules.name}.{suffix}").write_text(renamed, encoding="utf-8")
    # Days are compared in number with days of their weekday alone, of which the first weeks have too few.
    with (copy.code / "schemas" / f"{rules.name}.pbtxt").open("a", encoding="utf-8") as schema:
        schema.write(f"dataset_constraints {{ max_examples_count: {2 * WHOLE_ROWS[rules.span]} }}\n")
    write_config(copy, rules, ())


def write_config(copy: CodeCopy, rules: YearRules, events: tuple[YearEvent, ...]) -> None:
    """Writes the YAML as the events of the year up to now leave it: `push`, `freeze`, an unknown key."""
    settings = config_of(rules)
    for event in events:
        if event.kind == "configure":
            settings["schedule"] |= {"push": event.push, "freeze": list(event.freeze)}
        elif event.kind == "break_config":
            settings["schedule"]["cronn"] = "an unknown key"
        elif event.kind == "fix_config":
            del settings["schedule"]["cronn"]
    path = copy.code / "pipeline" / "use_cases" / f"{rules.name}.yaml"
    aside = path.with_suffix(".aside")
    aside.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    aside.replace(path)


def config_of(rules: YearRules) -> dict[str, dict[str, object]]:
    """The settings of the use case: those of the year's rules, and checks so wide that rows alone decide."""
    rows = WHOLE_ROWS[rules.span]
    settings: dict[str, object] = {
        "description": "A year of flights for the proof of the schedule.",
        "label": column_of_label(),
        "task": "binary",
        "exports": {
            "span": rules.span,
            "time_column": "sched_dep",
            "time_zone": rules.span_zone,
            "gap": rules.gap,
            "tail_days": 1 if rules.span == "day" else 7,
        },
        "data": {
            "min_rows": int(rows * MIN_ROWS),
            "label_rate": {"min": 0.01, "max": 0.99},
            "policy": [
                {"feature": "*", "anomaly": "drift", "action": "note"},
                {"feature": "*", "anomaly": "drift_extreme", "action": "note"},
                {"feature": "*", "anomaly": "presence", "action": "warn"},
            ],
        },
        "window": {
            "spans": rules.window,
            "eval_days": 1 if rules.span == "day" else 7,
            "eval_min_rows": 1,
            "max_shrink": 1,
        },
        "training": {"seed": 17, "hyperparameters": _HYPERPARAMETERS},
        "evaluation": {
            "yardstick": False,
            "slices": [],
            "bounds": {"auc": {"min": 0}},
            "anchors": {"max_log_loss_increase": 10},
            "champion": {"when_inconclusive": "push", "max_worse": 10},
            "min_days": 30,  # never as many: no interval is made, and `when_inconclusive` decides
        },
        "schedule": {
            "cron": rules.cron,
            "timezone": rules.zone,
            "on_new_export": f"{rules.on_new_export}s",
            "retry": [f"{seconds}s" for seconds in rules.retry],
            "expect": {"every": f"{rules.every}s", "within": f"{rules.within}s"},
            "push": "auto",
            "freeze": [],
        },
        "run": {"deadline": "15m"},
    }
    return settings  # type: ignore[return-value]
