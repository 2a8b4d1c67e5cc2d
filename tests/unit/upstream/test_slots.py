"""Where the next slot lies, by the numbers. Times are microseconds."""

import random

import pytest

from gateway.upstream.schedule.slots import (
    Slots,
    forgettable,
    idle_us,
    next_slot,
    pushed,
    taken,
    untouched,
)
from tests.unit.upstream.bucket import Bucket, most_in_a_second

INTERVAL = 503_000
NOON = 43_200_000_000


def leaving(arrivals: list[int]) -> list[int]:
    """Slots of calls that arrive at these times, first come first served."""
    slots = untouched(arrivals[0], INTERVAL)
    given: list[int] = []
    for arrival in arrivals:
        slot = next_slot(slots, max(arrival, given[-1] if given else 0), INTERVAL)
        slots = taken(slots, slot)
        given.append(slot)
    return given


def ms(*times: int) -> list[int]:
    return [NOON + time * 1000 for time in times]


@pytest.mark.parametrize(
    ("arrivals", "slots"),
    [
        # after idleness two leave together; the third is a second after the first; then one by one
        (ms(0, 0, 0, 0, 0), ms(0, 0, 1006, 1509, 2012)),
        # the second need not come at once
        (ms(0, 400, 400, 400), ms(0, 400, 1006, 1509)),
        # a second that comes late enough is no burst any more: 503 ms apart
        (ms(0, 1400, 1400, 1400), ms(0, 1400, 1903, 2406)),
        # 1.4 s of quiet are not enough for two together, 1.5 s are
        (ms(0, 503, 1903, 1903), ms(0, 503, 1903, 2406)),
        (ms(0, 503, 2003, 2003), ms(0, 503, 2003, 2003)),
        # a steady second does not wait at all
        (ms(0, 600, 1200, 1800, 2400), ms(0, 600, 1200, 1800, 2400)),
    ],
)
def test_slots_follow_the_rule(arrivals: list[int], slots: list[int]) -> None:
    assert leaving(arrivals) == slots


def test_after_a_push_calls_leave_one_by_one_from_then_on() -> None:
    slots = pushed(Slots(NOON, NOON - 503_000), NOON + 5_000_000, INTERVAL)
    given = []
    for _ in range(3):
        given.append(next_slot(slots, NOON, INTERVAL))
        slots = taken(slots, given[-1])

    assert given == ms(5000, 5503, 6006)


def test_a_push_to_an_earlier_time_changes_nothing_that_was_promised() -> None:
    slots = pushed(Slots(NOON + 2_000_000, NOON), NOON + 100_000, INTERVAL)

    assert next_slot(slots, NOON, INTERVAL) == NOON + 2_503_000


def test_a_forgettable_line_is_as_good_as_an_untouched_one() -> None:
    rnd = random.Random(7)
    for _ in range(2000):
        last = NOON + rnd.randrange(-5_000_000, 1_000_000)
        slots = Slots(last, last - rnd.randrange(3_000_000))
        if not forgettable(slots, NOON, INTERVAL):
            continue
        kept, forgotten = slots, untouched(NOON, INTERVAL)
        for _ in range(4):
            at = next_slot(kept, NOON, INTERVAL)
            assert at == next_slot(forgotten, NOON, INTERVAL)
            kept, forgotten = taken(kept, at), taken(forgotten, at)


@pytest.mark.parametrize(
    ("interval", "idle"), [(503_000, 1_500_000), (10_000, 1_500_000), (1_000_000, 2_500_000)]
)
def test_idleness_is_a_second_and_a_half_or_two_and_a_half_intervals(interval: int, idle: int) -> None:
    assert idle_us(interval) == idle


@pytest.mark.parametrize("seed", range(20))
def test_a_bucket_of_capacity_two_never_runs_dry_under_random_arrivals(seed: int) -> None:
    rnd = random.Random(seed)
    arrival, arrivals = NOON, []
    for _ in range(1000):
        arrival += rnd.choice([0, 0, rnd.randrange(100_000), rnd.randrange(2_500_000)])
        arrivals.append(arrival)
    bucket = Bucket()
    for slot in leaving(arrivals):
        bucket.call(slot / 1e6)

    assert bucket.refused == 0
    assert most_in_a_second(bucket.times) == 2


def test_jitter_of_up_to_a_third_of_a_second_on_the_way_draws_no_429() -> None:
    rnd = random.Random(11)
    arrivals = [NOON + rnd.choice([0, 100_000]) for _ in range(2000)]
    bucket = Bucket()
    for at in sorted(slot / 1e6 + rnd.uniform(0.02, 0.35) for slot in leaving(sorted(arrivals))):
        bucket.call(at)

    assert bucket.refused == 0
