"""What the template is told: a page's data in the order and the words that a person reads."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from markupsafe import Markup

from pipeline.page import charts, words
from pipeline.page.columns_view import OPEN, columns_view
from pipeline.page.distributions import LEAST_ROWS
from pipeline.verdict import NEXT

_TONES: Final = {
    "PUSHED": "good",
    "KEPT": "calm",
    "NOTHING_NEW": "calm",
    "FAILED": "bad",
    "DATA_BLOCKED": "bad",
    "UNSERVABLE": "bad",
    "NO_MODEL": "warn",
}
_NAMED_CLASSES: Final = 5
_LOSSES: Final = ("log_loss", "rmse")
_COUNT: Final = "example_count"
_SHOWN_VALUES: Final = 10
_STATES: Final = {
    "passed": ("✓", "passed", "good"),
    "failed": ("✗", "failed", "bad"),
    "inconclusive": ("~", "inconclusive", "warn"),
    "noted": ("i", "noted", "calm"),
}
_NOT_CHECKED: Final = ("\N{EN DASH}", "not checked", "calm")


def view_of(page: Mapping[str, Any]) -> dict[str, Any]:
    """What `page.html.j2` shows.

    Args:
        page: From `pipeline.page.model`.
    """
    summary = page["summary"]
    return {
        "summary": summary,
        "use_case": page["use_case"],
        "asked": _asked(page["use_case"]),
        "tone": _TONES.get(summary["verdict"], "calm"),
        "next": NEXT[summary["verdict"]].format(use_case=summary["use_case"]),
        "facts": _facts(summary),
        "checks": _checks(summary),
        "worth": _worth(page),
        "metrics": _metrics(page),
        "comparison": _comparison(summary),
        "slices": _slices(page),
        "spans": [_span(span) for span in page["spans"]],
        "training": _training(page["training"]),
        "nodes": _nodes(summary["nodes"]),
        "card": _card(page["card"], summary),
        "words": words,
        "open_columns": OPEN,
        "least_rows": LEAST_ROWS,
    }


def _asked(use_case: Mapping[str, Any]) -> str:
    """What a model is to answer, in a few words."""
    classes = [str(each) for each in use_case["classes"]]
    if use_case["task"] == "regression":
        return f"Predicts {use_case['label']}, a number"
    if len(classes) > _NAMED_CLASSES:
        return f"Predicts {use_case['label']}, one of {len(classes)} classes"
    return f"Predicts {use_case['label']}: {' or '.join(classes) or '0 or 1'}"


def _facts(summary: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What stands in large figures: a name, a figure, and what goes with it."""
    live = summary["live_version"]
    facts = [("Live now", f"Version {live}" if live else "Nothing", _since(summary))]
    if trained := summary["trained_on"]:
        facts.append(("Learned from", words.plural(trained["rows"], "row"), words.days(trained)))
    if judged := summary["evaluated_on"]:
        facts.append(("Judged by", words.plural(judged["rows"], "row"), words.days(judged)))
    if spans := summary["spans"]:
        aside = sum(span["quarantined"] for span in spans)
        facts.append(
            ("Read", words.plural(sum(span["rows"] for span in spans), "row"), f"{aside:,} in quarantine")
        )
    facts.append(("Took", words.seconds(summary["seconds"]), words.plural(len(summary["nodes"]), "node")))
    return facts


def _since(summary: Mapping[str, Any]) -> str:
    if not summary["live_version"]:
        return ""
    return "published by this run" if summary["pushed_version"] == summary["live_version"] else "unchanged"


