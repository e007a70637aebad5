"""The curated schema of flights: what the contract between the parts says of it."""

import pytest
from tensorflow_metadata.proto.v0 import schema_pb2

from pipeline.use_cases.flights import COLUMNS
from tests.flights_spans import flights_schema

FEATURES = {feature.name: feature for feature in flights_schema().feature}
INTEGERS = {"flight", "distance", "wind_dir", "late"}
STRINGS = {"sched_dep", "carrier", "tailnum", "origin", "dest"}


def test_columns_stand_in_the_order_of_the_exports() -> None:
    assert tuple(FEATURES) == COLUMNS


def test_types_are_those_of_the_columns() -> None:
    types = {name: schema_pb2.FeatureType.Name(feature.type) for name, feature in FEATURES.items()}
    assert {name for name, kind in types.items() if kind == "INT"} == INTEGERS
    assert {name for name, kind in types.items() if kind == "BYTES"} == STRINGS
    assert {name for name, kind in types.items() if kind == "FLOAT"} == set(COLUMNS) - INTEGERS - STRINGS


def test_only_the_label_is_absent_when_serving() -> None:
    assert [name for name, each in FEATURES.items() if "SERVING" in each.not_in_environment] == ["late"]
    assert list(flights_schema().default_environment) == ["TRAINING", "SERVING"]


def test_only_gusts_need_not_be_there() -> None:
    assert [name for name, each in FEATURES.items() if not each.presence.min_count] == ["wind_gust"]


@pytest.mark.parametrize("name", [name for name in FEATURES if FEATURES[name].type == schema_pb2.FLOAT])
def test_a_float_is_never_nan_which_stands_for_missing_in_serving(name: str) -> None:
    assert FEATURES[name].float_domain.disallow_nan


def test_no_feature_has_a_shape_for_tft_would_ask_for_it_in_every_row() -> None:
    assert not any(feature.HasField("shape") for feature in FEATURES.values())
