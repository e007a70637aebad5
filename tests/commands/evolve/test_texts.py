"""Texts are edited line by line: what a person wrote around them stays."""

import ast

import pytest
import yaml

from commands.evolve import schema_text, transform_text, yaml_text
from commands.evolve.class_edits import with_several_classes
from commands.evolve.texts import FileEdit, NoPlace, diff_of, with_ends_of
from commands.new.plan import ColumnPlan
from commands.new.schema import Entry
from perennial.schema import parse_schema

_YAML = """# A comment of a person.
label: kind
classes: [a, "no"]  # two
exports:
  # where
  span: month
  na_values: [NA, -999]
evaluation:
  slices: [shop, {column: temp, at: [1]}]
"""
_SCHEMA = """# Mine.
feature {
  name: "temp"
  type: FLOAT
  presence { min_fraction: 0.9 min_count: 1 }  # always there
}
feature {
  name: "a } brace"
  type: BYTES
  string_domain { value: "N" value: "}" }
}
feature {
  name: "long"
  type: BYTES
  string_domain {
    value: "one"
    value: "two"
  }
}
feature {
  name: "kind"
  type: INT
  int_domain { min: 0 max: 2 is_categorical: true }
}
"""
_TRANSFORM = '''"""A person's words."""

NUMBERS: Final = (
    "temp",  # float
    "wind",  # float
)
MARKED: Final = (
    "temp",
    "wind",
)
CATEGORIES: Final = {
    "shop_id": "shop",  # string
    "plan_id": "plan",
}


def preprocessing_fn(inputs):
    return inputs["plan"]
'''


def test_a_rename_is_one_entry_and_the_rest_stays() -> None:
    text = yaml_text.with_exports(_YAML, "rename", {"temperature": "temp", "yes": "a b"}, "new: old")
    assert yaml.safe_load(text)["exports"]["rename"] == {"temperature": "temp", "yes": "a b"}
    again = yaml_text.with_exports(text, "rename", {"third": "x"}, "new: old")
    assert len(yaml.safe_load(again)["exports"]["rename"]) == 3
    assert [line for line in again.splitlines() if line in _YAML.splitlines()] == _YAML.splitlines()


def test_a_list_of_markers_becomes_a_mapping_by_column() -> None:
    text = yaml_text.with_exports(_YAML, "na_values", {"new": ["NA", "?"]}, "missing")
    assert yaml.safe_load(text)["exports"]["na_values"] == {"*": ["NA", -999], "new": ["NA", "?"]}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("exports: {span: month}", "exports: {span: month, rename: { new: old }}"),
        ("exports:\n  rename: { a: b, }", "exports:\n  rename: { a: b, new: old, }"),
        ("exports:\n  rename: {\n    a: b # x\n  }", "exports:\n  rename: {\n    a: b, new: old # x\n  }"),
        ("exports:\n  rename: # x\n  span: m", "exports:\n  rename: { new: old } # x\n  span: m"),
        ("exports:\n  # x\n  span: m", "exports:\n  rename: # new: old\n    new: old\n  # x\n  span: m"),
    ],
)
def test_a_key_is_added_in_the_style_of_its_mapping_and_no_comment_moves(before: str, after: str) -> None:
    assert yaml_text.with_exports(f"{before}\n", "rename", {"new": "old"}, "new: old") == f"{after}\n"


def test_what_has_no_place_in_the_yaml_is_left_to_a_person() -> None:
    text = "exports:\n  na_values:\n    - NA\n    - x\n"
    with pytest.raises(NoPlace, match=r"set `new` to .* in `exports\.na_values`"):
        yaml_text.with_exports(text, "na_values", {"new": ["?"]}, "missing")
    with pytest.raises(NoPlace, match="cannot be read"):
        yaml_text.with_exports("a: [", "rename", {"new": "old"}, "new: old")


def test_classes_are_added_after_the_others_in_either_style() -> None:
    assert yaml.safe_load(yaml_text.with_classes(_YAML, ["yes", 3]))["classes"] == ["a", "no", "yes", 3]
    block = "label: kind\nclasses:\n  - a\n  - b\nexports: {}\n"
    assert yaml.safe_load(yaml_text.with_classes(block, ["c"]))["classes"] == ["a", "b", "c"]
    comma = yaml_text.with_classes("classes: [a, b,] # two\n", ["c", "d"])
    assert comma == "classes: [a, b, c, d,] # two\n"
    assert yaml_text.with_classes("classes:\n-   a\n-   b\n", ["c"]).endswith("-   b\n- c\n")


