"""What TFDV's comparators can express of a rate: thresholds by the past, and their place in the schema."""

import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from commands.calibrate.comparators import threshold_of, with_threshold
from commands.evolve.texts import NoPlace

TEXT = """# Air temperature.
feature {
  name: "temp"
  type: FLOAT
  drift_comparator { jensen_shannon_divergence { threshold: 0.4 } }  # 2013: 0.2
}
feature {
  name: "origin"
  type: BYTES
  drift_comparator {
    infinity_norm { threshold: 0.1 }
  }
}
feature {
  name: "plain"
  type: INT
}
"""


def feature(name: str) -> schema_pb2.Feature:
    schema = text_format.Parse(TEXT, schema_pb2.Schema())
    return next(each for each in schema.feature if each.name == name)


@pytest.mark.parametrize(
    ("distances", "share", "threshold"),
    [
        ([0.1, 0.2, 0.3], 1 / 3, 0.3),  # of 3 the ceil(4 * 2/3) = 3rd
        ([0.3, 0.1, 0.2, 0.05, 0.07], 1 / 3, 0.2),
        ([0.0] * 5, 1 / 3, 0.001),
        ([0.12341] * 9, 0.1, 0.124),
    ],
)
def test_a_threshold_is_the_distance_that_so_many_spans_would_pass(
    distances: list[float], share: float, threshold: float
) -> None:
    proposed = threshold_of(feature("temp"), distances, share)
    assert (proposed.before, proposed.after, proposed.why) == (0.4, threshold, "")


def test_too_short_a_past_gives_no_threshold_and_says_how_long_it_must_be() -> None:
    proposed = threshold_of(feature("origin"), [0.1] * 3, 1 / 91)
    assert (proposed.before, proposed.after) == (0.1, None)
    assert proposed.why == "3 pairs of accepted spans were measured, and 90 are needed at this rate."
    assert threshold_of(feature("origin"), [0.1] * 90, 1 / 91).after == 0.1


def test_the_threshold_is_set_in_its_place_and_all_else_stays() -> None:
    changed = with_threshold(with_threshold(TEXT, "temp", 0.25), "origin", 0.05)
    assert changed == TEXT.replace("threshold: 0.4", "threshold: 0.25").replace("0.1 }", "0.05 }")


def test_a_column_without_a_comparator_has_no_place() -> None:
    with pytest.raises(NoPlace, match=r"set the threshold in the feature of `plain` to 0\.3"):
        with_threshold(TEXT, "plain", 0.3)
