"""Files of calibrations of drift: the newest stay, and those that judged a span of which something stays."""

from pathlib import Path

import pytest

from perennial import clock
from pipeline.run.calibration_paths import calibration_file
from tests.pipeline.run.retention.root import BEGIN, Root


def test_the_newest_twenty_stay_and_each_that_judged_a_span_of_which_something_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: BEGIN)
    with Root(tmp_path).opened() as root:
        for number in range(1, 25):
            file = calibration_file(root.root, number)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("a calibration")
        (calibration_file(root.root, 1).parent / "notes.npz").write_text("a person's")
        for number, span in enumerate(("1", "2", "3", "4", "5"), start=1):
            root.span(span, number)
            version = root.ledger.spans.current(span)
            assert version is not None
            root.ledger.spans.judge(
                version,
                "OK",
                [],
                rows=9,
                quarantined=0,
                judged_with=version.judged_with,
                run_id="r",
                examples=version.examples,
                statistics=version.statistics,
                calibration={"3": 3, "1": 1}.get(span, 24),
            )
        goes = root.goes()["calibrations"]
        whys = {item.key: item.whys for item in root.plan().stays if item.kind == "calibrations"}
    assert goes == ["2", "4"]
    assert (whys["1"], whys["3"]) == (("it judged span 1",), ("it judged span 3",))
    assert whys["24"][0] == "it is one of the newest 20"
