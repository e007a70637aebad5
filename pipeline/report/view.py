"""What the template gets: a page's data in the order and the words that a person reads."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from perennial.store.judged import judged_part
from perennial.text import plural, spans_text
from pipeline.report import models_view, words
from pipeline.report.columns_view import OPEN, columns_view
from pipeline.report.distributions import LEAST_ROWS
from pipeline.report.drift_view import run_drift_view
from pipeline.summary import LaterFinding, later_sentence
from pipeline.verdict import next_step

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
# Rows of a model; the last are those of the candidate that was evaluated, where another is its refit.
_ROWS: Final = ("Trained on", "Evaluated on", "When evaluated, trained on")
_STATES: Final = {
    "passed": ("✓", "passed", "good"),
    "failed": ("✗", "failed", "bad"),
    "inconclusive": ("~", "inconclusive", "warn"),
    "warned": ("!", "warning", "warn"),
    "noted": ("i", "noted", "calm"),
}
_NOT_CHECKED: Final = ("\N{EN DASH}", "not checked", "calm")


def view_of(page: Mapping[str, Any]) -> dict[str, Any]:
    """What `page.html.j2` shows.

    Args:
        page: From `pipeline.report.model`.
    """
    summary = page["summary"]
    return {
        "summary": summary,
        "use_case": page["use_case"],
        "asked": _asked(page["use_case"]),
        "tone": _tone(summary),
        "warnings": summary.get("warnings", []),
        "next": next_step(
            summary["verdict"],
            summary["use_case"],
            has_candidate=summary["candidate"] is not None,
            fewer_rows=bool((summary.get("fewer_rows") or {}).get("blocked")),
            warnings=[each["kind"] for each in summary.get("warnings", [])],
            unlabelled=summary.get("unlabelled_spans", []),
        ),
        "facts": _facts(summary),
        "checks": _checks(summary),
        "losses": models_view.losses(page),
        "metrics": models_view.metrics(page),
        "comparison": models_view.comparison(summary),
        "slices": models_view.slices(page),
        "spans": [_span(span) for span in page["spans"]],
        "drift": _drift(page["spans"]),
        "training": models_view.training(page["training"]),
        "nodes": _nodes(summary["nodes"]),
        "card": _card(page["card"], summary),
        "words": words,
        "plural": plural,
        "open_columns": OPEN,
        "least_rows": LEAST_ROWS,
    }


def _tone(summary: Mapping[str, Any]) -> str:
    """The verdict's colour; with a warning it is not green."""
    tone = _TONES.get(summary["verdict"], "calm")
    return "warn" if summary.get("warnings") and tone in ("good", "calm") else tone


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
    facts = [("Live", f"Version {live}" if live else "No version", _since(summary))]
    refit = summary.get("refit") or {}
    trained = summary["trained_on"], summary["evaluated_on"], None
    if refit.get("agrees"):
        trained = refit["trained_on"], summary["evaluated_on"], summary["trained_on"]
    for name, rows in zip(_ROWS, trained, strict=True):
        if rows:
            facts.append((name, plural(rows["rows"], "row"), words.days(rows)))
    if spans := summary["spans"]:
        aside = sum(span["quarantined"] for span in spans)
        facts.append(
            (
                "Read by this run",
                plural(sum(span["rows"] for span in spans), "row"),
                f"{aside:,} in quarantine",
            )
        )
    nodes = plural(len(summary["nodes"]), "node") if summary["nodes"] else ""
    facts.append(("Duration", words.seconds(summary["seconds"]), nodes))
    return facts


def _since(summary: Mapping[str, Any]) -> str:
    if not summary["live_version"]:
        return ""
    return "published by this run" if summary["pushed_version"] == summary["live_version"] else "unchanged"


def _checks(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    checks = [
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
                f" Largest difference {probe['max_difference']:.1g}; startup"
                f" {probe['startup_seconds']:.1f} s; latency of one row {probe['latency_ms']['p50']:.2f} ms"
                f" (p99 {probe['latency_ms']['p99']:.2f} ms)."
            )
        checks.append({"state": _STATES.get(state, _NOT_CHECKED), "check": "served", "sentence": sentence})
    return checks


def _span(span: Mapping[str, Any]) -> dict[str, Any]:
    cards = columns_view(span)
    return {
        **span,
        "later": later_sentence(LaterFinding(**later)) if (later := span.get("later")) else "",
        "judged_in": span.get("judged_in", ""),
        "columns_there": span.get("columns_there", False),
        "tone": {"OK": "good", "WARN": "warn", "BLOCK": "bad", "REFUSED": "bad"}.get(span["verdict"], "calm"),
        "anomalies": [each for each in span["anomalies"] if each["severity"] != "ok"],
        "drifted": [each for each in span["drift"] if each["severity"] != "ok"],
        "cards": cards,
        "moved": max((each["shift"] or 0.0 for each in span["columns"] or ()), default=0.0),
    }


def _drift(spans: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Drift by day of the newest span whose days were judged, or could not be."""
    for span in spans:
        if drift := span.get("drift_by_day"):  # a page of an older release has none
            return run_drift_view(drift, span["span"])
    return None


def _nodes(nodes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    listed = list(nodes)
    longest = max((node["seconds"] for node in listed), default=0.0) or 1.0
    rows = [{**node, "part": f"{100 * node['seconds'] / longest:.1f}"} for node in listed]
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
        ("Spans", spans_text(spans) if spans else words.NONE),
    ]
    trained = card.get("trained_on"), card.get("evaluated_on"), judged_part(card).get("trained_on")
    for name, rows in zip(_ROWS, trained, strict=True):
        if rows:
            facts.append((name, " ".join([plural(rows["rows"], "row") + ",", words.days(rows)]).strip(" ,")))
    if card.get("restores"):
        facts.append(("Restores", f"version {card['restores']}"))
    metrics = {
        name: value for name, value in (card.get("metrics") or {}).items() if name != models_view.COUNT
    }
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
