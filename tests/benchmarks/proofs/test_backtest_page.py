"""The page of proof-backtest, from what `backtest --json` prints."""

from typing import Any

from benchmarks.proofs.backtest.page import page


def policy(every: int | str, loss: float, better: int | None, **ways: object) -> dict[str, Any]:
    return {
        "every": every,
        "window": 3,
        "refit": False,
        "start": "cold",
        "same_as": [{"every": every, "window": "all", "refit": False, "start": "cold"}],
        "loss": loss,
        "interval": [loss - 0.01, loss + 0.01],
        "to_best": {"difference": loss - 0.4, "interval": [loss - 0.41, loss - 0.38]},
        "to_never": {"difference": loss - 0.45, "interval": None},
        "spans_better_than_never": better,
        "trainings": 2,
        "cpu_seconds": 100 * loss,
        **ways,
    }


def answer(*policies: dict[str, Any]) -> dict[str, Any]:
    return {
        "metric": "log_loss",
        "confidence": 0.95,
        "rows": 1200,
        "days": 60,
        "spans": [{"span": "2"}, {"span": "3"}],
        "recommendation": {"sentence": "Retrain every span."},
        "policies": list(policies),
        "left_out": {"4": "it is blocked"},
    }


CONTENTS = {
    "trains": {
        "often": answer(policy("never", 0.45, None), policy(1, 0.4, 2)),
        "refit": answer(policy(1, 0.42, None), policy(1, 0.4, None, refit=True)),
        "start": answer(policy(1, 0.4, None), policy(1, 0.42, None, start="warm")),
    }
}


def test_the_page_has_a_line_for_each_policy_the_best_first() -> None:
    text = page(CONTENTS)
    figures = "**0.4000** | 0.3900 to 0.4100 | +0.0000 | -0.0100 to 0.0200 | 2 of 2 | 2 | 40"
    best = f"| every span | 3, all | no | cold | {figures} |"
    never = "| never | 3, all | no | cold | 0.4500 |"
    assert text.index(best) < text.index(never)
    assert "1,200 rows of 60 days" in text
    assert "Left out: 4 (it is blocked)." in text
    assert "(backtest-trains-often.svg)" in text


def test_the_summary_says_what_each_way_is_worth_less_the_usual_one() -> None:
    (line,) = (line for line in page(CONTENTS).splitlines() if line.startswith("| trains"))
    assert line == (
        "| trains | log_loss | 2 of 2 spans | -0.0500 | -0.0200 (-0.0400 to -0.0100) | 40 against 42"
        " | +0.0200 (+0.0100 to +0.0400) | 42 against 40 |"
    )
