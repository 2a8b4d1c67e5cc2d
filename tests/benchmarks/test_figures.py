"""Figures from samples, ratios from figures."""

import pytest

from tests.benchmarks.figures import Figures, figures, medians, middle, percentile, ratios
from tests.benchmarks.load import Sample


def measured(rate: float, p50: float = 100.0, cpu: float | None = 50.0) -> Figures:
    return Figures(requests_per_second=rate, cpu_us=cpu, p50_us=p50, p99_us=2 * p50)


def test_the_median_of_four_is_the_second_as_half_of_all_do_not_exceed_it() -> None:
    assert percentile([1.0, 2.0, 3.0, 4.0], 50) == 2.0


def test_the_99th_percentile_of_a_hundred_is_the_last_but_one() -> None:
    assert percentile([float(number) for number in range(1, 101)], 99) == 99.0


def test_a_percentile_of_one_value_is_that_value() -> None:
    assert percentile([7.0], 99) == 7.0


def test_cpu_time_is_shared_by_the_requests() -> None:
    sample = Sample(seconds=0.5, latencies_s=[0.001, 0.002, 0.003, 0.010])

    assert figures(sample, cpu_s=0.004) == Figures(
        requests_per_second=8.0, cpu_us=1000.0, p50_us=2000.0, p99_us=10000.0
    )


def test_a_sample_without_answers_gives_no_figures() -> None:
    with pytest.raises(ValueError, match="no answer"):
        figures(Sample(seconds=1.0, latencies_s=[]), cpu_s=0.1)


def test_one_odd_round_does_not_move_the_median() -> None:
    assert middle([measured(100), measured(9000), measured(110)]).requests_per_second == 110


def test_cpu_time_stays_unknown_where_the_system_does_not_tell() -> None:
    assert middle([measured(100, cpu=None)]).cpu_us is None


def test_a_ratio_is_taken_within_each_round() -> None:
    slow_second_round = {
        ("kontor", "many"): [measured(700), measured(70), measured(650)],
        ("bare", "many"): [measured(1000), measured(100), measured(1000)],
    }

    (goal,) = ratios(slow_second_round)

    assert (goal.name, goal.value, goal.reached) == ("G1", pytest.approx(0.70), True)


def test_a_goal_just_missed_is_missed() -> None:
    rounds = {("kontor", "same"): [measured(969)], ("direct", "same"): [measured(1000)]}

    (goal,) = ratios(rounds)

    assert (goal.name, goal.reached) == ("G6", False)


def test_the_ratio_by_cpu_compares_what_one_request_costs() -> None:
    rounds = {
        ("kontor", "many"): [measured(400, cpu=200.0)],
        ("fastapi", "many"): [measured(100, cpu=900.0)],
    }

    (goal,) = ratios(rounds)

    assert (goal.name, goal.value, goal.by_cpu) == ("G7", 4.0, 4.5)


def test_added_latency_is_what_each_proxy_adds_to_the_direct_call() -> None:
    rounds = {
        ("direct", "one"): [measured(1, p50=100)],
        ("nginx", "one"): [measured(1, p50=200)],
        ("kontor", "one"): [measured(1, p50=450)],
    }

    (goal,) = ratios(rounds)

    assert (goal.name, goal.value, goal.reached) == ("G4", 3.5, None)


def test_a_round_in_which_nginx_was_faster_than_the_direct_call_is_left_out() -> None:
    rounds = {
        ("direct", "one"): [measured(1, p50=100), measured(1, p50=300)],
        ("nginx", "one"): [measured(1, p50=200), measured(1, p50=290)],
        ("kontor", "one"): [measured(1, p50=450), measured(1, p50=500)],
    }

    (goal,) = ratios(rounds)

    assert goal.value == 3.5


def test_what_was_not_measured_has_no_ratio() -> None:
    assert ratios({("kontor", "many"): [measured(700)]}) == []


def test_medians_are_given_by_subject_and_load() -> None:
    rounds = {("bare", "one"): [measured(1), measured(3), measured(2)]}

    assert medians(rounds)["bare", "one"].requests_per_second == 2
