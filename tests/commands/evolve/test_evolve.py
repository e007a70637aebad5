"""A use case that `new` made follows its table: the edit fits, and exports before it are still read."""

from pathlib import Path
from typing import Any

import pytest

from commands.check.check import check
from commands.evolve.evolve import evolve
from commands.evolve.output import block
from commands.evolve.proposal import Proposal
from commands.evolve.rename_answers import RenameAnswers, answers_of
from perennial.errors import UsageError
from pipeline import config
from pipeline.ledgers import opened
from tests.commands.new.orders import odd_rows, written


def _changed() -> list[dict[str, Any]]:
    """The next export: a column is gone, five are new, one has a new value, the label has a third class."""
    rows = odd_rows()
    for number, row in enumerate(rows):
        del row["shop_id"]
        row["größe neu"] = row.pop("größe")
        row["rating"] = number * 37 % 101
        row["given"] = f"{1 + number % 28:02d}/{1 + number % 12:02d}/2023"
        row["number"] = number
        row["class"] = "medium" if number % 3 else row["class"]
        row["label"] = "maybe" if number % 4 == 0 else row["label"]
        row["outcome"] = row["label"].upper()
        row["hint"] = round(len(row["label"]) + (number * 31 % 97 - 48) / 90, 3)
    return rows


def _evolved(repository: Path, path: Path, answers: RenameAnswers) -> Proposal:
    use_case = config.load("orders")
    with opened(use_case, make=False) as ledger:
        return evolve(use_case, ledger, path, answers, repository)


def test_an_edit_follows_the_table_and_keeps_what_a_person_wrote(repository: Path) -> None:
    before, after = repository.parent / "orders.csv", written(repository.parent / "next.csv", _changed())
    yaml = repository / "pipeline" / "use_cases" / "orders.yaml"
    yaml.write_text(yaml.read_text() + "# A person's words.\n")
    for folder in ("schemas", "transforms", "models", "pipeline/use_cases"):
        for path in (repository / folder).glob("orders.*"):
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    asked = _evolved(repository, after, RenameAnswers())
    assert (asked.verdict, asked.exit_code, asked.diff) == ("QUESTION", 3, "")
    assert any("--rename größe=NEW" in question for question in asked.questions)

    proposal = _evolved(repository, after, answers_of(["größe=größe neu"], ["shop_id"]))
    assert proposal.verdict == "PROPOSED", block(proposal)
    assert proposal.changes == {
        "renamed": {"größe": "größe neu"},
        "dropped": ["shop_id"],
        "added": ["rating", "given", "number", "outcome", "hint"],
        "values": {"class": 1},
        "classes": 1,
    }
    assert proposal.by_hand == ()
    assert any("`outcome` is new, and set aside: it reveals the label" in each for each in proposal.remarks)
    assert any("Column `hint` may reveal the label" in each for each in proposal.remarks)
    assert len(proposal.edits) == 4
    assert proposal.applied(repository).verdict == "APPLIED"
    texts = [(repository / edit.path).read_bytes() for edit in proposal.edits]
    assert all(text.count(b"\n") == text.count(b"\r\n") > 20 for text in texts)

    use_case = config.load("orders")
    assert (use_case.task, use_case.classes) == ("multiclass", ("no", "yes", "maybe"))
    assert yaml.read_text().endswith("# A person's words.\n")
    assert 'vocabulary_sizes["label"]' in (repository / "models" / "orders.py").read_text()
    transform = (repository / "transforms" / "orders.py").read_text()
    assert '"rating",' in transform
    assert '"given": (' in transform
    assert "shop_id" not in transform
    assert _evolved(repository, after, RenameAnswers()).verdict == "UNCHANGED"
    with opened(use_case, make=False) as ledger:
        for path in (before, after):
            judgement = check(use_case, ledger, path)
            assert judgement["quarantined"] == 0
            assert not {each["kind"] for each in judgement["anomalies"]} & {"missing_column", "new_column"}


def test_what_does_not_fit_is_refused_in_words(repository: Path) -> None:
    rows = odd_rows()
    with pytest.raises(UsageError, match="does not exist"):
        _evolved(repository, repository / "nothing.csv", RenameAnswers())
    path = written(repository.parent / "no-label.csv", [{**row, "label": "x"} for row in rows])
    for row in rows:
        del row["label"]
    refused = _evolved(repository, written(path, rows), answers_of([], ["label"]))
    assert refused.verdict == "REFUSED"
    assert "cannot do without" in refused.refusals[0]
    with pytest.raises(UsageError, match="`city`: expected a column of the schema that the export lacks"):
        _evolved(repository, path, answers_of([], ["city"]))
