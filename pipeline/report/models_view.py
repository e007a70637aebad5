"""What the template gets of models: their quality, metrics, slices and training."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup

from pipeline.report import charts, words
from pipeline.report.distributions import LEAST_ROWS

COUNT: Final = "example_count"
_LOSSES: Final = ("log_loss", "rmse")
_SHOWN_VALUES: Final = 10


def _loss_name(metrics: Mapping[str, Any]) -> str:
    """The loss that decides, whatever the task."""
    return next((name for name in (*_LOSSES, *metrics) if name in metrics), "")


def losses(page: Mapping[str, Any]) -> dict[str, Any] | None:
    """The loss of all who can be compared: candidate, champion, scikit-learn, and no model at all."""
    summary = page["summary"]
    candidate = summary["candidate"]
    if not candidate or not (loss := _loss_name(candidate["metrics"])):
        return None
    rows = [_contender("Candidate", candidate, loss, "now")]
    if champion := summary["champion"]:
        which = "twin" if champion.get("twin") else "live before"
        rows.append(_contender(f"Version {champion['version']} ({which})", champion, loss, "then"))
    yardstick = page["yardstick"] or {}
    if (value := (yardstick.get("metrics") or {}).get(loss)) is not None:
        rows.append(_other(f"scikit-learn, {yardstick.get('name') or yardstick['model']}", value, yardstick))
    baseline = summary.get("baseline") or {}
    if (value := baseline.get(loss)) is not None:
        rows.append(_other("Constant baseline", value, baseline))
    if (own := baseline.get("own_rate")) and own["loss"] is not None:
        rows.append(_other("Constant that fits these rows best", own["loss"], own))
    rows = [row for row in rows if row["value"] is not None]
    if not rows or rows[0]["name"] != "Candidate":
        return None
    for row in rows[1:]:
        row["against"] = rows[0]["value"] / row["value"] - 1 if row["value"] else None
    useless = yardstick.get("beats_baseline") is False
    for row in rows if useless else ():
        if row["name"].startswith("scikit-learn"):
            row["against"] = None  # nothing is to be better than what is worse than no model
    return {
        "loss": words.metric(loss),
        "rows": rows,
        "chart": Markup(charts.intervals(rows, rule=rows[0]["value"], wide=True)),
        "alt": f"{words.metric(loss)}: "
        + ", ".join(f"{r['name']} {words.score(r['value'])}" for r in rows)
        + ".",
        "yardstick": {"model": "", "why": "", "train_rows": None, **yardstick, "useless": useless},
        "best": min(rows, key=lambda row: row["value"])["name"],
    }


def _contender(name: str, model: Mapping[str, Any], loss: str, series: str) -> dict[str, Any]:
    return {
        "name": name,
        "value": model["metrics"].get(loss),
        "interval": model.get("intervals", {}).get(loss),
        "series": series,
        "against": None,
        "paired": {"difference": None, "interval": None},
    }


def _other(name: str, value: float, made: Mapping[str, Any]) -> dict[str, Any]:
    """A constant, or scikit-learn; `made` has the candidate's `difference` from it and its `interval`."""
    difference = {key: made.get(key) for key in ("difference", "interval")}
    return {**_contender(name, {"metrics": {"": value}}, "", "other"), "paired": difference}


def metrics(page: Mapping[str, Any]) -> dict[str, Any] | None:
    """Every metric of the models and of the yardstick; those with intervals drawn, but for the loss above."""
    summary = page["summary"]
    candidate, champion = summary["candidate"], summary["champion"]
    if not candidate:
        return None
    models = [("Candidate", candidate, "now")]
    twin = " (twin)" if champion and champion.get("twin") else ""
    models += [(f"Version {champion['version']}{twin}", champion, "then")] if champion else []
    yardstick = (page["yardstick"] or {}).get("metrics") or {}
    models += [("scikit-learn", {"metrics": yardstick}, "other")] if yardstick else []
    rows = []
    figures = []
    loss = _loss_name(candidate["metrics"])
    for name, value in candidate["metrics"].items():
        if name == COUNT:
            continue  # the caption says it
        contenders = [_contender(who, model, name, series) for who, model, series in models]
        rows.append({"name": words.metric(name), "values": contenders})
        if name != loss and value is not None and any(each["interval"] for each in contenders):
            shown = [each for each in contenders if each["value"] is not None]
            alt = ", ".join(f"{each['name']} {words.score(each['value'])}" for each in shown)
            figures.append(
                {
                    "name": words.metric(name),
                    "chart": Markup(charts.intervals(shown)),
                    "alt": f"{words.metric(name)}: {alt}.",
                }
            )
    return {
        "rows": rows,
        "figures": figures,
        "champion": champion,
        "models": [who for who, _, _ in models],
        "calibration": "calibration" in candidate["metrics"],
    }


