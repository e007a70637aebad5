"""A renamed column that holds the label, or what another column holds, is not taken without a word."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from commands.evolve.changes import Changes
from commands.evolve.export_rows import ExportRows
from commands.evolve.renamed_columns import judge_columns
from commands.new.sniffing.sniff import Sniffed
from commands.new.source import Source
from perennial.reading.columns import Column
from pipeline import config
from pipeline.config import UseCase
from tests.small_config import TEXT

_COLUMNS = (
    Column("temp", "float", required=True),
    Column("wind", "float", required=True),
    Column("kind", "string", required=True),
)


@pytest.fixture(scope="module")
def use_case(tmp_path_factory: pytest.TempPathFactory) -> UseCase:
    yaml = TEXT.replace("label: late", "label: kind\ntask: multiclass\nclasses: [a, b, c]")
    return config.parse(yaml, name="shop", home=tmp_path_factory.mktemp("home"), source="shop.yaml")


def _rows(seed: int) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    kind = random.integers(0, 3, 600)
    return {
        "temp": pa.array(random.normal(10, 4, 600), pa.float32()),
        "wind": pa.array(random.gamma(2, 5, 600), pa.float32()),
        "kind": pa.array([b"abc"[each : each + 1] for each in kind]),
        "level": pa.array(kind.astype(np.float32)),
    }


def _judged(
    use_case: UseCase,
    rows: dict[str, Any],
    former: dict[str, Any],
    answered: tuple[str, ...] = (),
    added: tuple[str, ...] = (),
) -> Changes:
    """The export has `air` for `temp`."""
    table = pa.table({name: rows[name] for name in ("air", "wind", "kind")})
    sniffed = Sniffed(
        (Path("x.csv"),),
        "csv",
        tuple(table.column_names),
        kinds={"air": "float", "wind": "float", "kind": "string"},
    )
    export = ExportRows(
        sniffed,
        _COLUMNS,
        ("wind", "kind"),
        ("air",),
        table.drop(["air"]),
        table.select(["air"]),
        pa.table({}),
    )
    changes = Changes({"temp": "air"}, added=list(added))
    spans = [pa.table(former).select(["temp", "wind", "kind"])]
    source = Source(sniffed, table, 0, table.slice(0, 0))
    judge_columns(changes, use_case, export, source, spans, answered)
    return changes


def test_a_renamed_column_that_is_like_the_former_one_passes(use_case: UseCase) -> None:
    rows = _rows(3)
    assert _judged(use_case, rows | {"air": rows["temp"]}, _rows(2)) == Changes({"temp": "air"})


def test_a_rename_that_reveals_the_label_is_refused_also_if_a_person_gave_it(use_case: UseCase) -> None:
    rows = _rows(3)
    for answered in ((), ("temp",)):
        (refusal,) = _judged(use_case, rows | {"air": rows["level"]}, _rows(2), answered).refusals
        assert "it reveals the label" in refusal
        assert "--drop temp" in refusal


def test_what_revealed_the_label_before_may_have_another_name(use_case: UseCase) -> None:
    rows, former = _rows(3), _rows(2)
    assert not _judged(use_case, rows | {"air": rows["level"]}, former | {"temp": former["level"]}).refusals


def test_a_rename_that_nearly_reveals_the_label_is_mentioned(use_case: UseCase) -> None:
    rows = _rows(3)
    level = rows["level"].to_numpy() + np.random.default_rng(1).normal(0, 0.22, 600).astype(np.float32)
    changes = _judged(use_case, rows | {"air": pa.array(level)}, _rows(2))
    assert not changes.refusals
    assert "may reveal the label" in changes.remarks[0]


def test_a_rename_that_equals_another_column_is_asked_unless_it_did_before(use_case: UseCase) -> None:
    rows, former = _rows(3), _rows(2)
    copied = rows | {"air": rows["wind"]}
    (question,) = _judged(use_case, copied, former).questions
    assert "equal to `wind`" in question
    changes = _judged(use_case, copied, former, ("temp",))
    assert not changes.questions
    assert "equal to `wind`" in changes.remarks[0]
    assert _judged(use_case, copied, former | {"temp": former["wind"]}) == Changes({"temp": "air"})


def test_without_labels_a_rename_is_unchecked_and_a_new_column_refused(use_case: UseCase) -> None:
    rows = _rows(3)
    rows |= {"air": rows["temp"], "kind": pa.array([b"later"] * 600)}
    assert "was not checked" in _judged(use_case, rows, _rows(2)).remarks[0]
    (refusal,) = _judged(use_case, rows, _rows(2), added=("rain",)).refusals
    assert "No row has a label" in refusal
