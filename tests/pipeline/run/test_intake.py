"""What arrived, and what of it may be trained on; spans that are refused at sight need no chain."""

import json
from pathlib import Path
from typing import NoReturn

import pytest

from perennial.store.digests import FileDigests
from perennial.store.ledger import Ledger
from perennial.store.span_version import Verdict
from pipeline import config
from pipeline.config import UseCase
from pipeline.execution.messages import Failure, Pass
from pipeline.plan import SpanPlan
from pipeline.run.curated_schema import import_schema
from pipeline.run.intake import Intake
from pipeline.run.outputs import Outputs
from tests.pipeline.run.trains import SCHEMA, YAML, trains


@pytest.fixture
def use_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> UseCase:
    return trains(tmp_path, monkeypatch)


def _land(use_case: UseCase, span: str, content: str = "day,late\n", marker: str = "") -> None:
    folder = use_case.exports_folder / span
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "part-0.csv").write_text(content)
    (folder / "_SUCCESS").write_text(marker)


def _intake(use_case: UseCase, ledger: Ledger) -> Intake:
    outputs = Outputs(use_case.root / "artifacts", ledger).read()
    return Intake(use_case, ledger, outputs, import_schema(use_case), "run-1")


def _no_pass(work: SpanPlan) -> NoReturn:
    pytest.fail(f"span {work.span} needs no chain")


def _judged(use_case: UseCase, ledger: Ledger, span: str, verdict: Verdict) -> None:
    version = ledger.spans.current(span)
    if version is None:
        pytest.fail(f"{span} never arrived")
    ledger.spans.judge(version, verdict, [], rows=1, quarantined=0, judged_with="j", run_id="r")


def test_the_newest_complete_spans_arrive_as_many_as_the_window_holds(
    use_case: UseCase, ledger: Ledger
) -> None:
    for span in ("9", "10", "11", "12", "backup"):
        _land(use_case, span)
    (use_case.exports_folder / "13").mkdir()
    intake = _intake(use_case, ledger)
    assert [export.span for export in intake.exports] == ["9", "10", "11", "12", "13", "backup"]
    assert [arrival.export.span for arrival in intake.arrivals] == ["10", "11", "12"]
    assert sorted(ledger.spans.names()) == ["10", "11", "12"]


def test_other_content_under_a_name_is_another_version(use_case: UseCase, ledger: Ledger) -> None:
    versions = []
    for content in ("a", "a", "b", "a"):
        _land(use_case, "1", content)
        (arrival,) = _intake(use_case, ledger).arrivals
        versions.append(arrival.version.version)
    assert versions == [1, 1, 2, 3]


def _manifest(sha256: str = "0" * 64, size: int = 9) -> str:
    return json.dumps({"files": [{"path": "part-0.csv", "bytes": size, "sha256": sha256}]})


@pytest.mark.parametrize(
    ("marker", "reason"),
    [
        ("done", "_SUCCESS must be empty or JSON."),
        (_manifest(size=8), "part-0.csv: _SUCCESS lists 8 bytes, but the file has 9."),
        (_manifest(), "part-0.csv: SHA-256 differs from the one in _SUCCESS."),
    ],
)
def test_a_manifest_that_lies_is_refused_without_the_chain(
    use_case: UseCase, ledger: Ledger, marker: str, reason: str
) -> None:
    _land(use_case, "1", marker=marker)
    intake = _intake(use_case, ledger)
    (judged,) = intake.judge_fresh(_no_pass)
    assert (judged.verdict, judged.reasons) == ("REFUSED", (reason,))
    withheld = intake.newest_withheld()
    assert withheld is not None
    assert withheld.span == "1"
    assert intake.in_use() == []


def test_a_refusal_stands_until_the_export_is_mended_or_the_schema_edited(
    use_case: UseCase, ledger: Ledger
) -> None:
    _land(use_case, "1", marker="done")
    assert len(_intake(use_case, ledger).judge_fresh(_no_pass)) == 1
    assert _intake(use_case, ledger).judge_fresh(_no_pass) == []
    use_case.schema_file.write_text(SCHEMA + "# a word\n")
    assert len(_intake(use_case, ledger).judge_fresh(_no_pass)) == 1
    _land(use_case, "1", marker="finished")
    assert _intake(use_case, ledger).judge_fresh(_no_pass) == []
    _land(use_case, "1", content="day,late\n1,1\n", marker="done")
    (judged,) = _intake(use_case, ledger).judge_fresh(_no_pass)
    assert (judged.version, judged.verdict) == (2, "REFUSED")


def test_only_the_newest_complete_span_is_withheld_and_only_until_somebody_judges_it(
    use_case: UseCase, ledger: Ledger
) -> None:
    for span in ("9", "10"):
        _land(use_case, span)
    intake = _intake(use_case, ledger)
    _judged(use_case, ledger, "9", "BLOCK")
    _judged(use_case, ledger, "10", "OK")
    assert intake.newest_withheld() is None
    _judged(use_case, ledger, "10", "BLOCK")
    withheld = intake.newest_withheld()
    assert withheld is not None
    assert withheld.span == "10"
    ledger.spans.decide("10", "reject", "known")
    assert intake.newest_withheld() is None


def test_what_is_in_use_is_the_newest_of_what_was_accepted_oldest_first(
    use_case: UseCase, ledger: Ledger
) -> None:
    for span in ("8", "9", "10", "11", "12"):
        ledger.spans.arrive(span, "d")
        _judged(use_case, ledger, span, "BLOCK" if span == "11" else "OK")
    intake = _intake(use_case, ledger)
    assert [version.span for version in intake.in_use()] == ["9", "10", "12"]
    ledger.forget_outputs()
    assert intake.in_use() == []


