"""Each kind of thing that is needed stays, whatever its age, and goes once nothing needs it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from perennial import clock
from pipeline.run.retention import needs
from pipeline.run.retention.lineage_rows import OutputLinks
from tests.pipeline.run.retention.root import BEGIN, Root


@pytest.fixture(autouse=True)
def long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is recorded is a year old when it is pruned."""
    monkeypatch.setattr(clock, "now", lambda: BEGIN)


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Root]:
    with Root(tmp_path).opened() as made:
        yield made


def _eleven_runs(root: Root) -> None:
    for number in range(11):
        root.run(f"late {number:02}")


def test_of_versions_the_newest_stay_the_live_one_and_what_rollback_would_restore(root: Root) -> None:
    for number in (1, 2, 3, 10):
        root.version(number)
    assert root.goes()["versions"] == ["1", "2"]
    whys = {item.key: item.whys for item in root.plan().stays if item.kind == "versions"}
    assert whys["3"] == ("`rollback` would restore it",)
    assert whys["10"] == ("it is live", "it is one of the newest 1 (`keep.models`)")


def test_what_forward_would_restore_stays_until_a_push_ends_that(root: Root) -> None:
    for number in (1, 2, 3, 4):
        root.version(number)
    root.version(5, restores=2, action="rollback")
    assert root.goes()["versions"] == ["2", "3"]  # 1: rollback; 4: forward
    root.version(6)
    assert root.goes()["versions"] == ["1", "2", "3", "4"]


def test_versions_that_the_config_names_stay(tmp_path: Path) -> None:
    more = "serving: {versions: [2], labels: {stable: 3}}\n"
    with Root(tmp_path, more).opened() as root:
        for number in range(1, 8):
            root.version(number)
        assert root.goes()["versions"] == ["1", "4", "5"]


def test_the_newest_versions_stay_as_many_as_the_config_says(tmp_path: Path) -> None:
    with Root(tmp_path).opened() as root:
        keep = root.use_case.keep.model_copy(update={"models": 3})
        root.use_case = root.use_case.model_copy(update={"keep": keep})
        for number in range(1, 8):
            root.version(number)
        assert root.goes()["versions"] == ["1", "2", "3", "4"]


def test_rows_of_the_window_stay_and_of_older_spans_what_tells_of_them(root: Root) -> None:
    for number in range(1, 8):
        root.span(str(number), number)
    # 4 is the oldest from which drift of 5 to 7 is not needed any more, if few spans are compared with.
    assert root.goes()["rows"] == [f"ArrowExampleGen/examples/{number}" for number in (1, 2, 3, 4)]
    assert "outputs" not in root.goes()


def test_of_a_span_that_no_drift_is_measured_from_nothing_stays(root: Root) -> None:
    for number in range(1, 20):
        root.span(str(number), number)
    goes = root.goes()
    assert "SpanStatistics/statistics/1" in goes["outputs"]
    assert "DataGate/anomalies/1" in goes["outputs"]
    assert "1/v1" in goes["quarantine"]
    assert "SpanStatistics/statistics/16" not in goes["outputs"]


def test_what_a_version_that_stays_was_trained_on_stays_without_its_rows(root: Root) -> None:
    for number in range(1, 20):
        root.span(str(number), number)
    root.run("early")
    _eleven_runs(root)
    root.version(1, "early", {"spans": [{"span": "1", "digest": "content of 1"}]})
    root.version(2)
    goes = root.goes()
    assert "SpanStatistics/statistics/1" not in goes["outputs"]
    assert "DataGate/anomalies/1" not in goes["outputs"]
    assert "SpanStatistics/statistics/2" in goes["outputs"]
    assert "ArrowExampleGen/examples/1" in goes["rows"]
    assert "early" not in goes["runs"]


def test_the_rows_that_the_live_version_was_trained_on_stay(root: Root) -> None:
    for number in range(1, 20):
        root.span(str(number), number)
    root.version(
        1, card={"spans": [{"span": "2", "digest": "content of 2"}, {"span": "3", "digest": "other"}]}
    )
    assert "ArrowExampleGen/examples/2" not in root.goes()["rows"]
    assert "ArrowExampleGen/examples/3" in root.goes()["rows"]


def test_the_judged_candidate_of_a_version_that_was_refit_stays(root: Root) -> None:
    for number in (1, 2, 3):
        root.output("Trainer", "model", number)
    judged = {"model": "artifacts/Trainer/model/2/Format-Serving"}
    root.version(1, card={"refit": {"judged": judged}})
    assert root.goes()["outputs"] == ["Trainer/model/1", "Trainer/model/3"]


def test_what_was_judged_before_the_refit_of_a_candidate_that_waits_stays(root: Root) -> None:
    for node, number in (("RefitTrainer", 1), ("Trainer", 1), ("Trainer", 2)):
        root.output(node, "model", number)
    judged = {"model": "artifacts/Trainer/model/1/Format-Serving"}
    facts = {"model": f"{root.root}/artifacts/RefitTrainer/model/1/Format-Serving", "digest": ""}
    card = {"refit": {"judged": judged}}
    root.ledger.candidates.wait("early", {**facts, "card": card, "champion": 0, "withheld": "ask"})
    assert root.goes()["outputs"] == ["Trainer/model/2"]


