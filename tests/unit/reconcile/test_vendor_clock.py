"""How far the vendor's clock is ahead, told by an answer that may have waited, or come slowly."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.base.wire import Answer
from connectors.lexoffice.tracing.looking import ahead

LEFT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def answer(**headers: str) -> Answer:
    return Answer(status=200, headers=headers, content=b"{}")


@pytest.mark.parametrize(
    ("told", "came_after_s", "ahead_s"),
    [
        ("10:00:00", 0.2, 0),
        ("10:00:09", 9.5, 0),  # it waited nine seconds for its slot, then was answered at once
        ("10:00:00", 9.5, 0),  # it was answered at once, and came slowly
        ("10:00:02", 0.2, 0),  # clocks that run together are not further apart
        ("09:59:57", 0.2, 0),
        ("10:05:00", 0.2, 299.8),
        ("10:05:09", 9.5, 299.5),
        ("09:55:00", 0.2, -299),  # whole seconds are told: it may have been almost one later
        ("09:55:00", 9.5, -299),
    ],
)
def test_the_least_difference_that_explains_the_time_told_counts(
    told: str, came_after_s: float, ahead_s: float
) -> None:
    came = LEFT + timedelta(seconds=came_after_s)

    assert ahead(answer(date=f"Fri, 20 Nov 2026 {told} GMT"), LEFT, came) == timedelta(seconds=ahead_s)


@pytest.mark.parametrize("headers", [{}, {"date": "soon"}, {"date": "Fri, 20 Nov 2026 12:00:00 -0000"}])
def test_a_vendor_that_tells_no_time_is_taken_to_have_ours(headers: dict[str, str]) -> None:
    assert ahead(answer(**headers), LEFT, LEFT) == timedelta()
