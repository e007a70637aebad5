"""Each check of a candidate, passing and failing, on arrays."""

import dataclasses
import re
from typing import Any

import numpy as np
import pytest

from components.evaluator import judge
from components.evaluator.evidence import Evidence, LiveModel, Rows
from components.evaluator.judgement import make_judgement
from components.evaluator.settings import METRICS, OVERALL, BinaryEvaluation, Bound, EvaluationSettings
from components.evaluator.slice_check import check_slices
from perennial import scores
from perennial.task import Task

TASK = Task("binary", "late")
SETTINGS = BinaryEvaluation.model_validate(
    {
        "bounds": {"auc": {"min": 0.6}, "log_loss": {"max": 0.65}},
        "slices": ["carrier"],
        "slice_bounds": {"min_rows": 100, "max_increase": 0.2},
    }
)
KEEP = SETTINGS.model_copy(
    update={"champion": SETTINGS.champion.model_copy(update={"when_inconclusive": "keep"})}
)


def metrics_of(rows: Rows, answers: Any) -> dict[tuple[str, str], dict[str, float]]:
    """Returns what TFMA would answer."""

    def one(keep: Any) -> dict[str, float]:
        labels, kept = rows.labels[keep], answers[keep]
        values = [
            scores.log_loss(labels, kept),
            scores.auc(labels, kept),
            scores.auc_pr(labels, kept),
            scores.precision(labels, kept, 0.5),
            scores.recall(labels, kept, 0.5),
            scores.calibration(labels, kept),
            len(labels),
        ]
        return dict(zip(METRICS["binary"], values, strict=True))

    metrics = {OVERALL: one(np.ones(len(rows.labels), bool))}
    for name, values in rows.slices.items():
        metrics |= {(name, str(value)): one(values == value) for value in np.unique(values)}
    return metrics


