"""How a backfill reads: its plan, and what became of it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from commands.backfill.survey import RUN
from perennial.text import hanging, plural, spans_text, wrapped

_ACTIONS: Final = {
    "read": "read",
    "judge": "judged again",
    "cached": "not read",
    "stands": "not read",
    "waits": "waits",
}
_MIB: Final = 1 << 20


def plan_block(content: Mapping[str, Any], deadline: int) -> str:
    """The plan, for a person; `deadline` is that of each run, in seconds."""
    lines = [_headline(content)]
    if content["continues"]:
        before = content["done_before"]
        done = f"{spans_text(before)} done before" if before else "no span is done yet"
        lines.append(wrapped(f"It goes on with what began {content['continues']}: {done}."))
    elif content["open"]:
        lines.append(wrapped(content["open"]))
    for entry in content["spans"]:
        size = _mebibytes(entry["bytes"]) if entry["bytes"] else ""
        start = f"  {entry['span']:<14}{entry['state']:<9}{size:>12}  {_ACTIONS[entry['action']]:<13}"
        lines.append(hanging(entry["why"], start, " " * len(start)))
    lines += [wrapped(sentence) for sentence in _what_follows(content, deadline)]
    return "\n".join(lines)


def outcome_block(content: Mapping[str, Any]) -> str:
    """What became of a backfill, for a person."""
    given_up = "It was given up meanwhile (`--cancel`): the runs that were left were not begun."
    if not content["runs"]:
        return given_up if content["cancelled"] else "Nothing was run."
    lines = [given_up] if content["cancelled"] else []
    for run in content["runs"]:
        verdict = f"{run['verdict']}, exit code {run['exit_code']}"
        start = f"  run through {run['through']:<14}"
        lines.append(hanging(f"{verdict}, {run['seconds']:.1f} s. {run['reason']}", start, " " * 4))
    for entry in content["spans"]:
        outcome = entry["outcome"]
        rows = f"{outcome['rows']:,} rows" if outcome["rows"] else ""
        why = " ".join(outcome["reasons"]) if outcome["state"] != "OK" else ""
        start = f"  {entry['span']:<14}{outcome['state']:<9}{rows:>16}  "
        lines.append(hanging(why, start, " " * len(start)) if why else start.rstrip())
    following = content["continue"]
    if following:
        lines.append(f"Next: {following}")
        lines.append(f"      goes on with what is left: {spans_text(content['left'])}")
    elif content["withheld"]:
        name = content["use_case"]
        lines.append(f"Next: land {name} FILE --replace, for each export that is refused or blocked;")
        lines.append(f"      or spans {name} accept|reject SPAN --why ...")
    return "\n".join(lines)


def cancelled_text(use_case: str, content: Mapping[str, Any]) -> str:
    """What `--cancel` gave up, for a person."""
    text = (
        f"The backfill {content['from']} to {content['to']} ({content['which']}) of {use_case} is given up:"
        f" {len(content['done'])} done, {plural(len(content['left']), 'span')} left. What was read stays."
    )
    if content["running"]:
        text += f" {content['running']}: it goes on to its end, and no run of the backfill follows it."
    return wrapped(text, "")


def _headline(content: Mapping[str, Any]) -> str:
    each = ", a training for each" if content["each"] else ""
    return (
        f"{content['use_case']}: backfill {content['from']} to {content['to']} ({content['which']}{each}):"
        f" {plural(len(content['spans']), 'span')}"
    )


def _what_follows(content: Mapping[str, Any], deadline: int) -> Iterator[str]:
    """The sentences below the spans of a plan."""
    expected, runs = content["expected"], content["runs"]
    if not runs:
        yield _why_nothing(content)
        return
    if content["also_read"]:
        yield f"Also read, as by any run: {spans_text(content['also_read'])} of the window."
    if again := content["judged_again"]:
        yield f"Judged again: {spans_text(again)} of the window, compared with the spans before."
    read = [entry for entry in content["spans"] if entry["action"] in RUN]
    outside = [entry["span"] for entry in read if not entry["in_window"]]
    if outside:
        yield (
            f"Not trained on: {spans_text(outside)}, outside of the window (`window.spans`, `window.since`)."
        )
    yield _times(expected, len(runs))
    yield (
        f"Disk: about {_mebibytes(expected['bytes'])} at most;"
        f" {expected['bytes_free'] / _MIB:,.0f} MiB are free."
    )
    if expected["bytes"] > expected["bytes_free"]:
        yield "That is too little: free disk space first."
    if (expected["longest_run"] or 0) > deadline:
        yield (
            f"A run may take longer than `run.deadline` ({deadline:,} s). It is stopped then; what it has"
            " read stays, and the same command goes on."
        )


def _why_nothing(content: Mapping[str, Any]) -> str:
    """Why a plan has no run."""
    if any(entry["action"] in ("stands", "waits") for entry in content["spans"]):
        return "No run can do anything about these: see above what a person can do."
    if content["spans"]:
        return "Nothing has changed since these were read: nothing is to be done."
    if content["which"] == "failed":
        return "No span of this range is refused or blocked, or waits for its labels."
    return "Every export of this range was read before."


def _times(expected: Mapping[str, Any], runs: int) -> str:
    spans, trainings = plural(expected["spans"], "span"), plural(expected["trainings"], "training")
    what = f"{spans} to read, {trainings}, {plural(runs, 'run')}"
    if expected["seconds"] is None:
        return f"{what}. How long it takes is not known yet: this root has no past run to go by."
    past = f"by {plural(expected['past_spans'], 'span')} and {plural(expected['past_trainings'], 'training')}"
    return f"{what}: about {_length(expected['seconds'])} ({past} of past runs)."


def _mebibytes(size: int) -> str:
    return f"{size / _MIB:,.1f} MiB" if size >= _MIB / 20 else "< 0.1 MiB"


def _length(seconds: float) -> str:
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
