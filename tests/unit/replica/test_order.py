"""Whatever the order in which reads arrive, the newest is held in the end (REL-32)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.replica.order import Seen, newer

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


@st.composite
def histories(draw: st.DrawFn) -> list[Seen]:
    """Reads of one object: each shows a state that the vendor had then, or before, as its lists do."""
    steps = draw(st.lists(st.integers(0, 3), min_size=1, max_size=6))
    has_clock, has_version = draw(st.booleans()), draw(st.booleans())
    lags = draw(st.booleans()) and (has_clock or has_version)
    seen: list[Seen] = []
    state = 0
    for moment, step in enumerate(steps):
        state += step
        shown = draw(st.integers(0, state)) if lags else state
        seen.append(
            Seen(
                version=str(shown) if has_version else None,
                vendor_at=BEGIN + timedelta(seconds=shown) if has_clock else None,
                read_at=BEGIN + timedelta(days=1, seconds=moment),
            )
        )
    return seen


def held(reads: list[Seen]) -> Seen:
    """What a row holds after these."""
    found = reads[0]
    for read in reads[1:]:
        found = read if newer(read, found) else found
    return found


@given(histories(), st.randoms())
def test_the_order_of_arrival_makes_no_difference(reads: list[Seen], random: object) -> None:
    shuffled = [*reads]
    random.shuffle(shuffled)  # pyright: ignore[reportAttributeAccessIssue]

    assert held(shuffled) == held(reads)


@given(histories())
def test_what_is_held_never_goes_back(reads: list[Seen]) -> None:
    states = [held(reads[: count + 1]) for count in range(len(reads))]

    assert not any(newer(before, after) for before, after in pairwise(states))


def test_versions_are_numbers_where_they_look_like_it() -> None:
    nine, ten = (Seen(version=text, vendor_at=None, read_at=BEGIN) for text in ("9", "10"))

    assert newer(ten, nine)
    assert not newer(nine, ten)


def test_versions_that_are_no_numbers_leave_it_to_our_clock() -> None:
    first = Seen(version="b", vendor_at=None, read_at=BEGIN)
    second = Seen(version="a", vendor_at=None, read_at=BEGIN + timedelta(seconds=1))

    assert newer(second, first)


def test_a_vendor_that_stops_telling_its_clock_is_still_followed() -> None:
    told = Seen(version=None, vendor_at=BEGIN, read_at=BEGIN)
    untold = Seen(version=None, vendor_at=None, read_at=BEGIN + timedelta(seconds=1))

    assert newer(untold, told)


def test_what_is_gone_is_judged_by_our_clock_alone() -> None:
    found = Seen(version="9", vendor_at=BEGIN + timedelta(days=9), read_at=BEGIN)
    gone = Seen(version=None, vendor_at=None, read_at=BEGIN + timedelta(seconds=1), gone=True)

    assert newer(gone, found)
    assert not newer(found, gone)
