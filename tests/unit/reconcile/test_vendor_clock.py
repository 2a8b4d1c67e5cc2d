"""How far the vendor's clock is ahead, told by an answer that may have waited, or come slowly."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.base.tracing import Sought
from connectors.base.wire import Answer, Call
from connectors.lexoffice.tracing.looking import TOGETHER, ahead, moment

LEFT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def answer(**headers: str) -> Answer:
    return Answer(status=200, headers=headers, content=b"{}")


@pytest.mark.parametrize(
    ("told", "came_after_s", "least_s", "most_s"),
    [
        ("10:00:00", 0.2, 0, 0),
        ("10:00:09", 9.5, 0, 0),  # its answer came slowly, or it came there slowly
        ("10:00:00", 9.5, 0, 0),
        ("10:00:02", 0.2, 0, 0),  # clocks that run together are not further apart
        ("09:59:57", 0.2, 0, 0),
        ("10:05:00", 0.2, 299.8, 301),  # whole seconds are told
        ("10:05:09", 9.5, 299.5, 310),
        ("09:55:00", 0.2, -300.2, -299),
        ("09:55:00", 9.5, -309.5, -299),
    ],
)
def test_an_answer_tells_how_far_its_clock_is_ahead_as_well_as_its_way_allows(
    told: str, came_after_s: float, least_s: float, most_s: float
) -> None:
    came = LEFT + timedelta(seconds=came_after_s)

    assert ahead(answer(date=f"Fri, 20 Nov 2026 {told} GMT"), LEFT, came) == (
        timedelta(seconds=least_s),
        timedelta(seconds=most_s),
    )


@pytest.mark.parametrize(
    ("created_s", "ahead_s", "made"),
    [
        (-3, (0, 0), "before"),
        (-2, (0, 0), "meanwhile"),
        (37, (0, 0), "meanwhile"),
        (38, (0, 0), "after"),
        (-20, (-21, -19.7), "meanwhile"),  # the vendor's clock is 20 s behind
        (-24, (-21, -19.7), "before"),
        (20, (19.8, 21), "meanwhile"),
        (-20, (-20, -15), "after"),  # 5 s before it left, or just then: nobody can tell
        (-30, (-20, -15), "before"),
        (25, (-20, -15), "after"),
        (15, (-20, -15), "meanwhile"),
    ],
)
def test_what_may_have_been_made_before_or_meanwhile_is_neither(
    created_s: float, ahead_s: tuple[float, float], made: str
) -> None:
    call = Call(method="POST", path="/v1/invoices", purpose="invoices.create")
    until = LEFT + timedelta(seconds=35)
    sought = Sought(call=call, since=LEFT, until=until, clock=lambda: until)
    found = {"createdDate": (LEFT + timedelta(seconds=created_s)).isoformat()}

    assert moment(found, (timedelta(seconds=ahead_s[0]), timedelta(seconds=ahead_s[1])), sought) == made


@pytest.mark.parametrize("headers", [{}, {"date": "soon"}, {"date": "Fri, 20 Nov 2026 12:00:00 -0000"}])
def test_a_vendor_that_tells_no_time_is_taken_to_have_ours(headers: dict[str, str]) -> None:
    assert ahead(answer(**headers), LEFT, LEFT) == TOGETHER
