"""Drift by day on real months: calibrated by the summaries of runs; another unit in one airport of three."""

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
    chain.land("2013-04", rows)
    judged = chain.json("check", "flights", str(chain.home / "exports" / "flights" / "2013-04"))
    assert judged["calibration"]["number"] == again["calibration"]
    alarms = [each for each in judged["anomalies"] if each["kind"] == "drift_alarm"]
    assert any("temp" in each["columns"] and each["since"] >= "2013-04-14" for each in alarms)
    assert {each["severity"] for each in alarms} == {"warn"}
    assert len(judged["days"]) == 30
