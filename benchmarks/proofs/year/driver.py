"""Carries out a plan of a year with the real commands, and notes what is so after each moment."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from benchmarks.harness.code_copy import CodeCopy
from benchmarks.harness.home_size import rows_held, size_of
from benchmarks.proofs.year import dates
from benchmarks.proofs.year.acts import Actor
from benchmarks.proofs.year.exports import YearExports, year_rows
from benchmarks.proofs.year.facts import FactReader, Facts, read_lines
from benchmarks.proofs.year.home import YearHome
from benchmarks.proofs.year.living import LivingActor
from benchmarks.proofs.year.plan import YearEvent, YearMoment, YearPlan
from benchmarks.proofs.year.use_case import copy_use_case, write_config

# Seconds between two points that a proof which was killed goes back to.
_SAVE: Final = 600.0
# How often each command that asks is timed on the home of a year.
_ALONE: Final = 5
_WHY: Final = ("--why", "the plan of the year")
_FILES: Final = ("land", "complete", "rewrite", "delete")
_CONFIG: Final = ("break_config", "fix_config", "configure")


@dataclass(frozen=True)
class Stretch:
    """The days on which a living schedule looks instead of `schedule --once`: from a date, before another."""

    first: str
    end: str

    def holds(self, moment: YearMoment) -> bool:
        """Whether a moment lies in it."""
        return self.first <= moment.at < self.end


class YearDriver:
    """A year that is under way.

    Attributes:
        observed: What was observed at each moment that is done.
    """

    def __init__(self, folder: Path, plan: YearPlan, stretch: Stretch) -> None:
        """Takes up a year where an earlier process saved it.

        Args:
            folder: Where all of it is: the code's copy, the home, the observations.
            plan: The year.
            stretch: When the schedule lives.
        """
        self.plan, self._stretch = plan, stretch
        self._home = YearHome(folder)
        self._copy = CodeCopy(folder / "code", self._home.home)
        self._file = folder / "observed.jsonl"
        self.observed: list[Facts] = []

    def go(self, until: float, moments: int, goes_on: Callable[[Facts], bool]) -> None:
        """Carries out the moments that are not done.

        Args:
            until: Begins no moment after this time of `time.monotonic`.
            moments: Ends after so many moments of the plan.
            goes_on: Is given what was observed at each moment that was done, also by earlier processes; says
                whether another one may begin.
        """
        with self._home.mounted():
            done = self._take_up()
            last = min(moments, len(self.plan.moments))
            if not all([goes_on(observed) for observed in self.observed]) or done >= last:
                return
            once, living = self._actors()
            saved = time.monotonic()
            for number in range(done, last):
                if time.monotonic() > until:
                    break
                lives = self._stretch.holds(self.plan.moments[number])
                if not lives:
                    living.end()  # it holds the lock of the home's schedule
                observed = self._do(number, living if lives else once)
                if not goes_on(observed):
                    break
                if time.monotonic() - saved > _SAVE:
                    self._save()
                    saved = time.monotonic()
            living.end()
            self._save()

    def _take_up(self) -> int:
        """Goes back to what was saved last; gives how many moments are done."""
        done = self._home.restore()
        self.observed = read_lines(self._file)[:done]
        _write_lines(self._file, self.observed)
        if not done:
            copy_use_case(self._copy, self.plan.rules)
        return done

    def _actors(self) -> tuple[Actor, LivingActor]:
        """Those that carry the year out, once the home is as it was saved."""
        rules = self.plan.rules
        self._exports = YearExports(rules.span, self._home.home / "exports" / rules.name, year_rows())
        self._events = [
            event for moment in self.plan.moments[: len(self.observed)] for event in moment.events
        ]
        self._landed = {event.span: event for event in self._events if event.kind == "land"}
        self._reader = FactReader(
            self._home, rules.name, self.observed[-1]["facts"] if self.observed else None
        )
        self._write_config()
        return Actor(self._copy, self._home, rules.name), LivingActor(self._copy, self._home, rules.name)

    def _save(self) -> None:
        self._home.save(len(self.observed))

    def _do(self, number: int, actor: Actor) -> Facts:
        began = time.monotonic()
        moment = self.plan.moments[number]
        at = dates.moment(moment.at)
        codes = [self._event(event, at + actor.ahead(at), actor) for event in moment.events]
        report = actor.act(moment)
        ahead = actor.ahead(at)
        facts = self._reader.read(at + ahead, actor, leftovers=self._may_leave(moment))
        observed = {
            "moment": number,
            "at": moment.at,
            "ahead": ahead.total_seconds(),
            "event_codes": codes,
            "act": report.to_json(),
            "facts": facts,
            "seconds": round(time.monotonic() - began, 2),
        }
        is_last = number == len(self.plan.moments) - 1
        if self._begins_month(number) or is_last:
            observed["size"] = size_of(self._home.home) | rows_held(self._home.home / self.plan.rules.name)
        if is_last:
            observed["alone"] = self._seconds_alone(at, actor)
        self.observed.append(observed)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(observed) + "\n")
        return observed

    def _event(self, event: YearEvent, at: datetime, actor: Actor) -> int:
        """Does one thing that happens; gives the exit code of its command, 0 where it is none."""
        self._events.append(event)
        if event.kind in _FILES:
            self._exports.apply(event, self._landed, at)
            if event.kind == "land":
                self._landed[event.span] = event
            return 0
        if event.kind in _CONFIG:
            self._write_config()
            return 0
        name = self.plan.rules.name
        lines = {
            "accept": ("spans", name, "accept", event.span),
            "reject": ("spans", name, "reject", event.span),
            "pause": ("schedule", "pause", name),
            "resume": ("schedule", "resume", name),
        }
        return actor.command(at, *lines.get(event.kind, (event.kind, name)), *_WHY)[0]

    def _write_config(self) -> None:
        events = tuple(event for event in self._events if event.kind in _CONFIG)
        write_config(self._copy, self.plan.rules, events)

    def _may_leave(self, moment: YearMoment) -> bool:
        """Whether nobody has looked for leftovers since the last fault, and there is none now."""
        for before in reversed(self.observed):
            if before["act"]["reached"] or "leftovers" in before["facts"]:
                return not moment.fault and "leftovers" not in before["facts"]
        return False

    def _seconds_alone(self, at: datetime, actor: Actor) -> dict[str, list[float]]:
        """How long each command that asks takes while nothing else does, several times."""
        name = self.plan.rules.name
        return {
            command: [actor.command(at, command, name)[3] for _ in range(_ALONE)]
            for command in ("status", "check-overdue", "spans", "history")
        } | self._seconds_of_a_run(at, actor)

    def _seconds_of_a_run(self, at: datetime, actor: Actor) -> dict[str, list[float]]:
        """How long a run takes that has nothing new, several times; the first may still have something."""
        runs = [actor.command(at, "run", self.plan.rules.name) for _ in range(1 + _ALONE)]
        return {"run": [seconds for _, answer, _, seconds in runs if _verdict(answer) == "NOTHING_NEW"]}

    def _begins_month(self, number: int) -> bool:
        moments = self.plan.moments
        return number == 0 or moments[number].at[:7] != moments[number - 1].at[:7]


def _write_lines(file: Path, lines: list[Facts]) -> None:
    aside = file.with_suffix(".aside")
    aside.parent.mkdir(parents=True, exist_ok=True)
    aside.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    aside.replace(file)


def _verdict(answer: Facts | None) -> str:
    return str((answer or {}).get("verdict"))