def make_rows(count: int = 2100, days: int | None = 7, noise: float = 0.0, seed: int = 1) -> Rows:
    """Returns rows whose candidate answers the true probability, its champion one off by `noise` logits."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 1.5, count)
    truth = 1 / (1 + np.exp(-logits))
    champion = 1 / (1 + np.exp(-logits - random.normal(0, 1, count) * noise))
    stamps = None if days is None else np.array([f"2013-03-{25 + row % days}" for row in range(count)])
    labels = (random.random(count) < truth).astype(np.int8)
    return Rows(
        labels, truth, champion, stamps, {"carrier": np.array(["AA", "DL", "UA"])[np.arange(count) % 3]}
    )


def evidence_of(rows: Rows, champion: LiveModel | None = None, anchors: Rows | None = None) -> Evidence:
    """Returns the evidence of these rows; without a champion unless one is given."""
    if champion is None:
        rows = dataclasses.replace(rows, champion=None)
    anchors = anchors or make_rows(300, seed=9)
    if champion is None:
        anchors = dataclasses.replace(anchors, champion=None)
    return Evidence(TASK, rows, anchors, metrics_of(rows, rows.candidate), [0.55, 0.45], champion)


def judged(
    rows: Rows,
    champion: LiveModel | None = None,
    settings: EvaluationSettings = SETTINGS,
    anchors: Rows | None = None,
) -> dict[str, Any]:
    """Returns the judgement, its reasons by check."""
    evidence = evidence_of(rows, champion, anchors)
    theirs = None if champion is None else metrics_of(rows, rows.champion)
    judgement = make_judgement(evidence, settings, theirs)
    return judgement | {"reasons": {each["check"]: each for each in judgement["reasons"]}}


def changed(rows: Rows, **fields: Any) -> Rows:
    return dataclasses.replace(rows, **fields)


def swapped(rows: Rows) -> Rows:
    """Returns the rows with candidate and champion changed over."""
    return changed(rows, candidate=rows.champion, champion=rows.candidate)


def test_a_good_candidate_without_champion_is_blessed_by_the_absolute_checks() -> None:
    result = judged(make_rows())
    assert result["blessed"]
    assert {name: each["state"] for name, each in result["reasons"].items()} == {
        "scores": "passed",
        "baseline": "passed",
        "bounds": "passed",
        "anchors": "passed",
        "champion": "not_checked",
        "slices": "passed",
    }
    assert result["comparison"]["outcome"] == "no_champion"
    assert result["champion"] is None


def test_a_reason_has_its_figures() -> None:
    rows = make_rows()
    sentence = judged(rows)["reasons"]["baseline"]["sentence"]
    loss = scores.log_loss(rows.labels, rows.candidate)
    assert sentence.startswith(f"Log loss {loss:.4f} on 2,100 rows of 7 days (2013-03-25 to 2013-03-31) is ")
    assert "% below the baseline 0.6" in sentence
    assert "(always predicting the training rate 0.450). Always predicting these rows' own" in sentence
    assert sentence.endswith(") is what the model adds.")


@pytest.mark.parametrize("seed", range(10))
def test_shuffled_labels_are_never_blessed(seed: int) -> None:
    rows = make_rows(noise=0.5, seed=seed)
    shuffled = changed(rows, labels=np.random.default_rng(seed).permutation(rows.labels))
    for champion in (None, LiveModel(3)):
        result = judged(shuffled, champion)
        assert not result["blessed"]
        assert result["reasons"]["bounds"]["state"] == "failed"


def test_labels_turned_upside_down_are_not_blessed() -> None:
    rows = make_rows()
    result = judged(changed(rows, labels=1 - rows.labels))
    assert not result["blessed"]
    assert result["reasons"]["baseline"]["state"] == "failed"
    assert "auc 0.1" in result["reasons"]["bounds"]["sentence"]


def test_the_training_rate_itself_is_not_better_than_the_training_rate() -> None:
    rows = make_rows()
    result = judged(changed(rows, candidate=np.full(len(rows.labels), 0.45)))
    assert result["reasons"]["baseline"]["passed"] is False


def test_a_metric_outside_its_bound_is_named_with_the_bound() -> None:
    bounds = {"auc": Bound(min=0.99), "recall": Bound(min=0.1)}
    result = judged(make_rows(), settings=SETTINGS.model_copy(update={"bounds": bounds}))
    assert not result["blessed"]
    sentence = result["reasons"]["bounds"]["sentence"]
    assert sentence.startswith("Outside its bound: auc 0.8")
    assert "at least 0.99" in sentence
    assert "recall" not in sentence


def test_a_bounded_metric_without_a_value_fails() -> None:
    rows = make_rows()
    evidence = dataclasses.replace(evidence_of(rows), candidate={OVERALL: {"log_loss": 0.5}})
    assert judge.check_bounds(evidence, SETTINGS).passed is False


def test_forgetting_the_anchors_withholds_the_blessing() -> None:
    anchors = make_rows(300, seed=9)
    forgotten = changed(anchors, candidate=1 - anchors.candidate)
    for champion in (None, LiveModel(3)):
        result = judged(make_rows(noise=0.5), champion, anchors=forgotten)
        assert not result["blessed"]
        assert "on 300 anchors exceeds" in result["reasons"]["anchors"]["sentence"]


def test_the_anchors_margin_is_added_to_the_champions_loss() -> None:
    anchors = make_rows(300, seed=9, noise=0.3)
    worse = swapped(anchors)
    gap = scores.log_loss(worse.labels, worse.candidate) - scores.log_loss(worse.labels, worse.champion)  # type: ignore[arg-type]
    for margin, passed in ((gap + 1e-6, True), (gap - 1e-6, False)):
        anchors_limit = SETTINGS.anchors.model_copy(update={"max_increase": margin})
        settings = SETTINGS.model_copy(update={"anchors": anchors_limit})
        result = judged(make_rows(), LiveModel(3), settings, anchors=worse)
        assert result["reasons"]["anchors"]["passed"] is passed


def test_no_anchors_is_reported_and_not_green() -> None:
    nothing = make_rows(300).take(np.zeros(300, bool))
    result = judged(make_rows(), anchors=nothing)
    assert result["reasons"]["anchors"]["state"] == "not_checked"
    assert result["reasons"]["anchors"]["passed"] is None
    assert result["anchors"]["candidate_log_loss"] is None


def test_a_candidate_better_than_the_champion_is_blessed() -> None:
    result = judged(make_rows(noise=1.0), LiveModel(3))
    assert result["blessed"]
    assert result["comparison"]["outcome"] == "better"
    assert result["comparison"]["difference"] < 0
    assert result["comparison"]["interval"][1] < 0
    assert result["champion"]["version"] == 3
    assert result["champion"]["metrics"]["auc"] < result["candidate"]["metrics"]["auc"]


def test_a_candidate_worse_than_the_champion_is_not() -> None:
    result = judged(swapped(make_rows(noise=1.0)), LiveModel(3))
    assert not result["blessed"]
    assert result["comparison"]["outcome"] == "worse"
    assert result["reasons"]["champion"]["sentence"].startswith(
        "Worse: log loss differs from the champion's by +"
    )


@pytest.mark.parametrize(("settings", "blessed"), [(SETTINGS, True), (KEEP, False)])
def test_equal_models_are_inconclusive_and_the_config_decides(
    settings: EvaluationSettings, blessed: bool
) -> None:
    result = judged(make_rows(), LiveModel(3), settings)
    assert result["comparison"]["outcome"] == "inconclusive"
    assert result["comparison"]["interval"] == [0.0, 0.0]
    assert result["blessed"] is blessed
    assert result["reasons"]["champion"]["sentence"].endswith(f"is {settings.champion.when_inconclusive}.")


def test_a_difference_that_one_day_alone_makes_is_inconclusive() -> None:
    rows = make_rows()
    answers = rows.candidate.copy()
    answers[rows.days == "2013-03-25"] = 0.5
    assert judged(changed(rows, champion=answers), LiveModel(3))["comparison"]["outcome"] == "inconclusive"


def _worse_by(rows: Rows, share: float) -> Rows:
    """The rows with a candidate that one day alone makes worse by this share of the champion's loss."""
    champion, one = np.asarray(rows.champion), np.asarray(rows.days) == "2013-03-25"
    blends = [champion + blend * one * (0.45 - champion) for blend in np.linspace(0, 1, 501)]
    theirs = scores.log_loss(rows.labels, champion)
    worse = [(scores.log_loss(rows.labels, each) - theirs) / theirs for each in blends]
    return changed(rows, candidate=blends[int(np.argmax(np.array(worse) > share))])


