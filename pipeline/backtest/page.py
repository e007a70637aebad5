"""The page of a backtest: one HTML file that holds all it needs and loads nothing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup

from perennial.files import write_json, write_text
from perennial.text import plural
from pipeline.backtest import picture
from pipeline.backtest.comparison import PolicyComparison, PolicyFigures
from pipeline.backtest.order import BacktestResult
from pipeline.backtest.policies import PlannedPolicy
from pipeline.backtest.sentences import every_text, left_out_texts, recommendation, ways_text
from pipeline.report import words
from pipeline.report.page_template import page_template

PAGE_FILE: Final = "report.html"
PICTURE_FILE: Final = "loss.svg"
CONTENT_FILE: Final = "backtest.json"
_HERE: Final = Path(__file__).parent
_STYLE: Final = _HERE.parent / "report" / "page.css"


def write_files(folder: Path, result: BacktestResult, use_case: str, content: Mapping[str, Any]) -> None:
    """Writes page, picture and content; each appears whole."""
    folder.mkdir(mode=0o700, exist_ok=True)
    write_text(folder / PICTURE_FILE, picture.svg(result.comparison))
    write_text(folder / PAGE_FILE, html_of(result, use_case))
    write_json(folder / CONTENT_FILE, content)


def html_of(result: BacktestResult, use_case: str) -> str:
    """The page's HTML."""
    comparison = result.comparison
    return page_template(_HERE).render(
        use_case=use_case,
        order=result.order,
        sentence=recommendation(comparison),
        confidence=f"{comparison.confidence:.0%}",
        loss=comparison.measures.title,
        rows=comparison.rows,
        groups=comparison.groups,
        unit=comparison.unit,
        has_recommendation=comparison.recommended is not None,
        judged=result.plan.judged,
        policies=[_policy(comparison, each) for each in ordered(comparison)],
        spans=[_span(comparison, span) for span in result.plan.judged],
        chart=Markup(picture.inline_svg(comparison)),
        kinds=picture.names(comparison),
        trainings=[(training, result.results[training]) for training in result.plan.trainings],
        left_out=left_out_texts(result.left_out),
        style=Markup(_STYLE.read_text(encoding="utf-8")),
        words=words,
        plural=plural,
    )


def ordered(comparison: PolicyComparison) -> list[PolicyFigures]:
    """The policies, the smallest loss first."""
    return sorted(comparison.policies, key=lambda each: each.loss)


def windows_text(planned: PlannedPolicy) -> str:
    """The windows that give the same models: "12, all"."""
    windows = [each.window for each in (planned.policy, *planned.same_as)]
    return ", ".join(dict.fromkeys("all" if window is None else str(window) for window in windows))


def retrain_text(planned: PlannedPolicy) -> str:
    """How often, and by which ways; of policies that use the same models: "never or every 3rd span"."""
    same = (planned.policy, *planned.same_as)
    return " or ".join(dict.fromkeys(f"{every_text(each.every)}{ways_text(each)}" for each in same))


def _policy(comparison: PolicyComparison, figures: PolicyFigures) -> dict[str, Any]:
    most = max(each.cpu_seconds for each in comparison.policies) or 1.0
    return {
        "retrain": retrain_text(figures.planned),
        "windows": windows_text(figures.planned),
        "figures": figures,
        "kind": picture.kind_of(comparison, figures),
        "is_best": figures is comparison.best,
        "is_recommended": figures is comparison.recommended,
        "trainings": len(figures.planned.trainings),
        "part": f"{100 * figures.cpu_seconds / most:.0f}%",
    }


def _span(comparison: PolicyComparison, span: str) -> dict[str, Any]:
    losses = [figures.by_span[span] for figures in ordered(comparison)]
    smallest = min(each.loss for each in losses)
    return {
        "span": span,
        "rows": losses[0].rows,
        "losses": [(each.loss, each.interval, each.loss == smallest) for each in losses],
    }
