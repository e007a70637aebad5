"""Cells that people reported of other software: each becomes what is right here."""

import pytest

from pipeline.reading_reference import shown
from pipeline.reading_reports import REPORTS, ReportedCell
from serving.reading.cells import CellRule


@pytest.mark.parametrize("one", REPORTS, ids=[f"{one.report} {one.does}" for one in REPORTS])
def test_a_cell_of_a_public_report_becomes_what_is_right(one: ReportedCell) -> None:
    assert shown(CellRule.of("c", one.kind, one.rules), one.cell) == one.right
