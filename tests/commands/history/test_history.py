"""What `history` answers: what was live when, and why."""

import json
import shutil
import sqlite3
import time
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from commands.command_line import main
from commands.history.at import asked_moment
from commands.history.history import history
from commands.history.text import history_block
from pipeline.config import UseCase
from pipeline.ledgers import opened
from tests.commands.history.story import CARD, tell
from tests.commands.versions import Ask, publish
from tests.texts import LONG, WIDEST, widest


def _times(content: dict[str, Any]) -> list[tuple[int, str, str | None]]:
    return [
        (each["version"], each["from"][5:13], (each["until"] or "")[5:13]) for each in content["versions"]
    ]


def test_each_time_a_version_became_live_is_an_entry_the_newest_first(use_case: UseCase) -> None:
    tell(use_case)
    content = history(use_case)
    assert (content["live_version"], content["at"], content["message"]) == (5, None, None)
    assert _times(content) == [
        (5, "05-01T06", ""),
        (4, "04-02T09", "05-01T06"),
        (3, "04-01T09", "04-02T09"),
        (2, "04-01T06", "04-01T09"),
        (1, "03-01T06", "04-01T06"),
    ]
    fifth, fourth, third, second, first = content["versions"]
    assert [each["action"] for each in content["versions"]] == [
        "approve",
        "forward",
        "rollback",
        "push",
        "push",
    ]
    assert second["trained_on"] == {
        "spans": [{"span": "2013-01", "version": 2, "rows": 8000}],
        **CARD["trained_on"],
    }
    assert {key: second[key] for key in ("metrics", "code", "evaluated_on", "schema_digest", "reasons")} == {
        key: CARD[key] for key in ("metrics", "code", "evaluated_on", "schema_digest", "reasons")
    }
    assert (second["run_id"], second["trigger"], second["who"]) == ("run-2", "new_export", "cron")
    assert (first["trigger"], first["files"], first["removed"]) == (None, "removed", "2013-05-02T06:00:00Z")
    # A restored version has the card of the one that it restores, and the person's reason.
    assert (third["restores"], third["why"], third["reasons"]) == (1, "two is wrong at night", [])
    assert (fifth["candidate_run"], fourth["candidate_run"]) == ("run-4", None)


def test_a_rollback_is_beside_the_version_that_it_went_back_from_and_so_is_its_undoing(
    use_case: UseCase,
) -> None:
    tell(use_case)
    rolled = {each["version"]: each["rolled_back"] for each in history(use_case)["versions"]}
    assert {number for number, facts in rolled.items() if facts} == {2}
    assert rolled[2] == {
        **{"version": 3, "at": "2013-04-01T09:00:00Z", "who": "ada", "why": "two is wrong at night"},
        "undone": {
            **{"version": 4, "at": "2013-04-02T09:00:00Z", "who": "bob", "why": "the labels were wrong"},
        },
    }


@pytest.mark.parametrize(
    ("at", "versions"),
    [
        ("2013-03-01", [1]),
        ("2013-03-15", [1]),
        ("2013-04-01", [1, 2, 3]),
        ("2013-04-02", [3, 4]),
        ("2013-04-03", [4]),
        ("2013-05-01", [4, 5]),
        ("2013-05-02", [5]),
        (" 2013-04-02 ", [3, 4]),
        ("2013-02-28", []),
        ("0213-05-01", []),
        ("2013-04-01T06:00:00Z", [2]),
        ("2013-04-01T05:59:59Z", [1]),
        ("2013-04-01T10:59:59+02:00", [2]),
        ("2013-04-01 09:00", [3]),
        ("2013-03-01T05:59:59", []),
    ],
)
def test_of_a_day_all_that_were_live_are_shown_in_order_and_of_a_time_the_one(
    use_case: UseCase, at: str, versions: list[int]
) -> None:
    tell(use_case)
    content = history(use_case, asked_moment(at))
    assert [each["version"] for each in content["versions"]] == versions
    if not versions:
        when = f"on {at} (UTC)" if len(at) == 10 else "at 2013-03-01T05:59:59Z"
        first = "Version 1 was the first, at 2013-03-01T06:00:00Z."
        assert content["message"] == f"Nothing was live {when}. {first}"