@pytest.mark.parametrize("days", [3, 7])
@pytest.mark.parametrize(("share", "blessed"), [(0.008, True), (0.012, False)])
def test_an_undecided_candidate_is_pushed_unless_it_is_worse_by_more_than_a_margin(
    days: int, share: float, blessed: bool
) -> None:
    rows = _worse_by(make_rows(days=days), share)
    reason = (result := judged(rows, LiveModel(3)))["reasons"]["champion"]
    assert (reason["passed"] is not False) is blessed, reason["sentence"]
    assert reason["state"] == ("not_checked" if days == 3 else "inconclusive")
    assert "more than `champion.max_worse` allows (+0.0" in reason["sentence"]
    assert reason["sentence"].endswith("`when_inconclusive` is push." if blessed else "the live model stays.")
    assert result["comparison"]["margin"] == pytest.approx(0.01 * result["champion"]["metrics"]["log_loss"])


def test_the_margin_is_of_the_baselines_loss_where_the_champion_is_worse_than_that() -> None:
    rows = make_rows()
    result = judged(changed(rows, champion=1 - rows.candidate), LiveModel(3))
    assert result["comparison"]["margin"] == pytest.approx(0.01 * result["baseline"]["log_loss"])


@pytest.mark.parametrize(("settings", "blessed"), [(SETTINGS, True), (KEEP, False)])
def test_too_few_days_are_not_checked(settings: EvaluationSettings, blessed: bool) -> None:
    result = judged(make_rows(days=4, noise=1.0), LiveModel(3), settings)
    assert result["comparison"]["outcome"] == "not_checked"
    assert result["reasons"]["champion"]["state"] == "not_checked"
    assert (
        "4 days are left to compare on, fewer than min_days (5)" in result["reasons"]["champion"]["sentence"]
    )
    assert result["comparison"]["interval"] is None
    assert result["baseline"]["interval"] is result["baseline"]["own_rate"]["interval"] is None
    assert "interval" not in result["reasons"]["baseline"]["sentence"]
    assert result["blessed"] is blessed
    assert result["candidate"]["intervals"] == {"log_loss": None, "auc": None}


