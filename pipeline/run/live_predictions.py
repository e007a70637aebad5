"""The live model's predictions on the rows of a span: of which model, where they are, why there are none."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from perennial.drift.prediction_facts import PredictionFacts, read_facts
from perennial.errors import DaysDamaged
from perennial.store import registry
from perennial.store.ledger import Ledger
from perennial.text import plural, spans_text

# Whose result they are: a span's pass has this node only where a model is live.
NODE: Final = "LivePredictions"
_ABSENT: Final = "could not score {spans} and counts as absent there"


def model_to_ask(models: Path) -> str:
    """Digest of the live model's files; empty where nothing is live, or what is live is damaged.

    That it is damaged is an alert of its own (CHAMPION_DAMAGED).
    """
    live = registry.live(models)
    return "" if live is None or live.card is None or live.damage() else str(live.card["model_digest"])


def note_predictions(ledger: Ledger, span: str, digest: str, folder: Path) -> PredictionFacts:
    """Records what a span's pass put out.

    Args:
        ledger: Records it.
        span: The span.
        digest: Digest of its content.
        folder: The artifact.

    Raises:
        DaysDamaged: It is not what the node wrote.
    """
    facts = read_facts(folder)
    ledger.predictions.note(span, digest, facts.model, str(folder), facts.absent)
    return facts


def known_predictions(root: Path) -> list[tuple[Path, PredictionFacts]]:
    """The predictions below a use case's root and what they are, oldest first; without damaged ones."""
    intact = []
    folders = (path for path in root.glob(f"artifacts/{NODE}/predictions/*") if path.name.isdecimal())
    for folder in sorted(folders, key=lambda path: int(path.name)):
        try:
            intact.append((folder, read_facts(folder)))
        except DaysDamaged:
            continue
    return intact


def sentences_of(noted: Sequence[PredictionFacts]) -> list[str]:
    """What a person should know of the predictions of spans; nothing where all rows have one."""
    groups: dict[tuple[int, str], list[PredictionFacts]] = {}
    for facts in noted:
        if facts.absent or facts.not_finite:
            groups.setdefault((facts.model_version, facts.absent), []).append(facts)
    return [_sentence(*key, members) for key, members in groups.items()]


def _sentence(version: int, absent: str, members: Sequence[PredictionFacts]) -> str:
    spans = spans_text([facts.span for facts in members])
    if absent:
        return f"The live model (version {version}) {_ABSENT.format(spans=spans)}: {absent}."
    rows = plural(sum(facts.not_finite for facts in members), "row")
    return f"The live model (version {version}) gave no finite answer to {rows} of {spans}."
