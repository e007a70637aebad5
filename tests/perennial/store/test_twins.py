"""The twin of a version that was refit: where it is, and whether it is whole."""

import shutil
from pathlib import Path
from typing import Any

from perennial.store.judged import judged_card
from perennial.store.registry import Version, model_digest
from perennial.store.twins import twin_of

JUDGED = {
    "spans": [{"span": "1"}],
    "trained_on": {"rows": 8},
    "model": "artifacts/Trainer/model/7/Format-Serving",
}


def _version(root: Path, judged: Any) -> Version:
    card = {"spans": [{"span": "2"}], "trained_on": {"rows": 9}, "refit": {"judged": judged, "agreement": {}}}
    return Version(4, root / "models" / "4", card)


def test_a_twin_is_below_the_root_wherever_that_is(tmp_path: Path) -> None:
    folder = tmp_path / "before" / JUDGED["model"]  # type: ignore[operator]
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_text("judged")
    judged = {**JUDGED, "model_digest": model_digest(folder)}
    shutil.move(tmp_path / "before", tmp_path / "after")
    twin = twin_of(_version(tmp_path / "after", judged))
    assert twin is not None
    assert (twin.version, twin.damage()) == (4, "")
    (twin.folder / "saved_model.pb").write_text("another")
    assert "is damaged" in twin.damage()
    shutil.rmtree(twin.folder)
    assert twin.damage() == "The twin of version 4 is missing."


def test_a_version_that_was_not_refit_has_none(tmp_path: Path) -> None:
    assert twin_of(Version(4, tmp_path / "models" / "4", {"spans": []})) is None
    assert twin_of(Version(4, tmp_path / "models" / "4", None)) is None
    assert twin_of(_version(tmp_path, None)) is None  # its refit did not agree


def test_the_card_of_the_judged_candidate_has_its_own_rows(tmp_path: Path) -> None:
    card = judged_card(_version(tmp_path, JUDGED).card or {})
    assert (card["spans"], card["trained_on"]) == (JUDGED["spans"], JUDGED["trained_on"])
    assert judged_card({"spans": 1}) == {"spans": 1}
