"""How a history reads: a version a paragraph."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from components.evaluator.figures import figure
from perennial.text import hanging, plural, spans_text, wrapped

# Characters of a digest or a commit that people compare.
_SHORT: Final = 12


def history_block(content: Mapping[str, Any]) -> str:
    """A history as `history` gives it, for a person; in full where a moment was asked for."""
    versions, at = content["versions"], content["at"]
    lines = [f"{content['use_case']}{f' at {at}' if at else ''}: {_heading(content)}"]
    if content["message"]:
        lines.append(wrapped(content["message"]))
    for entry in versions:
        until = entry["until"] or (
            "now" if entry["version"] == content["live_version"] else "an unknown time"
        )
        lines += ["", f"version {entry['version']}  {entry['from']} until {until}"]
        lines += _version(entry, in_full=at is not None)
    if versions and at is None:
        ask = f"history {content['use_case']} --at {versions[0]['from']}"
        lines += ["", wrapped(f"Why a version was pushed, and its code's digests: `{ask}`, or --json.", "")]
    return "\n".join(lines)


def _heading(content: Mapping[str, Any]) -> str:
    if content["at"]:
        count = len(content["versions"])
        return f"{plural(count, 'version was', 'versions were')} live" if count else "nothing was live"
    live = content["live_version"]
    return f"version {live} is live" if live else "nothing is live"


def _version(entry: Mapping[str, Any], *, in_full: bool) -> Iterator[str]:
    """The lines of one version, below its time."""
    yield wrapped(f"{_how(entry)}.")
    if entry["rolled_back"]:
        yield wrapped(_rolled_back(entry["rolled_back"]))
    yield wrapped(f"trained on {_rows(entry['trained_on'])}")
    if metrics := _metrics(entry["metrics"]):
        yield wrapped(f"evaluated: {metrics}{_judged(entry['refit'])}")
    if code := _code(entry["code"], in_full=in_full):
        yield wrapped(f"code: {code}")
    if entry["files"] != "on disk":
        when = f" at {entry['removed']}" if entry["removed"] else ""
        yield f"  files: {entry['files']}{when}"
    if in_full:
        yield from (hanging(reason, "  - ", "    ") for reason in entry["reasons"])


def _how(entry: Mapping[str, Any]) -> str:
    """How it became live, by which run, and what started that."""
    if waited := entry["candidate_run"]:
        return f"{entry['how']}: the candidate of run {waited}"
    if not entry["run_id"]:
        return str(entry["how"])
    trigger = f", {entry['trigger']}" if entry["trigger"] else ""
    return f"{entry['how']}: {entry['run_id']} ({entry['who']}{trigger})"


def _rolled_back(rolled: Mapping[str, Any]) -> str:
    """By whom and why it was rolled back, and who undid that."""
    text = f'{rolled["who"]} rolled it back ("{rolled["why"]}"): version {rolled["version"]}.'
    if undone := rolled["undone"]:
        text += (
            f' {undone["who"]} undid that at {undone["at"]} ("{undone["why"]}"): version {undone["version"]}.'
        )
    return text


def _rows(trained: Mapping[str, Any] | None) -> str:
    """The rows that it was trained on; by spans and days as far as these are known."""
    if trained is None:
        return "rows that no model card names"
    count, first, last = (trained.get(key) for key in ("rows", "first_day", "last_day"))
    rows = plural(count, "row") if count is not None else "an unknown number of rows"
    days = f", {first} to {last}" if first and last else ""
    names = [str(span["span"]) for span in trained.get("spans", [])]
    return f"{rows}{days}" + (f", of {spans_text(names)}" if names else "")


def _metrics(metrics: Mapping[str, Any]) -> str:
    listed = [
        f"{name} {figure(name, value)}"
        for name, value in metrics.items()
        if name != "example_count" and value is not None
    ]
    count = metrics.get("example_count")
    on = f" on {plural(int(count), 'row')}" if count else ""
    return ", ".join(listed) + on if listed else ""


def _judged(refit: Mapping[str, Any] | None) -> str:
    """That the metrics are those of another model than the one that is live; empty if they are not."""
    judged = (refit or {}).get("judged")
    if not judged:
        return ""
    return f", of the candidate before its refit, trained on {_rows(judged.get('trained_on') or {})}"


def _code(code: Mapping[str, Any], *, in_full: bool) -> str:
    """The commit; the digests too where all is asked for or there is no commit."""
    commit, _, changes = str(code.get("commit") or "").partition("+")
    named = f"commit {commit[:_SHORT]}{'+' if changes else ''}{changes}" if commit else ""
    digests = [f"{part} {str(digest)[:_SHORT]}" for part, digest in code.items() if part != "commit"]
    return ", ".join(filter(None, [named, *(digests if in_full or not commit else [])]))
