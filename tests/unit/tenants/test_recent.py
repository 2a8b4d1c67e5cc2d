import asyncio

import pytest

from gateway.tenants.recent import Recent
from tests.standing import StandingClock

pytestmark = pytest.mark.anyio


class Source:
    """Answers from a table and counts the questions; `gate` holds answers back."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.started = asyncio.Event()

    async def ask(self, key: str) -> str | None:
        self.asked += 1
        self.started.set()
        answer = self.answers.get(key)
        await self.gate.wait()
        return answer


async def get(recent: Recent[str, str], source: Source, key: str) -> str | None:
    return await recent.get(key, lambda: source.ask(key))


async def test_a_young_answer_is_not_asked_for_again() -> None:
    clock, source = StandingClock(), Source(a="1")
    recent: Recent[str, str] = Recent(clock, max_age_s=2)

    await get(recent, source, "a")
    clock.advance(1.999)
    assert await get(recent, source, "a") == "1"

    assert source.asked == 1


async def test_an_old_answer_is_asked_for_again() -> None:
    clock, source = StandingClock(), Source(a="1")
    recent: Recent[str, str] = Recent(clock, max_age_s=2)

    await get(recent, source, "a")
    source.answers["a"] = "2"
    clock.advance(2)

    assert await get(recent, source, "a") == "2"


async def test_the_age_counts_from_the_question_not_from_the_answer() -> None:
    clock, source = StandingClock(), Source(a="1")
    recent: Recent[str, str] = Recent(clock, max_age_s=2)

    source.gate.clear()
    source.started.clear()
    asking = asyncio.create_task(get(recent, source, "a"))
    await source.started.wait()
    clock.advance(1.5)
    source.gate.set()
    await asking
    clock.advance(0.5)
    await get(recent, source, "a")

    assert source.asked == 2


async def test_that_there_is_nothing_is_remembered_as_long() -> None:
    clock, source = StandingClock(), Source()
    recent: Recent[str, str] = Recent(clock, max_age_s=2)

    assert await get(recent, source, "a") is None
    assert await get(recent, source, "a") is None

    assert source.asked == 1


async def test_many_who_ask_at_once_cause_one_question() -> None:
    source = Source(a="1")
    recent: Recent[str, str] = Recent(StandingClock())

    source.gate.clear()
    source.started.clear()
    asking = [asyncio.create_task(get(recent, source, "a")) for _ in range(50)]
    await source.started.wait()
    source.gate.set()

    assert await asyncio.gather(*asking) == ["1"] * 50
    assert source.asked == 1


async def test_an_asker_who_gives_up_does_not_take_the_answer_from_the_others() -> None:
    source = Source(a="1")
    recent: Recent[str, str] = Recent(StandingClock())

    source.gate.clear()
    source.started.clear()
    first, second = (asyncio.create_task(get(recent, source, "a")) for _ in range(2))
    await source.started.wait()
    first.cancel()
    await asyncio.sleep(0)
    source.gate.set()

    assert await second == "1"
    assert first.cancelled()


async def test_an_error_reaches_every_asker_and_is_not_remembered() -> None:
    source = Source(a="1")
    recent: Recent[str, str] = Recent(StandingClock())

    async def fail() -> str:
        await asyncio.sleep(0)
        raise ZeroDivisionError

    failed = await asyncio.gather(*(recent.get("a", fail) for _ in range(3)), return_exceptions=True)

    assert [type(error) for error in failed] == [ZeroDivisionError] * 3
    assert await get(recent, source, "a") == "1"


async def test_a_forgotten_answer_is_asked_for_again() -> None:
    source = Source(a="1")
    recent: Recent[str, str] = Recent(StandingClock())

    await get(recent, source, "a")
    recent.forget("a")
    await get(recent, source, "a")

    assert source.asked == 2


async def test_an_answer_that_was_under_way_when_it_was_forgotten_is_not_remembered() -> None:
    source = Source(a="old")
    recent: Recent[str, str] = Recent(StandingClock())

    source.gate.clear()
    source.started.clear()
    asking = asyncio.create_task(get(recent, source, "a"))
    await source.started.wait()
    recent.forget("a")
    source.answers["a"] = "new"
    source.gate.set()
    await asking

    assert await get(recent, source, "a") == "new"


async def test_forgetting_by_content_also_drops_what_is_under_way() -> None:
    source = Source(a="old", b="other")
    recent: Recent[str, str] = Recent(StandingClock())
    await get(recent, source, "b")

    source.gate.clear()
    source.started.clear()
    asking = asyncio.create_task(get(recent, source, "a"))
    await source.started.wait()
    recent.forget_where(lambda answer: answer == "old")
    source.answers["a"] = "new"
    source.gate.set()
    await asking

    assert await get(recent, source, "a") == "new"
    assert await get(recent, source, "b") == "other"
    assert source.asked == 3


async def test_guesses_do_not_push_out_what_was_found() -> None:
    source = Source(a="1")
    recent: Recent[str, str] = Recent(StandingClock(), found=2, missing=3)

    await get(recent, source, "a")
    for guess in range(100):
        await get(recent, source, f"guess {guess}")
    await get(recent, source, "a")

    assert source.asked == 101
    assert len(recent) == 4


async def test_no_more_answers_are_kept_than_agreed_and_the_oldest_go() -> None:
    source = Source(a="1", b="2", c="3")
    recent: Recent[str, str] = Recent(StandingClock(), found=2)

    for key in ("a", "b", "c", "b", "c", "a"):
        await get(recent, source, key)

    assert source.asked == 4
    assert len(recent) == 2
