"""A root of the release before this one is converted, after a copy, and runs on."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from commands.doctor import migrate as doctor_migrate
from perennial.errors import UsageError
from perennial.store.ledger import Ledger
from perennial.store.migration import migrate
from perennial.store.tables import FORMAT
from pipeline.run import lock
from tests.pipeline.run.former_root import unpack
from tests.pipeline.run.scene import Scene
from tests.pipeline.run.scripted import Script

PACKED = Path(__file__).parent / "root_format_2.json"
CONVERTED = f"ledger.db was converted from format 2 to {FORMAT}; the former file is ledger.db.format-2."


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """The root: spans 1 (OK), 2 (WARN), 3 (BLOCK, accepted by a person), 4 (REFUSED); version 2 is live."""
    home = tmp_path / "home"
    unpack(PACKED, home)
    made = Scene(home)
    made.metadata()
    return made


def _content(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as ledger:
        tables = ("spans", "judgements", "runs", "versions", "alerts", "files", "outputs")
        known = {name: ledger.execute(f"SELECT * FROM {name}").fetchall() for name in tables}
        return known | {"format": ledger.execute("PRAGMA user_version").fetchall()}


def test_a_run_converts_it_after_a_copy_and_what_was_accepted_stays(scene: Scene) -> None:
    before = _content(scene.root / "ledger.db")
    summary = scene.run(Script(gates={"2": "BLOCK", "3": "BLOCK", "4": "OK"}, model="another"))
    assert summary.reason.startswith(CONVERTED)
    assert summary.trained_on is not None
    assert (summary.verdict, summary.live_version) == ("PUSHED", 3)
    assert summary.trained_on.spans == ("2", "3", "4")
    assert _content(scene.root / "ledger.db.format-2") == before
    with scene.ledger() as ledger:
        second, third = ledger.spans.current("2"), ledger.spans.current("3")
        assert [row["version"] for row in ledger.versions.all()] == [1, 2, 3]
    assert second is not None
    assert (second.verdict, second.later_verdict, second.later_reasons) == (
        "WARN",
        "BLOCK",
        ("It is BLOCK.",),
    )
    assert third is not None
    assert (third.verdict, third.later_verdict, third.decision, third.why) == (
        "BLOCK",
        "",
        "accept",
        "a holiday",
    )
    again = scene.run()
    assert (again.verdict, CONVERTED in again.reason) == ("NOTHING_NEW", False)


def test_the_rows_of_a_former_version_count_as_well(scene: Scene) -> None:
    summary = scene.run(Script(gates={"4": "OK"}, rows={"4": 0}))
    assert (summary.verdict, "33% fewer than the 27 of version 2" in summary.reason) == ("DATA_BLOCKED", True)


def test_what_is_converted_holds_all_that_it_held(scene: Scene) -> None:
    path = scene.root / "ledger.db"
    before = _content(path)
    assert migrate(path) == CONVERTED
    assert migrate(path) == ""
    after = _content(path)
    assert after.pop("format") == [(FORMAT,)]
    for name in after:  # of a table with more columns, the former ones
        pairs = zip(after[name], before[name], strict=True)
        assert [row[: len(former)] for row, former in pairs] == before[name]


def test_until_then_nothing_else_opens_it(scene: Scene) -> None:
    path = scene.root / "ledger.db"
    before = path.read_bytes()
    with pytest.raises(UsageError, match="has format 2, of an older release") as caught:
        Ledger(path)
    assert caught.value.remedy.startswith("Run `doctor --migrate` or `run flights`")
    assert path.read_bytes() == before


def test_doctor_converts_it_but_not_during_a_run(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERENNIAL_HOME", str(scene.use_case.home))
    with lock.held(scene.root / "lock", "r"):
        (sentence,) = doctor_migrate.migrate_all()
    assert sentence.startswith("flights: The ledger was not converted. Run r (process ")
    assert doctor_migrate.migrate_all() == [f"flights: {CONVERTED}"]
    assert doctor_migrate.migrate_all() == []
    with scene.ledger() as ledger:
        cards = ledger.versions.cards({1, 2, 3})
    assert {number: card["version"] for number, card in cards.items()} == {1: 1, 2: 2}


def test_a_copy_that_an_interrupted_conversion_left_is_replaced(scene: Scene) -> None:
    copy = scene.root / "ledger.db.format-2"
    copy.write_text("half of it")
    before = _content(scene.root / "ledger.db")
    migrate(scene.root / "ledger.db")
    assert _content(copy) == before


def test_its_lost_ledger_is_rebuilt_in_the_present_format(scene: Scene) -> None:
    (scene.root / "ledger.db").unlink()
    summary = scene.run(Script(gates={"3": "BLOCK"}, model="another"))
    assert (summary.verdict, summary.reason.startswith("ledger.db is missing")) == ("PUSHED", True)
    with scene.ledger() as ledger:
        third = ledger.spans.current("3")
    assert third is not None
    assert (third.verdict, third.decision) == ("BLOCK", "accept")
