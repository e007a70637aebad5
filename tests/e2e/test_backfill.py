"""`backfill` through the real chain: a month older than the window is read, and the plan said so."""

import json

from tests.e2e.clone import Clone, states


def test_a_month_before_the_window_is_read_as_the_plan_says_and_trains_nothing(chain: Clone) -> None:
    chain.edit("pipeline/use_cases/flights.yaml", "spans: 12", "since: 2013-01-15")
    rows = chain.export("2013-02")
    chain.land("2012-12", rows.assign(sched_dep=rows["sched_dep"].str.replace("2013-02", "2012-12")))
    order = ("backfill", "flights", "--from", "2012-12-24", "--to", "2013-02")
    plan = chain.json(*order, "--dry-run")
    assert [(each["span"], each["action"]) for each in plan["spans"]] == [("2012-12", "read")]
    assert [(run["through"], run["trains"]) for run in plan["runs"]] == [("2013-02", False)]
    assert plan["expected"]["seconds"] > 0
    content = chain.json(*order)
    (run,) = content["runs"]
    assert (run["verdict"], content["exit_code"], content["left"]) == ("NOTHING_NEW", 0, [])
    summary = json.loads((chain.home / "flights" / "runs" / run["run_id"] / "summary.json").read_text())
    assert [span["span"] for span in summary["spans"]] == ["2012-12", *plan["judged_again"]]
    assert "Trainer" not in states(summary)
    assert chain.span("2012-12")["reasons"][-1].endswith("(`window.since` is 2013-01).")
    assert chain.versions() == [1]
    assert chain.json(*order)["runs"] == []
