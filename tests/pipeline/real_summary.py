"""What a real run on three months of flights answered (`run flights --json`), with fewer spans and nodes."""

from typing import Any, Final

SUMMARY: Final[dict[str, Any]] = {
    "format": 1,
    "use_case": "flights",
    "run_id": "20261129T174735.948494Z",
    "verdict": "PUSHED",
    "exit_code": 0,
    "reason": "Version 1 is live. Log loss 0.3579 on 6,304 rows of 7 days (2013-03-25 to 2013-03-31) "
    "is 15% below the baseline 0.4188 (always predicting the training rate 0.238). Always "
    "predicting these rows' own rate 0.127 has 0.3798: of the gain of 0.0610, 0.0390 is the "
    "rows' own level and 0.0220 (95% interval -0.0433 to 0.0872, which includes 0) is what "
    "the model adds. Log loss 0.3579 is 1.7% below that of scikit-learn's logistic "
    "regression (0.3640, the better of its default gradient boosting and linear model), "
    "fitted to 70,040 rows, on the same 6,304 rows: -0.0062 (95% interval -0.0150 to "
    "+0.0027, which includes 0). No version is live to compare with; only the absolute "
    "checks apply.",
    "seconds": 27.45,
    "spans": [
        {
            **{"span": "2013-01", "version": 1, "rows": 26398, "quarantined": 0, "verdict": "OK"},
            **{"reasons": [], "columns": [], "later": None, "calibration": 0, "alarms": []},
            "examples": "/home/ml/.perennial/flights/artifacts/ArrowExampleGen/examples/2",
            "statistics": "/home/ml/.perennial/flights/artifacts/SpanStatistics/statistics/3",
            "read_as": '{"label": "late", "task": {"task": "binary"}, "time_column": "sched_dep"}',
            "days": "/home/ml/.perennial/flights/artifacts/DaySummaries/days/4",
        }
    ],
    "trained_on": {
        "spans": ["2013-01", "2013-02", "2013-03"],
        "first_day": "2013-01-01",
        "last_day": "2013-03-24",
        "days": 83,
        "rows": 70040,
        "left_out": [],
    },
    "evaluated_on": {"first_day": "2013-03-25", "last_day": "2013-03-31", "days": 7, "rows": 6304},
    "task": {"task": "binary", "label": "late", "classes": []},
    "candidate": {
        "version": 1,
        "metrics": {
            "log_loss": 0.35786534007411197,
            "auc": 0.733767651056446,
            "auc_pr": 0.3277836389617928,
            "precision": 0.5055762081784386,
            "recall": 0.17042606516290726,
            "calibration": 1.5801857831049944,
            "example_count": 6304,
        },
        "intervals": {
            "log_loss": [0.26981166326536743, 0.4459190168828565],
            "auc": [0.6276434046606391, 0.839891897452253],
        },
        "waits": False,
    },
    "champion": None,
    "comparison": {
        "outcome": "no_champion",
        "difference": None,
        "interval": None,
        "margin": None,
        "days": None,
        "rows": 0,
        "days_left_out": 0,
        "method": "",
    },
    "baseline": {
        "distribution": [0.7624785836664763, 0.2375214163335237],
        "log_loss": 0.4188205578997093,
        "relative": -0.1455401762780557,
        "difference": -0.060955217825597346,
        "interval": [-0.07701204539038624, -0.044898390260808455],
        "own_rate": {
            "distribution": [0.8734137055837563, 0.12658629441624367],
            "loss": 0.37984548587730854,
            "difference": -0.02198014580319657,
            "interval": [-0.0872465283781087, 0.04328623677171556],
        },
    },
    "yardstick": {
        "format": 1,
        "library": "scikit-learn 1.5.1",
        "model": "LogisticRegression",
        "name": "logistic regression",
        "why": "",
        "metrics": {
            "log_loss": 0.3640330089659897,
            "auc": 0.7141942214781414,
            "auc_pr": 0.30644515741795547,
            "calibration": 1.581028818676353,
        },
        "losses": {
            "HistGradientBoostingClassifier": 0.36577075359038297,
            "LogisticRegression": 0.3640330089659897,
        },
        "train_rows": 70040,
        "rows": 6304,
        "columns": 16,
        "seconds": 2.346,
        "relative": -0.016942608884278343,
        "beats_baseline": True,
        "difference": -0.00616766880881877,
        "interval": [-0.015016483861534726, 0.002681146243897186],
    },
    "reasons": [
        {
            "check": "scores",
            "passed": True,
            "state": "passed",
            "sentence": "The candidate gives a probability for each of 7,871 rows.",
        },
        {
            "check": "baseline",
            "passed": True,
            "state": "passed",
            "sentence": "Log loss 0.3579 on 6,304 rows of 7 days (2013-03-25 to 2013-03-31) is "
            "15% below the baseline 0.4188 (always predicting the training rate "
            "0.238). Always predicting these rows' own rate 0.127 has 0.3798: of the "
            "gain of 0.0610, 0.0390 is the rows' own level and 0.0220 (95% interval "
            "-0.0433 to 0.0872, which includes 0) is what the model adds.",
        },
        {
            "check": "yardstick",
            "passed": None,
            "state": "noted",
            "sentence": "Log loss 0.3579 is 1.7% below that of scikit-learn's logistic "
            "regression (0.3640, the better of its default gradient boosting and "
            "linear model), fitted to 70,040 rows, on the same 6,304 rows: -0.0062 "
            "(95% interval -0.0150 to +0.0027, which includes 0).",
        },
        {
            "check": "bounds",
            "passed": True,
            "state": "passed",
            "sentence": "Within its bound: auc 0.7338 (must be at least 0.6).",
        },
        {
            "check": "anchors",
            "passed": True,
            "state": "passed",
            "sentence": "Log loss 0.4812 on 1,567 anchors is at most the baseline 0.5384 (always "
            "predicting the training rate 0.238).",
        },
        {
            "check": "champion",
            "passed": None,
            "state": "not_checked",
            "sentence": "No version is live to compare with; only the absolute checks apply.",
        },
        {
            "check": "slices",
            "passed": True,
            "state": "passed",
            "sentence": "All 16 slices of at least 200 rows beat the baseline (training rate); "
            "closest: hour_band 18-24, by 0.0207 on 1,455 rows.",
        },
        {
            "check": "calibration",
            "passed": None,
            "state": "noted",
            "sentence": "Calibration (mean prediction divided by mean label; 1 is right) is "
            "outside 0.8 to 1.25 on 6,304 rows of 7 days (2013-03-25 to 2013-03-31): "
            "1.58 (95% interval 1.05 to 2.11). Do not use the predictions as "
            "probabilities or totals before you have checked them.",
        },
    ],
    "probe": {
        "format": 1,
        "latency_ms": {"p50": 0.6745, "p99": 0.9365},
        "max_difference": 1.1920928955078125e-07,
        "reason": "1,213 rows have the same scores through the three signatures as in training.",
        "rows": 1213,
        "startup_seconds": 1.7071838219999904,
        "verdict": "SERVABLE",
    },
    "live_version": 1,
    "pushed_version": 1,
    "nodes": [
        {
            "span": "2013-01",
            "name": "ArrowExampleGen",
            "state": "COMPLETE",
            "seconds": 0.33,
            "why": "first run",
        },
        {
            "span": "2013-01",
            "name": "Schema",
            "state": "COMPLETE",
            "seconds": 0.0,
            "why": "checked every run",
        },
        {"span": None, "name": "Trainer", "state": "COMPLETE", "seconds": 8.48, "why": "first run"},
        {"span": None, "name": "AtomicPusher", "state": "COMPLETE", "seconds": 0.04, "why": "first run"},
    ],
    "report": "runs/20261129T174735.948494Z/report.html",
    "fewer_rows": None,
    "live_stale": None,
    "judgements": [],
    "warnings": [],
    "failing_spans": [],
    "unlabelled_spans": [],
    "refit": None,
}
