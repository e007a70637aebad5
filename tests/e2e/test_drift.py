"""Drift by day on real months: calibrated by the summaries of runs; another unit in one airport of three."""

from contextlib import closing
from pathlib import Path

from perennial.store.ledger import Ledger
from tests.e2e.clone import Saved


def test_three_months_find_another_unit_in_one_airport(march_in_use: Saved) -> None:
    chain = march_in_use.restore()
    february, march = chain.span("2013-02"), chain.span("2013-03")
    assert (february["state"], march["state"]) == ("OK", "OK")
    calibrated = chain.json("calibrate", "flights")
    assert (calibrated["state"], calibrated["days"], calibrated["rate"]) == (
        "calibrated",
        90,
        "1 per quarter",
    )
    again = chain.json("calibrate", "flights", "--false-alarms", "1 per month")
    assert again["calibration"] == calibrated["calibration"] + 1
    assert again["threshold"] < calibrated["threshold"]
    assert chain.json("run", "flights")["verdict"] == "NOTHING_NEW"

    rows = chain.land_real("2013-04")
    is_changed = (rows["sched_dep"] >= "2013-04-14") & (rows["origin"] == "EWR") & (rows["temp"] != "")
    rows.loc[is_changed, "temp"] = [
        f"{(float(cell) - 32) / 1.8:.2f}" for cell in rows.loc[is_changed, "temp"]
    ]
    # With its labels upside down it is blocked: the run ends at the gate, and trains nothing.
    chain.land("2013-04", rows.assign(late=rows["late"].map({"0": "1", "1": "0"})))
    summary = chain.json("run", "flights", expect=3)
    (judged,) = summary["spans"]
    assert (judged["verdict"], judged["calibration"]) == ("BLOCK", again["calibration"])
    alarms = [each for each in judged["alarms"] if "temp" in each["columns"]]
    assert any(each["since"] >= "2013-04-14" for each in alarms)
    assert {each["severity"] for each in judged["alarms"]} == {"warn"}
    for alarm in alarms:
        assert abs(alarm["effect"]) > 0
        assert alarm["effect_text"].startswith("It moves the predicted probability that `late` is 1 by ")
    ran = [node["name"] for node in summary["nodes"] if node["state"] == "COMPLETE"]
    assert [name for name in ran if name in ("LivePredictions", "DriftEffects", "Trainer")] == [
        "LivePredictions",
        "DriftEffects",
    ]
    page = Path(summary["report"]).read_text()
    assert all(alarm["effect_text"].split("`")[0] in page for alarm in alarms)
    with closing(Ledger(chain.home / "flights" / "ledger.db")) as ledger:
        predicted = [each for each in ledger.predictions.all() if each.span == "2013-04"]
    assert [(each.absent, Path(each.uri).is_dir()) for each in predicted] == [("", True)]
