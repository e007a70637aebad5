"""A use case's YAML: read once, checked whole, and its errors say where."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from components.evaluator.settings import EVALUATIONS
from perennial.errors import ConfigError, HomeUnusable, UsageError
from pipeline import config
from pipeline.config import UseCase
from serving.reading.cells import CellRule
from tests.small_config import HYPERPARAMETERS, TEXT
from tests.written import written


def _parse(text: str, home: Path = Path("/home-of-tests")) -> UseCase:
    return config.parse(text, name="flights", home=home, source="flights.yaml")


def test_what_is_left_out_has_its_default() -> None:
    use_case = _parse(TEXT)
    assert (use_case.label, use_case.task, use_case.exports.span) == ("late", "binary", "month")
    assert (use_case.exports.complete_when, use_case.exports.time_column) == ("success_file", None)
    assert (use_case.window.spans, use_case.window.eval_days, use_case.window.eval_min_rows) == (12, 7, 5000)
    assert use_case.run.deadline == 7200


def test_a_use_case_has_settings_of_serving() -> None:
    assert _parse(TEXT).serving.versions == "latest"
    assert _parse(TEXT).serving.request_log.share == 0.01
    serving = _parse(
        TEXT + "serving: {versions: [4, 5], labels: {stable: 4}, private: {tailnum: hash}}\n"
    ).serving
    assert (serving.versions, serving.labels, serving.private) == ((4, 5), {"stable": 4}, {"tailnum": "hash"})


def test_what_is_no_versions_is_reported_in_one_sentence() -> None:
    expected = (
        r"line 5: `serving\.versions`: expected latest, or a list of version numbers such as \[4, 5\], "
        r"got a text of another form\."
    )
    with pytest.raises(ConfigError, match=expected) as caught:
        _parse(TEXT + "serving: {versions: newest}\n")
    assert caught.value.problem.count("`serving") == 1


def test_folders_follow_from_home_and_name() -> None:
    use_case = _parse(TEXT)
    assert use_case.root == Path("/home-of-tests/flights")
    assert use_case.exports_folder == Path("/home-of-tests/exports/flights")
    assert use_case.models_folder == Path("/home-of-tests/flights/models")
    assert use_case.schema_file == config.REPOSITORY / "schemas" / "flights.pbtxt"
    elsewhere = _parse(TEXT + "exports: {path: /landing}\n")
    assert elsewhere.exports_folder == Path("/landing")


def test_what_is_made_is_for_this_users_eyes_only(tmp_path: Path) -> None:
    use_case = _parse(TEXT, home=tmp_path / "home")
    assert use_case.make_root() == tmp_path / "home" / "flights"
    assert [path.stat().st_mode & 0o777 for path in (use_case.home, use_case.root)] == [0o700, 0o700]
    use_case.make_root()


def test_a_use_case_cannot_be_changed() -> None:
    use_case = _parse(TEXT)
    with pytest.raises(ValidationError):
        use_case.label = "early"


@pytest.mark.parametrize(
    "text",
    [
        TEXT + "exports: {complete_when: {stable: 90s}}\n",
        TEXT + "data: {label_rate: {min: 0.1, max: 0.2}, policy: [{anomaly: drift, action: note}]}\n",
        TEXT.replace("0.6}}", "0.6}}, slices: [a, {b: {column: c, hours: [0, 9]}}], threshold: 0.3"),
        TEXT.replace("batch_size", "hidden_units: [64, 32], batch_size"),
        TEXT.replace("auc", "r2") + "task: regression\n",
        TEXT + "task: multiclass\nclasses: [a, 1, 1.5]\n",
    ],
)
def test_a_use_case_survives_json(text: str) -> None:
    use_case = _parse(text)
    again = UseCase.model_validate_json(use_case.model_dump_json())
    assert again == use_case
    assert type(again.evaluation) is EVALUATIONS[use_case.task]


@pytest.mark.parametrize("section", ["data: {min_rows: 1}", "data: {policy: []}", "window: {spans: 12}"])
def test_a_default_that_is_written_down_changes_nothing(section: str) -> None:
    assert _parse(f"{TEXT}{section}\n").model_dump_json() == _parse(TEXT).model_dump_json()


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("2h", 7200), ("1d", 86400), ("7", 7)]
)
def test_times_are_written_with_their_unit(text: str, seconds: int) -> None:
    assert _parse(TEXT + f"run: {{deadline: {text}}}\n").run.deadline == seconds


@pytest.mark.parametrize("text", ["0s", "-1", "soon", "1w", "1.5"])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"flights\.yaml, line 5: `run\.deadline`: "):
        _parse(TEXT + f"run: {{deadline: {text}}}\n")


def test_a_key_that_is_misspelt_is_named_with_its_line_and_the_nearest_right_one() -> None:
    expected = (
        r"flights\.yaml, line 6: unknown key `window\.eval_day` \(did you mean `window\.eval_days`\?\)\."
    )
    with pytest.raises(ConfigError, match=expected):
        _parse(TEXT + "window:\n  eval_day: 7\n")


def test_a_key_like_no_other_is_named_alone() -> None:
    with pytest.raises(ConfigError, match=r"line 5: unknown key `xyz`\."):
        _parse(TEXT + "xyz: 1\n")


def test_every_mistake_is_reported_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        _parse(TEXT + "window:\n  spans: 0\n  eval_days: many\n")
    assert "line 6: `window.spans`" in caught.value.problem
    assert "line 7: `window.eval_days`" in caught.value.problem
    assert caught.value.exit_code == 2


def test_a_key_that_is_missing_is_named() -> None:
    with pytest.raises(ConfigError, match=r"flights\.yaml: `label`: expected text, but it is missing\."):
        _parse(TEXT.replace("label: late\n", ""))


def test_a_missing_key_of_a_section_is_named_with_the_sections_line() -> None:
    with pytest.raises(
        ConfigError,
        match=r"flights\.yaml, line 2: `training\.hyperparameters`: expected .*, but it is missing\.",
    ):
        _parse(TEXT.replace(f"  hyperparameters: {HYPERPARAMETERS}\n", "  seed: 1\n"))


def test_values_are_not_repeated_in_messages() -> None:
    with pytest.raises(ConfigError) as caught:
        _parse(TEXT + "exports: {max_bad_share: hunter2}\n")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("label: [late\ntask: x\n", r"flights\.yaml, line \d: not valid YAML\."),
        ("", r"flights\.yaml: expected keys and values\."),
        ("- label\n", r"flights\.yaml: expected keys and values\."),
        (TEXT + "name: other\n", r"flights\.yaml: `name` cannot be set here\."),
        (TEXT + "home: /elsewhere\n", r"flights\.yaml: `home` cannot be set here\."),
        (TEXT + "run:\n\tdeadline: 7\n", r"flights\.yaml, line 6: not valid YAML\."),
        (TEXT + "task: binary\ntask: binary\n", r"line 6: `task` is set twice, first on line 5\."),
        (TEXT + "run: {deadline: 7, deadline: 8}\n", r"line 5: `run\.deadline` is set twice"),
        (TEXT + "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", r"line 6: aliases .* are not supported\."),
        (TEXT + "deep: " + "[" * 200000 + "]" * 200000, r"line 5: more than 100 levels in each other\."),
        (TEXT + "data: {min_rows: !!binary aGk=}\n", r"a value is not text, a number, a list or a mapping\."),
        ("data: " + "[" * 2_000, r"flights\.yaml"),
        ("1: 2\n", r"flights\.yaml: expected keys and values\."),
    ],
)
def test_a_text_that_is_no_use_case_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        _parse(text)


@pytest.mark.parametrize(
    "section",
    [
        "exports: {span: fortnight}",
        "exports: {path: 'https://store/exports?signature=abc'}",
        "exports: {delimiter: ';;'}",
        "exports: {delimiter: a}",
        "exports: {delimiter: '§'}",
        "exports: {encoding: utf-9}",
        "exports: {encoding: rot13}",
        "exports: {encoding: punycode}",
        "exports: {decimal: '1'}",
        "exports: {thousands: '-'}",
        "exports: {decimal: ',', thousands: ','}",
        "exports: {date_format: {day: '%d/%m'}}",
        "exports: {date_format: {day: dd.mm.yyyy}}",
        "exports: {skipfooter: -1}",
        "exports: {anchor_share: 0}",
        "exports: {max_bad_share: 1}",
        "exports: {complete_when: {stable: never}}",
        "serving: {probe_rows: 10}",
        "serving: {versions: newest}",
        "serving: {versions: []}",
        "serving: {versions: [0]}",
        "serving: {versions: ['4']}",
        "serving: {versions: [true]}",
        "serving: {labels: {stable: x}}",
        "serving: {request_log: {share: 2}}",
        "serving: {request_log: {max_days: 0}}",
        "serving: {private: {tailnum: drop}}",
        "data: 7",
    ],
)
def test_a_value_out_of_bounds_is_refused(section: str) -> None:
    with pytest.raises(ConfigError, match=r"flights\.yaml, line 5: `"):
        _parse(TEXT + section + "\n")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("encoding: utf-9", "`exports.encoding`: .*such as utf-8, cp1252.*; 'utf-9' is not one"),
        ("{true_values: [ja, '2']}", r"`true_values`: expected words, got 2\. Numbers are read as they are"),
        ("{decimal: ',', thousands: ','}", "cannot both be a comma: 1,234 would have two meanings"),
        (
            "{date_format: {day: '%d/%m'}}",
            "`exports.date_format.day`: expected a format with a year",
        ),
        (
            "{date_format: {day: ['%d/%m/%Y', '%m/%d/%Y']}}",
            r"`exports.date_format.day`: %d/%m/%Y and %m/%d/%Y read '.*' as different times; .*from: 2013-01",
        ),
        (
            "{date_format: {day: [{format: ISO8601, from: April}]}}",
            "`exports.date_format.day`: `from`: expected a span such as 2013-01",
        ),
        (
            "{span: week, date_format: {day: [{format: ISO8601, from: 2014-W53}]}}",
            "`exports.date_format.day`: `from`: expected a span such as 2013-W05",
        ),
        ("time_zone: berlin", r"`exports.time_zone`: .*did you mean `Europe/Berlin`\?"),
        ("time_zone: Europe/Belin", r"`exports.time_zone`: .*did you mean `Europe/Berlin`\?"),
        ("{true_values: [Y], na_values: {x: [Y]}}", "`true_values` and `na_values` both have 'Y'"),
        ("{date_format: {day: '%Y-%Q'}}", "`exports.date_format.day`: expected a format of %Y .*; %Q is"),
    ],
)
def test_a_way_of_writing_that_has_two_readings_is_refused_in_words(setting: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        _parse(TEXT + "exports: " + (setting if setting.startswith("{") else "{" + setting + "}") + "\n")


def test_how_an_export_is_written_reaches_its_reader() -> None:
    exports = (
        "exports: {delimiter: ';', encoding: cp1252, decimal: ',', na_values: [NA, ''], skipfooter: 1}\n"
    )
    assert _parse(TEXT + exports).exports.csv_format == written(
        ";", "cp1252", decimal=",", na_values=("NA", ""), skipfooter=1
    )


def test_missing_texts_truth_values_zone_and_formats_of_a_span_are_rules_of_cells() -> None:
    exports = _parse(
        TEXT
        + "exports:\n  time_column: when\n  na_values: {'*': NA, kind: []}\n  true_values: [ja]\n"
        + "  date_format: {day: '%d.%m.%Y', late: [{format: '%Y'}, {format: '%d/%m/%Y', from: 2013-04},"
        + " {format: '%Y%m%d', from: 2013-04}]}\n  time_zone: Asia/Kolkata\n"
    ).exports
    rules = exports.csv_format.rules
    assert [rules.missing_texts(name) for name in ("x", "kind")] == [{"NA"}, frozenset()]
    assert (rules.true_values, rules.time_zone) == (("ja",), "Asia/Kolkata")
    assert rules.date_format == {"day": ("%d.%m.%Y",), "late": ("%d/%m/%Y", "%Y%m%d"), "when": ("ISO8601",)}
    assert exports.csv_format_of("2013-03").rules.date_format["late"] == ("%Y",)


def test_a_number_that_is_missing_is_that_number_however_the_files_write_it() -> None:
    text = "exports: {decimal: ',', thousands: '.', na_values: {x: [-999.5, 1234], n: -1, '*': [NA, -9.0]}}\n"
    rules = _parse(TEXT + text).exports.csv_format.rules
    assert rules.missing_texts("n") == {"-1"}
    assert rules.missing_texts("other") == {"NA", "-9,0"}
    rule = CellRule.of("x", "float", rules)
    assert [rule.read(value) for value in ("-999,50", -999.5, "1.234", "1234,0", 1234, "-999.500")] == [
        *(None,) * 5,
        -999_500,
    ]


def test_formats_of_times_are_known_by_the_span_from_which_they_hold() -> None:
    exports = _parse(
        TEXT + "exports:\n  time_column: late\n  date_format:\n    late: [{format: '%Y%m%d', from: 2013-04},"
        " {format: '%Y', from: 2013-02}]\n"
    ).exports
    formats = {first: each.rules.date_format["late"] for first, each in exports.time_formats.items()}
    assert formats == {None: ("ISO8601",), "2013-02": ("%Y",), "2013-04": ("%Y%m%d",)}
    assert [exports.csv_format_of(span).rules.date_format["late"] for span in ("2013-01", "2013-03")] == [
        ("ISO8601",),
        ("%Y",),
    ]


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("data: {min_row: 7}", r"line 5: .*unknown key `data\.min_row` \(did you mean `data\.min_rows`\?\)"),
        ("data: {min_rows: 2013-01-01}", r"line 5: `data\.min_rows`: expected an integer from 0"),
        (
            "data:\n  label_rate: {min: 0.9, max: 0.1}",
            r"line 6: `data\.label_rate`: expected `min` to be below `max`",
        ),
        (
            "data:\n  policy:\n    - {anomaly: drfit}",
            r"line 7: .*`data\.policy\[0\]\.anomaly`: .*\(did you mean `drift`\?\)",
        ),
        (
            "data:\n  policy:\n    - {acton: block}",
            r"line 7: .*unknown key `data\.policy\[0\]\.acton` \(did you mean .*action`\?\)",
        ),
    ],
)
def test_a_mistake_in_the_gates_settings_is_reported_with_its_line_and_the_nearest_right_word(
    section: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=r"^flights\.yaml, " + message):
        _parse(TEXT + section + "\n")


@pytest.mark.parametrize(
    ("evaluation", "message"),
    [
        (
            "{bounds: {auk: {min: 0.6}}}",
            r"line 5: .*unknown key `evaluation\.bounds\.auk` \(did you mean .*\.auc`\?\)",
        ),
        ("{bounds: {}}", r"line 5: .* expected a minimum AUC"),
        ("{bounds: {auc: {min: x}}}", r"line 5: `evaluation\.bounds\.auc\.min`: expected a number"),
        ("{slicse: [carrier]}", r"line 5: .*unknown key `evaluation\.slicse` \(did you mean .*\.slices`\?\)"),
    ],
)
def test_a_mistake_in_the_evaluation_is_reported_with_its_line_and_the_nearest_right_word(
    evaluation: str, message: str
) -> None:
    text = TEXT.replace("evaluation: {bounds: {auc: {min: 0.6}}}", f"evaluation:\n  {evaluation}")
    with pytest.raises(ConfigError, match=r"^flights\.yaml, " + message):
        _parse(text)


def test_a_misspelt_hyperparameter_is_reported_with_its_line_and_what_is_there_instead() -> None:
    expected = r"^flights\.yaml, line 3: .*\.epochs`: .*, but it is missing \(there is `.*\.epoch`\)"
    with pytest.raises(ConfigError, match=expected):
        _parse(TEXT.replace(" epochs: 1", " epoch: 1"))


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "USE_CASES", tmp_path)
    (tmp_path / "trains.yaml").write_bytes(b"label: \xff\n")
    with pytest.raises(ConfigError, match=r"trains\.yaml is not UTF-8"):
        config.load("trains")


def test_a_home_that_cannot_be_written_to_is_reported_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HomeUnusable, match=r"Cannot write to the folder .*file: .*file is not a directory"):
        _parse(TEXT, home=tmp_path / "file").make_root()


@pytest.mark.parametrize("name", ["fligths", "../flights", "Flights", "", "flights.yaml"])
def test_a_name_of_no_use_case_is_a_usage_error_that_lists_those_there_are(name: str) -> None:
    with pytest.raises(UsageError, match=r"No use case .*flights"):
        config.load(name)


def test_the_use_cases_of_this_repository_load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PERENNIAL_HOME", str(tmp_path))
    assert "flights" in config.use_case_names()
    for name in config.use_case_names():
        assert config.load(name).home == tmp_path


def test_home_is_beside_the_command_line_wherever_it_is_called_from(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("PERENNIAL_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    assert config.home() == config.REPOSITORY / "work"
    monkeypatch.setenv("PERENNIAL_HOME", "here")
    assert config.home() == tmp_path / "here"


def test_beams_own_options_pass_through_and_decide_whether_work_leaves_this_machine() -> None:
    assert not _parse(TEXT).on_cluster
    cluster = _parse(TEXT + "beam_pipeline_args: ['--runner=PortableRunner', '--parallelism=2']\n")
    assert cluster.on_cluster
    assert cluster.beam_pipeline_args == ("--runner=PortableRunner", "--parallelism=2")


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ("task: regression", r"line 4: unknown key `evaluation\.bounds\.auc`"),
        (
            "task: binary\nclasses: [a, b]\ndata: {label_rate: {min: 0.1, max: 0.2}}",
            r"line 7: `data\.label_rate`",
        ),
        (
            "data: {label_shares: {shares: {yes please: {min: 0.1, max: 0.2}}}}\nclasses: [a, b]",
            r"line 5: `data\.label_shares`: .*1 are not among `classes`",
        ),
        (
            "data: {label_shares: {shares: {a: {min: 0.1, max: 0.2}}}}",
            r"line 5: `data\.label_shares`: expected none",
        ),
    ],
)
def test_what_another_task_is_asked_is_reported_with_its_line(task: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        _parse(f"{TEXT}{task}\n")


def test_the_chains_process_does_not_get_the_variable_of_the_ping(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PING", "https://hc-ping.example/a-secret")
    assert "PING" not in config.worker_environment(tmp_path, "PING")
    assert config.worker_environment(tmp_path, None)["PING"] == config.variable("PING")
    assert config.variable("NOT_SET") == ""
