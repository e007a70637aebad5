"""Each kind of thing that is needed stays, whatever its age, and goes once nothing needs it."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from perennial import clock
from perennial.files import write_json
from perennial.store import registry
from pipeline.run.calibration_paths import calibration_file
from pipeline.run.retention import needs
from pipeline.run.retention.lineage_rows import OutputLinks
from pipeline.run.retention.standing import Standing
from tests.pipeline.run.retention.root import BEGIN, Root

NeedsOf = Callable[[Standing], Iterator[needs.Need]]


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
    whys = _whys(root, "versions")
    assert whys["3"] == ("`rollback` would restore it",)
    assert whys["10"] == ("it is live", "it is one of the newest 1 (`keep.models`)")


def test_what_forward_would_restore_stays_until_a_push_ends_that(root: Root) -> None:
    for number in (1, 2, 3, 4):
        root.version(number)
    root.version(5, restores=2, action="rollback")
    assert root.goes()["versions"] == ["2", "3"]  # 1: rollback; 4: forward
    root.version(6)
    assert root.goes()["versions"] == ["1", "2", "3", "4"]


def test_the_copy_that_was_live_stays_for_forward_where_the_version_itself_is_gone(root: Root) -> None:
    """As `forward` would restore it; with `keep.models: 1` no other need keeps it."""
    root.version(4)
    root.version(5, restores=2, action="rollback")
    root.version(6, restores=1, action="rollback")
    assert "5" not in root.goes().get("versions", [])
    assert "`forward` would restore it" in _whys(root, "versions")["5"]


def test_a_damaged_version_is_nothing_to_go_back_to_so_the_intact_one_before_it_stays(root: Root) -> None:
    for number in (1, 2, 3, 4):
        root.version(number)
        _card_of_files(root, number)
    (root.root / "models" / "3" / "saved_model.pb").write_text("damaged")
    assert root.goes()["versions"] == ["1"]
    assert _whys(root, "versions")["2"] == ("it is the newest intact one to go back to",)


def _card_of_files(root: Root, number: int) -> None:
    """The version's folder holds a model, and a card that knows its digest."""
    folder = root.root / "models" / str(number)
    (folder / "saved_model.pb").write_text(f"model {number}")
    write_json(folder / "model_card.json", {"model_digest": registry.model_digest(folder)})


def _whys(root: Root, kind: str) -> dict[str, tuple[str, ...]]:
    """Why each thing of a kind stays, by its key."""
    return {item.key: item.whys for item in root.plan().stays if item.kind == kind}


def test_the_copy_that_forward_would_restore_stays_where_what_it_restored_is_gone(root: Root) -> None:
    for number in (2, 3):  # 1, which 2 restored, went long ago
        root.version(number, restores=1 if number == 2 else None)
    root.version(4, restores=2, action="rollback")
    root.version(5, restores=3, action="rollback")
    root.version(6, restores=3, action="rollback")
    assert _whys(root, "versions")["4"] == ("`forward` would restore it",)


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


def test_summaries_of_days_stay_for_their_history_whatever_the_window(tmp_path: Path) -> None:
    with Root(tmp_path, "").opened() as root:
        for number, span in enumerate(("2023-01", "2023-02", "2024-01", "1", "2", "3"), 1):
            root.span(span, number)
        drift = root.use_case.drift.model_copy(update={"history": 345 * 86400})
        root.use_case = root.use_case.model_copy(update={"drift": drift})
        whys = {item.key: item.whys for item in root.plan().stays}
        why = "its days are of the last 345 (`drift.history`): span 2023-02"
        # Counted back from the last day of January 2024.
        assert "DaySummaries/days/1" in root.goes()["outputs"]
        assert whys["DaySummaries/days/2"] == (why,)
        assert "ArrowExampleGen/examples/2" in root.goes()["rows"]
        (pruned,) = (each for each in root.plan().rows.spans if each.span == "2023-02")
        assert Path(pruned.days).name == "2"


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


def test_of_a_span_in_use_the_newest_predictions_stay_as_long_as_its_days_count(root: Root) -> None:
    for number in range(1, 20):
        root.span(str(number), number, "BLOCK" if number == 2 else "OK")
    for output, (span, model) in enumerate([("1", "old"), ("2", "old"), ("1", "new")], 1):
        uri = root.output("LivePredictions", "predictions", output)
        root.ledger.predictions.note(span, f"content of {span}", model, uri)

    def going() -> list[str]:
        return [key for key in root.goes()["outputs"] if key.startswith("LivePredictions/")]

    assert "ArrowExampleGen/examples/1" in root.goes()["rows"]  # whatever the window
    assert going() == ["LivePredictions/predictions/1", "LivePredictions/predictions/2"]
    root.span("1", 20, digest="corrected")
    assert len(going()) == 3


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
        lambda root: (root.run("early"), root.span("1", 1, run_id="early")),
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


