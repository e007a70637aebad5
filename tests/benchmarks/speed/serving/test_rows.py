"""Requests carry the rows of an export."""

import json

from benchmarks.speed.serving.rows import bodies
from benchmarks.speed.serving.subjects import instances


def test_bodies_hold_so_many_rows_each_one_a_line() -> None:
    made = bodies([{"flight": number} for number in range(5)], 2, instances)
    assert [len(json.loads(body)["instances"]) for body in made] == [2, 2, 1]
    assert not any(b"\n" in body for body in made)
