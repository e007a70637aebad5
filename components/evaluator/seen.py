"""Which evaluated rows the live model was trained on, by the parts of spans that they come from."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt


def trained_parts(card: Mapping[str, Any]) -> frozenset[str]:
    """Returns the parts that a model was trained on, from its card; none where an older release wrote it."""
    spans = card.get("spans") or []
    return frozenset(_part(span, split) for span in spans for split in span.get("train_splits") or [])


def parts_of_rows(window: Mapping[str, Any]) -> npt.NDArray[np.str_] | None:
    """Returns the part of each evaluated row, shape (rows,), from `window.json`.

    The window links the files of its parts in this order, and rows are scored in the order of the files.
    """
    parts = window.get("eval_parts")
    if not parts:
        return None
    names = np.array([_part(part, part["split"]) for part in parts])
    return np.repeat(names, [part["rows"] for part in parts])


def _part(span: Mapping[str, Any], split: str) -> str:
    return f"{span.get('digest', '')} {split}"
