"""Every entry point reads each cell alike, of every kind of column and by every setting."""

import random

import pytest

from benchmarks.proofs.agreement import files, requests
from benchmarks.proofs.agreement.comparison import LOG, Tally, run_trial
from benchmarks.proofs.agreement.trials import FATES, ROLES

# `make proof-agreement` makes many more.
ROUNDS = 4
SETTINGS = {
    *("decimal", "thousands", "na_values, a list", "na_values, by column", "true_values, false_values"),
    *("date_format, one", "date_format, a list", "date_format, ISO8601", "time_zone", "rename"),
    *("delimiter", "skipinitialspace", "quotechar", "escapechar"),
}


@pytest.fixture(scope="module")
def tally(tmp_path_factory: pytest.TempPathFactory) -> Tally:
    counted, folder = Tally(), tmp_path_factory.mktemp("agreement")
    for seed in range(ROUNDS):
        for role in ROLES:
            run_trial(random.Random(f"{seed} {role}"), role, 40, counted, folder)
    return counted


def test_all_entry_points_agree_on_each_cell(tally: Tally) -> None:
    assert not tally.disagreements, "\n".join(tally.shown)


@pytest.mark.parametrize("fate", FATES)
def test_each_fate_is_frequent_in_each_kind_of_column(tally: Tally, fate: str) -> None:
    assert tally.least_share(fate) >= 0.2


def test_every_setting_and_every_entry_point_is_tried(tally: Tally) -> None:
    assert tally.settings.keys() >= SETTINGS
    assert tally.comparisons.keys() == {*files.OF_TEXT, *requests.OF_TEXT, LOG}
