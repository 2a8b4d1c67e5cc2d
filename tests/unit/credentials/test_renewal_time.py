from datetime import UTC, datetime, timedelta

import pytest

from gateway.credentials.grants import Grant
from gateway.credentials.renewal_time import renewal_time

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MARGIN = timedelta(minutes=15)


def drawn(life: timedelta | None, refresh_token: str | None = "r") -> tuple[object, object]:
    """The first and the last moment that can be drawn, counted from the issue."""
    grant = Grant(
        access_token="a",
        refresh_token=refresh_token,
        issued_at=START,
        expires_at=None if life is None else START + life,
    )
    first, last = (renewal_time(grant, MARGIN, lambda low, high, share=share: share) for share in (0, 1))
    return first and first - START, last and last - START


@pytest.mark.parametrize(
    ("life", "window"),
    [
        (timedelta(hours=4), (timedelta(hours=2), timedelta(hours=3, minutes=30))),
        (timedelta(hours=1), (timedelta(minutes=30), timedelta(minutes=30))),
        (timedelta(minutes=10), (timedelta(minutes=5), timedelta(minutes=5))),
        (timedelta(days=30), (timedelta(hours=12), timedelta(hours=24))),
        (None, (timedelta(hours=12), timedelta(hours=24))),
    ],
    ids=str,
)
def test_it_lies_in_the_second_half_of_a_life_and_within_a_day(
    life: timedelta | None, window: tuple[timedelta, timedelta]
) -> None:
    assert drawn(life) == window


def test_without_a_refresh_token_there_is_none() -> None:
    assert drawn(timedelta(hours=4), refresh_token=None) == (None, None)
