"""What a picture shows of many days: each peak and each alarm, in a frame that fits."""

from pipeline.report.day_series import MeasureByDay, runs_of_days, stretches


def measure(values: list[float | None], alarms: frozenset[int] = frozenset()) -> MeasureByDay:
    nothing: list[float | None] = [None] * len(values)
    return MeasureByDay(list(range(len(values))), values, nothing, nothing, alarms)


def test_a_thinned_measure_keeps_its_peaks_and_its_alarms() -> None:
    values: list[float | None] = [float(day % 7) for day in range(400)]
    values[123], values[321], values[50] = 99.0, -99.0, None
    thinned = measure(values, frozenset([201])).thinned(100)
    assert len(thinned.days) <= 101
    assert {99.0, -99.0} <= set(thinned.values)
    assert 201 in thinned.days
    assert list(thinned.days) == sorted(set(thinned.days))
    assert [values[day] for day in thinned.days] == list(thinned.values)


def test_few_days_are_not_thinned() -> None:
    few = measure([1.0, 2.0, None])
    assert few.thinned(100) is few


def test_days_without_a_value_vanish_when_thinned() -> None:
    assert measure([None] * 400).thinned(100).days == []


def test_a_line_goes_on_over_a_weekend_and_breaks_over_weeks() -> None:
    days, values = [0, 1, 4, 5, 30, 31], [1.0, 2.0, 3.0, None, 4.0, 5.0]
    assert list(stretches(days, values)) == [[(0, 1.0), (1, 2.0), (4, 3.0)], [(30, 4.0), (31, 5.0)]]
    assert list(stretches([], [])) == []


def test_a_wide_band_leaves_the_values_most_of_the_room() -> None:
    wide = MeasureByDay([0, 1], [1.0, 2.0], [-100.0, -100.0], [1.5, 100.0])
    low, high = wide.extent or (0.0, 0.0)
    assert -1.0 < low < 1.0
    assert 2.0 < high < 3.0
    assert MeasureByDay([0], [5.0], [4.0], [7.0]).extent == (4.0, 7.0)
    assert measure([None]).extent is None


def test_days_in_succession_are_one_run() -> None:
    assert runs_of_days([7, 3, 4, 5, 9, 3]) == [(3, 5), (7, 7), (9, 9)]
    assert runs_of_days([]) == []