def test_words_of_a_person_stay_when_two_classes_become_three() -> None:
    yaml_before = (
        "task: 'binary'  # agreed\n"
        "classes: [a, b] # the last one is the positive class\n"
        "evaluation:\n"
        "  threshold: 0.5 # ours\n"
        "  slices: [shop]\n"
        "own:\n"
        "  threshold: 3\n"
    )
    after = with_several_classes(yaml_before)
    expected = yaml_before.replace("'binary'", "multiclass").replace(
        " # the last one is the positive class", ""
    )
    assert after == expected.replace("threshold: 0.5", "# threshold: 0.5")
    assert "0.5" not in with_several_classes(
        yaml_before.replace(
            "# ours", '# from this probability on the prediction is "b", in precision and recall'
        )
    )
    with pytest.raises(NoPlace, match=r"remove `evaluation\.threshold`"):
        with_several_classes("task: binary\nevaluation: { threshold: 0.5 }\n")


def test_a_slice_goes_with_its_column_where_it_is_plain() -> None:
    text = "evaluation:\n  slices: [shop, temp] # two\n"
    assert yaml_text.without_slice(text, "temp") == "evaluation:\n  slices: [shop] # two\n"
    assert yaml_text.without_slice(text, "other") == text
    assert yaml_text.without_slice(text, "shop") == "evaluation:\n  slices: [temp] # two\n"
    assert "slices: [{column: temp, at: [1]}]" in yaml_text.without_slice(_YAML, "shop")
    assert yaml_text.without_slice(_YAML, "em") == _YAML
    with pytest.raises(NoPlace, match=r"remove the slice by `temp` from `evaluation\.slices`"):
        yaml_text.without_slice(_YAML, "temp")


def test_a_column_is_set_aside_or_made_optional_and_comments_stay() -> None:
    aside = schema_text.set_aside(_SCHEMA, "temp", "gone")
    assert aside.count("DISABLED") == 1
    assert "# always there" in aside
    optional = parse_schema(schema_text.made_optional(_SCHEMA, "temp", "gone"), "schema")
    assert optional.feature[0].presence.min_count == 0
    assert "# always there" in schema_text.made_optional(_SCHEMA, "temp", "gone")


def test_a_feature_on_one_line_has_no_place_and_others_in_any_brackets_have() -> None:
    text = 'feature { name: "one" type: INT presence { min_count: 1 } }\n' + _SCHEMA
    assert schema_text.set_aside(text, "temp", "gone").count("DISABLED") == 1
    for edit in (schema_text.set_aside, schema_text.made_optional):
        with pytest.raises(NoPlace, match=r"feature of `one` over several lines.*; then (add|set)"):
            edit(text, "one", "gone")
    text = _SCHEMA.replace("{", "<").replace("}\n", ">\n").replace("1 }", "1 >")
    assert schema_text.set_aside(text, "temp", "gone").count("DISABLED") == 1
    assert "min_count: 1 >" not in schema_text.made_optional(text, "temp", "gone")
    text = schema_text.with_integer(schema_text.with_values(text, "long", ["three"]), "kind", -1)
    assert "three" in text
    assert parse_schema(text, "schema").feature[3].int_domain.min == -1


def test_values_and_columns_are_added_whatever_the_texts_hold() -> None:
    text = schema_text.with_values(_SCHEMA, "a } brace", ['"{', "S"])
    text = schema_text.with_values(text, "long", ["three"])
    text = schema_text.with_integer(text, "kind", 5)
    text = schema_text.with_feature(text, Entry(("Of a person.",), ('name: "new"', "type: INT")))
    features = {feature.name: feature for feature in parse_schema(text, "schema").feature}
    assert list(features["a } brace"].string_domain.value) == ["N", "}", '"{', "S"]
    assert list(features["long"].string_domain.value) == ["one", "two", "three"]
    assert features["kind"].int_domain.max == 5
    assert list(features) == ["temp", "a } brace", "long", "kind", "new"]