def _checks(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    told = [
        {
            "state": _STATES.get(each["state"], _NOT_CHECKED),
            "check": each["check"],
            "sentence": each["sentence"],
        }
        for each in summary["reasons"]
    ]
    if probe := summary["probe"]:
        state = {"SERVABLE": "passed", "UNSERVABLE": "failed"}.get(probe["verdict"], "not_checked")
        sentence = probe["reason"]
        if probe["verdict"] == "SERVABLE":
            sentence += (
                f" Greatest difference {probe['max_difference']:.1g}; ready in"
                f" {probe['startup_seconds']:.1f} s; one row in {probe['latency_ms']['p50']:.2f} ms"
                f" (p99 {probe['latency_ms']['p99']:.2f})."
            )
        told.append({"state": _STATES.get(state, _NOT_CHECKED), "check": "served", "sentence": sentence})
    return told


def _loss_name(metrics: Mapping[str, Any]) -> str:
    """The loss that decides, whatever the task."""
    return next((name for name in (*_LOSSES, *metrics) if name in metrics), "")


def _worth(page: Mapping[str, Any]) -> dict[str, Any] | None:
    """The loss of all who can be compared: candidate, champion, scikit-learn, and no model at all."""
    summary = page["summary"]
    candidate = summary["candidate"]
    if not candidate or not (loss := _loss_name(candidate["metrics"])):
        return None
    rows = [_contender("Candidate", candidate, loss, "now")]
    if champion := summary["champion"]:
        rows.append(_contender(f"Version {champion['version']}, live before", champion, loss, "then"))
    yardstick = page["yardstick"] or {}
    if (value := (yardstick.get("metrics") or {}).get(loss)) is not None:
        rows.append(_other("scikit-learn, as it comes", value))
    baseline = summary.get("baseline") or {}
    if (value := baseline.get(loss)) is not None:
        rows.append(_other("No model", value))
    rows = [row for row in rows if row["value"] is not None]
    if not rows or rows[0]["name"] != "Candidate":
        return None
    for row in rows[1:]:
        row["against"] = rows[0]["value"] / row["value"] - 1 if row["value"] else None
    return {
        "loss": words.metric(loss),
        "rows": rows,
        "chart": Markup(charts.intervals(rows, rule=rows[0]["value"], wide=True)),
        "alt": f"{words.metric(loss)}: "
        + ", ".join(f"{r['name']} {words.score(r['value'])}" for r in rows)
        + ".",
        "yardstick": {"model": "", "why": "", "train_rows": None, **yardstick},
        "best": min(rows, key=lambda row: row["value"])["name"],
    }


def _contender(name: str, model: Mapping[str, Any], loss: str, series: str) -> dict[str, Any]:
    return {
        "name": name,
        "value": model["metrics"].get(loss),
        "interval": model.get("intervals", {}).get(loss),
        "series": series,
        "against": None,
    }


def _other(name: str, value: float) -> dict[str, Any]:
    return {"name": name, "value": value, "interval": None, "series": "other", "against": None}


def _metrics(page: Mapping[str, Any]) -> dict[str, Any] | None:
    """Every metric of the models and of the yardstick; those with intervals drawn, but for the loss above."""
    summary = page["summary"]
    candidate, champion = summary["candidate"], summary["champion"]
    if not candidate:
        return None
    models = [("Candidate", candidate, "now")]
    models += [(f"Version {champion['version']}", champion, "then")] if champion else []
    yardstick = (page["yardstick"] or {}).get("metrics") or {}
    models += [("scikit-learn", {"metrics": yardstick}, "other")] if yardstick else []
    rows = []
    figures = []
    loss = _loss_name(candidate["metrics"])
    for name, value in candidate["metrics"].items():
        if name == _COUNT:
            continue  # the caption says it
        told = [_contender(who, model, name, series) for who, model, series in models]
        rows.append({"name": words.metric(name), "values": told})
        if name != loss and value is not None and any(each["interval"] for each in told):
            shown = [each for each in told if each["value"] is not None]
            alt = ", ".join(f"{each['name']} {words.score(each['value'])}" for each in shown)
            figures.append(
                {
                    "name": words.metric(name),
                    "chart": Markup(charts.intervals(shown)),
                    "alt": f"{words.metric(name)}: {alt}.",
                }
            )
    return {"rows": rows, "figures": figures, "champion": champion, "models": [who for who, _, _ in models]}


def _comparison(summary: Mapping[str, Any]) -> dict[str, Any] | None:
    found = summary["comparison"]
    if not found or found["difference"] is None:
        return None
    row = {"name": "Difference", "value": found["difference"], "interval": found["interval"], "series": "now"}
    loss = words.metric(_loss_name((summary["candidate"] or {"metrics": {}})["metrics"]))
    return {
        **found,
        "loss": loss,
        "chart": Markup(charts.intervals([row], rule=0.0)),
        "alt": f"Candidate minus champion: {words.signed(found['difference'])},"
        f" interval {words.ends(found['interval']) or 'not known'}.",
    }


def _slices(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each way that rows are cut: its values, those with the greatest loss first."""
    cuts: dict[str, list[dict[str, Any]]] = {}
    overall = (page["summary"]["candidate"] or {"metrics": {}})["metrics"]
    loss = _loss_name(overall)
    for each in (page["judgement"] or {}).get("slices") or ():
        if each["candidate"].get(loss) is not None:
            cuts.setdefault(each["slice"], []).append(each)
    return [_cut(name, found, loss, overall.get(loss)) for name, found in cuts.items()]


def _cut(name: str, found: Iterable[Mapping[str, Any]], loss: str, overall: float | None) -> dict[str, Any]:
    named = sorted(
        (each for each in found if each["rows"] >= LEAST_ROWS), key=lambda each: -each["candidate"][loss]
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
        "left_out": len(list(found)) - len(rows),
        "shown": min(len(rows), _SHOWN_VALUES),
        "chart": Markup(charts.intervals(dots, rule=overall)) if dots else None,
        "alt": f"{words.metric(loss)} by {name}; the table has the figures.",
        "overall": overall,
    }


def _span(span: Mapping[str, Any]) -> dict[str, Any]:
    cards = columns_view(span)
    return {
        **span,
        "judged_in": span.get("judged_in", ""),
        "tone": {"OK": "good", "WARN": "warn", "BLOCK": "bad", "REFUSED": "bad"}.get(span["verdict"], "calm"),
        "anomalies": [each for each in span["anomalies"] if each["severity"] != "ok"],
        "drifted": [each for each in span["drift"] if each["severity"] != "ok"],
        "cards": cards,
        "moved": max((each["shift"] or 0.0 for each in span["columns"] or ()), default=0.0),
    }


def _training(training: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The loss of the search for the number of epochs, and what came of it."""
    if not training:
        return None
    search = training.get("search") or {}
    pairs = [name for name in search if f"val_{name}" in search]
    # Beside the loss proper, which holds the weights' penalties as well, there may be the one that decides.
    name = next((each for each in pairs if each != "loss"), pairs[0] if pairs else "")
    told: dict[str, Any] = {"rows": training["rows"], "epochs": training["epochs"], "chart": None}
    if name:
        train, validation = search[name], search[f"val_{name}"]
        told |= {
            "name": words.metric(name),
            "table": list(zip(range(1, len(train) + 1), train, validation, strict=False)),
            "chart": Markup(charts.curves(train, validation, training["epochs"])),
            "alt": f"{words.metric(name)} by epoch: training ended at {words.score(train[-1])},"
            f" held-out rows were best at {words.score(min(validation))}, in epoch {training['epochs']}.",
        }
    return told


def _nodes(nodes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    told = list(nodes)
    longest = max((node["seconds"] for node in told), default=0.0) or 1.0
    rows = [{**node, "part": f"{100 * node['seconds'] / longest:.1f}"} for node in told]
    spans = [row for row in rows if row["span"]]
    folded = len(spans) > 12
    return {
        "shown": [row for row in rows if not (folded and row["span"])],
        "folded": spans if folded else [],
        "folded_seconds": sum(row["seconds"] for row in spans),
    }


def _card(card: Mapping[str, Any] | None, summary: Mapping[str, Any]) -> dict[str, Any] | None:
    if not card:
        return None
    spans = [span["span"] for span in card.get("spans", [])]
    facts = [
        ("Version", words.number(card.get("version", summary["live_version"]))),
        ("Published", str(card.get("published_at", words.NONE))),
        ("Predicts", f"{card.get('label', '')} ({card.get('task', '')})"),
        ("Spans", f"{spans[0]} to {spans[-1]} ({len(spans)})" if len(spans) > 1 else ", ".join(spans)),
    ]
    for name, key in (("Learned from", "trained_on"), ("Judged by", "evaluated_on")):
        if told := card.get(key):
            facts.append(
                (name, " ".join([words.plural(told["rows"], "row") + ",", words.days(told)]).strip(" ,"))
            )
    if card.get("restores"):
        facts.append(("Restores", f"version {card['restores']}"))
    metrics = {name: value for name, value in (card.get("metrics") or {}).items() if name != _COUNT}
    facts += [(words.metric(name), words.score(value)) for name, value in metrics.items()]
    digests = {
        "Model": card.get("model_digest"),
        "Schema": card.get("schema_digest"),
        **(card.get("code") or {}),
    }
    return {
        "facts": facts,
        "hyperparameters": list((card.get("hyperparameters") or {}).items()),
        "digests": [(name.capitalize(), str(digest)[:16]) for name, digest in digests.items() if digest],
    }
