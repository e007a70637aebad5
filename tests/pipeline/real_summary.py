"""What a real run on three months of flights answered (`run flights --json`), with fewer spans and nodes."""

from typing import Any, Final

SUMMARY: Final[dict[str, Any]] = {
    "format": 1,
    "use_case": "flights",
    "run_id": "20261129T174735.948494Z",
    "verdict": "PUSHED",
    "exit_code": 0,
    "reason": "Version 1 is live. Log loss 0.3579 on 6,304 rows of 7 days (2013-03-25 to 2013-03-31) "
    "is 15% below the baseline 0.4188 (always predicting the training rate 0.238). Log loss 0.3579 "
    "is 2.2% below that of scikit-learn's default gradient boosting (0.3658), fitted to "
    "70,040 rows, on the same 6,304 rows. No version is live to compare with; only the absolute checks"
    " apply.",
    "seconds": 27.45,
    "spans": [
        {"span": "2013-01", "version": 1, "rows": 26398, "quarantined": 0, "verdict": "OK", "reasons": []}
    ],
    "trained_on": {
        "spans": ["2013-01", "2013-02", "2013-03"],
        "first_day": "2013-01-01",
        "last_day": "2013-03-24",
        "days": 83,
        "rows": 70040,
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
    },
    "champion": None,
    "comparison": {
        "outcome": "no_champion",
        "difference": None,
        "interval": None,
        "days": None,
        "rows": 0,
        "days_left_out": 0,
        "method": "",
    },
    "baseline": {
        "distribution": [0.7624785836664763, 0.2375214163335237],
        "log_loss": 0.4188205578997093,
        "relative": -0.1455401762780557,
    },
    "yardstick": {
        "format": 1,
        "library": "scikit-learn 1.5.1",
        "model": "HistGradientBoostingClassifier",
        "why": "",
        "metrics": {
            "log_loss": 0.36577075359038297,
            "auc": 0.7232531473980993,
            "auc_pr": 0.30460899364074623,
            "calibration": 1.6152069856543776,
        },
        "train_rows": 70040,
        "rows": 6304,
        "columns": 16,
        "seconds": 2.346,
        "relative": -0.0216130279380512,
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
            "15% below the baseline 0.4188 (always predicting the training rate 0.238).",
        },
        {
            "check": "yardstick",
            "passed": None,
            "state": "noted",
            "sentence": "Log loss 0.3579 is 2.2% below that of scikit-learn's default gradient "
            "boosting (0.3658), fitted to 70,040 rows, on the same 6,304 rows.",
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
            "sentence": "All 16 slices of at least 200 rows beat the baseline (training rate); closest: "
            "hour_band 18-24, by 0.0207 on 1,455 rows.",
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
        {
            "span": None,
            "name": "AtomicPusher",
            "state": "COMPLETE",
            "seconds": 0.04,
            "why": "first run",
        },
    ],
    "report": "runs/20261129T174735.948494Z/report.html",
    "judgements": [],
    "warnings": [],
    "failing_spans": [],
}
