"""What has changed in a table, from the rows of an export and those of the spans before."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tensorflow_metadata.proto.v0 import schema_pb2

from commands.evolve.changes import Changes, changes_of
from commands.evolve.export_rows import ExportRows
from commands.evolve.rename_answers import RenameAnswers, answers_of
from commands.new.sniffing.sniff import Sniffed
from perennial.reading.columns import Column
from pipeline import config
from pipeline.config import UseCase
from tests.small_config import TEXT

_YAML = TEXT.replace("label: late", "label: kind\ntask: multiclass\nclasses: [a, b, c]")
_COLUMNS = (
    Column("temp", "float", required=True),
    Column("wind", "float", required=False),
    Column("shop", "string", required=True),
    Column("kind", "string", required=True),
)


@pytest.fixture(scope="module")
def use_case(tmp_path_factory: pytest.TempPathFactory) -> UseCase:
    return config.parse(_YAML, name="shop", home=tmp_path_factory.mktemp("home"), source="shop.yaml")


def _rows(seed: int, kinds: str = "abc", shops: str = "NS") -> dict[str, pa.Array]:
    random = np.random.default_rng(seed)
    return {
        "temp": pa.array(random.normal(10, 4, 600), pa.float32()),
        "wind": pa.array(20 + random.gamma(2, 5, 600), pa.float32()),
        "shop": pa.array([each.encode() for each in random.choice([*shops], 600)]),
        "kind": pa.array([each.encode() for each in random.choice([*kinds], 600)]),
    }


def _changes(
    use_case: UseCase,
    rows: dict[str, pa.Array],
    added: tuple[str, ...] = (),
    answers: RenameAnswers | None = None,
    *,
    has_spans: bool = True,
) -> Changes:
    schema = schema_pb2.Schema()
    for column in _COLUMNS:
        schema.feature.add(name=column.name)
    schema.feature[2].string_domain.value.extend(["N", "S"])
    present = tuple(column.name for column in _COLUMNS if column.name in rows)
    new = pa.table({name: rows[name] for name in added})
    texts = new.select([name for name in added if pa.types.is_binary(new[name].type)])
    by_schema = pa.table({name: rows[name] for name in present})
    export = ExportRows(Sniffed((Path("x.csv"),), "csv"), _COLUMNS, present, added, by_schema, new, texts)
    former = [pa.table(_rows(1)), pa.table(_rows(2))] if has_spans else []
    return changes_of(use_case, schema, export, former, answers or RenameAnswers())


def test_an_export_like_those_before_has_no_changes(use_case: UseCase) -> None:
    assert _changes(use_case, _rows(3)) == Changes()


def test_a_rename_is_recognised_and_what_is_left_is_gone_and_new(use_case: UseCase) -> None:
    rows = _rows(3)
    rows["air"], rows["code"] = rows.pop("temp"), rows.pop("shop").cast(pa.string()).cast(pa.binary())
    rows["code"] = pa.array([b"1%d" % (number % 7) for number in range(600)])
    changes = _changes(use_case, rows, ("air", "code"))
    assert (changes.renamed, changes.dropped, changes.added) == ({"temp": "air"}, ["shop"], ["code"])
    assert not changes.questions + changes.refusals


def test_a_column_that_exports_may_lack_is_gone_only_if_a_person_says_so(use_case: UseCase) -> None:
    rows = _rows(3)
    del rows["wind"]
    changes = _changes(use_case, rows)
    assert changes.dropped == []
    assert "--drop wind" in changes.remarks[0]
    assert _changes(use_case, rows, answers=answers_of([], ["wind"])).dropped == ["wind"]


def test_without_a_span_in_use_a_missing_column_is_asked_for_if_there_is_a_new_one(use_case: UseCase) -> None:
    rows = _rows(3)
    del rows["wind"]
    rows["air"] = rows.pop("temp")
    (question,) = _changes(use_case, rows, ("air",), has_spans=False).questions
    assert "--rename temp=NEW" in question
    del rows["air"]
    assert _changes(use_case, rows, has_spans=False).dropped == ["temp"]


def test_new_values_and_classes_are_counted_and_other_spellings_are_refused(use_case: UseCase) -> None:
    changes = _changes(use_case, _rows(3, "abcd", "NSE"))
    assert list(changes.values) == ["shop"]
    assert list(changes.values["shop"]) == ["E"]
    assert list(changes.classes) == ["d"]
    changes = _changes(use_case, _rows(3, shops="NSnE"))
    assert list(changes.values["shop"]) == ["E"]
    assert "another spelling of 1 listed value" in changes.refusals[0]
    few = _rows(3)
    few["kind"] = pa.array([*few["kind"].to_pylist()[:-2], b"d", b"d"])
    changes = _changes(use_case, few)
    assert not changes.classes
    assert "go to quarantine" in changes.remarks[0]
    (refusal,) = _changes(use_case, _rows(3, "abcA")).refusals
    assert "another spelling" in refusal
    many = _rows(3)
    many["shop"] = pa.array([b"%d" % number for number in range(600)])
    assert "at most 50" in _changes(use_case, many, has_spans=False).refusals[0]


def test_columns_that_changed_places_are_refused(use_case: UseCase) -> None:
    rows = _rows(3)
    rows["kind"], rows["shop"] = rows["shop"], rows["kind"]
    assert "changed places" in _changes(use_case, rows).refusals[0]


def test_a_shift_from_a_missing_column_to_a_new_one_is_refused_unless_a_person_says_it_is_gone(
    use_case: UseCase,
) -> None:
    rows = _rows(3)
    rows["new"], rows["temp"] = rows["temp"], rows.pop("wind")
    (refusal,) = _changes(use_case, rows, ("new",)).refusals
    assert "`new` holds what `temp` held before, `temp` holds what `wind` held before" in refusal
    assert not _changes(use_case, rows, ("new",), answers_of([], ["wind"])).refusals
