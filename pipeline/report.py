"""The verdict block: what a run decided and why, as a person reads it in a terminal or a mail."""

import textwrap
from typing import Any

from components.evaluator.figures import figure
from pipeline.verdict import NEXT, Summary

_WIDTH = 100


def verdict_block(summary: Summary) -> str:
    """The verdict, why, live version, metrics old and new, spans, nodes, and what to do next."""
    parts = [
        _headline(summary),
        _wrapped(summary.reason),
        _spans(summary),
        _metrics(summary),
        _checks(summary),
        _nodes(summary),
        _ending(summary),
    ]
    return "\n\n".join(part for part in parts if part)


def _headline(summary: Summary) -> str:
    live = f"version {summary.live_version} is live" if summary.live_version else "nothing is live"
    return f"{summary.verdict}  {summary.use_case}: {live}  ({summary.seconds:.1f} s)"


def _wrapped(text: str, indent: str = "  ") -> str:
    return textwrap.fill(text, _WIDTH, initial_indent=indent, subsequent_indent=indent)


def _spans(summary: Summary) -> str:
    lines = []
    for span in summary.spans:
        name = span["span"] + (f" (version {span['version']})" if span["version"] > 1 else "")
        lines.append(
            f"  {name:<22}{span['verdict']:<9}{span['rows']:>10,} rows{span['quarantined']:>8,} in quarantine"
        )
        lines += [_wrapped(reason, " " * 24) for reason in span["reasons"]]
    return "\n".join(["Spans", *lines]) if lines else ""


def _metrics(summary: Summary) -> str:
    if summary.candidate is None:
        return ""
    judged = summary.evaluated_on or {}
    rows = judged.get("rows", 0)
    days = f", {judged['first_day']} to {judged['last_day']}" if judged.get("first_day") else ""
    champion = summary.champion
    lines = [f"Metrics on {rows:,} rows{days}"]
    columns = {"candidate": summary.candidate}
    if champion:
        columns[f"version {champion['version']}"] = champion
    if summary.yardstick and summary.yardstick["metrics"]:
        columns["scikit-learn"] = {"metrics": summary.yardstick["metrics"], "intervals": {}}
    lines.append(f"  {'':<13}" + "".join(f"{name:<31}" for name in columns).rstrip())
    for name in summary.candidate["metrics"]:
        if name != "example_count":
            cells = [_cell(model, name) for model in columns.values()]
            lines.append(f"  {name:<13}" + "".join(f"{cell:<31}" for cell in cells).rstrip())
    return "\n".join(lines)


def _cell(model: dict[str, Any], name: str) -> str:
    value = model["metrics"].get(name)
    if value is None:
        return "not known" if "example_count" in model["metrics"] else ""
    interval = model["intervals"].get(name)
    ends = f" [{figure(name, interval[0])}, {figure(name, interval[1])}]" if interval else ""
    return figure(name, value) + ends


def _checks(summary: Summary) -> str:
    marks = {"passed": "ok", "failed": "NO", "not_checked": "--", "inconclusive": "~", "noted": "i"}
    lines = []
    for reason in summary.reasons:
        lines.append(_hanging(marks.get(reason["state"], "?"), reason["sentence"]))
    if summary.probe:
        lines.append(_probe(summary.probe))
    return "\n".join(["Checks", *lines]) if lines else ""


def _probe(probe: dict[str, Any]) -> str:
    if probe["verdict"] != "SERVABLE":
        return _hanging("NO" if probe["verdict"] == "UNSERVABLE" else "--", probe["reason"])
    half, most = probe["latency_ms"]["p50"], probe["latency_ms"]["p99"]
    return _hanging(
        "ok",
        f"{probe['reason']} The greatest difference is {probe['max_difference']:.1g}; ready in"
        f" {probe['startup_seconds']:.1f} s; one row takes {half:.2f} ms (p99 {most:.2f}).",
    )


def _hanging(mark: str, sentence: str) -> str:
    """A sentence behind a mark, its further lines below its first."""
    return textwrap.fill(sentence, _WIDTH, initial_indent=f"  {mark:<4}", subsequent_indent=" " * 6)


