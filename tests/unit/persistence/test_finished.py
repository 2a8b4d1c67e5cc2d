import asyncio

import pytest

from gateway.persistence.sessions import finished

pytestmark = pytest.mark.anyio


async def test_it_gives_the_result() -> None:
    async def work() -> int:
        await asyncio.sleep(0)
        return 7

    assert await finished(work()) == 7


async def test_it_raises_what_the_work_raised() -> None:
    async def work() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await finished(work())


@pytest.mark.parametrize("times", [1, 3])
async def test_cancelling_waits_for_the_work_and_happens_then(times: int) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    done: list[str] = []

    async def work() -> None:
        begun.set()
        await go_on.wait()
        done.append("to its end")

    task = asyncio.create_task(finished(work()))
    await begun.wait()
    for _ in range(times):
        task.cancel()
        await asyncio.sleep(0)
    still_waiting = not task.done()
    go_on.set()
    await asyncio.wait([task])

    assert still_waiting
    assert done == ["to its end"]
    assert task.cancelled()


async def test_a_failure_that_nobody_waits_for_any_more_is_silent() -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await go_on.wait()
        raise ZeroDivisionError

    task = asyncio.create_task(finished(work()))
    await begun.wait()
    task.cancel()
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.wait([task])

    assert task.cancelled()


async def test_a_deadline_around_it_is_told_as_such() -> None:
    async def work() -> None:
        await asyncio.sleep(0.05)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await finished(work())
