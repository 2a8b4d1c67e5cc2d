"""Who in line gets which slot, by the numbers. Times are microseconds."""

from gateway.upstream.schedule.timeline import (
    Asking,
    Line,
    ask,
    empty,
    hold,
    kept_us,
    read,
    written,
)
from tests.unit.upstream.bucket import Bucket

INTERVAL = 503_000
NOON = 43_200_000_000
READ, WRITE, EVENT, BACKFILL = 1, 2, 4, 8


def at(ms: int) -> int:
    return NOON + ms * 1000


def quiet() -> Line:
    """After two slots at noon, so that the next is at 1,006 ms."""
    line = empty(NOON, INTERVAL)
    for owner in ("x", "y"):
        line, told = ask(line, NOON, INTERVAL, Asking(owner, READ))
        assert told.lane == 0
    return line


def test_who_comes_when_nobody_waits_gets_a_slot_at_once_and_leaves_the_line() -> None:
    line, told = ask(empty(NOON, INTERVAL), NOON, INTERVAL, Asking("a", BACKFILL))

    assert (told.lane, told.leave_us, told.back_us, told.heads) == (3, 0, None, 0)
    assert line.slots == (NOON, NOON - 1_500_000)


def test_processes_of_one_lane_take_turns_in_the_order_they_came() -> None:
    line = quiet()
    told = {}
    for owner in "abc":
        line, told[owner] = ask(line, at(10), INTERVAL, Asking(owner, READ, READ))

    assert [told[owner].back_us for owner in "abc"] == [996_000, 1_499_000, 2_002_000]
    line, first = ask(line, at(1006), INTERVAL, Asking("a", READ, READ))
    assert (first.lane, first.back_us) == (0, 3 * 503_000)  # behind b and c


def test_a_more_urgent_call_of_another_process_comes_first() -> None:
    line = quiet()
    line, background = ask(line, at(10), INTERVAL, Asking("a", BACKFILL))
    line, person = ask(line, at(20), INTERVAL, Asking("b", READ))
    assert (background.back_us, person.back_us) == (996_000, 986_000)

    line, put_off = ask(line, at(1006), INTERVAL, Asking("a", BACKFILL))
    assert (put_off.lane, put_off.back_us) == (None, 503_000)
    line, person = ask(line, at(1006), INTERVAL, Asking("b", READ))
    assert person.lane == 0


def test_who_is_a_little_late_gets_the_slot_it_was_told_and_the_next_one_is_not_later_for_it() -> None:
    line, _ = ask(quiet(), at(10), INTERVAL, Asking("a", READ, READ))
    line, told = ask(line, at(1006 + 140), INTERVAL, Asking("a", READ, READ))

    assert (told.lane, told.leave_us, told.back_us) == (0, 0, (503 - 140) * 1000)


def test_who_is_very_late_gets_a_slot_of_now() -> None:
    line, _ = ask(quiet(), at(10), INTERVAL, Asking("a", READ, READ))
    line, told = ask(line, at(1006 + 160), INTERVAL, Asking("a", READ, READ))

    assert (told.lane, told.leave_us, told.back_us) == (0, 0, 503_000)


def test_processes_that_all_come_late_in_a_fast_line_do_not_leave_together() -> None:
    """50 a second: seven slots lie within the 150 ms by which one may be late in a slow line."""
    fast, vendor = 20_000, Bucket(per_second=50)
    line = empty(NOON, fast)
    for owner in "abcdefgh":
        line, told = ask(line, NOON, fast, Asking(owner, READ))
        if told.lane is not None:
            vendor.call(0)
    waiting, now = list("cdefgh"), at(150)
    while waiting:
        for owner in list(waiting):
            line, told = ask(line, now, fast, Asking(owner, READ))
            if told.lane is not None:
                vendor.call((now + told.leave_us - NOON) / 1e6)
                waiting.remove(owner)
        now += 1_000

    assert (vendor.refused, len(vendor.times)) == (0, 8)


def test_a_dead_process_holds_up_the_others_for_one_slot() -> None:
    line, _ = ask(quiet(), at(10), INTERVAL, Asking("dead", READ))
    line, told = ask(line, at(20), INTERVAL, Asking("b", READ))
    assert told.back_us == 1_489_000

    line, told = ask(line, at(1509), INTERVAL, Asking("b", READ))
    assert (told.lane, line.heads) == (0, ())


def test_a_slot_that_is_near_is_given_out_ahead() -> None:
    line, _ = ask(quiet(), at(10), INTERVAL, Asking("a", READ))
    line, told = ask(line, at(997), INTERVAL, Asking("a", READ))

    assert (told.lane, told.leave_us) == (0, 9_000)


def test_who_leaves_the_line_is_forgotten() -> None:
    line, _ = ask(quiet(), at(10), INTERVAL, Asking("a", READ | EVENT))
    line, told = ask(line, at(20), INTERVAL, Asking("a", 0))

    assert (told.lane, told.back_us, told.heads, line.heads) == (None, None, 0, ())


def test_a_held_line_gives_nothing_out_before_it_may() -> None:
    _, told = ask(hold(quiet(), at(10), INTERVAL, 5_000_000), at(20), INTERVAL, Asking("a", READ))

    assert (told.lane, told.back_us) == (None, 4_990_000)


def test_a_line_is_kept_while_it_says_something() -> None:
    line, _ = ask(quiet(), at(10), INTERVAL, Asking("a", READ))

    assert kept_us(line, at(10), INTERVAL) == 1_490_000  # the slot of noon and a time of idleness
    assert kept_us(line, at(1600), INTERVAL) == 0
    assert read(written(line)) == line
