"""What was live when: each time a version became live, from the ledger and its model cards."""

from collections.abc import Mapping, Sequence
from typing import Any

from commands.history.at import AskedMoment
from perennial import clock
from perennial.store import registry
from perennial.store.forward import how_live
from perennial.store.recorded import cards, recorded
from perennial.store.undo import Rollbacks, VersionRow, rollbacks
from perennial.text import plural
from pipeline.config import UseCase
from pipeline.ledgers import opened
from pipeline.summary_parts import spans_trained_on


def history(use_case: UseCase, at: AskedMoment | None = None) -> dict[str, Any]:
    """Each time a version became live, newest first; with `at` those that were live then, oldest first.

    Args:
        use_case: Whose.
        at: A day or a moment; None: all times.

    Returns:
        `use_case`; `live_version`, None for none; `at` as it was asked for, or None; `message`, sentences
        where nothing was live then, what is live is not what the ledger recorded last, or versions are
        missing, else None; and `versions`. Of each: `version`; `action` (push, approve, rollback, forward);
        `restores`, the version that it restores, or None; `from` and `until` (None: it is live, unless
        `message` says otherwise); `how`, a few words; `why`: the person's reason, or a sentence of the run;
        `reasons`: the sentences of the checks that a push passed; `who`; `run_id` and `trigger` of the run
        that pushed it, `candidate_run` of the run whose candidate waited, None where there is none;
        `trained_on`: `spans` (each `span, version, rows`), `rows`, `first_day`, `last_day`; `evaluated_on`;
        `metrics`; `refit`: for a model that was trained anew on all rows, what the card says of the `judged`
        candidate, whose the metrics are, and of the `agreement` of both; `code`: digests, and the `commit`
        where there is git; `schema_digest`; `files` (`on disk`, `removed` by retention, `missing`) and
        `removed`, when; and `rolled_back`: `version` (that became live by it), `at`, `who`, `why`, and
        `undone`, with the same keys, by which `forward` undid that; each None if it was not. What a card
        does not say is None, `{}` or empty.
    """
    models = use_case.models_folder
    with opened(use_case, make=False) as ledger:
        rows = recorded(models, ledger)
        asked = _of_moment(rows, at) if at else range(len(rows) - 1, -1, -1)
        known = cards(models, ledger, {rows[place]["version"] for place in asked})
        triggers = ledger.runs.triggers_of_versions()
    on_disk, done = registry.numbers(models), rollbacks(rows)
    entries = []
    for place in asked:
        row, following = rows[place], rows[place + 1] if place + 1 < len(rows) else None
        entry = _entry(row, following, known.get(row["version"], {}), done)
        entry["trigger"] = triggers.get(row["run_id"]) or None
        entry["files"] = _files(row, on_disk)
        entries.append(entry)
    live = on_disk[-1] if on_disk else None
    return {
        "use_case": use_case.name,
        "live_version": live,
        "at": at.text if at else None,
        "message": " ".join(filter(None, (_message(rows, entries, live, at), _gap(rows)))) or None,
        "versions": entries,
    }


def _of_moment(rows: Sequence[VersionRow], at: AskedMoment) -> list[int]:
    """Places of the versions that were live then, oldest first.

    One that became live on the day counts, also if it was for less than a second. Where a clock was set back,
    a moment was twice: the later version counts.
    """
    began = [row["published"] for row in rows]
    if not at.is_day:
        return [place for place, start in enumerate(began) if start <= at.first][-1:]
    ended = [*began[1:], None]
    return [
        place
        for place, (start, end) in enumerate(zip(began, ended, strict=False))
        if start <= at.last and (end is None or end > at.first or start >= at.first)
    ]


def _entry(
    row: VersionRow, following: VersionRow | None, card: Mapping[str, Any], done: Rollbacks
) -> dict[str, Any]:
    """One version's time, without what follows from runs and files."""
    is_restored = row["action"] in ("rollback", "forward")
    return {
        "version": row["version"],
        "action": row["action"],
        "restores": row["restores"],
        "from": row["published"],
        "until": following["published"] if following else None,
        "how": how_live(row),
        "why": row["why"],
        # A restored version has the card of the one that it restores.
        "reasons": [] if is_restored else list(card.get("reasons") or []),
        "who": row["who"],
        "run_id": row["run_id"] or None,
        "trigger": None,
        "candidate_run": None if is_restored else card.get("candidate_run"),
        "trained_on": _trained_on(card),
        "evaluated_on": card.get("evaluated_on"),
        "metrics": card.get("metrics") or {},
        "refit": card.get("refit"),
        "code": card.get("code") or {},
        "schema_digest": card.get("schema_digest"),
        "files": "",
        "removed": row["removed"],
        "rolled_back": _rolled_back(following, done),
    }


def _trained_on(card: Mapping[str, Any]) -> dict[str, Any] | None:
    """The rows that a card says its model was trained on; None where it does not."""
    if not card.get("spans") and not card.get("trained_on"):
        return None
    spans, rows = card.get("spans") or [], card.get("trained_on") or {}
    trained = set(spans_trained_on(spans))
    return {
        "spans": [
            # A card of an older release has only all rows of a span.
            {
                "span": span["span"],
                "version": span.get("version"),
                "rows": span.get("train_rows", span.get("rows")),
            }
            for span in spans
            if span["span"] in trained
        ],
        **{key: rows.get(key) for key in ("rows", "first_day", "last_day")},
    }


def _rolled_back(following: VersionRow | None, done: Rollbacks) -> dict[str, Any] | None:
    """By whom and why a version was rolled back, and whether that was undone; None if it was not."""
    if following is None or following["action"] != "rollback":
        return None
    undone = done.undone.get(following["version"])
    return {**_act(following), "undone": _act(undone) if undone else None}


def _act(row: VersionRow) -> dict[str, Any]:
    return {"version": row["version"], "at": row["published"], "who": row["who"], "why": row["why"]}


def _files(row: VersionRow, on_disk: Sequence[int]) -> str:
    if row["version"] in on_disk:
        return "on disk"
    return "removed" if row["removed"] else "missing"


def _gap(rows: Sequence[VersionRow]) -> str:
    """That versions are missing between or before those that are known; empty if none is."""
    if not rows:
        return ""
    highest = rows[-1]["version"]
    if not (count := highest - len(rows)):
        return ""
    return (
        f"Nothing is known of {plural(count, 'version')} before version {highest}: their numbers were"
        " skipped, or the ledger was rebuilt after their files were removed."
    )


def _message(
    rows: Sequence[VersionRow],
    entries: Sequence[Mapping[str, Any]],
    live: int | None,
    at: AskedMoment | None,
) -> str:
    """What the versions alone do not say; empty where they say all."""
    if not rows:
        return "Nothing has been live yet."
    if at and not entries:
        when = f"on {at.text} (UTC)" if at.is_day else f"at {at.text}"
        first = min(rows, key=lambda row: str(row["published"]))
        is_first = "was the first" if first["version"] == 1 else "is the first that is known"
        return f"Nothing was live {when}. Version {first['version']} {is_first}, at {first['published']}."
    last = rows[-1]["version"]
    if live is None or last > live:
        now = f"version {live} is live" if live else "nothing is live"
        return (
            f"Version {last} became live last, but its files are missing: {now} now; since when is not known."
        )
    if at and at.first > clock.stamp(clock.now()):
        return "That is in the future: what is live now is shown."
    return ""