def test_a_column_leaves_the_lists_of_a_transform_that_uses_it_nowhere_else() -> None:
    text = transform_text.without_column(_TRANSFORM, "wind")
    assert "wind" not in text
    assert transform_text.features_of(_TRANSFORM, "shop") == {"shop_id"}
    assert "shop" not in transform_text.without_column(_TRANSFORM, "shop")
    with pytest.raises(NoPlace, match="line 18"):
        transform_text.without_column(_TRANSFORM, "plan")
    with pytest.raises(NoPlace, match="last column of NUMBERS"):
        transform_text.without_column(text, "temp")


def test_a_column_enters_the_list_of_its_role_under_a_free_name() -> None:
    number = ColumnPlan("seats", "seats_id", "int", "number", "1 to 9")
    text = transform_text.with_column(_TRANSFORM, number)
    text = transform_text.with_marker(text, number)
    assert text.count('    "seats",') == 2
    category = ColumnPlan('a "shop"', "shop_id", "string", "category", "2 values")
    text = transform_text.with_column(text, category)
    assert '    "shop_id_2": "a \\"shop\\"",  # string, 2 values' in text
    ast.parse(text)
    with pytest.raises(NoPlace, match="DATES"):
        transform_text.with_column(text, ColumnPlan("day", "day_id", "string", "date", "date"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('("größe", "b")  # x', '("größe", "b", "new")  # x'),
        ('("größe",)', '("größe", "new")'),
        ('["größe", "b",]', '["größe", "b", "new",]'),
        ("()", '("new",)'),
        ('(\n  "größe",\n  "b"  # last, of all\n)', '(\n  "größe",\n  "b",  # last, of all\n  "new",\n)'),
        ('(\n    "größe",\n    "b")', '(\n    "größe",\n    "b",\n    "new",\n)'),
        ('(\n    "größe",\n    # end\n)', '(\n    "größe",\n    # end\n    "new",\n)'),
    ],
)
def test_an_entry_is_added_in_the_style_of_its_list(before: str, after: str) -> None:
    plan = ColumnPlan("new", "new_id", "int", "number", "1 to 9")
    assert transform_text.with_marker(f"MARKED = {before}\n", plan) == f"MARKED = {after}\n"
    edited = transform_text.with_column(f"NUMBERS = {before}\nx = 1\n", plan)
    assert edited.replace("  # int, 1 to 9", "") == f"NUMBERS = {after}\nx = 1\n"


def test_a_list_on_one_line_loses_a_column_and_no_other() -> None:
    for before, after in (
        ('("a", "b")', '("b",)'),
        ('["a", "b"]', '["b"]'),
        ('("b", "a", "c",)', '("b", "c",)'),
    ):
        assert transform_text.without_column(f"MARKED = {before}  # x\n", "a") == f"MARKED = {after}  # x\n"
    with pytest.raises(NoPlace, match="last column of MARKED"):
        transform_text.without_column('MARKED = ("a",)\n', "a")
    with pytest.raises(NoPlace, match='add "new" to MARKED'):
        transform_text.with_marker(
            "MARKED = tuple(x)\n", ColumnPlan("new", "new_id", "int", "number", "1 to 9")
        )


def test_lines_keep_their_ends_and_added_ones_end_like_most() -> None:
    before = "one\r\ntwo\nthree\r\nfour"
    assert with_ends_of(before, "one\nnew\ntwo\nthree\nfour") == "one\r\nnew\r\ntwo\nthree\r\nfour"
    assert with_ends_of("one\n", "one\ntwo\n") == "one\ntwo\n"


def test_the_diff_has_both_texts_of_each_file_that_changes() -> None:
    edits = {"a": FileEdit("schemas/a.pbtxt", "one\n", "one\ntwo"), "b": FileEdit("b", "same\n", "same\n")}
    assert diff_of(edits).splitlines()[:2] == ["--- a/schemas/a.pbtxt", "+++ b/schemas/a.pbtxt"]
    assert "+two\n\\ No newline at end of file\n" in diff_of(edits)
    assert "+++ b/b" not in diff_of(edits)
