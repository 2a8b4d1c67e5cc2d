"""REL-31: hosts whose clocks are wrong, or set while we run, have one time."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from gateway.ambient import SystemClock
from gateway.persistence.database import Database
from gateway.persistence.shared_clock import AGAIN_S, SharedClock, clock_of, in_step

pytestmark = [pytest.mark.anyio, pytest.mark.needs("postgres")]
NEAR = timedelta(seconds=2)


class Host(SystemClock):
    """A machine whose calendar is off."""

    def __init__(self, off_s: float = 0) -> None:
        self.off_s = off_s

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.off_s)


class Slow(SystemClock):
    """A machine on which every look at the steady clock finds two seconds gone."""

    def __init__(self) -> None:
        self.at = 0.0

    def monotonic(self) -> float:
        self.at += 2
        return self.at


@pytest.fixture
def database_url(postgres_url: str) -> str:
    return postgres_url


async def told_by(database: Database) -> datetime:
    async with database.read() as session:
        return (await session.execute(text("SELECT clock_timestamp()"))).scalar_one().astimezone(UTC)


@pytest.mark.parametrize("off_s", [0, 600, -600, 3600, -3600])
async def test_it_tells_the_databases_time_whatever_the_host_has(database: Database, off_s: float) -> None:
    heard: list[float] = []
    clock = SharedClock(Host(off_s), database, heard.append)

    assert await clock.set() is True
    assert abs(clock.now() - await told_by(database)) < NEAR
    assert heard == [pytest.approx(off_s, abs=2)]


async def test_a_host_that_is_set_back_or_forward_meanwhile_changes_nothing(database: Database) -> None:
    host = Host()
    clock = SharedClock(host, database, lambda ahead_s: None)
    await clock.set()
    times = [clock.now()]
    for off_s in (3600, -3600, 600):
        host.off_s = off_s
        times.append(clock.now())

    assert times == sorted(times)
    assert times[-1] - times[0] < NEAR


async def test_it_is_set_when_the_process_begins_and_before_the_database_is_there_it_is_the_hosts(
    database: Database,
) -> None:
    clock = SharedClock(Host(600), database, lambda ahead_s: None)
    before = clock.now()
    async with in_step(clock):
        after = clock.now()

    assert abs(before - await told_by(database)) > timedelta(seconds=590)
    assert abs(after - await told_by(database)) < NEAR


async def test_it_is_set_again_and_again_and_soon_when_the_database_was_away(database: Database) -> None:
    class Hasty(Host):
        async def sleep(self, seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == 3:
                raise asyncio.CancelledError

    pauses: list[float] = []
    heard: list[float] = []
    away = Database.open("postgresql://127.0.0.1:1/nowhere")
    clock = SharedClock(Hasty(), database, heard.append)
    with pytest.raises(asyncio.CancelledError):
        await clock.keep()
    clock._database = away
    pauses.clear()
    with pytest.raises(asyncio.CancelledError):
        await clock.keep()
    await away.dispose()

    assert len(heard) == 3
    assert pauses == [AGAIN_S] * 3


async def test_an_answer_that_took_long_is_not_believed(database: Database) -> None:
    clock = SharedClock(Slow(), database, lambda ahead_s: None)

    assert await clock.set() is False


async def test_a_host_that_is_off_is_told_of_once(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    host = Host(600)
    clock = SharedClock(host, database, lambda ahead_s: None)
    with caplog.at_level(logging.WARNING):
        await clock.set()
        await clock.set()
        host.off_s = 0
        await clock.set()
        host.off_s = -5
        await clock.set()

    told = [record.getMessage() for record in caplog.records if record.name == "kontor.clock"]
    off = [float(message.split(" s off")[0].rsplit(" ", 1)[1]) for message in told]
    assert off == [pytest.approx(600, abs=2), pytest.approx(-5, abs=2)]


async def test_one_process_over_sqlite_goes_by_its_host(tmp_path: object) -> None:
    database = Database.open(f"sqlite:///{tmp_path}/kontor.db")

    assert type(clock_of(database, lambda ahead_s: None)) is SystemClock
    async with in_step(SystemClock()):
        await asyncio.sleep(0)
    await database.dispose()
