"""The plans of two years, each from a seed: 365 days with more than 200 troubles, and 12 months.

    python -m benchmarks.proofs.year.troubles [SEED]    prints both plans, a JSON line for each moment

Episodes do not overlap: the last day of each is calm, or the episode ends on it. So that the documents alone
decide each outcome, a plan has none of these:

- Two troubles of one span at once, or a process killed in a run that is not about to train.
- Contents that return (A, B, A), or a rejected span that is accepted again: the documents do not say whether
  inputs that were trained on before are a new training.
- Oversized, duplicate or empty spans that are accepted: what they do to `max_shrink` and to the evaluation
  follows from their rows.
- A duplicate whose original is changed while it is withheld: it would be judged again.
- The newest span rejected while it is in use: the live model has then seen each row that is left to judge by.
- A withheld span that is deleted or judged while an older version of it is in use.
- A blocked span below a newer one that waits for its labels: either may be "the newest complete span".
- A look between a rollback and the next push while a candidate waits, two rollbacks in a row, `push: ask`
  that ends with nothing new.
- Two due times at once: a retry that is due after the next cron time, a look at a due moment itself.
"""

import random
import sys
from collections import Counter
from typing import Final

from benchmarks.proofs.year.days import SOON, YearDraft
from benchmarks.proofs.year.kinds import KINDS
from benchmarks.proofs.year.plan import DAILY, DAY, HOUR, MONTHLY, YearPlan

SEEDS: Final = (16, 2013)
EACH: Final = 5  # times of each kind, in the year of days
AT_LEAST: Final = 210  # troubles of the year of days
_CALM: Final = 0.03  # chance of a day without trouble between two episodes
SUMMER_TIME: Final = ("2013-03-31", "2013-10-27")  # Berlin's 02:30 is not there; is there twice


def daily(seed: int) -> YearPlan:
    """365 days: each kind of trouble five times or more, more than 200 in all.

    Raises:
        ValueError: The seed leaves an episode without a place; take another.
    """
    year = YearDraft(DAILY, seed)
    kinds = [kind for kind in KINDS for _ in range(EACH)]
    short = [kind for kind in KINDS if KINDS[kind].days == 1 and kind != "backfilled"]
    kinds += year.random.choices(short, k=max(0, AT_LEAST - len(kinds)))
    changes = [day for day in range(len(year.days)) if year.local_date(day) in SUMMER_TIME]
    for day in changes:
        year.days[day].troubles.append("summer time")
        year.later(day, SOON + HOUR)  # 02:31 once more in autumn
        year.ask_overdue(day)
    _shuffle(year.random, kinds)
    _place(year, kinds, set(changes))
    if kinds:
        raise ValueError(f"No place is left for {len(kinds)} episodes: {', '.join(kinds)}.")
    return _plan(year, seed)


def monthly(seed: int) -> YearPlan:
    """12 months: as many episodes as have room, of kinds that the seed chooses; a second look days later."""
    year = YearDraft(MONTHLY, seed)
    kinds = [kind for kind in KINDS if KINDS[kind].of_months]
    year.random.shuffle(kinds)
    for day in range(len(year.days)):
        year.later(day, 5 * DAY)
    _place(year, kinds, set())
    return _plan(year, seed)


def troubles(plan: YearPlan) -> Counter[str]:
    """How often each kind of trouble begins."""
    return Counter(kind for moment in plan.moments for kind in moment.troubles)


def _place(year: YearDraft, kinds: list[str], calm: set[int]) -> None:
    """Takes from the kinds those that get days of their own, from the second day on: a model is live then."""
    day = 1
    while kinds and day < len(year.days):
        room = min((other for other in calm if other >= day), default=len(year.days)) - day
        tried = [] if year.random.random() < _CALM else kinds
        taken = next((taken for kind in tried if (taken := _tried(year, day, kind, room))), None)
        if taken is None:
            day += 1
            continue
        kinds.remove(year.days[day].troubles[0])
        day += taken


def _shuffle(source: random.Random, kinds: list[str]) -> None:
    """Random order, but what is missing comes early: it can be backfilled only much later."""
    source.shuffle(kinds)
    early = len(kinds) // 3
    missing = [kind for kind in kinds if kind == "missing"]
    others = [kind for kind in kinds if kind != "missing"]
    for kind in missing:
        others.insert(source.randrange(early), kind)
    kinds[:] = others


def _tried(year: YearDraft, day: int, kind: str, room: int) -> int:
    """How many days the episode took; 0: it does not fit here, and nothing was changed."""
    if KINDS[kind].days > room:
        return 0
    taken = KINDS[kind].plan(year, day)
    if taken:
        year.days[day].troubles.append(kind)
    return taken


def _plan(year: YearDraft, seed: int) -> YearPlan:
    moments = dict.fromkeys(
        moment for day in year.days for moment in day.moments()
    )  # two may ask at one time
    return YearPlan(year.rules, seed, tuple(sorted(moments, key=lambda moment: moment.at)))


if __name__ == "__main__":
    chosen = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS[0]
    for made in (daily(chosen), monthly(chosen)):
        sys.stdout.write(made.to_json())