def test_runs_since_a_backfill_began_stay_until_it_ends(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    root.run("before")
    monkeypatch.setattr(clock, "now", lambda: BEGIN + timedelta(days=1))
    number = root.ledger.backfills.begin("1", "2", "all", is_each=False, spans=["1"])
    root.run("of it")
    _eleven_runs(root)
    assert root.goes()["runs"] == ["before"]
    assert number is not None
    root.ledger.backfills.end(number, "done")
    assert root.goes()["runs"] == ["before", "late 00", "of it"]


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


@pytest.fixture
def full(root: Root, monkeypatch: pytest.MonkeyPatch) -> Root:
    """A root in which each function of the registry keeps something that no other one does."""
    for number in range(1, 20):
        root.span(str(number), number, "BLOCK" if number == 1 else "OK")
    calibration_file(root.root, 1).parent.mkdir(parents=True)
    calibration_file(root.root, 1).write_text("a calibration")
    for run_id in ("made 2", "waits", "alerted"):
        root.run(run_id)
    root.run("settled", fingerprint="settled")
    root.ledger.alerts.set({"FAILED": "It failed."}, among=["FAILED"], run_id="alerted")
    _eleven_runs(root)
    judged = {"judged": {"model": "artifacts/Trainer/model/101/Format-Serving"}}
    root.version(1)
    root.version(2, "made 2", {"spans": [{"span": "2", "digest": "content of 2"}], "refit": judged})
    root.version(3, card={"spans": [{"span": "3", "digest": "content of 3"}]})
    for node, key, number in (("Trainer", "model", 101), ("Trainer", "model", 102)):
        root.output(node, key, number)
    waits = root.output("RefitTrainer", "model", 103)
    root.ledger.candidates.wait(
        "waits", {"model": waits, "digest": "", "card": {}, "champion": 3, "withheld": "ask"}
    )
    monkeypatch.setattr(clock, "now", lambda: BEGIN + timedelta(days=1))  # after all runs
    root.ledger.backfills.begin("10", "10", "all", is_each=False, spans=["10"])
    root.ledger.predictions.note(
        "11", "content of 11", "m", root.output("LivePredictions", "predictions", 105)
    )
    root.lineage = OutputLinks(frozenset([root.output("Evaluator", "evaluation", 104)]), root.lineage.gates)
    return root


KEPT_BY = {
    needs.of_versions: ("versions/2", "versions/3"),
    needs.of_what_versions_were_made_of: (
        "runs/made 2",
        "outputs/Trainer/model/101",
        "outputs/SpanStatistics/statistics/2",
        "outputs/DataGate/anomalies/2",
        "quarantine/2/v1",
    ),
    needs.of_waiting_candidate: ("runs/waits", "outputs/RefitTrainer/model/103"),
    needs.of_spans_read: tuple(f"rows/ArrowExampleGen/examples/{number}" for number in (17, 18, 19)),
    needs.of_rows_trained_on: ("rows/ArrowExampleGen/examples/3",),
    needs.of_open_backfill: ("rows/ArrowExampleGen/examples/10",),
    needs.of_spans_compared_with: tuple(
        f"outputs/SpanStatistics/statistics/{number}" for number in range(4, 17) if number != 10
    ),
    needs.of_live_predictions: ("outputs/LivePredictions/predictions/105",),
    needs.of_day_summaries: tuple(f"outputs/DaySummaries/days/{number}" for number in (4, 16)),
    needs.of_spans: (
        "outputs/SpanStatistics/statistics/1",
        "outputs/DataGate/anomalies/1",
        "quarantine/1/v1",
    ),
    needs.of_runs: ("runs/late 01", "runs/late 10"),
    needs.of_runs_looked_up: ("runs/settled",),
    needs.of_alerts: ("runs/alerted",),
    needs.of_calibrations: ("calibrations/1",),
    needs.of_cache: ("outputs/Evaluator/evaluation/104",),
}


def test_prune_removes_no_protected_thing_and_would_without_the_function_that_keeps_it(full: Root) -> None:
    def goes(registry: Sequence[NeedsOf]) -> set[str]:
        return {f"{item.kind}/{item.key}" for item in full.plan(registry=registry).goes}

    assert set(KEPT_BY) == set(needs.REGISTRY)
    protected = {key for keys in KEPT_BY.values() for key in keys}
    assert goes(needs.REGISTRY) & protected == set()
    assert {"versions/1", "runs/late 00", "outputs/Trainer/model/102"} <= goes(needs.REGISTRY)
    for function, keys in KEPT_BY.items():
        without = goes([each for each in needs.REGISTRY if each is not function])
        assert set(keys) - without == set(), function.__name__


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
