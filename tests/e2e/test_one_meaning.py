"""A value means one thing from a user's own table to the served version: real commands, a real model."""

import csv
import datetime
import random
from collections.abc import Iterator

import pytest

from serving.model.engine import Engine
from serving.requests import raw_rows
from tests.e2e.clone import Clone

NAME = "hire"
HEADER = ("when", "temp", "docks", "member", "rented")


def _table(rows: int) -> str:
    """Hours of hired bikes as a German tool writes them: days first, decimal commas, `-` for missing."""
    numbers = random.Random(7)
    lines = [";".join(HEADER)]
    for index in range(rows):
        when = datetime.datetime(2024, 1, 1) + datetime.timedelta(minutes=45 * index)
        temp = f"{numbers.gauss(8, 6):.1f}".replace(".", ",") if numbers.random() > 0.1 else "-"
        rented = numbers.random() < (0.8 if 7 <= when.hour <= 12 else 0.2)
        member = numbers.choice(["ja", "nein"])
        lines.append(
            f"{when:%d.%m.%Y %H:%M};{temp};{numbers.randint(1, 40)};{member};{'yes' if rented else 'no'}"
        )
    return "\n".join([*lines, ""])


@pytest.fixture(scope="module")
def hire(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone with a use case of such a table, of which a version is live. It is trained for a few steps."""
    clone = Clone(tmp_path_factory.mktemp("hire"))
    table = clone.code / "hire.csv"
    table.write_text(_table(2000))
    clone.cli("new", NAME, "--from", str(table), "--label", "rented", "--time", "when")
    clone.edit(f"pipeline/use_cases/{NAME}.yaml", "epochs: 80", "epochs: 3")
    assert clone.json("run", NAME)["verdict"] == "PUSHED"
    return clone


@pytest.fixture(scope="module")
def engine(hire: Clone) -> Iterator[Engine]:
    """The live version, as the server loads it."""
    loaded = Engine.load(hire.home / NAME / "models" / "1")
    yield loaded
    loaded.close()


def test_predict_and_the_server_give_one_score_whatever_the_spelling(hire: Clone, engine: Engine) -> None:
    spellings = (
        ("29.01.2024 08:00", "-0,5", "17"),
        ("2024-01-29T08:00:00Z", "-0,50", "17,0"),
        ("2024-01-29 10:00+02:00", "-5e-1", "+17"),
        (" 29.01.2024 08:00", "-0,5 ", "0017"),
    )
    columns = HEADER[:-1]
    text = "\n".join(";".join(line) for line in (columns, *((*each, "ja") for each in spellings))) + "\n"
    (hire.code / "four.csv").write_text(text)
    hire.cli("predict", NAME, str(hire.code / "four.csv"), str(hire.code / "scored.csv"))
    with (hire.code / "scored.csv").open(newline="") as file:
        predicted = [row["probability_yes"] for row in csv.DictReader(file, delimiter=";")]

    typed = (spellings[0][0], -0.5, 17.0)
    instances = [dict(zip(columns, (*each, "ja"), strict=True)) for each in (*spellings, typed)]
    as_json = [raw_rows.from_json({"instances": [each]}, engine.checks) for each in instances]
    header, *lines = text.splitlines(keepends=True)
    as_csv = [raw_rows.from_csv(f"{header}{line}".encode(), engine.checks) for line in lines]
    # Each row alone: on some processors a sum's last digit depends on the size of the batch.
    scored = [engine.score_requests([each.rows])[0] for each in (*as_json, *as_csv)]

    assert [each.errors for each in scored] == [()] * len(scored)
    assert len({score for each in scored for score in each.scores.tolist()}) == 1
    assert predicted == predicted[:1] * len(spellings)
    assert float(predicted[0].replace(",", ".")) == pytest.approx(float(scored[0].scores[0]), abs=1e-6)


def test_predict_and_the_server_refuse_a_word_in_the_place_of_a_date(hire: Clone, engine: Engine) -> None:
    (hire.code / "two.csv").write_text(
        "when;temp;docks;member\n29.01.2024 08:00;1,0;17;ja\ntomorrow;1,0;17;ja\n"
    )
    answer = hire.json("predict", NAME, str(hire.code / "two.csv"), str(hire.code / "one.csv"), expect=3)
    reason = "expected a date written %d.%m.%Y %H:%M or ISO8601, got text"
    assert answer["reasons"] == [{"column": "when", "reason": reason, "rows": 1}]

    rows = raw_rows.from_json({"instances": [{"docks": 17}, {"when": "tomorrow"}]}, engine.checks).rows
    assert str(engine.score_requests([rows])[0].errors[0]) == f"Row 1, column 'when': {reason}."
