"""Features of ids are named after their columns."""

import keyword

from commands.new.names import features_of


class TestIdentifiers:
    def test_names_of_any_language_become_identifiers_that_look_like_them(self) -> None:
        features = features_of(["Größe (cm)", "od280/od315", "MaxTemp", "2nd", "class", "価格", ""], "y")
        assert list(features.values())[:5] == [
            "grosse_cm_id",
            "od280_od315_id",
            "max_temp_id",
            "column_2nd_id",
            "class_id",
        ]
        assert all(name.isidentifier() and not keyword.iskeyword(name) for name in features.values())

    def test_no_two_are_equal_and_none_is_the_name_of_another_column_or_of_the_label(self) -> None:
        columns = ["a", "A", "a b", "a_b", "b", "b_id", "B ID", "pickup", "pickup_zone", "late"]
        features = features_of(columns, "late_id")
        assert len(set(features.values())) == len(columns)
        for name, feature in features.items():
            assert feature not in {*columns, "late_id"} - {name}
        assert features["late"] == "late_id_2"

    def test_the_label_has_no_feature_and_uses_up_no_number(self) -> None:
        assert features_of(["shop_id", "Shop"], "shop_id") == {"Shop": "shop_id_2"}

    def test_a_plain_name_gets_id_at_its_end_and_no_more(self) -> None:
        features = features_of(["pickup", "pickup_zone", "shop_id", "Plain"], "y")
        assert list(features.values()) == ["pickup_id", "pickup_zone_id", "shop_id", "plain_id"]
