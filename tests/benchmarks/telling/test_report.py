"""The benchmark of news does not count the vendor's own call; Kontor may add a second."""

from tests.benchmarks.telling.report import ratios
from tests.benchmarks.telling.run import Outcome


def reached(told_s: list[float], call_s: list[float]) -> bool | None:
    (goal,) = ratios(Outcome(told_s, call_s))
    return goal.reached


def test_the_median_beside_the_vendors_call_decides() -> None:
    assert reached([0.4, 1.4, 9.0], [0.5, 0.5, 0.5]) is True
    assert reached([0.4, 1.4, 9.0], [0.0, 0.1, 0.5]) is False
