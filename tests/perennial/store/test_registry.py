"""Versions on disk: published whole, never numbered twice, brought back, found damaged."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from perennial.errors import LiveChanged, UsageError
from perennial.store import recorded, registry
from perennial.store.ledger import Ledger
from pipeline.config import REPOSITORY

# Publishes in a process of its own; killed at the N-th fsync, whatever that is of.
PUBLISH = """
import os, signal, sys
from pathlib import Path
from perennial.store import recorded, registry
from perennial.errors import LiveChanged
from perennial.store.ledger import Ledger

source, models, ledger, champion, die_at = sys.argv[1:]
left, fsync = int(die_at), os.fsync

def dying(descriptor):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    fsync(descriptor)

os.fsync = dying
try:
    number = registry.publish(
        Path(models), Ledger(Path(ledger)), Path(source), {},
        champion=int(champion) or None, run_id="r", why="A test pushed it.",
    )
except LiveChanged:
    number = "changed"
print(number)
"""


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def _model(folder: Path, content: str = "weights") -> Path:
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_text("graph")
    (folder / "variables" / "variables.data").write_text(content)
    return folder


def _publish(models: Path, ledger: Ledger, content: str, **card: Any) -> int:
    """Publishes a model that holds `content` over whatever is live."""
    source = _model(models.parent / "source", content)
    live = registry.live(models)
    try:
        return registry.publish(
            models,
            ledger,
            source,
            card,
            champion=live.number if live else None,
            run_id="r",
            why="It is better.",
        )
    finally:
        shutil.rmtree(source)


def _content(models: Path, number: int) -> str:
    return (models / str(number) / "variables" / "variables.data").read_text()


def _numbers(models: Path) -> list[int]:
    return [version.number for version in registry.versions(models)]


def test_nothing_is_live_before_the_first_push(models: Path) -> None:
    assert registry.versions(models) == []
    assert registry.live(models) is None


def test_what_is_published_is_live_whole_and_noted(models: Path, ledger: Ledger) -> None:
    assert _publish(models, ledger, "one", label="late") == 1
    live = registry.live(models)
    assert live is not None
    assert (live.number, live.folder, live.damage()) == (1, models / "1", "")
    assert _content(models, 1) == "one"
    card = json.loads((models / "1" / "model_card.json").read_text())
    assert card["label"] == "late"
    assert (card["format"], card["version"], card["run_id"], card["restores"]) == (1, 1, "r", None)
    (noted,) = ledger.versions.all()
    assert (noted["version"], noted["digest"], noted["published"]) == (
        1,
        card["model_digest"],
        card["published_at"],
    )
    assert sorted(path.name for path in models.iterdir()) == [".lock", "1"]


def test_a_version_is_known_by_the_run_that_published_it(
    models: Path, ledger: Ledger, tmp_path: Path
) -> None:
    source = tmp_path / "candidate"
    source.mkdir()
    (source / "saved_model.pb").write_text("a model")
    registry.publish(models, ledger, source, {}, champion=None, run_id="r", why="w")
    published = registry.published_by(models, "r")
    assert published is not None
    assert published.number == 1
    assert registry.published_by(models, "s") is None


def test_the_source_is_left_as_it_is(models: Path, ledger: Ledger, tmp_path: Path) -> None:
    source = _model(tmp_path / "candidate")
    digest = registry.model_digest(source)
    registry.publish(models, ledger, source, {}, champion=None, run_id="r", why="w")
    assert registry.model_digest(source) == digest == registry.model_digest(models / "1")


def test_versions_sort_as_numbers_and_other_names_are_none(models: Path, ledger: Ledger) -> None:
    for name in ("9", "10", "11.tmp", "0", "012", ".stage-1", "latest", "\u0969"):
        (models / name).mkdir(parents=True)
    (models / "12").write_text("a file")
    assert _numbers(models) == [9, 10]


def test_numbers_rise_whatever_is_deleted(models: Path, ledger: Ledger) -> None:
    assert [_publish(models, ledger, str(number)) for number in range(3)] == [1, 2, 3]
    for number in (2, 3):
        shutil.rmtree(models / str(number))
    assert _publish(models, ledger, "next") == 4
    shutil.rmtree(models)
    assert _publish(models, ledger, "after all is gone") == 5


def test_numbers_rise_although_the_ledger_is_new(models: Path, ledger: Ledger, tmp_path: Path) -> None:
    _publish(models, ledger, "one")
    _publish(models, ledger, "two")
    other = Ledger(tmp_path / "other.db")
    assert _publish(models, other, "three") == 3
    other.close()


@pytest.mark.parametrize("champion", [None, 2])
def test_a_candidate_that_was_compared_with_something_else_is_not_published(
    models: Path, ledger: Ledger, tmp_path: Path, champion: int | None
) -> None:
    _publish(models, ledger, "one")
    source = _model(tmp_path / "candidate")
    with pytest.raises(LiveChanged, match="Version 1 is live now"):
        registry.publish(models, ledger, source, {}, champion=champion, run_id="r", why="w")
    assert _numbers(models) == [1]
    assert len(ledger.versions.all()) == 1


def _child(source: Path, models: Path, ledger: Path, champion: int, die_at: int) -> "subprocess.Popen[str]":
    arguments = [str(source), str(models), str(ledger), str(champion), str(die_at)]
    return subprocess.Popen(
        [sys.executable, "-c", PUBLISH, *arguments], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )


# The fsyncs of a publish: the card, all of the stage, the stage, and after the rename the models folder.
@pytest.mark.parametrize(("die_at", "after"), [(1, [1]), (3, [1]), (6, [1]), (7, [1, 2])])
def test_a_publish_that_is_killed_leaves_the_old_version_or_a_whole_new_one(
    models: Path, ledger: Ledger, tmp_path: Path, die_at: int, after: list[int]
) -> None:
    _publish(models, ledger, "one")
    child = _child(_model(tmp_path / "candidate", "two"), models, tmp_path / "ledger.db", 1, die_at)
    child.communicate()
    assert child.returncode == -signal.SIGKILL
    assert _numbers(models) == after
    assert [version.damage() for version in registry.versions(models)] == [""] * len(after)
    assert [row["version"] for row in ledger.versions.all()] == [1]

    done = recorded.sweep(models, ledger)
    if after == [1]:
        assert done == ["removed a version whose publishing was interrupted"]
    else:
        assert done == ["added version 2, which was on disk but not in the ledger"]
        assert ledger.versions.all()[1]["run_id"] == "r"
    assert sorted(path.name for path in models.iterdir()) == [".lock", *map(str, after)]
    assert [row["version"] for row in ledger.versions.all()] == after
    assert recorded.sweep(models, ledger) == []
    assert _publish(models, ledger, "three") == len(after) + 1


def test_the_last_fsync_of_a_publish_is_the_seventh(models: Path, tmp_path: Path) -> None:
    child = _child(_model(tmp_path / "candidate"), models, tmp_path / "ledger.db", 0, 8)
    assert child.communicate()[0] == "1\n"


def test_of_two_publishers_at_a_time_one_finds_that_live_has_changed(
    models: Path, ledger: Ledger, tmp_path: Path
) -> None:
    _publish(models, ledger, "one")
    source = _model(tmp_path / "candidate", "two")
    children = [_child(source, models, tmp_path / "ledger.db", 1, 0) for _ in range(2)]
    outputs = sorted(child.communicate()[0].strip() for child in children)
    assert outputs == ["2", "changed"]
    assert _numbers(models) == [1, 2]
    assert [version.damage() for version in registry.versions(models)] == ["", ""]


def test_a_sweep_notes_a_version_that_somebody_laid_there(models: Path, ledger: Ledger) -> None:
    _model(models / "7")
    assert recorded.sweep(models, ledger) == ["added version 7, which was on disk but not in the ledger"]
    assert ledger.versions.all()[0]["why"] == "It was in the models folder."
    assert _publish(models, ledger, "next") == 8


def test_a_rollback_brings_back_the_version_before_under_a_higher_number(
    models: Path, ledger: Ledger
) -> None:
    _publish(models, ledger, "one", label="late")
    _publish(models, ledger, "two")
    restored = registry.rollback(models, ledger, None, "two is wrong at night")
    assert restored.number == 3
    assert _content(models, 3) == "one"
    assert restored.damage() == ""
    card = restored.card or {}
    assert (card["restores"], card["why"], card["run_id"]) == (1, "two is wrong at night", "")
    assert (card["version"], card["label"]) == (3, "late")
    assert ledger.versions.all()[-1]["restores"] == 1
    assert _numbers(models) == [1, 2, 3]


def test_rollbacks_in_a_row_go_further_back(models: Path, ledger: Ledger) -> None:
    for content in ("one", "two", "three"):
        _publish(models, ledger, content)
    contents = [_content(models, registry.rollback(models, ledger, None, "worse").number) for _ in range(2)]
    assert contents == ["two", "one"]
    problem = r"Version 5 restores version 1; nothing precedes it\."
    with pytest.raises(UsageError, match=rf"{problem} Use --to; versions: 1, 2, 3, 4, 5\."):
        registry.rollback(models, ledger, None, "worse")


def test_a_rollback_after_a_new_push_gives_what_was_live_before_it(models: Path, ledger: Ledger) -> None:
    _publish(models, ledger, "one")
    _publish(models, ledger, "two")
    registry.rollback(models, ledger, None, "two is wrong")
    _publish(models, ledger, "four")
    assert _content(models, registry.rollback(models, ledger, None, "four is wrong").number) == "one"
    # Version 5 restores 3, which restores 1: nothing was live before that, and two was found wrong.
    with pytest.raises(UsageError, match="Version 5 restores version 1; nothing precedes it"):
        registry.rollback(models, ledger, None, "one is wrong too")


def test_a_rollback_to_a_version_restores_that_one(models: Path, ledger: Ledger) -> None:
    for content in ("one", "two", "three"):
        _publish(models, ledger, content)
    assert _content(models, registry.rollback(models, ledger, 1, "back").number) == "one"
    assert _content(models, registry.rollback(models, ledger, 3, "and forth").number) == "three"


def test_a_rollback_needs_something_to_bring_back(models: Path, ledger: Ledger) -> None:
    with pytest.raises(UsageError, match="No version is live"):
        registry.rollback(models, ledger, None, "why")
    _publish(models, ledger, "one")
    with pytest.raises(UsageError, match="Nothing precedes version 1"):
        registry.rollback(models, ledger, None, "why")
    with pytest.raises(UsageError, match="Version 9 does not exist; versions: 1"):
        registry.rollback(models, ledger, 9, "why")
    with pytest.raises(UsageError, match="Version 1 is already live"):
        registry.rollback(models, ledger, 1, "why")
    assert _numbers(models) == [1]


def test_a_file_that_was_cut_short_is_damage(models: Path, ledger: Ledger) -> None:
    _publish(models, ledger, "one")
    _publish(models, ledger, "two")
    os.truncate(models / "1" / "variables" / "variables.data", 1)
    first, second = registry.versions(models)
    assert first.damage() == "Version 1 is damaged: its files have changed since it was published."
    assert second.damage() == ""
    with pytest.raises(UsageError, match=r"Version 1 is damaged: .* No other version is intact"):
        registry.rollback(models, ledger, None, "why")
    assert _numbers(models) == [1, 2]


@pytest.mark.parametrize("card", [None, "", "[]", '{"version": 1}'])
def test_a_version_whose_card_cannot_be_read_is_damaged(
    models: Path, ledger: Ledger, card: str | None
) -> None:
    _publish(models, ledger, "one")
    file = models / "1" / "model_card.json"
    file.unlink() if card is None else file.write_text(card)
    live = registry.live(models)
    assert live is not None
    assert live.damage() == "Version 1 is damaged: it has no readable model card."


def test_an_empty_folder_with_the_highest_number_is_live_and_damaged(models: Path, ledger: Ledger) -> None:
    _publish(models, ledger, "one")
    (models / "7").mkdir()
    live = registry.live(models)
    assert live is not None
    assert (live.number, live.damage()) == (7, "Version 7 is damaged: it has no readable model card.")
    assert _content(models, registry.rollback(models, ledger, None, "it is empty").number) == "one"
    assert _numbers(models) == [1, 7, 8]


ROLL_BACK = """
import sys
from pathlib import Path
from perennial.store import recorded, registry
from perennial.errors import UsageError
from perennial.store.ledger import Ledger