def test_a_candidate_that_waits_stays_with_its_run(root: Root) -> None:
    root.run("early")
    _eleven_runs(root)
    for number in (1, 2):
        root.output("Trainer", "model", number)
    facts = {"model": f"{root.root}/artifacts/Trainer/model/1/Format-Serving", "digest": "", "card": {}}
    root.ledger.candidates.wait("early", {**facts, "champion": 0, "withheld": "ask"})
    goes = root.goes()
    assert (goes["outputs"], goes["runs"]) == (["Trainer/model/2"], ["late 00"])
    root.ledger.candidates.note_replaced()
    assert "early" in root.goes()["runs"]


@pytest.mark.parametrize("verdict", ["BLOCK", "OK"])
def test_a_span_that_a_person_can_judge_or_has_stays_as_long_as_its_export_is_there(
    root: Root, verdict: str
) -> None:
    for number in range(1, 20):
        root.span(str(number), number, verdict if number == 1 else "OK")  # type: ignore[arg-type]
    if verdict == "OK":
        root.ledger.spans.decide("1", "reject", "It is wrong.")
    assert "SpanStatistics/statistics/1" not in root.goes()["outputs"]
    assert "1/v1" not in root.goes().get("quarantine", [])
    (root.use_case.exports_folder / "1" / "part.csv").unlink()
    (root.use_case.exports_folder / "1" / "_SUCCESS").unlink()
    (root.use_case.exports_folder / "1").rmdir()
    assert "SpanStatistics/statistics/1" in root.goes()["outputs"]
    assert len(root.ledger.spans.judgements()) == (verdict == "OK")


def test_the_version_that_a_replacement_might_leave_in_use_keeps_its_rows(root: Root) -> None:
    for number in (1, 2, 3):
        root.span(str(number), number)
    root.span("3", 4, digest="corrected")
    assert "rows" not in root.goes()
    root.span("3", 5, digest="corrected again")
    assert root.goes()["rows"] == ["ArrowExampleGen/examples/3"]


def test_a_blocked_replacement_leaves_the_rows_of_the_former(root: Root) -> None:
    root.span("1", 1)
    root.span("1", 2, "BLOCK", digest="corrected")
    root.span("1", 3, "BLOCK", digest="corrected again")
    assert root.goes()["rows"] == ["ArrowExampleGen/examples/2"]


@pytest.mark.parametrize(
    "make",
    [
        lambda root: root.run("early", fingerprint="settled"),
        lambda root: root.run("early", exit_code=0),
        lambda root: root.ledger.runs.begin("early", "manual"),
        lambda root: (
            root.run("early"),
            root.ledger.alerts.set({"FAILED": "It failed."}, among=["FAILED"], run_id="early"),
        ),
        lambda root: (
            root.run("early"),
            root.version(1),
            root.ledger.fewer_rows.accept("early", 1, 5, "inputs", "It is right."),
        ),
    ],
)
def test_a_run_that_something_goes_back_to_stays(root: Root, make: Callable[[Root], object]) -> None:
    make(root)
    _eleven_runs(root)
    assert root.goes()["runs"] == ["late 00"]


def test_young_runs_spans_and_alerts_stay(tmp_path: Path) -> None:
    with Root(tmp_path).opened() as root:
        keep = root.use_case.keep.model_copy(update={"runs": 400 * 86400, "spans": 400 * 86400})
        root.use_case = root.use_case.model_copy(update={"keep": keep})
        _eleven_runs(root)
        for number in range(1, 20):
            root.span(str(number), number)
        assert set(root.goes()) == {"rows"}


def test_an_open_alert_stays_and_so_does_the_newest_so_that_no_id_is_used_again(
    root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    alerts = root.ledger.alerts
    alerts.set({"FAILED": "One."}, among=["FAILED"], run_id="")
    alerts.set({}, among=["FAILED"], run_id="")
    alerts.set({"DATA_BLOCKED": "Two."}, among=["DATA_BLOCKED"], run_id="")
    alerts.set({"FAILED": "Three."}, among=["FAILED"], run_id="")
    alerts.set({}, among=["FAILED"], run_id="")
    assert root.goes()["alerts"] == ["1"]


def test_what_every_node_put_out_last_stays(root: Root) -> None:
    last = [root.output("Trainer", "model", number) for number in (1, 2)]
    root.lineage = OutputLinks(frozenset(last[1:]), {})
    assert root.goes()["outputs"] == ["Trainer/model/1"]


def test_times_of_the_schedule_go_with_their_runs_but_the_newest_stays(root: Root) -> None:
    root.ledger.ticks.record({BEGIN + timedelta(days=day): "cron" for day in (1, 2, 3)})
    assert root.plan().ticks == 2


def test_another_feature_keeps_what_it_needs_by_one_function(root: Root) -> None:
    uri = root.output("Baseline", "model", 1)

    def of_baselines(_: object) -> Iterator[needs.Need]:
        yield needs.Need("artifact", uri, "a baseline is made of it")

    assert [item.key for item in root.plan().goes] == ["Baseline/model/1"]
    stays = root.plan(registry=[*needs.REGISTRY, of_baselines]).stays
    assert [(item.key, item.whys) for item in stays] == [("Baseline/model/1", ("a baseline is made of it",))]


def test_a_folder_that_no_run_made_is_left_alone(root: Root) -> None:
    for name in ("runs/notes", "models/old", "artifacts/Trainer/model/mine", "quarantine/1"):
        (root.root / name).mkdir(parents=True)
    (root.root / "quarantine" / "1" / "mine.csv").touch()
    assert root.goes() == {}
