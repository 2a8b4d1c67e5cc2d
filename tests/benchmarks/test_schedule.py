"""Figures of the schedule, by hand."""

import pytest

from tests.benchmarks.schedule.report import goals
from tests.benchmarks.schedule.run import Measured, Outcome, Plan

PLAN = Plan(processes=4, waiting=1000, seconds=60)


def outcome(*ms: int, refused: int = 0) -> Outcome:
    slots = [slot * 1000 for slot in ms]
    return Outcome(PLAN, slots, {200: len(slots) - refused, 429: refused}, [])


def test_three_slots_in_less_than_a_second_are_three() -> None:
    assert outcome(0, 0, 1006, 1509, 2012).most_in_a_second == 2
    assert outcome(0, 500, 999).most_in_a_second == 3
    assert outcome(0, 500, 1000).most_in_a_second == 2


def test_the_share_is_of_two_calls_a_second() -> None:
    assert outcome(0, 500, 1000, 1500).share == 1
    assert outcome(0, 503, 1006).share == pytest.approx(0.994, abs=0.0005)


def test_every_goal_says_whether_it_was_reached() -> None:
    good = goals(Measured(outcome(0, 503, 1006), 4.2))
    bad = goals(Measured(outcome(0, 500, 900, 2500, refused=1), 6.1))

    assert [goal["reached"] for goal in good] == [True] * 4
    assert [goal["reached"] for goal in bad] == [False] * 4