def comparison(summary: Mapping[str, Any]) -> dict[str, Any] | None:
    """How far the candidate is from the champion; None where the two were not compared."""
    compared = summary["comparison"]
    if not compared or compared["difference"] is None:
        return None
    row = {
        "name": "Difference",
        "value": compared["difference"],
        "interval": compared["interval"],
        "series": "now",
    }
    loss = words.metric(_loss_name((summary["candidate"] or {"metrics": {}})["metrics"]))
    return {
        **compared,
        "loss": loss,
        "chart": Markup(charts.intervals([row], rule=0.0)),
        "alt": f"Candidate minus champion: {words.signed(compared['difference'])},"
        f" interval {words.ends(compared['interval']) or 'not known'}.",
    }


def slices(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each way that rows are cut: its values, those with the greatest loss first."""
    cuts: dict[str, list[dict[str, Any]]] = {}
    overall = (page["summary"]["candidate"] or {"metrics": {}})["metrics"]
    loss = _loss_name(overall)
    for each in (page["judgement"] or {}).get("slices") or ():
        if each["candidate"].get(loss) is not None:
            cuts.setdefault(each["slice"], []).append(each)
    return [_cut(name, entries, loss, overall.get(loss)) for name, entries in cuts.items()]


def _cut(name: str, entries: Sequence[Mapping[str, Any]], loss: str, overall: float | None) -> dict[str, Any]:
    named = sorted(
        (each for each in entries if each["rows"] >= LEAST_ROWS), key=lambda each: -each["candidate"][loss]
    )
    rows = [
        {
            "value": each["value"],
            "rows": each["rows"],
            "candidate": each["candidate"][loss],
            "champion": (each["champion"] or {}).get(loss),
        }
        for each in named
    ]
    dots = [
        {"name": row["value"], "value": row[who], "series": series}
        for row in rows[:_SHOWN_VALUES]
        for who, series in (("champion", "then"), ("candidate", "now"))
        if row[who] is not None
    ]
    return {
        "name": name,
        "loss": words.metric(loss),
        "rows": rows,
        "left_out": len(entries) - len(rows),
        "shown": min(len(rows), _SHOWN_VALUES),
        "chart": Markup(charts.intervals(dots, rule=overall)) if dots else None,
        "alt": f"{words.metric(loss)} by {name}; see the table.",
        "overall": overall,
    }


def training(record: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The loss of the search for the number of epochs, and its result."""
    if not record:
        return None
    search = record.get("search") or {}
    pairs = [name for name in search if f"val_{name}" in search]
    # Beside the loss proper, which holds the weights' penalties as well, there may be the one that decides.
    name = next((each for each in pairs if each != "loss"), pairs[0] if pairs else "")
    view: dict[str, Any] = {"rows": record["rows"], "epochs": record["epochs"], "chart": None}
    if name:
        train, validation = search[name], search[f"val_{name}"]
        view |= {
            "name": words.metric(name),
            "table": list(zip(range(1, len(train) + 1), train, validation, strict=False)),
            "chart": Markup(charts.curves(train, validation, record["epochs"])),
            "alt": f"{words.metric(name)} by epoch: the training loss ends at {words.score(train[-1])},"
            f" the best validation loss is {words.score(min(validation))}, in epoch {record['epochs']}.",
        }
    return view