@pytest.mark.parametrize("at", ["yesterday", "2013-02-30", "2013", "", "0001-01-01T00:00:00+23:00", "13:00"])
def test_what_is_no_day_and_no_time_is_a_usage_error(home: Path, answer: Ask, at: str) -> None:
    code, content = answer("history", "flights", f"--at={at}")
    assert (code, content["error"][:40]) == (2, "--at: expected a day (2013-05-01) or a t")


def test_the_last_day_of_all_is_a_day() -> None:
    assert asked_moment("9999-12-31").last == "9999-12-31T23:59:59Z"


def test_where_the_clock_was_set_back_each_moment_has_a_version(use_case: UseCase) -> None:
    tell(use_case)
    with opened(use_case) as ledger:
        ledger.versions._rows("UPDATE versions SET published='2013-03-31T09:00:00Z' WHERE version=3")
    assert [each["version"] for each in history(use_case, asked_moment("2013-04-01"))["versions"]] == [
        1,
        2,
        3,
    ]
    for moment in ("2013-03-31T12:00:00Z", "2013-04-01T07:00:00Z"):
        (entry,) = history(use_case, asked_moment(moment))["versions"]
        assert entry["version"] == 3


def test_the_future_is_what_is_live_now_and_is_named_so(use_case: UseCase) -> None:
    tell(use_case)
    content = history(use_case, asked_moment("9000-01-01"))
    assert [each["version"] for each in content["versions"]] == [5]
    assert content["message"] == "That is in the future: what is live now is shown."


def test_a_last_version_whose_files_are_gone_is_not_shown_as_live(use_case: UseCase) -> None:
    tell(use_case, on_disk=(2, 4))
    content = history(use_case)
    assert content["live_version"] == 4
    assert content["versions"][0]["files"] == "missing"
    assert content["message"] == (
        "Version 5 became live last, but its files are missing: version 4 is live now; since when is not"
        " known."
    )
    text = history_block(content)
    assert "version 5  2013-05-01T06:00:00Z until an unknown time\n" in text
    assert "until now" not in text


def test_a_version_without_a_card_and_one_that_only_the_disk_has_are_shown(use_case: UseCase) -> None:
    publish(use_case, "one", **CARD)
    with opened(use_case) as ledger:
        ledger.versions._rows("UPDATE versions SET card='{}'")
    (use_case.models_folder / "7").mkdir()
    content = history(use_case)
    last, first = content["versions"]
    assert "which run made it live is not known." in history_block(content)
    assert (last["version"], last["trained_on"], last["who"], last["metrics"]) == (7, None, "unknown", {})
    assert first["trained_on"]["rows"] == 8000
    assert "trained on rows that no model card names" in history_block(history(use_case))


def test_versions_that_a_rebuilt_ledger_does_not_know_are_named(use_case: UseCase) -> None:
    tell(use_case)
    with opened(use_case) as ledger:
        ledger.versions._rows("DELETE FROM versions WHERE version < 3")
    shutil.rmtree(use_case.models_folder / "2")
    content = history(use_case, asked_moment("2013-03-15"))
    assert content["message"] == (
        "Nothing was live on 2013-03-15 (UTC). Version 3 is the first that is known, at 2013-04-01T09:00:00Z."
        " Nothing is known of 2 versions before version 5: their numbers were skipped, or the ledger was"
        " rebuilt after their files were removed."
    )


