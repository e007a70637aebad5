"""The alert rules and the dashboard: they parse, and every metric and label that they name exists."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any, Final

import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from perennial.store.ledger import Ledger
from pipeline import config
from pipeline.config import REPOSITORY
from pipeline.freshness import CODES
from pipeline.run.metric_families import FAMILIES
from pipeline.run.metrics_file import write_metrics
from pipeline.verdict import EXIT_CODES
from serving.observe.families import OURS
from serving.observe.metrics import MetricTable, text
from tests.pipeline.run import trains
from tests.pipeline.run.test_overdue import arrive

FOLDER: Final = REPOSITORY / "docs" / "monitoring"
RULES: Final = yaml.safe_load((FOLDER / "alerts.yml").read_text())
DASHBOARD: Final = json.loads((FOLDER / "dashboard.json").read_text())
SCHEDULE: Final = 'schedule: {cron: "30 5 * * *", expect: {every: 1d, within: 6h}}\n'
ALERTS: Final = [rule for group in RULES["groups"] for rule in group["rules"]]
EXPRESSIONS: Final = [rule["expr"] for rule in ALERTS] + [
    target["expr"].replace("$use_case", ".*")
    for panel in DASHBOARD["panels"]
    for target in panel.get("targets", ())
]


def _series(exported: str) -> dict[str, list[dict[str, str]]]:
    """The labels of every series, by name, as Prometheus' own client reads them."""
    read: dict[str, list[dict[str, str]]] = {}
    for family in text_string_to_metric_families(exported):
        for sample in family.samples:
            read.setdefault(sample.name, []).append(sample.labels)
    return read


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    """Every series of a metrics file that was really written, and of the server's registry."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PERENNIAL_HOME", str(home))
        patch.setattr(config, "USE_CASES", home)
        (home / "trains.yaml").write_text(trains.YAML.replace("number", "day") + SCHEDULE)
        with closing(Ledger(config.load("trains").make_root() / "ledger.db")) as ledger:
            ledger.runs.begin("r", "cron")
            arrive(ledger, "2013-04-01")
            ledger.runs.end("r", "KEPT", 0, "So it is.", "")
            ledger.alerts.set({"DATA_BLOCKED": "It is."}, ["DATA_BLOCKED"], "r")
        assert write_metrics() == []
        read = _series((home / "metrics.prom").read_text())
    table = MetricTable(OURS)
    for family in OURS:
        table.cell(family, *family.labels)
    server = _series(text(table).decode())
    return {name: read.get(name, []) + server.get(name, []) for name in {*read, *server}}


def _selectors(expression: Any) -> Iterator[Any]:
    """The selectors of a parsed expression."""
    if isinstance(expression, promql_parser.VectorSelector):
        yield expression
    for part in ("expr", "lhs", "rhs", "vector_selector", "param"):
        if (inner := getattr(expression, part, None)) is not None:
            yield from _selectors(inner)
    for argument in getattr(expression, "args", ()) or ():
        yield from _selectors(argument)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_parses_and_each_metric_with_its_labels_exists(
    series: dict[str, list[dict[str, str]]], expression: str
) -> None:
    selectors = list(_selectors(promql_parser.parse(expression)))
    assert selectors
    grouped = re.findall(r"\bby \(([^)]*)\)", expression)
    for selector in selectors:
        assert selector.name in series, selector.name
        named = {matcher.name for matcher in selector.matchers.matchers}
        assert any(named <= set(labels) for labels in series[selector.name]), (selector.name, named)
    known = {label for selector in selectors for labels in series[selector.name] for label in labels}
    # `label_replace` of the server that is behind makes a model of a use case.
    assert {label.strip() for group in grouped for label in group.split(",")} <= known | {"model"}


def test_every_metric_of_the_metrics_file_is_on_the_dashboard(
    series: dict[str, list[dict[str, str]]],
) -> None:
    shown = {
        selector.name
        for expression in EXPRESSIONS
        for selector in _selectors(promql_parser.parse(expression))
    }
    of_runs = {name for name, all_labels in series.items() if any("use_case" in each for each in all_labels)}
    assert of_runs - shown == set()


def test_the_rules_have_the_shape_of_prometheus_rules() -> None:
    assert set(RULES) == {"groups"}
    assert [set(group) for group in RULES["groups"]] == [{"name", "rules"}] * 2
    names = [rule["alert"] for rule in ALERTS]
    assert len(set(names)) == len(names)
    for rule in ALERTS:
        assert set(rule) - {"for"} == {"alert", "expr", "labels", "annotations"}
        assert re.fullmatch(r"Perennial[A-Za-z]+", rule["alert"])
        assert re.fullmatch(r"\d+[smhd]", rule.get("for", "1m"))
        assert rule["labels"]["severity"] in ("critical", "warning", "info")
        assert set(rule["annotations"]) == {"summary", "description"}


def test_the_verdicts_and_codes_that_rules_name_exist() -> None:
    used = " ".join(rule["expr"] for rule in ALERTS)
    assert set(re.findall(r'verdict="(\w+)"', used)) <= set(EXIT_CODES)
    assert {int(code) for code in re.findall(r"last_run_exit_code == (\d)", used)} <= set(EXIT_CODES.values())


def test_the_rules_and_their_tests_name_the_same_alerts() -> None:
    tests = yaml.safe_load((FOLDER / "alerts_test.yml").read_text())
    named = {case["alertname"] for test in tests["tests"] for case in test["alert_rule_test"]}
    assert named <= {rule["alert"] for rule in ALERTS}
    assert tests["rule_files"] == ["alerts.yml"]


def test_the_dashboard_has_no_data_source_of_somebody_and_its_panels_do_not_overlap() -> None:
    assert DASHBOARD["title"] == "Perennial"
    assert [variable["name"] for variable in DASHBOARD["templating"]["list"]] == ["datasource", "use_case"]
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] == "${datasource}"
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_the_guide_lists_the_metrics_with_their_labels_and_the_codes() -> None:
    guide = (REPOSITORY / "docs" / "guides" / "monitoring.md").read_text()
    rows = re.findall(r"^\| (`perennial_[^|]+) \| ([\w, ]+) \|", guide, re.MULTILINE)
    listed = {
        name: tuple(labels.split(", ")) for names, labels in rows for name in re.findall(r"`(\w+)`", names)
    }
    assert listed == {family.name: family.labels for family in FAMILIES}
    codes = re.findall(r"^\| (\d) \| (fresh|warn|overdue|unknown) \|", guide, re.MULTILINE)
    assert {state: int(code) for code, state in codes} == CODES
