"""What `calibrate` says to a person."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from perennial.drift.alarm_text import amount
from perennial.drift.kinds import MEASURE_KINDS
from perennial.text import plural, wrapped

_ALARMS: Final = 10
_SIZES: Final = 12
# Of each column the first of these is shown.
_MEASURES: Final = ("rows", "level", "rate", "unseen", "missing")


def calibrate_block(content: Mapping[str, Any]) -> str:
    """The state first, then false alarms, what would have alarmed, what can be seen, and what to do."""
    lines = [_headline(content)]
    lines += [wrapped(sentence) for sentence in _sentences(content)]
    lines += _alarms(content["alarms"])
    lines += _sizes(content["sizes"])
    if content["schema"]:
        lines += _schema(content["schema"])
    lines += ["", f"Page: {content['page']}"]
    return "\n".join(lines)


def _headline(content: Mapping[str, Any]) -> str:
    name, rate, number = content["use_case"], content["rate"], content["calibration"]
    if content["days_needed"]:
        more = plural(content["days_needed"], "more day")
        return f"NOT CALIBRATED  {name}: {more} of accepted history needed for {rate}  (calibration {number})"
    return f"CALIBRATED  {name}: {rate}  (calibration {number})"


def _sentences(content: Mapping[str, Any]) -> list[str]:
    days = plural(content["days"], "day")
    sentences = [f"Made from {days} of accepted spans, {content['first_day']} to {content['last_day']}."]
    if content["left_out"]:
        left = plural(content["left_out"], "day")
        name = content["use_case"]
        sentences.append(
            f"Left out: {left} of alarms that no person has decided about; `spans {name} accept SPAN --why"
            " ...` takes them in."
        )
    for baseline, why in content["unused_baselines"].items():
        sentences.append(f"The baseline {baseline} is not used: {why.rstrip('.')}.")
    if content["days_needed"]:
        sentences.append("Until then the drift of days is not checked, and the gate says so of each span.")
        return sentences
    alarms = content["false_alarms"]
    sentences.append(
        f"In the {alarms['judged_days']:,} days that could be judged, {alarms['would_have_alarmed']} would"
        " have alarmed, real changes among them; the stated rate is"
        f" {alarms['stated']:g} false ones in as many days."
    )
    return sentences


def _alarms(alarms: Sequence[Mapping[str, Any]]) -> list[str]:
    if not alarms:
        return []
    lines = ["", "Would have alarmed (the newest last)"]
    if len(alarms) > _ALARMS:
        lines.append(wrapped(f"{len(alarms) - _ALARMS} older ones: see --json."))
    return lines + [wrapped(each["message"], "  - ") for each in alarms[-_ALARMS:]]


def _sizes(sizes: Sequence[Mapping[str, Any]]) -> list[str]:
    """The shifts that a first day shows in 50 and in 95 of 100 cases, of each column's level or share."""
    if not sizes:
        return []
    shown: dict[str, Mapping[str, Any]] = {}
    for each in sorted((each for each in sizes if each["measure"] in _MEASURES), key=_place):
        shown.setdefault(each["column"], each)
    lines = ["", "The smallest shift that its first day shows, in 50 and in 95 of 100 cases"]
    lines.append(f"  {'column':<20}{'measure':<12}{'usual':>12}{'up':>26}{'down':>26}")
    first = {each["column"]: None for each in sizes}  # as the schema has them
    for each in [shown[column] for column in first if column in shown][:_SIZES]:
        up, down = (_pair(each[key], each["unit"]) for key in ("up", "down"))
        usual = amount(each["usual"], each["unit"]) if each["usual"] is not None else ""
        lines.append(
            f"  {each['column'] or 'number of rows':<20}{each['measure']:<12}{usual:>12}{up:>26}{down:>26}"
        )
    if len(sizes) > len(lines):
        lines.append(f"  all {len(sizes)} (measures: {', '.join(sorted(MEASURE_KINDS))}): see --json")
    return lines


def _place(size: Mapping[str, Any]) -> int:
    return _MEASURES.index(size["measure"])


def _pair(sizes: Sequence[float | None], unit: str) -> str:
    return " / ".join("no room" if each is None else f"{_signed(each, unit)}" for each in sizes)


def _signed(value: float, unit: str) -> str:
    return f"{'+' if value >= 0 else '-'}{amount(abs(value), unit)}"


def _schema(schema: Mapping[str, Any]) -> list[str]:
    changed = schema["thresholds"]
    lines = (
        ["", f"Wrote {schema['file']}; the former one is {schema['copy']}."]
        if changed
        else ["", "The schema stays."]
    )
    for each in changed:
        lines.append(f"  {each['column']:<20}{each['before']:g} -> {each['after']:g}")
    lines += [wrapped(f"Column `{each['column']}`: {each['why']}") for each in schema["unchanged"]]
    if changed:
        lines.append(wrapped("An edited schema is an input: the next run judges and trains again."))
    return lines