def _nodes(summary: Summary) -> str:
    lines = []
    for node in summary.nodes:
        what = f"  {node['span'] or '':<12}{node['name']:<19}{node['state']:<10}{node['seconds']:>7.1f} s  "
        lines.append(textwrap.fill(what + node["why"], _WIDTH, subsequent_indent=" " * len(what)))
    return "\n".join(["Nodes", *lines]) if lines else ""


def _ending(summary: Summary) -> str:
    lines = [f"Next: {NEXT[summary.verdict].format(use_case=summary.use_case)}"]
    if summary.report:
        lines.append(f"Report: {summary.report}")
    return "\n".join(lines)


def check_block(found: dict[str, Any]) -> str:
    """What `check` found, for a person."""
    served = ", as rows of requests" if found["environment"] == "SERVING" else ""
    lines = [f"{found['verdict']}  {found['rows']:,} rows, {found['quarantined']:,} in quarantine{served}"]
    lines += [_wrapped(reason) for reason in found["reasons"]]
    for row in found["quarantine"][:10]:
        where = f"{row['file']}, line {row['line']}, {row['column'] or 'row'}"
        lines.append(_wrapped(f"{where}: {row['reason']}"))
    lines += [_wrapped(f"Not checked: {sentence}") for sentence in found["not_checked"]]
    if found.get("ignored_columns"):
        lines.append(_wrapped(f"Ignored columns: {', '.join(found['ignored_columns'])}"))
    return "\n".join(lines)


def status_block(found: dict[str, Any]) -> str:
    """What `status` found, for a person."""
    if found["live_version"]:
        spans = found["trained_on"]
        trained = f", trained on {spans[0]} to {spans[-1]}" if spans else ""
        version = f"version {found['live_version']} is live since {found['published_at']}"
        lines = [f"{found['use_case']}: {version}{trained}"]
    else:
        lines = [f"{found['use_case']}: nothing is live"]
    if found["running"]:
        lines.append(f"  {found['running']}.")
    for alert in found["alerts"]:
        lines.append(_wrapped(f"ALERT {alert['kind']} since {alert['at']}: {alert['message']}"))
    lines += [f"  {run['began']}  {run['verdict']:<13}{_first(run['reason'])}" for run in found["last_runs"]]
    return "\n".join([*lines, spans_block(found["spans"])]).rstrip()


def spans_block(states: list[dict[str, Any]]) -> str:
    """The states of spans, for a person."""
    if not states:
        return "No export has come."
    lines = []
    for state in states:
        rows = f"{state['rows']:>10,} rows" if state["rows"] is not None else " " * 15
        used = "in use" if state["in_use"] else ""
        if state["in_use"] and state["in_use"] != state["version"]:
            used = f"version {state['in_use']} in use"
        said = state.get("decision")
        if state["state"] in ("ODD", "WAITING"):
            lines.append(f"  {state['span']:<14}{state['state']:<9}{' '.join(state['reasons'])}")
            continue
        lines.append(f"  {state['span']:<14}{state['state']:<9}{rows}  {used}".rstrip())
        if said:
            lines.append(_wrapped(f"{said['decision']}ed: {said['why']}", " " * 23))
        lines += [_wrapped(reason, " " * 23) for reason in state["reasons"]]
    return "\n".join(lines)


def doctor_block(found: dict[str, Any]) -> str:
    """What `doctor` found, for a person."""
    facts = found["facts"]
    versions = f"Python {facts['python']}, TFX {facts['tfx']}, TensorFlow {facts['tensorflow']}"
    lines = [f"{versions}; home {facts['home']}"]
    lines += [f"  {name}: {holder}." for name, holder in facts["running"].items()]
    lines += [_wrapped(f"{each['where']}: {each['problem']} {each['remedy']}") for each in found["findings"]]
    return "\n".join([*lines, "" if found["findings"] else "All is well."]).rstrip()


def _first(reason: str) -> str:
    return textwrap.shorten(reason or "", _WIDTH - 37, placeholder=" ...")
