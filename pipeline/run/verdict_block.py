"""The verdict block: what a run decided and why, as a person reads it in a terminal or a mail."""

from components.evaluator.figures import figure
from perennial.text import hanging, wrapped
from pipeline.summary import Summary, later_sentence
from pipeline.summary_parts import Intervals, Metrics, ProbeSummary
from pipeline.verdict import next_step


def verdict_block(summary: Summary) -> str:
    """The verdict, why, live version, metrics old and new, spans, nodes, and what to do next."""
    parts = [
        "\n".join([_headline(summary), *_warnings(summary)]),
        wrapped(summary.reason),
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


def _warnings(summary: Summary) -> list[str]:
    return [hanging(each.message, f"  ! {each.kind}  ", " " * 4) for each in summary.warnings]


def _spans(summary: Summary) -> str:
    lines = []
    for span in summary.spans:
        name = span.span + (f" (version {span.version})" if span.version > 1 else "")
        lines.append(
            f"  {name:<22}{span.verdict:<9}{span.rows:>10,} rows{span.quarantined:>8,} in quarantine"
        )
        lines += [wrapped(reason, " " * 24) for reason in span.reasons]
        lines += [wrapped(later_sentence(span.later), " " * 24)] if span.later else []
    return "\n".join(["Spans", *lines]) if lines else ""


def _metrics(summary: Summary) -> str:
    if summary.candidate is None:
        return ""
    judged = summary.evaluated_on
    days = f", {judged.first_day} to {judged.last_day}" if judged and judged.first_day else ""
    lines = [f"Metrics on {judged.rows if judged else 0:,} rows{days}"]
    columns = {"candidate": (summary.candidate.metrics, summary.candidate.intervals)}
    if champion := summary.champion:
        twin = " (twin)" if champion.twin else ""
        columns[f"version {champion.version}{twin}"] = (champion.metrics, champion.intervals)
    if summary.yardstick and summary.yardstick.metrics:
        columns["scikit-learn"] = (summary.yardstick.metrics, {})
    lines.append(f"  {'':<13}" + "".join(f"{name:<31}" for name in columns).rstrip())
    for name in summary.candidate.metrics:
        if name != "example_count":
            cells = [_cell(*model, name) for model in columns.values()]
            lines.append(f"  {name:<13}" + "".join(f"{cell:<31}" for cell in cells).rstrip())
    if "calibration" in summary.candidate.metrics:
        lines.append("  (calibration: mean prediction divided by mean label; 1 is right)")
    return "\n".join(lines)


def _cell(metrics: Metrics, intervals: Intervals, name: str) -> str:
    value = metrics.get(name)
    if value is None:
        return "n/a" if "example_count" in metrics else ""
    interval = intervals.get(name)
    ends = f" [{figure(name, interval[0])}, {figure(name, interval[1])}]" if interval else ""
    return figure(name, value) + ends


def _checks(summary: Summary) -> str:
    marks = {
        "passed": "ok",
        "failed": "NO",
        "not_checked": "--",
        "inconclusive": "~",
        "warned": "!",
        "noted": "i",
    }
    lines = [_marked(marks[check.state], check.sentence) for check in summary.reasons]
    if summary.probe:
        lines.append(_probe(summary.probe))
    return "\n".join(["Checks", *lines]) if lines else ""


def _probe(probe: ProbeSummary) -> str:
    mark = {"SERVABLE": "ok", "UNSERVABLE": "NO", "NOT_PROBED": "--"}[probe.verdict]
    difference, startup, latency = probe.max_difference, probe.startup_seconds, probe.latency_ms
    if mark != "ok" or difference is None or startup is None or latency is None:
        return _marked(mark, probe.reason)
    return _marked(
        mark,
        f"{probe.reason} Largest difference {difference:.1g}; startup {startup:.1f} s;"
        f" latency of one row {latency.p50:.2f} ms (p99 {latency.p99:.2f} ms).",
    )


def _marked(mark: str, sentence: str) -> str:
    """A sentence behind a mark, its further lines below its first."""
    return hanging(sentence, f"  {mark:<4}", " " * 6)


def _nodes(summary: Summary) -> str:
    lines = []
    for node in summary.nodes:
        what = f"  {node.span or '':<14}{node.name:<19}{node.state:<10}{node.seconds:>7.1f} s  "
        lines.append(hanging(node.why, what, " " * len(what)))
    return "\n".join(["Nodes", *lines]) if lines else ""


def _ending(summary: Summary) -> str:
    has_candidate = summary.candidate is not None
    fewer_rows = summary.fewer_rows is not None and summary.fewer_rows.blocked
    kinds = [each.kind for each in summary.warnings]
    step = next_step(
        summary.verdict,
        summary.use_case,
        has_candidate=has_candidate,
        fewer_rows=fewer_rows,
        warnings=kinds,
        unlabelled=summary.unlabelled_spans,
    )
    lines = [hanging(step, "Next: ", " " * 6)]
    if summary.report:
        lines.append(f"Report: {summary.report}")
    return "\n".join(lines)
