"""What a refit is trained on: all rows of the judged window but the anchors."""

import json
from pathlib import Path
from typing import Any

from tfx.types import artifact_utils, standard_artifacts

from components.refit_window.component import RefitWindow
from components.refit_window.executor import Executor
from components.refit_window.whole import whole_window
from components.window.cut import SpanSplit, cut, facts_of

SPANS = {"2013-01": ("head", "tail"), "2013-02": ("head", "tail")}


def _part(span: str, split: Any, numeric: bool = True) -> SpanSplit:
    first, last = (1, 24) if split == "head" else (25, 31)
    rows, days = (80, 24) if split == "head" else (20, 7)
    label_sum, counts = (rows / 4, (rows * 3 // 4, rows // 4)) if numeric else (None, (rows // 2, rows // 2))
    return SpanSplit(span, split, rows, f"{span}-{first:02d}", f"{span}-{last}", days, label_sum, counts)


def judged_window(numeric: bool = True) -> dict[str, Any]:
    """The `window.json` of two months, the last week judged by."""
    parts = [_part(span, split, numeric) for span, splits in SPANS.items() for split in splits]
    train, judged, _ = cut(parts, 7, 5)
    spans = [
        {"span": span, "version": 1, "digest": f"d-{span}", "rows": 102}
        | {"train_rows": sum(part.rows for part in train if part.span == span)}
        | {"train_splits": [part.split for part in train if part.span == span]}
        for span in SPANS
    ]
    eval_parts = [
        {"span": part.span, "digest": "d", "split": part.split, "rows": part.rows} for part in judged
    ]
    return {
        "format": 1,
        "spans": spans,
        "files": {"train": {"t.gz": "2013-01"}, "eval": {"e.gz": "2013-02"}, "anchor": {"a.gz": "2013-01"}},
        "train": facts_of(train),
        "eval": facts_of(judged),
        "anchor": facts_of([_part("2013-01", "tail", numeric)]),
        "eval_parts": eval_parts,
        "left_out": [],
    }


def test_the_facts_are_those_of_all_parts_together() -> None:
    for numeric in (True, False):
        whole = whole_window(judged_window(numeric), {})
        parts = [_part(span, split, numeric) for span, splits in SPANS.items() for split in splits]
        assert whole["train"] == facts_of(parts)
        assert whole["eval"]["rows"] == 0
        assert whole["eval_parts"] == []
        assert whole["anchor"] == judged_window(numeric)["anchor"]
    assert [span["train_rows"] for span in whole["spans"]] == [100, 100]
    assert [span["train_splits"] for span in whole["spans"]] == [["head", "tail"], ["head", "tail"]]


def test_rows_without_a_time_have_no_days() -> None:
    window = judged_window()
    for split in ("train", "eval"):
        window[split] |= {"first_day": None, "last_day": None, "days": 0}
    train = whole_window(window, {})["train"]
    assert (train["first_day"], train["last_day"], train["days"]) == (None, None, 0)


def test_the_judged_rows_are_linked_into_train_and_no_anchor_is(tmp_path: Path) -> None:
    judged, window = standard_artifacts.Examples(), standard_artifacts.Examples()
    judged.uri, window.uri = str(tmp_path / "judged"), str(tmp_path / "window")
    judged.set_string_custom_property("file_format", "tfrecords_gzip")
    for split, name in (("train", "t.gz"), ("eval", "e.gz"), ("anchor", "a.gz")):
        (tmp_path / "judged" / f"Split-{split}").mkdir(parents=True)
        (tmp_path / "judged" / f"Split-{split}" / name).write_text(split)
    (tmp_path / "judged" / "window.json").write_text(json.dumps(judged_window()))
    Executor().Do({"judged": [judged]}, {"window": [window]}, {"source": ""})
    content = {
        split: [path.read_text() for path in sorted((tmp_path / "window" / f"Split-{split}").iterdir())]
        for split in ("train", "eval", "anchor")
    }
    assert content == {"train": ["train", "eval"], "eval": [], "anchor": ["anchor"]}
    written = json.loads((tmp_path / "window" / "window.json").read_text())
    assert list(written["files"]["train"].values()) == ["2013-01", "2013-02"]
    assert artifact_utils.decode_split_names(window.split_names) == ["train", "eval", "anchor"]
    assert window.get_string_custom_property("file_format") == "tfrecords_gzip"


def test_the_component_takes_what_the_chain_gives() -> None:
    from tfx.types import channel_utils

    node = RefitWindow(judged=channel_utils.as_channel([standard_artifacts.Examples()]), source="")
    assert node.outputs["window"].type is standard_artifacts.Examples
