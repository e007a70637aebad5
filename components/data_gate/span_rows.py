"""Whether a span's rows are new and its own: rows of another period, of another span, or without a label."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from components.data_gate.anomalies import Anomaly, Severity
from components.data_gate.kinds import REMEDIES
from components.data_gate.settings import GateSettings
from components.data_gate.time_zones import judge_zones
from perennial.row_sketch import RowSketch, seen_by_chance, seen_in
from perennial.text import plural, spans_text

# Up to this share of rows that other spans have is no finding: a few rows repeat in most tables without time.
_FEW_SEEN: Final = 0.05
# If so large a share would be seen in other spans by chance alone, seeing it there says nothing.
_MOST_BY_CHANCE: Final = 0.25
# An estimate from fewer distinct rows is not made, unless each row has a time and the span a period.
_LEAST_ROWS: Final = 20


class OtherSpan(NamedTuple):
    """Another span in use: its name, the digest of its files, and its sketch (None: it has none)."""

    span: str
    digest: str
    sketch: RowSketch | None


@dataclass(frozen=True)
class SpanRows:
    """What is known of a span's rows beside their statistics.

    Attributes:
        summary: The `summary.json` of its Examples.
        sketch: Of its rows; None where it has none.
        others: The other spans in use.
        time_zone: `exports.time_zone`; "" where it is not set.
    """

    summary: Mapping[str, Any]
    sketch: RowSketch | None
    others: tuple[OtherSpan, ...]
    time_zone: str = ""


@dataclass(frozen=True)
class RowsJudgement:
    """What came of the checks: anomalies, and a sentence for each check that was made or could not be."""

    anomalies: tuple[Anomaly, ...]
    not_checked: tuple[str, ...]
    checked: tuple[str, ...]


def judge_rows(rows: SpanRows, settings: GateSettings) -> RowsJudgement:
    """Checks a span's period, its labels, its files and its rows against those of the other spans in use."""
    anomalies = [*_outside(rows.summary, settings), *_stray_days(rows.summary, settings)]
    anomalies += _repeated_files(rows.summary, settings)
    anomalies += _unlabelled(rows.summary, settings)
    anomalies += judge_zones(rows.summary, rows.time_zone, settings)
    not_checked = [] if rows.summary["outside_period"] else [_no_period(rows.summary)]
    lost = [other.span for other in reversed(rows.others) if other.sketch is None]
    if lost:
        not_checked.append(f"{_LOST} {spans_text(lost)}: what was read is lost. The next run reads it again.")
    same = [other.span for other in rows.others if _is_same(rows, other)]
    if same:
        text = f"The span has the same rows as span {same[0]}, which is in use."
        anomalies.append(_anomaly("same_content", text, settings))
        return RowsJudgement(tuple(anomalies), tuple(not_checked), ())
    obstacle = _why_not_compared(rows)
    if obstacle:
        return RowsJudgement(tuple(anomalies), (*not_checked, f"{_NOT_SEEN} {obstacle}"), ())
    anomalies += _seen(rows, settings)
    others = plural(len(rows.others) - len(lost), "other span")
    compared = f"Rows were compared with those of {others} in use."
    return RowsJudgement(tuple(anomalies), tuple(not_checked), (compared,))


def new_columns(
    summary: Mapping[str, Any], known: Collection[str], settings: GateSettings
) -> Iterator[Anomaly]:
    """A finding for each column of the files that the schema does not have, set aside or not.

    Columns that begin with `_` are not data.
    """
    for name in summary["ignored_columns"]:
        if name not in known and not name.startswith("_"):
            text = f"Column `{name}` is in the span but not in the schema, and is ignored."
            action = settings.action(name, "new_column")
            yield Anomaly(name, "new_column", action, f"{text} {REMEDIES['new_column']}")


_NOT_SEEN: Final = "Whether rows are in other spans was not checked:"
_LOST: Final = "Rows were not compared with those of"


def _outside(summary: Mapping[str, Any], settings: GateSettings) -> Iterator[Anomaly]:
    period = summary["outside_period"]
    rows, sides = _apart(period)
    if rows:
        left_out = " Rows after it are left out." if period["after"] else ""
        text = (
            f"Of {summary['rows']:,} rows, {rows:,} are outside of the span's period, "
            f"{_period_text(period)} ({', '.join(sides)} it); max_outside_share allows "
            f"{settings.max_outside_share * 100:g}%.{left_out}"
        )
        is_over = rows > settings.max_outside_share * summary["rows"]
        yield _graded("outside_period", text, settings, is_over=is_over)


def _period_text(period: Mapping[str, Any]) -> str:
    first, last = str(period["first"]), str(period["last"])
    return first if first == last else f"{first} to {last}"


def _stray_days(summary: Mapping[str, Any], settings: GateSettings) -> Iterator[Anomaly]:
    stray = summary["stray_days"]
    rows, sides = _apart(stray)
    if rows:
        text = (
            f"Of {summary['rows']:,} rows, {rows:,} have days far from those of the others, "
            f"{stray['first']} to {stray['last']} ({' and '.join(sides)} these). They are left out; "
            f"max_outside_share allows {settings.max_outside_share * 100:g}%."
        )
        is_over = rows > settings.max_outside_share * summary["rows"]
        yield _graded("stray_days", text, settings, is_over=is_over)


