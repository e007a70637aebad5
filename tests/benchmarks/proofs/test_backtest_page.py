"""The page of proof-backtest, from what `backtest --json` prints."""

from typing import Any

from benchmarks.proofs.backtest import page


def policy(every: int | str, loss: float, better: int | None) -> dict[str, Any]:
    return {
        "every": every,
        "window": 3,
        "refit": False,
        "start": "cold",
        "same_as": [{"every": every, "window": "all"}],
        "loss": loss,
        "interval": [loss - 0.01, loss + 0.01],
        "to_best": {"difference": loss - 0.4, "interval": None},
        "spans_better_than_never": better,
        "trainings": 2,
        "cpu_seconds": 30.2,
    }


def test_the_page_has_a_line_for_each_policy_the_best_first() -> None:
    content = {
        "use_case": "trains",
        "metric": "log_loss",
        "confidence": 0.95,
        "rows": 1200,
        "days": 60,
        "spans": [{"span": "2"}, {"span": "3"}],
        "trainings": [{}, {}],
        "recommendation": {"sentence": "Retrain every span."},
        "policies": [policy("never", 0.45, None), policy(1, 0.4, 2)],
        "left_out": {"4": "it is blocked"},
    }
    text = page([content])
    best = (
        "| every span | 3, all | no | cold | **0.4000** | 0.3900 to 0.4100 | +0.0000 |  | 2 of 2 | 2 | 30 |"
    )
    never = "| never | 3, all | no | cold | 0.4500 | 0.4400 to 0.4600 | +0.0500 |  |  | 2 | 30 |"
    assert text.index(best) < text.index(never)
    assert "1,200 rows of 60 days" in text
    assert "Left out: 4 (it is blocked)." in text
