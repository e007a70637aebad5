"""What a window says of itself once the rows that were judged by are trained on, too; plain data, no TFX."""

from collections.abc import Mapping
from typing import Any, Final

_NOTHING: Final[Mapping[str, Any]] = {
    "rows": 0,
    "first_day": None,
    "last_day": None,
    "days": 0,
    "label_counts": [],
    "label_sum": None,
    "label_distribution": None,
}


def whole_window(window: Mapping[str, Any], files: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """The `window.json` of a refit: `train` is the judged window's `train` and `eval`, and `eval` is empty.

    Anchors are as they were: no model is ever trained on them. Nor is it on the parts that were left out.

    Args:
        window: The judged window's `window.json`.
        files: The span of each file by its name, by split.
    """
    parts = window["eval_parts"]
    spans = [_with_judged(span, parts) for span in window["spans"]]
    return {
        **window,
        "spans": spans,
        "files": dict(files),
        "train": _joined(window["train"], window["eval"]),
        "eval": dict(_NOTHING),
        "eval_parts": [],
    }


def _with_judged(span: Mapping[str, Any], parts: list[Mapping[str, Any]]) -> dict[str, Any]:
    """A span of the window, with the parts of it that were judged by among those trained on."""
    own = [part for part in parts if part["span"] == span["span"]]
    return {
        **span,
        "train_rows": span["train_rows"] + sum(part["rows"] for part in own),
        "train_splits": [*span["train_splits"], *(part["split"] for part in own)],
    }


def _joined(train: Mapping[str, Any], judged: Mapping[str, Any]) -> dict[str, Any]:
    """What `train` says of both together: no day is in both, as `eval` begins after the last of `train`."""
    rows = train["rows"] + judged["rows"]
    sums = train["label_sum"], judged["label_sum"]
    total = None if None in sums else sum(sums)
    pairs = zip(train["label_counts"], judged["label_counts"], strict=True)
    counts = [one + other for one, other in pairs]
    mean = None if total is None else total / rows
    return {
        "rows": rows,
        "first_day": min((day for day in (train["first_day"], judged["first_day"]) if day), default=None),
        "last_day": max((day for day in (train["last_day"], judged["last_day"]) if day), default=None),
        "days": train["days"] + judged["days"],
        "label_counts": counts,
        "label_sum": total,
        "label_distribution": [count / rows for count in counts] if counts else mean,
    }