def test_days_that_the_champion_was_trained_on_leave_the_comparison() -> None:
    rows = make_rows(noise=1.0)
    known = np.isin(np.asarray(rows.days), ["2013-03-25", "2013-03-26"])
    answers = np.where(known, np.where(rows.labels == 1, 0.999, 0.001), np.asarray(rows.champion))
    memorised = changed(rows, champion=answers)
    overlapping = judged(memorised, LiveModel(3, "2013-01-01", "2013-03-26"))
    assert overlapping["comparison"]["outcome"] == "better"
    assert overlapping["comparison"]["days"] == 5
    assert overlapping["comparison"]["days_left_out"] == 2
    assert (
        "Days left out because the champion was trained on them: 2."
        in overlapping["reasons"]["champion"]["sentence"]
    )
    assert judged(memorised, LiveModel(3, "2013-01-01", "2013-03-24"))["comparison"]["outcome"] != "better"


def test_a_champion_trained_on_every_day_is_not_compared_with() -> None:
    result = judged(make_rows(noise=1.0), LiveModel(3, "2013-01-01", "2013-03-31"))
    assert result["comparison"]["outcome"] == "not_checked"
    assert result["comparison"]["rows"] == 0
    assert "training rate" in result["reasons"]["slices"]["sentence"]


@pytest.mark.parametrize("settings", [SETTINGS, KEEP])
@pytest.mark.parametrize("days", [7, None])
def test_without_a_row_to_compare_on_the_live_model_stays_whatever_the_setting(
    settings: EvaluationSettings, days: int | None
) -> None:
    result = judged(_all_known(days), LiveModel(3, "2013-01-01", "2013-03-31", frozenset({"p"})), settings)
    reason = result["reasons"]["champion"]
    assert (result["blessed"], reason["state"]) == (False, "not_checked")
    assert reason["sentence"].startswith("Not compared with the champion: no row is left to compare on. ")
    assert reason["sentence"].endswith("The live model stays until newer rows are there to compare on.")


@pytest.mark.parametrize(("settings", "blessed"), [(SETTINGS, True), (KEEP, False)])
@pytest.mark.parametrize("days", [7, None])
def test_without_a_row_to_compare_on_the_setting_decides_about_a_stale_live_model(
    settings: EvaluationSettings, blessed: bool, days: int | None
) -> None:
    stale = LiveModel(3, "2013-01-01", "2013-03-31", frozenset({"p"}), stale=True)
    result = judged(_all_known(days), stale, settings)
    assert (result["blessed"], result["reasons"]["champion"]["state"]) == (blessed, "not_checked")
    assert result["reasons"]["champion"]["sentence"].endswith(
        f"`when_inconclusive` decides: it is {settings.champion.when_inconclusive}."
    )


def test_a_stale_live_model_that_can_be_compared_with_is_judged_like_any_other() -> None:
    rows = swapped(make_rows(noise=1.0))
    assert judged(rows, LiveModel(3, stale=True))["reasons"] == judged(rows, LiveModel(3))["reasons"]


def _all_known(days: int | None) -> Rows:
    """Rows that are all in part `p`, of so many days or without a time."""
    rows = make_rows(noise=1.0, days=days)
    return changed(rows, parts=np.full(len(rows.labels), "p"))


