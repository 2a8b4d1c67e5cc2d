import asyncio
import time
import tracemalloc
from contextlib import suppress

import pytest

from tests.simulation.loop import Stalled, VirtualLoop, on_task, run

DAY_S = 86_400


def virtual() -> VirtualLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop


class TestTime:
    def test_it_begins_at_zero_and_sleeping_takes_none_of_ours(self) -> None:
        async def sleeper() -> tuple[float, float]:
            before = virtual().time()
            await asyncio.sleep(30 * DAY_S)
            return before, virtual().time()

        used = time.process_time()

        assert run(sleeper()) == (0.0, 30 * DAY_S)
        assert time.process_time() - used < 30  # not a month

    def test_a_jump_is_made_for_each_timer_and_none_for_anything_else(self) -> None:
        async def many() -> int:
            await asyncio.gather(*(asyncio.sleep(second) for second in range(1, 501)))
            return virtual().jumps

        assert run(many()) == 500

    def test_timers_wake_in_the_order_of_their_times_and_the_earlier_set_first_among_equals(self) -> None:
        woken: list[str] = []

        async def wait(name: str, seconds: float) -> None:
            await asyncio.sleep(seconds)
            woken.append(name)

        async def all_of_them() -> None:
            await asyncio.gather(wait("late", 3), wait("first", 1), wait("second", 1), wait("never mind", 2))

        run(all_of_them())

        assert woken == ["first", "second", "never mind", "late"]

    def test_a_timeout_ends_at_its_virtual_time(self) -> None:
        async def give_up() -> float:
            with suppress(TimeoutError):
                async with asyncio.timeout(35):
                    await asyncio.Event().wait()
            return virtual().time()

        assert run(give_up()) == 35.0

    def test_call_later_follows_it(self) -> None:
        async def called() -> float:
            at = virtual().create_future()
            virtual().call_later(0.503, lambda: at.set_result(virtual().time()))
            return await at

        assert run(called()) == pytest.approx(0.503, abs=1e-9)

    def test_small_steps_still_count_after_ten_years(self) -> None:
        async def step() -> float:
            await asyncio.sleep(3650 * DAY_S)
            before = virtual().nanoseconds
            await asyncio.sleep(0.001)
            return (virtual().nanoseconds - before) / 1e6

        assert run(step()) == pytest.approx(1.0, abs=0.001)

    def test_ten_thousand_steps_add_up_to_a_microsecond(self) -> None:
        async def steps() -> int:
            for _ in range(10_000):
                await asyncio.sleep(0.1)
            return virtual().nanoseconds

        assert run(steps()) == pytest.approx(1_000 * 10**9, abs=1_000)


class TestNothingReal:
    def test_when_everybody_waits_for_nothing_it_says_so_instead_of_hanging(self) -> None:
        async def for_ever() -> None:
            await asyncio.Event().wait()

        with pytest.raises(Stalled):
            run(for_ever())

    def test_threads_are_refused(self) -> None:
        async def in_a_thread() -> None:
            await asyncio.to_thread(time.sleep, 0)

        with pytest.raises(RuntimeError, match="thread"):
            run(in_a_thread())

    def test_time_stands_still_while_anybody_has_something_to_do(self) -> None:
        async def busy() -> float:
            for _ in range(1_000):
                await asyncio.sleep(0)
            return virtual().time()

        assert run(busy()) == 0.0


def test_tasks_are_told_to_whoever_asked_in_their_context_and_to_nobody_else() -> None:
    told: list[asyncio.Task[None]] = []
    made: list[asyncio.Task[None]] = []

    async def child() -> None:
        await asyncio.sleep(0)

    async def parent() -> None:
        made.append(asyncio.create_task(child()))
        await made[-1]

    async def main() -> None:
        token = on_task.set(told.append)
        made.append(asyncio.create_task(parent()))
        on_task.reset(token)
        stranger = asyncio.create_task(child())
        await asyncio.gather(made[0], stranger)

    run(main())

    assert told == made
    assert len(made) == 2


def test_nothing_is_kept_of_a_loop_that_has_ended() -> None:
    async def little() -> None:
        await asyncio.sleep(1)

    run(little())
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(50):
            run(little())
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()

    assert grown < 1_000_000
