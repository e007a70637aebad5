"""The page itself: every verdict, every task, and text that means harm."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from pipeline.report.model import page_of, page_of_summary
from pipeline.report.models_view import losses
from pipeline.report.render import html_of
from pipeline.report.view import view_of
from pipeline.verdict import Name
from tests.pipeline.report.judgements import diabetes, page_of_judgement, wine
from tests.pipeline.report.outline import Outline
from tests.pipeline.report.pages import USE_CASE, order, span_source, summary

HOSTILE = "</script><img src=x onerror=alert(1)>\"'&`<b>"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The page of a run that read a span, trained and pushed."""
    folder = tmp_path_factory.mktemp("whole")
    page = page_of(order(folder, spans=[span_source(folder, "2026-01")]))
    page["training"] = {
        "rows": 9000,
        "epochs": 2,
        "search": {name: [0.6, 0.5, 0.4] for name in ("loss", "val_loss", "log_loss", "val_log_loss")},
    }
    page["summary"]["baseline"] = {"log_loss": 0.61}
    page["judgement"] = {
        "slices": [
            {
                "slice": "colour",
                "value": "red",
                "rows": 900,
                "candidate": {"log_loss": 0.5},
                "champion": None,
            },
            {
                "slice": "colour",
                "value": "grey",
                "rows": 900,
                "candidate": {"log_loss": 0.6},
                "champion": None,
            },
            {"slice": "colour", "value": "pink", "rows": 3, "candidate": {"log_loss": 0.9}, "champion": None},
        ],
    }
    page["card"] = {
        "version": 3,
        "label": "good",
        "task": "binary",
        "spans": [{"span": "2025-12"}, {"span": "2026-01"}],
        "trained_on": {"rows": 9000, "first_day": None, "last_day": None},
        "metrics": {"log_loss": 0.41},
        "hyperparameters": {"width": [4, 2]},
        "model_digest": "ab" * 32,
        "code": {"transform": "cd" * 32},
    }
    return page


def test_a_run_that_pushed_is_shown_from_verdict_to_card(whole: dict[str, Any]) -> None:
    page = Outline(html_of(whole))
    for sentence in (
        "PUSHED",
        "Version 3 is live.",
        "Run serve flights, or go back: rollback flights --why ...",
        "9,000 rows",
        "Too few anchors.",
        "0.6100 32.4 % better",
        "0.3900 to 0.4400",
        "differs by -0.0020 (interval -0.0100 to 0.0060)",
        "without 2 days that the live model was trained on",
        "expected a number, and text came",
        "Column heat",
        "1 value with fewer than 10 rows is not shown.",
        "2 epochs over 9,000 rows",
        "nothing has changed",
        "2 spans (oldest: 2025-12, newest: 2026-01)",
        "The schema was checked in the environment TRAINING",
        "Snow. ann, 2025-12-01",
    ):
        assert sentence in page.text.replace("\u00a0", " ")
    assert "s3cret" not in page.text
    assert "pink" not in page.text


def test_columns_that_the_gate_warns_of_and_that_moved_most_come_first(whole: dict[str, Any]) -> None:
    html = html_of(whole)
    names = list(dict.fromkeys(re.findall(r'data-column="(\w+)"', html)))
    assert names[0] == "heat"
    assert "warn: drift" in html


@pytest.mark.parametrize("verdict", [name for name in get_args(Name) if name != "BUSY"])
def test_a_run_with_a_short_summary_has_a_page_whatever_its_verdict(verdict: str) -> None:
    nothing = {"trained_on": None, "evaluated_on": None, "candidate": None, "champion": None}
    run_summary = summary(
        **nothing, verdict=verdict, comparison=None, reasons=[], spans=[], nodes=[], live_version=None
    )
    page = Outline(html_of(page_of_summary(run_summary, USE_CASE)))
    assert verdict in page.text
    assert "Next:" in page.text
    assert page.elements["svg"] == 0


def test_a_later_finding_is_shown_at_its_span_and_what_to_do_about_fewer_rows_is_next() -> None:
    later = {"verdict": "BLOCK", "reasons": ["Too few rows."]}
    span = {"span": "2026-01", "version": 1, "verdict": "OK", "reasons": [], "rows": 400, "quarantined": 2}
    fewer = {"version": 2, "live_rows": 900, "rows": 400, "missing": [], "blocked": True}
    changes = {"spans": [span | {"later": later}], "fewer_rows": fewer, "verdict": "DATA_BLOCKED"}
    text = Outline(html_of(page_of_summary(summary(**changes), USE_CASE))).text
    assert "later finding" in text
    assert "As settings and code are now, it would be blocked: Too few rows." in text
    assert "run flights --accept-fewer-rows --why ..." in text


def test_of_a_refit_its_own_rows_are_shown_and_those_of_the_candidate_that_was_evaluated() -> None:
    rows = {
        "spans": ["2025-12"],
        "rows": 17123,
        "days": 31,
        "first_day": "2025-12-01",
        "last_day": "2025-12-31",
    }
    refit = {"trained_on": rows, "agrees": True, "sentence": "They agree.", "figures": []}
    page = page_of_summary(summary(refit=refit), USE_CASE)
    card = {
        "trained_on": rows,
        "evaluated_on": {"rows": 8123},
        "refit": {"judged": {"trained_on": {"rows": 9001}}},
    }
    view = view_of({**page, "card": card})
    assert view["facts"][1:4] == [
        ("Trained on", "17,123 rows", "2025-12-01 to 2025-12-31"),
        ("Evaluated on", "8,123 rows", "2025-12-25 to 2025-12-31"),
        ("When evaluated, trained on", "9,000 rows", "2025-12-01 to 2025-12-24"),
    ]
    assert ("When evaluated, trained on", "9,001 rows") in view["card"]["facts"]
    refused = view_of(page_of_summary(summary(refit={**refit, "agrees": False}), USE_CASE))
    assert refused["facts"][1] == ("Trained on", "9,000 rows", "2025-12-01 to 2025-12-24")