def test_a_slice_that_lost_much_is_named() -> None:
    rows = make_rows(noise=0.2)
    candidate = rows.candidate.copy()
    candidate[rows.slices["carrier"] == "DL"] = 0.5
    against_constant = changed(rows, candidate=np.where(candidate == 0.5, 1 - rows.candidate, candidate))
    for champion, each in ((LiveModel(3), changed(rows, candidate=candidate)), (None, against_constant)):
        reason = judged(each, champion)["reasons"]["slices"]
        assert reason["passed"] is False
        assert "carrier DL by " in reason["sentence"]
        assert "AA" not in reason["sentence"]


def test_of_good_slices_the_closest_is_named() -> None:
    sentence = judged(make_rows())["reasons"]["slices"]["sentence"]
    assert re.fullmatch(
        r"All 3 slices of at least 100 rows beat the baseline \(training rate\); "
        r"closest: carrier (AA|DL|UA), by 0\.\d{4} on 700 rows\.",
        sentence,
    )
    alone = changed(make_rows(), slices={"carrier": np.full(2100, "AA")})
    assert judged(alone)["reasons"]["slices"]["sentence"].startswith(
        "The one slice of at least 100 rows beats"
    )


def test_of_slices_that_are_hardly_worse_the_worst_is_named() -> None:
    sentence = judged(make_rows(), LiveModel(3))["reasons"]["slices"]["sentence"]
    assert sentence.startswith(
        "In all 3 slices of at least 100 rows log loss exceeds that of the champion by at most 0.105 (20% of "
        "its loss on all rows); highest: carrier "
    )
    assert sentence.endswith(", +0.0000 on 700 rows.")


def test_of_many_slices_the_unluckiest_is_not_a_failure() -> None:
    """Fifty slices of two models that are as good: by chance the loss on one exceeds the margin."""
    failed = exceeded = 0
    limit = SETTINGS.slice_bounds.model_copy(update={"max_increase": 0.05})
    strict = SETTINGS.model_copy(update={"slice_bounds": limit})
    for seed in range(8):
        rows = make_rows(count=5000, noise=1.2, seed=seed)
        random = np.random.default_rng(seed)
        logits = np.log(np.asarray(rows.candidate) / (1 - np.asarray(rows.candidate)))
        candidate = 1 / (1 + np.exp(-logits - random.normal(0, 1.2, 5000)))
        slices = np.arange(5000) // 7 % 50
        fair = changed(rows, candidate=candidate, slices={"carrier": slices})
        reason = check_slices(evidence_of(fair, LiveModel(3)), strict)
        failed += reason.passed is False
        losses, theirs = (
            scores.row_losses(rows.labels, each) for each in (candidate, np.asarray(rows.champion))
        )
        worst = max((losses - theirs)[slices == each].mean() for each in range(50))
        exceeded += worst > 0.05 * theirs.mean()
    assert exceeded == 8
    assert failed <= 1


def test_a_slice_on_few_days_is_judged_by_its_loss_alone() -> None:
    rows = make_rows(noise=0.2)
    carriers = np.where(np.asarray(rows.days) < "2013-03-27", "WN", "UA")
    candidate = np.where(carriers == "WN", 1 - rows.candidate, rows.candidate)
    reason = judged(changed(rows, candidate=candidate, slices={"carrier": carriers}), LiveModel(3))["reasons"]
    assert "carrier WN by " in reason["slices"]["sentence"]
    assert reason["slices"]["passed"] is False


def test_small_slices_are_not_judged() -> None:
    rows = make_rows(noise=0.2)
    carriers = rows.slices["carrier"].copy()
    carriers[:99] = "WN"
    candidate = np.where(carriers == "WN", 1 - rows.candidate, rows.candidate)
    small = changed(rows, candidate=candidate, slices={"carrier": carriers})
    assert judged(small, LiveModel(3))["reasons"]["slices"]["passed"] is True


