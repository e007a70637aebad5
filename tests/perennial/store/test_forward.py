"""Undo and redo of what is live, on disk."""

import shutil
from pathlib import Path

import pytest

from perennial.errors import UsageError
from perennial.store import registry
from perennial.store.forward import forward, how_live
from perennial.store.ledger import Ledger


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "flights" / "models"


def _publish(models: Path, ledger: Ledger, *contents: str) -> None:
    source = models.parent / "candidate"
    for content in contents:
        source.mkdir(parents=True, exist_ok=True)
        (source / "saved_model.pb").write_text(content)
        live = registry.live(models)
        champion = live.number if live else None
        registry.publish(models, ledger, source, {}, champion=champion, run_id="r", why="A run pushed it.")


def _live(models: Path) -> tuple[int, str]:
    live = registry.live(models)
    assert live is not None
    assert live.damage() == ""
    return live.number, (live.folder / "saved_model.pb").read_text()


def test_rollback_and_forward_are_undo_and_redo(models: Path, ledger: Ledger) -> None:
    _publish(models, ledger, "one", "two", "three", "four", "five")
    for _ in range(2):
        registry.rollback(models, ledger, None, "it is wrong")
    assert _live(models) == (7, "three")
    restored, undone = forward(models, ledger, "it is right")
    assert (restored.number, undone, _live(models)) == (8, 7, (8, "four"))
    restored, undone = forward(models, ledger, "it is right")
    assert (restored.number, undone, _live(models)) == (9, 6, (9, "five"))
    assert (restored.card or {})["restores"] == 5
    assert [(row["action"], row["restores"], row["why"]) for row in ledger.versions.all()[5:]] == [
        ("rollback", 4, "it is wrong"),
        ("rollback", 3, "it is wrong"),
        ("forward", 4, "it is right"),
        ("forward", 5, "it is right"),
    ]
    # And again from there: 9 counts as 5.
    registry.rollback(models, ledger, None, "it is wrong after all")
    assert _live(models) == (10, "four")
    forward(models, ledger, "no")
    assert _live(models) == (11, "five")


def test_a_push_ends_what_can_be_undone(models: Path, ledger: Ledger) -> None:
    _publish(models, ledger, "one", "two")
    with pytest.raises(
        UsageError, match=r"Version 2 is live since .*Z: a run pushed it\. Run `history flights`"
    ):
        forward(models, ledger, "why")
    registry.rollback(models, ledger, None, "two is wrong")
    _publish(models, ledger, "three")
    with pytest.raises(
        UsageError, match=r"No rollback is left to undo\. Version 4 is live since .*a run pushed it"
    ):
        forward(models, ledger, "why")
    assert registry.numbers(models) == [1, 2, 3, 4]


def test_nothing_live_is_nothing_to_undo(models: Path, ledger: Ledger) -> None:
    with pytest.raises(UsageError, match="there is nothing to undo"):
        forward(models, ledger, "why")


def test_what_is_live_by_a_person_is_named_with_the_reason(models: Path, ledger: Ledger) -> None:
    _publish(models, ledger, "one", "two")
    registry.rollback(models, ledger, None, "two is wrong")
    forward(models, ledger, "two is right")
    with pytest.raises(UsageError, match=r'Version 4 is live .* brought back version 2 \("two is right"\)'):
        forward(models, ledger, "why")


def test_a_damaged_or_removed_version_is_refused_and_intact_ones_are_named(
    models: Path, ledger: Ledger
) -> None:
    _publish(models, ledger, "one", "two", "three")
    registry.rollback(models, ledger, None, "three is wrong")
    (models / "3" / "saved_model.pb").write_text("damaged")
    with pytest.raises(UsageError, match=r"Version 3 is damaged: .* with `rollback flights --to`: 2, 1\."):
        forward(models, ledger, "why")
    shutil.rmtree(models / "3")
    gone = r"that made version 4 live went back from version 3, whose files are no longer on disk\."
    with pytest.raises(UsageError, match=rf"{gone} Choose an intact .*`rollback flights --to`: 2, 1\."):
        forward(models, ledger, "why")
    assert _live(models) == (4, "two")


def test_of_a_damaged_version_the_copy_that_was_live_is_restored(models: Path, ledger: Ledger) -> None:
    _publish(models, ledger, "one", "two", "three")
    registry.rollback(models, ledger, None, "three is wrong")
    registry.rollback(models, ledger, None, "two is wrong too")
    (models / "2" / "saved_model.pb").write_text("damaged")
    restored, _ = forward(models, ledger, "two is right")
    assert (_live(models), (restored.card or {})["restores"]) == ((6, "two"), 4)
    # It counts as version 2, so that the next one is undone as ever.
    forward(models, ledger, "three as well")
    assert _live(models) == (7, "three")


def test_a_rollback_counts_that_the_ledger_could_not_record(
    models: Path, ledger: Ledger, tmp_path: Path
) -> None:
    """As after a kill between the rename and the ledger, and as with a ledger that was rebuilt."""
    _publish(models, ledger, "one", "two")
    registry.rollback(models, ledger, None, "two is wrong")
    rebuilt = Ledger(tmp_path / "rebuilt.db")
    forward(models, rebuilt, "two is right")
    rebuilt.close()
    assert _live(models) == (4, "two")


def test_a_rollback_goes_back_from_what_was_restored_though_its_copy_is_gone(
    models: Path, ledger: Ledger
) -> None:
    _publish(models, ledger, "one", "two", "three")
    registry.rollback(models, ledger, None, "three is wrong")
    _publish(models, ledger, "five")
    registry.rollback(models, ledger, None, "five is wrong")
    shutil.rmtree(models / "4")
    # Version 6 restores 4, which restored 2: what was live before that is 1, and not 3.
    registry.rollback(models, ledger, None, "two is wrong too")
    assert _live(models) == (7, "one")


def test_a_rollback_to_a_version_that_retention_removed_says_so(models: Path, ledger: Ledger) -> None:
    _publish(models, ledger, "one", "two")
    ledger.versions._rows("UPDATE versions SET removed='2013-05-02T06:00:00Z' WHERE version=1")
    shutil.rmtree(models / "1")
    removed = r"Version 1 was removed at 2013-05-02T06:00:00Z \(`keep\.models`\); versions: 2\."
    with pytest.raises(UsageError, match=removed):
        registry.rollback(models, ledger, 1, "two is wrong")


def test_a_model_that_forward_restored_may_be_pushed_again(models: Path, ledger: Ledger) -> None:
    _publish(models, ledger, "one", "two")
    digests = [str(row["digest"]) for row in ledger.versions.all()]
    registry.rollback(models, ledger, None, "two is wrong")
    assert registry.why_rolled_back(ledger, digests[1]) == (
        'Not pushed: identical to version 2, which was rolled back ("two is wrong").'
    )
    forward(models, ledger, "two is right")
    assert [registry.why_rolled_back(ledger, digest) for digest in digests] == ["", ""]


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"action": "push", "run_id": "r", "why": "A run pushed it."}, "a run pushed it"),
        ({"action": "approve", "run_id": "", "why": "fine", "who": "ada"}, 'ada approved it ("fine")'),
        ({"action": "approve", "run_id": "", "why": "", "who": "ada"}, "ada approved it"),
        (
            {"action": "push", "run_id": "", "why": ""},
            "it was in the models folder; which run made it live is not known",
        ),
    ],
)
def test_how_a_version_became_live_is_what_is_known_of_it(row: dict[str, str], text: str) -> None:
    assert how_live(row) == text
