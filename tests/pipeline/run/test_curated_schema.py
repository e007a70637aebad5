"""The schema of a use case: compared with the config, and laid down for a run."""

import json
import re
from pathlib import Path

import pytest

from perennial.errors import ConfigError, SchemaError
from pipeline import config
from pipeline.config import UseCase
from pipeline.run.curated_schema import curated_schema, import_schema
from tests.pipeline.run.trains import SCHEMA, YAML, trains


@pytest.fixture
def use_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> UseCase:
    return trains(tmp_path, monkeypatch)


def test_a_schema_is_laid_into_a_folder_named_by_its_digest(use_case: UseCase) -> None:
    plan = import_schema(use_case)
    assert (Path(plan.uri) / "schema.pbtxt").read_text() == SCHEMA
    assert Path(plan.uri).name == plan.digest[:16]
    assert [column["name"] for column in json.loads(plan.columns)] == ["day", "late"]
    assert import_schema(use_case) == plan


def test_an_edited_schema_lies_in_another_folder(use_case: UseCase) -> None:
    before = import_schema(use_case)
    use_case.schema_file.write_text(SCHEMA + "# a word\n")
    after = import_schema(use_case)
    assert after.uri != before.uri
    assert (Path(before.uri) / "schema.pbtxt").read_text() == SCHEMA


def test_a_schema_that_is_not_there_is_an_error(use_case: UseCase) -> None:
    use_case.schema_file.unlink()
    with pytest.raises(SchemaError, match=r"schemas/trains\.pbtxt is missing or cannot be read\."):
        import_schema(use_case)


def test_a_schema_that_does_not_parse_is_named_with_its_line(use_case: UseCase) -> None:
    use_case.schema_file.write_text(SCHEMA + 'feature { nam: "x" }\n')
    with pytest.raises(SchemaError, match=r"schemas/trains\.pbtxt: 3:11 ") as caught:
        import_schema(use_case)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("name", "message", "remedy"),
    [
        ("late", "has no feature `late`", "Add it, or fix `label`."),
        ("day", "has no feature `day`", "Add it, or fix `exports.time_column`."),
    ],
)
def test_a_schema_without_the_label_or_the_time_column_is_an_error(
    use_case: UseCase, name: str, message: str, remedy: str
) -> None:
    lines = [line for line in SCHEMA.splitlines(keepends=True) if f'"{name}"' not in line]
    use_case.schema_file.write_text("".join(lines))
    with pytest.raises(SchemaError, match=message) as caught:
        import_schema(use_case)
    assert caught.value.remedy == remedy
    assert not (use_case.root / "artifacts").exists()


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ("serving: {private: {lat: hash}}", "serving.private"),
        ("data: {policy: [{feature: lat, action: block}]}", "data.policy"),
        ("data: {policy: [{feature: lat, anomaly: drift, action: block}]}", "data.policy"),
        ("exports: {date_format: {lat: '%d.%m.%Y'}}", "exports.date_format"),
        ("exports: {na_values: {'*': NA, lat: '-'}}", "exports.na_values"),
        ("evaluation: {bounds: {auc: {min: 0.6}}, slices: [lat]}", "evaluation.slices"),
        (
            "evaluation: {bounds: {auc: {min: 0.6}}, slices: [{hour: {column: lat, hours: [0, 24]}}]}",
            "evaluation.slices",
        ),
    ],
)
def test_a_column_that_only_the_config_knows_is_an_error_before_anything_starts(
    use_case: UseCase, section: str, key: str
) -> None:
    name = section.split(":")[0]
    text = re.sub(rf"^{name}:.*\n(  .*\n)*", "", YAML, flags=re.MULTILINE) + section + "\n"
    changed = config.parse(text, name="trains", home=use_case.home, source="trains.yaml")
    expected = f"trains.yaml: `{key}`: the schema has no column `lat` (did you mean `late`?)."
    with pytest.raises(ConfigError, match=re.escape(expected)) as caught:
        import_schema(changed)
    assert caught.value.exit_code == 2


def test_a_rule_may_name_a_new_column_and_a_date_format_one_that_is_set_aside(use_case: UseCase) -> None:
    text = YAML.replace("time_column: day", "time_column: day, date_format: {old: '%d.%m.%Y'}") + (
        "data: {policy: [{feature: gate, anomaly: new_column, action: note}]}\n"
    )
    use_case.schema_file.write_text(
        SCHEMA + 'feature { name: "old" type: BYTES lifecycle_stage: DISABLED }\n'
    )
    import_schema(config.parse(text, name="trains", home=use_case.home, source="trains.yaml"))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (SCHEMA.encode() + SCHEMA.encode(), "has the feature `day` twice"),
        (b"# \xe9\n" + SCHEMA.encode(), "is not UTF-8"),
        (b"", "has no feature `late`"),
    ],
)
def test_a_schema_that_cannot_be_meant_is_an_error(use_case: UseCase, content: bytes, problem: str) -> None:
    use_case.schema_file.write_bytes(content)
    with pytest.raises(SchemaError, match=problem):
        curated_schema(use_case)


def test_a_label_of_text_without_classes_is_an_error(use_case: UseCase) -> None:
    use_case.schema_file.write_text(SCHEMA.replace("INT", "BYTES"))
    with pytest.raises(SchemaError, match="label `late` of a binary task must be 0 or 1"):
        curated_schema(use_case)


def test_a_schema_is_read_without_writing(use_case: UseCase) -> None:
    text, schema = curated_schema(use_case)
    assert (text, len(schema.feature)) == (SCHEMA, 2)
    assert not (use_case.root / "artifacts").exists()


def test_a_damaged_schema_in_the_root_is_written_again(use_case: UseCase) -> None:
    plan = import_schema(use_case)
    (Path(plan.uri) / "schema.pbtxt").write_text("")
    import_schema(use_case)
    assert (Path(plan.uri) / "schema.pbtxt").read_text() == SCHEMA