def test_a_candidate_that_answers_no_number_is_not_blessed() -> None:
    rows = make_rows()
    candidate = rows.candidate.copy()
    candidate[:3] = np.nan
    result = judged(changed(rows, candidate=candidate), LiveModel(3))
    assert not result["blessed"]
    assert (
        result["reasons"]["scores"]["sentence"] == "The candidate gives no probability for 3 of 2,400 rows."
    )
    assert result["candidate"]["metrics"]["log_loss"] is None


def test_a_champion_that_answers_no_number_counts_as_absent_and_that_is_reported() -> None:
    rows = make_rows()
    champion = np.full(len(rows.labels), np.nan)
    result = judged(changed(rows, champion=champion), LiveModel(3), KEEP)
    assert result["blessed"]
    assert result["champion"] is None
    assert result["champion_problem"] == "it gives no probability for 2,100 of 2,400 rows"
    assert "counts as absent" in result["reasons"]["champion"]["sentence"]


@pytest.mark.parametrize(
    ("silent", "problem"),
    [
        ("live", "it gives no probability for 2,100 of 2,400 rows"),
        ("champion", "its twin gives no probability for 2,100 of 2,400 rows"),
    ],
)
def test_a_live_version_that_answers_no_number_is_absent_whatever_its_twin_answers(
    silent: str, problem: str
) -> None:
    rows = make_rows(noise=1.0)
    anchors = make_rows(300, seed=9)
    rows, anchors = (dataclasses.replace(each, live=each.champion) for each in (rows, anchors))
    rows = changed(rows, **{silent: np.full(len(rows.labels), np.nan)})
    evidence = dataclasses.replace(evidence_of(rows, LiveModel(3, twin=True), anchors), live=LiveModel(3))
    result = make_judgement(evidence, SETTINGS, metrics_of(rows, rows.champion))
    assert (result["champion_problem"], result["champion"]) == (problem, None)
    assert result["comparison"]["outcome"] == "no_champion"


def test_without_days_rows_are_the_unit_and_that_is_reported() -> None:
    result = judged(make_rows(days=None, noise=1.0), LiveModel(3))
    assert result["comparison"]["outcome"] == "better"
    assert result["comparison"]["days"] is None
    assert "20 random groups of rows (no time column)" in result["comparison"]["method"]
    assert result["evaluated_on"] == {"first_day": None, "last_day": None, "days": None, "rows": 2100}


def test_one_row_without_days_is_too_little_to_compare_on_and_that_is_reported() -> None:
    rows = make_rows(count=1, days=None, noise=1.0)
    result = judged(rows, LiveModel(3))
    assert result["comparison"]["outcome"] == "not_checked"
    assert result["comparison"]["interval"] is None
    sentence = result["reasons"]["champion"]["sentence"]
    assert "Not decided, as there are too few rows for an interval (1): " in sentence


def test_intervals_hold_their_metric() -> None:
    candidate = judged(make_rows())["candidate"]
    for name, (low, high) in candidate["intervals"].items():
        assert low < candidate["metrics"][name] < high


def test_a_candidate_that_fails_on_rows_names_the_files_that_may_be_at_fault() -> None:
    rows = make_rows()
    silent = dataclasses.replace(rows, candidate=np.full_like(rows.candidate, np.nan))
    files = ("transforms/rain.py", "models/rain.py")
    evidence = Evidence(
        TASK, silent, rows, {OVERALL: {}}, [0.55, 0.45], faults=("InvalidArgumentError",), code=files
    )
    assert judge.check_scores(evidence).sentence.endswith(
        " rows. An operation of transforms/rain.py or models/rain.py fails on some rows"
        " (InvalidArgumentError): make it accept every row."
    )


def test_no_rows_are_not_blessed() -> None:
    rows = make_rows().take(np.zeros(2100, bool))
    evidence = Evidence(TASK, rows, rows, {OVERALL: {}}, [0.55, 0.45])
    assert judge.check_scores(evidence).passed is False
