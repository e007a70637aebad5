"""Settings of the gate: what they mean, and what is refused."""

import pytest
from pydantic import ValidationError

from components.data_gate.settings import GateSettings, LabelRate, Rule


def test_the_defaults_block_what_a_model_cannot_take_and_warn_of_change() -> None:
    settings = GateSettings.model_validate_json("{}")
    assert settings == GateSettings()
    kinds = ("type", "domain", "presence", "missing_column", "other", "too_few_rows", "label_rate", "rows")
    assert {settings.action("any", kind) for kind in kinds} == {"block"}
    assert {settings.action("any", kind) for kind in ("drift", "unexpected_values", "new_column")} == {"warn"}


def test_the_first_rule_that_fits_wins() -> None:
    settings = GateSettings.model_validate_json(
        '{"policy": [{"feature": "temp", "anomaly": "drift", "action": "block"},'
        ' {"feature": "*", "anomaly": "drift", "action": "note"}, {"feature": "temp", "action": "warn"}]}'
    )
    assert settings.action("temp", "drift") == "block"
    assert settings.action("dewp", "drift") == "note"
    assert settings.action("temp", "domain") == "warn"
    assert settings.action("dewp", "domain") == "block"


@pytest.mark.parametrize(
    "text",
    [
        '{"min_row": 1}',
        '{"min_rows": -1}',
        '{"min_rows": "many"}',
        '{"min_rows": true}',
        '{"drift_min_rows": 1.5}',
        '{"label_rate": {"min": 0.2}}',
        '{"label_rate": {"min": 0.6, "max": 0.2}}',
        '{"label_rate": {"min": 0, "max": 0.2, "most": 1}}',
        '{"label_rate": {"min": 0, "max": 2}}',
        '{"label_rate": 0.3}',
        '{"policy": [{"anomaly": "drfit", "action": "block"}]}',
        '{"policy": [{"anomaly": "drift", "action": "stop"}]}',
        '{"policy": [{"anomaly": "drift"}]}',
        '{"policy": [{"column": "temp", "anomaly": "drift", "action": "note"}]}',
        '{"policy": {"feature": "temp"}}',
        '{"policy": ["temp"]}',
        '{"policy": [{"feature": 3, "action": "note"}]}',
        "[]",
    ],
)
def test_incomplete_or_wrong_settings_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        GateSettings.model_validate_json(text)


def test_what_the_gate_is_given_is_what_a_use_case_has() -> None:
    rule = Rule(feature="temp", anomaly="drift", action="note")
    settings = GateSettings(min_rows=3, label_rate=LabelRate(min=0.1, max=0.2), policy=(rule,))
    assert GateSettings.model_validate_json(settings.model_dump_json()) == settings