def test_nothing_is_withheld_where_nothing_landed(use_case: UseCase, ledger: Ledger) -> None:
    intake = _intake(use_case, ledger)
    assert (intake.arrivals, intake.judge_fresh(_no_pass), intake.newest_withheld()) == ([], [], None)


def _put_out(use_case: UseCase, ledger: Ledger, span: str) -> Path:
    """Gives a span examples and statistics, noted as the runner notes them; gives the examples' file."""
    uris = {}
    for key, node in (("examples", "ArrowExampleGen"), ("statistics", "SpanStatistics")):
        folder = use_case.root / "artifacts" / node / key / span
        folder.mkdir(parents=True)
        (folder / "data").write_text("rows")
        uris[key] = str(folder)
    Outputs(use_case.root / "artifacts", ledger).read().note(uris.values())
    version = ledger.spans.current(span)
    if version is None:
        pytest.fail(f"{span} never arrived")
    ledger.spans.judge(
        version,
        "OK",
        [],
        rows=1,
        quarantined=0,
        judged_with="j",
        run_id="r",
        examples=uris["examples"],
        statistics=uris["statistics"],
    )
    return use_case.root / "artifacts" / "ArrowExampleGen" / "examples" / span / "data"


def test_a_span_whose_artifact_is_damaged_is_not_in_use_until_it_was_read_again(
    use_case: UseCase, ledger: Ledger
) -> None:
    for span in ("7", "8", "9"):
        ledger.spans.arrive(span, "d")
    files = [_put_out(use_case, ledger, span) for span in ("7", "8", "9")]
    intake = _intake(use_case, ledger)
    assert [version.span for version in intake.in_use()] == ["7", "8", "9"]
    files[1].write_text("ROWS")
    intake = _intake(use_case, ledger)
    assert [version.span for version in intake.in_use()] == ["7", "9"]
    # Gone, so that TFX does not take it from its cache.
    assert not files[1].parent.exists()


def test_a_judgement_made_during_a_run_is_not_lost_to_what_the_run_writes(
    use_case: UseCase, ledger: Ledger
) -> None:
    version = ledger.spans.arrive("9", "d")
    other = Ledger(use_case.root / "ledger.db")
    ledger.spans.judge(version, "BLOCK", ["b"], rows=1, quarantined=0, judged_with="j", run_id="r")
    other.spans.decide("9", "accept", "known")
    ledger.spans.judge(version, "BLOCK", ["b"], rows=1, quarantined=0, judged_with="k", run_id="r")
    other.close()
    assert [version.span for version in _intake(use_case, ledger).in_use()] == ["9"]


def test_a_span_that_changed_while_it_was_read_waits_and_the_next_run_takes_it_up(
    use_case: UseCase, ledger: Ledger
) -> None:
    changed = Failure(kind="span_changed", problem="part-0.csv changed while it was read.", remedy="Wait.")
    _land(use_case, "1")
    intake = _intake(use_case, ledger)
    assert intake.judge_fresh(lambda _work: Pass(nodes=(), failure=changed)) == []
    assert intake.notes == ["Span 1 waits. part-0.csv changed while it was read. Wait."]
    assert intake.newest_withheld() is None
    asked: list[SpanPlan] = []

    def again(work: SpanPlan) -> Pass:
        asked.append(work)
        bad = Failure(kind="span_refused", problem="It is bad.", remedy="Mend it.")
        return Pass(nodes=(), failure=bad)

    (judged,) = _intake(use_case, ledger).judge_fresh(again)
    assert (judged.version, judged.verdict, len(asked)) == (1, "REFUSED", 1)


def test_a_format_that_begins_with_a_span_reads_no_earlier_one_again(
    use_case: UseCase, ledger: Ledger
) -> None:
    read: list[str] = []

    def refused(work: SpanPlan) -> Pass:
        read.append(work.span)
        return Pass(nodes=(), failure=Failure(kind="span_refused", problem="It is bad.", remedy="Fix it."))

    for span in ("1", "2", "3"):
        _land(use_case, span)
    _intake(use_case, ledger).judge_fresh(refused)
    text = YAML.replace("time_column: day", "time_column: day, date_format: {day: [ISO8601%s]}")
    for more in ("", ", {format: '%d.%m.%Y', from: 3}", ", {format: '%d.%m.%Y', from: 2}"):
        read.append(more)
        changed = config.parse(text % more, name="trains", home=use_case.home, source="trains.yaml")
        _intake(changed, ledger).judge_fresh(refused)
    # ISO 8601 is how the time column is read without a format.
    assert read == [
        "1",
        "2",
        "3",
        "",
        ", {format: '%d.%m.%Y', from: 3}",
        "3",
        ", {format: '%d.%m.%Y', from: 2}",
        "2",
    ]


def test_a_file_that_goes_away_while_it_is_looked_at_leaves_its_span_waiting(
    use_case: UseCase, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_self: FileDigests, path: Path) -> str:
        raise FileNotFoundError(2, "No such file or directory", str(path))

    _land(use_case, "1")
    monkeypatch.setattr(FileDigests, "digest", gone)
    intake = _intake(use_case, ledger)
    assert intake.arrivals == []
    assert intake.notes == ["Span 1 waits. part-0.csv disappeared while it was read."]


def test_a_file_that_may_not_be_read_refuses_its_span_until_it_may(
    use_case: UseCase, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(_self: FileDigests, path: Path) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    _land(use_case, "1")
    with monkeypatch.context() as patched:
        patched.setattr(FileDigests, "digest", denied)
        (judged,) = _intake(use_case, ledger).judge_fresh(_no_pass)
    assert (judged.verdict, judged.version) == ("REFUSED", 1)
    assert judged.reasons == ("part-0.csv: the file cannot be read (Permission denied).",)
    assert _intake(use_case, ledger).arrivals[0].version.version == 2
