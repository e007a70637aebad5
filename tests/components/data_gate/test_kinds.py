"""Every type of anomaly that this TFDV knows has a word, and one it does not know blocks."""

from tensorflow_metadata.proto.v0 import anomalies_pb2

from components.data_gate.kinds import KINDS, NOT_COMPARABLE, REMEDIES, kind_of
from components.data_gate.settings import GateSettings

UNNAMED = {"UNKNOWN_TYPE", "MULTIPLE_REASONS", "CUSTOM_VALIDATION"}


def test_every_type_of_tfdv_has_a_kind_of_its_own_or_is_known_not_to() -> None:
    names = set(anomalies_pb2.AnomalyInfo.Type.keys())
    assert {name for name in names if kind_of(name) == "other"} == UNNAMED | NOT_COMPARABLE
    assert {kind_of(name) for name in names} <= set(KINDS)


def test_a_type_of_a_later_tfdv_is_other_and_blocks() -> None:
    assert kind_of("SOMETHING_NEW") == "other"
    assert GateSettings().action("temp", "other") == "block"


def test_each_kind_has_a_meaning_and_a_remedy() -> None:
    assert set(REMEDIES) == set(KINDS)


def test_rows_that_are_in_another_span_may_be_those_of_a_grown_file_which_land_replaces() -> None:
    assert "`land NAME FILE --span S --replace`" in REMEDIES["rows_seen"]
