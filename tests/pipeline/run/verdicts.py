"""A model of a run's verdict: the design's verdicts for all cases and events."""

from dataclasses import dataclass
from typing import Final, Literal

Spans = Literal[
    "none",
    "settled",
    "fresh",
    "blocked",
    "refused",
    "replaced",
    "replaced by a blocked one",
    "changed while read",
    "nothing but a blocked one",
]
Champion = Literal["none", "live", "damaged", "rolled back"]
Candidate = Literal["good", "bad", "unservable", "equal", "overtaken"]
Place = Literal["span", "training", "published"]

SPANS: Final[tuple[Spans, ...]] = (
    *("none", "settled", "fresh", "blocked", "refused", "replaced"),
    *("replaced by a blocked one", "changed while read", "nothing but a blocked one"),
)
CHAMPIONS: Final[tuple[Champion, ...]] = ("none", "live", "damaged", "rolled back")
CANDIDATES: Final[tuple[Candidate, ...]] = ("good", "bad", "unservable", "equal", "overtaken")
PLACES: Final[tuple[Place, ...]] = ("span", "training", "published")
EXIT_CODES: Final = {
    "PUSHED": 0,
    "KEPT": 0,
    "NOTHING_NEW": 0,
    "FAILED": 1,
    "DATA_BLOCKED": 3,
    "UNSERVABLE": 4,
    "NO_MODEL": 6,
}
# What each leaves live before the run.
LIVE_BEFORE: Final = {"none": 0, "live": 1, "damaged": 1, "rolled back": 3}


@dataclass(frozen=True)
class Case:
    """What is the case when a run begins.

    Attributes:
        spans: What lies in the exports folder, and what becomes of it.
        champion: What is live.
        candidate: What the gates say of the candidate, where one is made.
        place: Where something happens that ends a run; None: nothing does.
    """

    spans: Spans
    champion: Champion
    candidate: Candidate = "good"
    place: Place | None = None

    @property
    def is_possible(self) -> bool:
        """Whether it can be: a candidate is equal only to what is live and whole."""
        return self.candidate != "equal" or self._has_champion

    @property
    def withheld(self) -> bool:
        """Whether the newest complete span is refused or blocked."""
        return self.spans in ("blocked", "refused", "replaced by a blocked one", "nothing but a blocked one")

    @property
    def accepted(self) -> bool:
        """Whether there is a span that may be trained on."""
        return self.spans not in ("none", "nothing but a blocked one")

    @property
    def reads(self) -> bool:
        """Whether a span is read."""
        return self.spans not in ("none", "settled")

    @property
    def trains(self) -> bool:
        """Whether a candidate is made: the last run's is settled where its version is live and whole."""
        return self.accepted and not self._was_settled

    @property
    def ended_at(self) -> Place | None:
        """Where the run is ended; None where it never gets there."""
        if self.place == "span":
            return "span" if self.reads else None
        if self.place == "training":
            return "training" if self.trains else None
        if self.place == "published":
            return "published" if self.trains and self.candidate == "good" else None
        return None

    @property
    def pushes(self) -> bool:
        """Whether the run makes a version live."""
        return self.trains and self.candidate == "good" and self.ended_at in (None, "published")

    @property
    def verdict(self) -> str:
        """The run's verdict: FAILED and UNSERVABLE come before DATA_BLOCKED, and that before the others."""
        if self.ended_at in ("span", "training"):
            return "FAILED"
        if self.trains and self.candidate == "unservable":
            return "UNSERVABLE"
        if self.withheld:
            return "DATA_BLOCKED"
        if not self.accepted:
            return "NO_MODEL" if self.champion == "none" else "NOTHING_NEW"
        if not self.trains:
            return "NOTHING_NEW"
        if self.candidate == "bad":  # a damaged champion counts as absent
            return "KEPT" if self._has_champion else "NO_MODEL"
        return "PUSHED" if self.candidate == "good" else "KEPT"

    @property
    def live_after(self) -> int:
        """The version that is live at the end; 0 for none."""
        return LIVE_BEFORE[self.champion] + (self.pushes or self._overtaken)

    @property
    def alerts(self) -> set[str]:
        """The alerts that are open at the end."""
        opened = {self.verdict} & {"FAILED", "DATA_BLOCKED", "UNSERVABLE", "NO_MODEL"}
        still = self.champion == "damaged" and self.live_after == LIVE_BEFORE["damaged"]
        warned = self.spans == "replaced" and self.ended_at != "span"
        return opened | ({"CHAMPION_DAMAGED"} if still else set()) | ({"DATA_WARN"} if warned else set())

    @property
    def settled(self) -> bool:
        """Whether a run after this one, of which nothing is new, makes no candidate."""
        if not self.accepted:
            return True  # there is nothing to make one of
        if self.ended_at in ("span", "training"):
            return self._was_settled  # nothing is new, whatever the run failed at
        if not self.trains or self.pushes:
            return True
        return self.candidate == "equal" or (self.candidate == "bad" and self._has_champion)

    @property
    def sentences(self) -> list[str]:
        """What the reason says."""
        if self.ended_at in ("span", "training"):
            return []
        sentences = []
        if self.withheld:
            sentences.append("is refused: " if self.spans == "refused" else "is blocked: ")
        if self.ended_at == "published":
            return [*sentences, f"Version {self.live_after} was published. Then: "]
        if self.spans == "changed while read":
            sentences.append("Span 3 waits. part.csv changed while it was read.")
        if self.trains and self.champion == "damaged":
            sentences.append(
                "Version 1 is damaged: its files have changed since it was published. It counts as absent."
            )
        if self.pushes:
            sentences.append(f"Version {self.live_after} is live.")
        if self._overtaken:
            sentences.append("Live changed: ")
        return sentences

    @property
    def _was_settled(self) -> bool:
        """Whether the run before left nothing to do: its version is live, and no accepted span is new."""
        return self.champion == "live" and self.spans not in ("fresh", "replaced")

    @property
    def _has_champion(self) -> bool:
        return self.champion in ("live", "rolled back")

    @property
    def _overtaken(self) -> bool:
        return self.trains and self.candidate == "overtaken" and self.ended_at is None
