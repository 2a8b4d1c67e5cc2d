from datetime import UTC, datetime, timedelta

import pytest

from gateway.ambient import SystemRandomness
from gateway.webhooks.outbound.schedule import disabling, next_attempt, pause

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
PUBLISHED_S = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
"""Standard Webhooks 1.0.0, "Deliverability and reliability", after the first attempt."""


def test_each_attempt_comes_when_the_schedule_says_or_a_tenth_later() -> None:
    for made, wait_s in enumerate(PUBLISHED_S, 1):
        drawn = [next_attempt(made, NOW, SystemRandomness()) for _ in range(50)]
        waits = [(one - NOW).total_seconds() for one in drawn if one is not None]
        assert len(waits) == 50
        assert wait_s <= min(waits) <= max(waits) <= 1.1 * wait_s
        assert len(set(waits)) > 1


def test_after_ten_there_is_none() -> None:
    assert next_attempt(10, NOW, SystemRandomness()) is None


@pytest.mark.parametrize(
    ("status", "retry_after_s", "wait_s"),
    [(429, None, 60), (502, None, 60), (504, None, 60), (503, 120, 120), (429, 5, 5), (429, 999_999, 3600)],
)
def test_who_asks_for_a_pause_gets_one(status: int, retry_after_s: float | None, wait_s: float) -> None:
    assert pause(status, retry_after_s, NOW) == NOW + timedelta(seconds=wait_s)


@pytest.mark.parametrize("status", [None, 200, 301, 400, 500, 503])
def test_others_get_none(status: int | None) -> None:
    assert pause(status, None, NOW) is None


def test_five_days_of_failures_end_an_endpoint_and_not_a_second_less() -> None:
    assert disabling(500, NOW, NOW + timedelta(days=5, seconds=-1)) is None
    assert disabling(500, NOW, NOW + timedelta(days=5)) is not None


def test_gone_ends_it_at_once() -> None:
    assert disabling(410, NOW, NOW) is not None
