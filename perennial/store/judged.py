"""What the card of a version that was refit says of the candidate that was judged; plain data."""

from collections.abc import Mapping
from typing import Any


def judged_part(card: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The judged candidate of a refit: `spans`, `trained_on`, `model_digest`, and `model`, its folder.

    Args:
        card: Of a version; None: it has none that can be read.

    Returns:
        Empty where the version was not refit. `model` is a path below the use case's root.
    """
    return ((card or {}).get("refit") or {}).get("judged") or {}


def judged_card(card: Mapping[str, Any]) -> Mapping[str, Any]:
    """A card with what its candidate was trained on when it was judged, in `spans` and `trained_on`.

    That of a version that was not refit is the card itself.
    """
    judged = judged_part(card)
    return {**card, "spans": judged["spans"], "trained_on": judged["trained_on"]} if judged else card
