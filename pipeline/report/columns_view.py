"""A span's columns as the page draws them: a small chart each, those that moved most first."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup

from pipeline.report import charts, words

# Drawn at once; the others are folded away, and found by their name.
OPEN: Final = 12
# Less than this share of missing cells is in the table alone.
_WORTH_SAYING: Final = 0.001
_SEVERITIES: Final = ("block", "warn", "note", "ok")


def columns_view(span: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Cards of a span's columns: `name, badges, chart, ends, statistics, row` (its cells in the table).

    Those that the gate stopped or warned of come first, then by how far they moved from the former span.
    """
    drift = {each["feature"]: each for each in span["drift"]}
    anomalies: dict[str, list[Mapping[str, Any]]] = {}
    for each in span["anomalies"]:
        anomalies.setdefault(each["feature"], []).append(each)
    cards = [
        _card(column, drift.get(column["name"]), anomalies.get(column["name"], []), span["against"])
        for column in span["columns"] or ()
    ]
    return sorted(cards, key=lambda card: card["order"])


def _card(
    column: Mapping[str, Any],
    drift: Mapping[str, Any] | None,
    anomalies: Sequence[Mapping[str, Any]],
    against: str | None,
) -> dict[str, Any]:
    severities = [each["severity"] for each in anomalies] + ([drift["severity"]] if drift else [])
    worst = min((_SEVERITIES.index(each) for each in severities), default=len(_SEVERITIES) - 1)
    badges = [(each["severity"], each["kind"].replace("_", " ")) for each in anomalies]
    if drift and drift["severity"] != "ok":
        badges.append((drift["severity"], "drift"))
    return {
        "name": column["name"],
        "is_label": column["label"],
        "badges": badges,
        "chart": _chart(column),
        "ends": _ends(column),
        "statistics": _statistics(column),
        "alt": _alt(column, against),
        "note": column["note"],
        "row": _row(column, drift),
        "order": (worst, -(column["shift"] or 0.0)),
    }


def _chart(column: Mapping[str, Any]) -> Markup | None:
    """The chart; its text comes from Vega, which escapes it."""
    if column.get("bins"):
        return Markup(charts.histogram(column["bins"], (column["was"] or {}).get("bins") or []))
    named = [each for each in column.get("values") or () if not each.get("rest")]
    return Markup(charts.top_values(named)) if named else None


def _ends(column: Mapping[str, Any]) -> tuple[str, str] | None:
    """What stands at the two ends of a histogram's axis."""
    both = [*(column.get("bins") or ()), *((column["was"] or {}).get("bins") or ())]
    if not column.get("bins"):
        return None
    low, high = min(low for low, _, _ in both), max(high for _, high, _ in both)
    if column["whole"]:  # a bin that was widened to be seen keeps its value here
        low, high = round(low), round(high)
    return words.number(low), words.number(high)


def _statistics(column: Mapping[str, Any]) -> list[str]:
    was = column["was"] or {}
    statistics = []
    if column.get("mean") is not None:
        statistics.append(_with_was("mean", column["mean"], was.get("mean"), words.number))
    if column.get("distinct"):
        statistics.append(f"{words.number(column['distinct'])} distinct")
    rest = next((each for each in column.get("values") or () if each.get("rest")), None)
    if rest and rest["share"] > 0:
        statistics.append(_with_was("others", rest["share"], rest["was"], words.share))
    missing, before = column["missing"] or 0.0, was.get("missing")
    if max(missing, before or 0.0) >= _WORTH_SAYING:
        statistics.append(_with_was("missing", missing, before, words.share))
    return statistics


def _with_was(what: str, now: Any, was: Any, format_value: Any) -> str:
    text = f"{what} {format_value(now)}"
    return (
        text if was is None or format_value(was) == format_value(now) else f"{text} (was {format_value(was)})"
    )


def _alt(column: Mapping[str, Any], against: str | None) -> str:
    """What the chart shows, for who does not see it."""
    if column.get("bins"):
        low, high, count = max(column["bins"], key=lambda each: each[2] / (each[1] - each[0]))
        share = count / sum(each[2] for each in column["bins"])
        text = (
            f"Most frequent from {words.number(low)} to {words.number(high)}: {words.share(share)} of values"
        )
    else:
        named = [each for each in column.get("values") or () if not each.get("rest")]
        text = ", ".join(f"{each['value']} {words.share(each['share'])}" for each in named)
    moved = (
        f"; changed by {words.share(column['shift'])} since {against}" if column["shift"] is not None else ""
    )
    return f"Distribution of {column['name']}. {text}{moved}."


def _row(column: Mapping[str, Any], drift: Mapping[str, Any] | None) -> list[str]:
    return [
        words.share(column["missing"]),
        words.number(column.get("mean")) if column["type"] == "number" else "",
        words.number(column.get("distinct")) if column["type"] == "text" else "",
        words.share(column["shift"]),
        f"{drift['value']:.3f} of {drift['threshold']:g}" if drift else words.NONE,
    ]