def test_before_the_first_push_there_is_no_history(
    home: Path, answer: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    code, content = answer("history", "flights", "--at", "2013-05-01")
    assert (code, content["versions"], content["message"]) == (0, [], "Nothing has been live yet.")
    assert main(["history"]) == 0
    assert "flights: nothing is live\n  Nothing has been live yet." in capsys.readouterr().out
    assert not home.exists()


def test_a_person_reads_who_did_what_and_why(use_case: UseCase) -> None:
    tell(use_case)
    text = history_block(history(use_case))
    assert text.startswith("flights: version 5 is live\n\nversion 5  2013-05-01T06:00:00Z until now\n")
    flat = " ".join(text.split())
    assert 'ada approved it ("figures are fine"): the candidate of run run-4.' in flat
    assert "a run pushed it: run-2 (cron, new_export)." in flat
    assert 'ada rolled it back ("two is wrong at night"): version 3. bob undid that at 2013-04-02T09' in flat
    assert "trained on 8,000 rows, 2013-01-01 to 2013-01-31, of span 2013-01" in flat
    assert "evaluated: log_loss 0.4000, auc 0.7000 on 900 rows" in flat
    assert "code: commit cccccccccccc+changes" in flat
    assert "files: removed at 2013-05-02T06:00:00Z" in flat
    assert "below the baseline" not in flat
    assert "--at 2013-05-01T06:00:00Z" in flat


def test_with_a_moment_the_reasons_and_digests_are_shown(use_case: UseCase) -> None:
    tell(use_case, reasons=[LONG])
    text = history_block(history(use_case, asked_moment("2013-04-01T06:00:00Z")))
    assert text.startswith("flights at 2013-04-01T06:00:00Z: 1 version was live\n")
    assert "\n  - The share of late rows" in text
    assert "commit cccccccccccc+changes, transform tttttttttttt, model mmmmmmmmmmmm" in text
    assert widest(text) <= WIDEST


def test_of_a_refit_the_metrics_are_those_of_the_judged_candidate(use_case: UseCase) -> None:
    judged = {"trained_on": {"rows": 7000, "first_day": "2013-01-01", "last_day": "2013-01-24"}}
    tell(use_case, refit={"judged": judged, "agreement": {"sentence": "They agree."}})
    content = history(use_case)
    assert content["versions"][0]["refit"]["judged"] == judged
    flat = " ".join(history_block(content).split())
    assert "on 900 rows, of the candidate before its refit, trained on 7,000 rows, 2013-01-01 to" in flat


def _old_root(use_case: UseCase, versions: int, runs: int) -> None:
    """A root as after years: each version has a year of days on its card."""
    days = (date(2013, 1, 1) + timedelta(number) for number in range(365))
    spans = [{**CARD["spans"][0], "span": day.isoformat()} for day in days]
    card = json.dumps({**CARD, "spans": spans, "reasons": [LONG] * 8})
    with opened(use_case):
        pass
    with closing(sqlite3.connect(use_case.root / "ledger.db")) as connection, connection:
        connection.executemany(
            "INSERT INTO versions (version, published, run_id, digest, who, why, card)"
            " VALUES (?, ?, ?, 'd', 'cron', 'A run pushed it.', ?)",
            [
                (number, f"{1600 + number}-01-01T00:00:00Z", f"run-{number}", card)
                for number in range(1, versions + 1)
            ],
        )
        connection.executemany(
            "INSERT INTO runs (run_id, began, who, trigger) VALUES (?, '', 'cron', 'cron')",
            [(f"run-{number}",) for number in range(runs)],
        )
    for number in range(1, versions + 1):
        (use_case.models_folder / str(number)).mkdir(parents=True)


def test_the_history_of_400_versions_and_3000_runs_takes_little_more_than_reading_their_cards(
    use_case: UseCase,
) -> None:
    """Under a second on a usual machine; a ratio, so that it holds on any."""
    _old_root(use_case, 400, 3000)
    with closing(sqlite3.connect(use_case.root / "ledger.db")) as connection:
        cards = [card for (card,) in connection.execute("SELECT card FROM versions")]
    before = time.process_time()
    for card in cards * 10:
        json.loads(card)
    parsing = (time.process_time() - before) / 10
    before = time.process_time()
    text = history_block(history(use_case))
    assert time.process_time() - before < 6 * parsing
    assert text.count("\nversion ") == 400