models, ledger, why = sys.argv[1:]
ledger = Ledger(Path(ledger))
sys.stdin.read()
try:
    print(registry.rollback(Path(models), ledger, 1, why).number)
except UsageError as error:
    print(error)
"""


def test_of_rollbacks_at_the_same_time_each_is_done_or_refused(
    models: Path, ledger: Ledger, tmp_path: Path
) -> None:
    for content in ("one", "two"):
        _publish(models, ledger, content)
    children = [
        subprocess.Popen(
            [sys.executable, "-c", ROLL_BACK, str(models), str(tmp_path / "ledger.db"), f"reason {number}"],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    for child in children:
        if child.stdin:
            child.stdin.close()
    outputs = [child.stdout.read().strip() for child in children if child.stdout]
    assert [child.wait() for child in children] == [0] * 4
    for child in children:
        if child.stdout:
            child.stdout.close()
    done = sorted(int(each) for each in outputs if each.isdecimal())
    assert done == list(range(3, 3 + len(done)))
    assert done
    assert all("nothing was restored" in each for each in outputs if not each.isdecimal())
    assert _numbers(models) == [1, 2, *done]
    assert all(version.damage() == "" for version in registry.versions(models))
    assert [row["version"] for row in ledger.versions.all()] == [1, 2, *done]


def _damage(models: Path, number: int) -> None:
    os.truncate(models / str(number) / "variables" / "variables.data", 1)


def test_intact_versions_come_in_the_order_in_which_to_go_back(models: Path, ledger: Ledger) -> None:
    assert registry.intact(models) == []
    for content in ("one", "two", "three"):
        _publish(models, ledger, content)
    assert registry.intact(models) == [3, 2, 1]
    registry.rollback(models, ledger, None, "three is wrong")
    # Version 4 is version 2 again; 3, which somebody found wrong, comes last.
    assert registry.intact(models) == [4, 2, 1, 3]
    _damage(models, 4)
    _damage(models, 2)
    assert registry.intact(models) == [1, 3]


def test_the_repair_of_a_damaged_live_version_names_a_rollback_that_works(
    models: Path, ledger: Ledger
) -> None:
    for content in ("one", "two", "three", "four"):
        _publish(models, ledger, content)
    name = models.parent.name
    _damage(models, 4)
    _damage(models, 3)
    assert registry.repair(models) == (
        f"Run `rollback {name} --to 2 --why ...` (intact versions: 2, 1), or `run {name}` to train a new one."
    )
    with pytest.raises(
        UsageError, match=r"Version 3 is damaged: .*Choose an intact version with `rollback .* --to`: 2, 1\."
    ):
        registry.rollback(models, ledger, None, "four is damaged")
    assert _content(models, registry.rollback(models, ledger, 2, "four is damaged").number) == "two"


def test_where_no_version_is_intact_the_repair_is_a_run(models: Path, ledger: Ledger) -> None:
    _publish(models, ledger, "one")
    _damage(models, 1)
    assert registry.repair(models) == (
        f"No other version is intact: run `run {models.parent.name}` to train a new one."
    )
