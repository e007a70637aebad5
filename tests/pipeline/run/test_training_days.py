"""The days that the live model was trained on, after pushes, rollbacks, forwards and replaced spans."""

from contextlib import closing
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from perennial.drift.day_file import FILE, write_days
from perennial.drift.summarise import days_of
from perennial.store import registry
from perennial.store.forward import forward
from perennial.store.ledger import Ledger
from perennial.store.prunes import PrunedSpan, RowRemoval
from pipeline.run.training_days import BaselineDays, by_version, pinned_days, tables_of, training_days
from tests.pipeline.run.scene import Scene, trained_scene
from tests.pipeline.run.scripted import Script

pytestmark = pytest.mark.usefixtures("one_digest_of_code")


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """Version 1 was trained on spans 1 to 3, and is live."""
    return trained_scene(tmp_path / "home")


def _trained(scene: Scene) -> BaselineDays:
    with scene.ledger() as ledger:
        made = training_days(scene.use_case, ledger)
    assert made is not None
    return made


def _spans(scene: Scene) -> list[tuple[str, int]]:
    return [key for key, _ in by_version(_trained(scene))]


def test_without_a_live_model_there_are_none(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "home")
    with scene.ledger() as ledger:
        assert training_days(scene.use_case, ledger) is None


def test_they_move_with_a_push_a_rollback_and_a_forward(scene: Scene) -> None:
    first = [("1", 1), ("2", 1), ("3", 1)]
    assert _spans(scene) == first
    scene.land("4")
    assert scene.run(Script(model="another")).verdict == "PUSHED"
    second = [("2", 1), ("3", 1), ("4", 1)]
    assert (_spans(scene), _trained(scene).version) == (second, 2)
    models = scene.use_case.models_folder
    with scene.ledger() as ledger:
        registry.rollback(models, ledger, None, "It is wrong.")
    assert (_spans(scene), _trained(scene).version) == (first, 3)
    with scene.ledger() as ledger:
        forward(models, ledger, "It was right.")
    assert (_spans(scene), _trained(scene).version) == (second, 4)


def test_the_days_that_it_was_judged_by_are_none_of_them(scene: Scene) -> None:
    (part, *_) = _trained(scene).parts
    assert (part.first, part.last) == (date(2013, 1, 1), date(2013, 3, 24))
    days = np.array(["2012-12-31", "2013-01-01", "2013-03-24", "2013-03-25"], "datetime64[D]")
    assert part.days_within(days).tolist() == [False, True, True, False]


def test_a_version_that_was_refit_was_trained_on_them_too(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "home")
    scene.metadata()
    scene.edit("training:", "training:\n  refit: true")
    for span in ("1", "2", "3"):
        scene.land(span)
    assert scene.run().verdict == "PUSHED"
    assert _trained(scene).parts[0].last == date(2013, 3, 31)


def test_a_span_that_was_replaced_or_rejected_since_counts_with_the_content_that_was_trained_on(
    scene: Scene,
) -> None:
    scene.land("3", "other rows")
    scene.run(Script(candidate="bad"))
    with scene.ledger() as ledger:
        ledger.spans.decide("2", "reject", "known")
    assert _spans(scene) == [("1", 1), ("2", 1), ("3", 1)]


def test_a_span_whose_rows_were_pruned_counts_and_one_that_the_ledger_lost_is_named(scene: Scene) -> None:
    removal = RowRemoval(spans=[PrunedSpan("1", 1, "", "")])
    with scene.ledger() as ledger:
        ledger.prunes.carry_out(removal, "", {}, 0)
    assert [part.version.pruned for part in _trained(scene).parts] == [True, False, False]
    with closing(Ledger(scene.root / "other.db")) as empty:
        made = training_days(scene.use_case, empty)
    assert made is not None
    assert (made.parts, made.unknown) == ((), ("1", "2", "3"))


def test_the_summaries_are_those_of_the_days_that_were_trained_on(scene: Scene) -> None:
    days = [f"2013-03-{day}" for day in (23, 24, 25)]
    table = pa.table({"day": pa.array(days, pa.binary()), "fare": pa.array([1, 2, 3], pa.float32())})
    features = 'feature { name: "day" type: BYTES } feature { name: "fare" type: FLOAT }'
    schema = text_format.Parse(features, schema_pb2.Schema())
    with scene.ledger() as ledger:
        for span in ("1", "2"):
            folder = scene.root / f"days of {span}"
            folder.mkdir()
            write_days(folder / FILE, days_of(table, schema, "day"))
            version = ledger.spans.current(span)
            assert version is not None
            ledger.spans.note_days(version, str(folder))
    (scene.root / "days of 2" / FILE).write_bytes(b"damaged")
    ((part, read),) = tables_of(_trained(scene))
    assert part.version.span == "1"
    assert read.days.astype(str).tolist() == ["2013-03-23", "2013-03-24"]


def test_a_version_put_there_by_hand_has_no_days_that_are_known(scene: Scene) -> None:
    scene.publish()
    assert _trained(scene).parts == ()


def test_pinned_are_all_days_of_the_versions_in_use_of_the_named_spans(scene: Scene) -> None:
    scene.land("2", "other rows")
    scene.run(Script(candidate="bad"))
    with scene.ledger() as ledger:
        ledger.spans.decide("3", "reject", "known")
        made = pinned_days(["2", "3", "9"], ledger)
    assert [key for key, _ in by_version(made)] == [("2", 2)]
    assert made.unknown == ("3", "9")
    days = np.array(["1999-01-01", "2013-03-25"], "datetime64[D]")
    assert made.parts[0].days_within(days).tolist() == [True, True]