def _apart(days: Mapping[str, Any] | None) -> tuple[int, list[str]]:
    """How many rows are before and after the days of a summary, and each side that has some, in words."""
    if days is None:
        return 0, []
    sides = [f"{days[side]:,} {side}" for side in ("before", "after") if days[side]]
    return days["before"] + days["after"], sides


def _no_period(summary: Mapping[str, Any]) -> str:
    has_time = any(split["days"] for split in summary["splits"].values())
    why = "the span's name is no month, week, day or hour." if has_time else "the rows have no time."
    return f"Rows outside of the span's period were not checked: {why}"


def _repeated_files(summary: Mapping[str, Any], settings: GateSettings) -> Iterator[Anomaly]:
    repeated = summary["repeated_files"]
    if repeated:
        again, first = repeated[0]
        others = len(repeated) - 1
        more = f"; so it is with {plural(others, 'more file')}" if others else ""
        yield _anomaly(
            "repeated_file", f"{again} has the same rows as {first}, which are used once{more}.", settings
        )


def _unlabelled(summary: Mapping[str, Any], settings: GateSettings) -> Iterator[Anomaly]:
    late, lost = summary["unlabelled_late"], summary["unlabelled"] - summary["unlabelled_late"]
    left_out = "They are left out (limit: exports.max_unlabelled_share)."
    if late:
        last = summary["unlabelled_days"][1]
        text = f"The newest rows, up to {last}, have no label yet: {plural(late, 'row')}. {left_out}"
        yield _anomaly("labels_late", text, settings)
    if lost:
        which = "Rows that are not the newest" if summary["unlabelled_days"] else "Rows"
        text = f"{which} have no label: {plural(lost, 'row')}. {left_out}"
        yield _anomaly("labels_missing", text, settings)


def _is_same(rows: SpanRows, other: OtherSpan) -> bool:
    if rows.summary["digest"] and rows.summary["digest"] == other.digest:
        return True
    mine, theirs = rows.sketch, other.sketch
    if mine is None or theirs is None or (mine.rows < _LEAST_ROWS and not rows.summary["outside_period"]):
        return False
    return mine.fingerprint == theirs.fingerprint


def _why_not_compared(rows: SpanRows) -> str:
    """Why the share of rows that are in other spans cannot be judged; empty if it can."""
    if not rows.others:
        return "no other span is in use."
    if rows.sketch is None:
        return "the span was read by an older release."
    others = _comparable(rows)
    if not others:
        return "the other spans were read with other columns, or what was read of them is lost."
    _, distinct = seen_in(rows.sketch, others)
    if rows.summary["outside_period"]:
        return "" if distinct else "it has too few rows."
    if distinct < _LEAST_ROWS:
        return f"it has too few rows (at least {_LEAST_ROWS} are needed)."
    chance = seen_by_chance(others)
    if chance > _MOST_BY_CHANCE:
        return f"rows repeat in this table, so that {chance:.0%} would be in other spans by chance."
    return ""


def _comparable(rows: SpanRows) -> list[RowSketch]:
    wanted = rows.sketch.columns if rows.sketch else ""
    return [other.sketch for other in rows.others if other.sketch and other.sketch.columns == wanted]


def _seen(rows: SpanRows, settings: GateSettings) -> Iterator[Anomaly]:
    if rows.sketch is None:
        return
    others = _comparable(rows)
    share, _ = seen_in(rows.sketch, others)
    # A row with a time of its own cannot repeat by chance in the span of another period.
    chance = 0.0 if rows.summary["outside_period"] else seen_by_chance(others)
    if share <= _FEW_SEEN + 2 * chance:
        return
    shares = {
        other.span: seen_in(rows.sketch, [other.sketch])[0]
        for other in rows.others
        if other.sketch and other.sketch.columns == rows.sketch.columns
    }
    most = max(shares, key=lambda span: shares[span])
    by_chance = f" (by chance it would be {chance:.0%})" if chance else ""
    text = (
        f"{share:.0%} of the span's rows are in other spans in use{by_chance}, most in {most}; "
        f"max_seen_share allows {settings.max_seen_share * 100:g}%."
    )
    yield _graded("rows_seen", text, settings, is_over=share > settings.max_seen_share + chance)


def _graded(kind: str, message: str, settings: GateSettings, *, is_over: bool) -> Anomaly:
    """A finding that, up to its limit, only warns."""
    action: Severity = settings.action("", kind)
    severity: Severity = "warn" if action == "block" and not is_over else action
    return Anomaly("", kind, severity, f"{message} {REMEDIES[kind]}")


def _anomaly(kind: str, message: str, settings: GateSettings) -> Anomaly:
    return Anomaly("", kind, settings.action("", kind), f"{message} {REMEDIES[kind]}")
