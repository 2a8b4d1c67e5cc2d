from datetime import UTC, datetime, timedelta

import pytest

from gateway.credentials.failing import Failing, decode, encode, failed_again, rest_after

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def least(low: float, high: float) -> float:
    return low


def most(low: float, high: float) -> float:
    return high


def series(*after_s: float) -> Failing:
    """Failures so many seconds after the start."""
    failing = None
    for each in after_s:
        failing = failed_again(failing, START + timedelta(seconds=each))
    assert failing is not None
    return failing


def rest_s(failing: Failing, *, asked_s: float | None = None, away_s: float = 0) -> float:
    rest = rest_after(failing, failing.last - timedelta(seconds=away_s), asked_s, least)
    return (rest.until - failing.last).total_seconds()


def test_rests_double_from_thirty_seconds_to_fifteen_minutes() -> None:
    failures = [series(*range(times)) for times in range(1, 9)]
    assert [rest_s(each) for each in failures] == [30, 60, 120, 240, 480, 900, 900, 900]


def test_every_rest_but_the_first_is_drawn_out_by_up_to_a_tenth() -> None:
    rests = [rest_after(each, each.last, None, most) for each in (series(0), series(0, 1))]
    assert [(rest.until - START).total_seconds() for rest in rests] == [30, 1 + 66]


def test_a_long_outage_is_met_with_the_longest_rest_at_once() -> None:
    assert (rest_s(series(0), away_s=44 * 60), rest_s(series(0), away_s=45 * 60)) == (30, 900)


def test_a_connection_that_has_failed_for_long_takes_the_longest_rest_whoever_is_answered() -> None:
    assert rest_s(series(0, 45 * 60)) == 900


@pytest.mark.parametrize(("asked_s", "rest"), [(5, 30), (31, 31), (3600, 3600)])
def test_what_the_server_asks_for_is_the_least(asked_s: float, rest: float) -> None:
    assert rest_s(series(0), asked_s=asked_s) == rest


def test_a_rest_may_be_cut_to_a_third_but_not_below_thirty_seconds_or_what_was_asked() -> None:
    long, short = series(*range(8)), series(0, 1)
    early = [
        (rest_after(failing, failing.last, asked_s, least).early - failing.last).total_seconds()
        for failing, asked_s in ((long, None), (short, None), (long, 600.0))
    ]
    assert early == [300, 30, 600]


def test_failures_on_four_days_exhaust_when_more_than_three_times_24_hours_lie_between() -> None:
    day = 86400
    assert not series(0, day, 2 * day, 3 * day).exhausted
    assert series(0, day, 2 * day, 3 * day + 1).exhausted


def test_failures_on_three_days_do_not_exhaust_however_far_apart() -> None:
    assert not series(0, 86400, 9 * 86400).exhausted


def test_a_clock_that_is_set_back_makes_no_new_day() -> None:
    assert series(0, -86400).days == 1


def test_a_series_comes_back_from_what_is_stored() -> None:
    failing = series(0, 1.5)
    assert (decode(encode(failing)), decode(None)) == (failing, None)