def test_three_classes_are_shown_with_their_own_metrics() -> None:
    page = page_of_judgement(wine(), classes=[0, 1, 2])
    text = Outline(html_of(page)).text
    for sentence in ("Predicts good: 0 or 1 or 2", "Log loss", "Accuracy", "AUC", "F1 (macro)"):
        assert sentence in text
    for sentence in (
        "Constant baseline",
        "scikit-learn, default gradient boosting",
        "Constant that fits these rows best",
        "HistGradientBoostingClassifier of scikit-learn 1",
    ):
        assert sentence in text
    assert "Precision" not in text


def test_a_number_is_shown_in_its_own_unit() -> None:
    page = page_of_judgement(diabetes())
    text = Outline(html_of(page)).text
    for sentence in ("Predicts good, a number", "RMSE", "Mean absolute error", "R²", "Bias", "By sex"):
        assert sentence in text
    assert "Log loss" not in text
    assert len(html_of(page).split("<svg")) == 4


def test_scikit_learn_that_is_worse_than_no_model_is_nothing_to_be_better_than() -> None:
    page = page_of_judgement(judgement := wine())
    page["yardstick"] = {**judgement["yardstick"], "beats_baseline": False}
    view = losses(page)
    assert view is not None
    assert [row["against"] for row in view["rows"] if row["name"].startswith("scikit-learn")] == [None]
    assert "It is no better than the constant baseline on these rows" in html_of(page)


def test_a_yardstick_that_could_not_be_fitted_is_shown_with_its_reason() -> None:
    page = page_of_summary(summary(champion=None), USE_CASE)
    page["yardstick"] = {"metrics": {}, "why": "No column could be fitted."}
    assert "No column could be fitted." in html_of(page)


def test_hostile_text_is_text_wherever_it_stands(whole: dict[str, Any]) -> None:
    page = html_of(_everywhere(whole))
    plain = Outline(html_of(whole)).elements
    hostile = Outline(page)
    assert hostile.elements["img"] == 0
    assert hostile.elements["script"] == plain["script"] == 1
    assert not [name for name, _ in hostile.attributes if name.startswith("on")]
    assert HOSTILE.replace("`", "") in hostile.text.replace("`", "")


def _everywhere(value: Any) -> Any:
    """The page with hostile text for each text that no code branches on."""
    if isinstance(value, dict):
        return {key: each if key in _KEPT else _everywhere(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_everywhere(each) for each in value]
    return HOSTILE if isinstance(value, str) else value


_KEPT = {"decision", "type", "verdict", "run_id", "state", "severity", "outcome", "series"}


def test_nothing_is_asked_of_anyone(whole: dict[str, Any]) -> None:
    page = html_of(whole)
    assert set(re.findall(r"https?://[^\"' ]+", page)) == {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert "default-src 'none'" in page
    assert not re.search(r"@import|url\(|<link|<img|<iframe|\bfetch\(", page)


def test_headings_step_down_by_one_and_every_chart_has_a_text(whole: dict[str, Any]) -> None:
    page = html_of(whole)
    levels = Outline(page).headings
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in _pairs(levels))
    assert page.count("<svg") == len(re.findall(r'role="img" aria-label="[^"]{8,}"', page)) > 6


def _pairs(levels: list[int]) -> Iterator[tuple[int, int]]:
    return itertools.pairwise(levels)


def test_a_wide_table_is_folded_and_can_be_searched(tmp_path: Path, whole: dict[str, Any]) -> None:
    heat = next(each for each in whole["spans"][0]["columns"] if each["name"] == "heat")
    columns = [{**heat, "name": f"heat{place}"} for place in range(130)]
    page = html_of({**whole, "spans": [{**whole["spans"][0], "columns": columns}]})
    assert "The other 118 columns" in page
    assert page.count("<article") == 130
    assert 'type="search"' in page
    assert len(page) < 700_000


def test_a_run_with_nothing_new_links_to_the_page_of_the_run_that_judged_the_newest_span(
    whole: dict[str, Any],
) -> None:
    span = {**whole["spans"][0], "judged_in": "20260101T000000.000000Z", "columns": None}
    outline = Outline(html_of({**whole, "spans": [{**span, "columns_there": True}]}))
    assert ("href", "../20260101T000000.000000Z/report.html") in outline.attributes
    assert "as judged by the run of 1 January 2026, 00:00 UTC, whose page shows the columns" in outline.text
    refused = Outline(html_of({**whole, "spans": [{**span, "columns_there": False}]}))
    assert "as judged by the run of 1 January 2026, 00:00 UTC; this run has no new span" in refused.text


@pytest.mark.parametrize(
    ("verdict", "tone"), [("PUSHED", "warn"), ("NOTHING_NEW", "warn"), ("DATA_BLOCKED", "bad")]
)
def test_a_warning_stands_at_the_head_and_the_page_is_not_green(verdict: str, tone: str) -> None:
    warning = {"kind": "LIVE_MODEL_FAILS", "span": None, "message": f"Version 1 fails. {HOSTILE}"}
    html = html_of(page_of_summary(summary(verdict=verdict, warnings=[warning]), USE_CASE))
    head = html.split('id="verdict"')[1].split("</section>")[0]
    assert f'class="box verdict {tone}"' in head
    assert head.index("Version 1 fails.") < head.index('class="why"')
    assert HOSTILE not in html
