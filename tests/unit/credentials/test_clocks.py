"""REL-31 for tokens: clocks that are wrong, set back, or on a day that has another length."""

import itertools
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import msgspec
import pytest

from gateway.credentials.ahead import Ahead
from gateway.credentials.grants import Grant, TokenAnswer
from gateway.credentials.held import Use
from gateway.credentials.partner_apps import PartnerApp
from gateway.credentials.renewal import Asked
from gateway.credentials.steady import LONGEST_LEAD, SteadyClock
from gateway.tenants.model import Connection
from tests.standing import StandingClock
from tests.unit.credentials.fleet import (
    LIFE_S,
    Chance,
    HostileClock,
    MemoryRows,
    Server,
    connection_of,
    renewing,
    surroundings,
)

pytestmark = pytest.mark.anyio

ID = "con_00001"
MINUTE, HOUR, DAY = 60, 3600, 86400
START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
"""Of the standing clock."""


class Latest(Chance):
    """Draws the last moment there is: the one at which wrong clocks do most harm."""

    def uniform(self, low: float, high: float) -> float:
        return high


class Machine:
    """A gateway with the job in it. Its calendar may be wrong, so it reads the server's answers by that."""

    def __init__(self, rows: MemoryRows, server: Server, clock: HostileClock) -> None:
        self.rows = rows
        self.server = server
        self.clock = SteadyClock(clock)
        self.renewal = renewing(rows, self, surroundings(self.clock, 1))
        self.ahead = Ahead(cast(Any, rows), self, self.clock)

    def read(self, answer: Grant) -> Grant:
        now = self.clock.now()
        return msgspec.structs.replace(answer, issued_at=now, expires_at=now + timedelta(seconds=LIFE_S))

    async def renew(self, target: str, app: PartnerApp, refresh_token: str) -> TokenAnswer:
        answer = await self.server.renew(target, app, refresh_token)
        return self.read(answer) if isinstance(answer, Grant) else answer

    async def renew_ahead(self, connection: Connection, *, rested: bool = False) -> Use:
        return await self.renewal.look(connection, Asked(ahead=True, rested=rested))

    async def ask(self) -> bool:
        """Whether the vendor takes what a request would send."""
        use = await self.renewal.look(self.rows.seen(ID), Asked())
        return self.server.accepts(use.header)


class Machines:
    """Two of them over one table, with one connection that the first has stored."""

    def __init__(self, first_off_s: float = 0, second_off_s: float = 0) -> None:
        self.true = StandingClock()
        self.clocks = [HostileClock(self.true, first_off_s), HostileClock(self.true, second_off_s)]
        self.server = Server(self.true)
        rows = MemoryRows(msgspec.structs.replace(surroundings(self.true, 1), randomness=Latest(1)))
        self.first, self.second = (Machine(rows, self.server, clock) for clock in self.clocks)
        rows.put(connection_of(ID, self.true.now()), self.first.read(self.server.grant(ID)))

    async def live(
        self,
        hours: int,
        *,
        job: bool = True,
        first: bool = True,
        each_minute: Callable[[int], None] = lambda minute: None,
    ) -> int:
        """How many requests, one a minute at each machine, met an expired token; the job is on the second."""
        dead = 0
        for minute in range(hours * 60):
            self.true.advance(MINUTE)
            each_minute(minute)
            if job:
                await self.second.ahead.run()
            dead += not await self.second.ask()
            dead += first and not await self.first.ask()
        return dead

    @property
    def soonest_s(self) -> float:
        """The shortest life of a token before it was renewed."""
        times = [0.0] + [at for at, _ in self.server.calls]
        return min(later - former for former, later in itertools.pairwise(times))


@pytest.mark.parametrize(
    ("first_s", "second_s"),
    [(0, 0), (600, 0), (-600, 0), (0, 600), (0, -600), (600, -600), (-600, 600)],
    ids=lambda off_s: f"{off_s:+} s",
)
async def test_clocks_that_differ_by_ten_minutes_let_no_token_expire_and_renew_none_early(
    first_s: int, second_s: int
) -> None:
    machines = Machines(first_s, second_s)

    assert await machines.live(72) == 0
    assert len(machines.server.calls) >= 72 / 4
    assert machines.soonest_s >= LIFE_S / 2 - abs(first_s - second_s)


async def test_a_job_twenty_minutes_behind_who_stored_the_token_comes_in_time_where_nobody_else_asks() -> (
    None
):
    assert await Machines(600, -600).live(5, first=False) == 0


@pytest.mark.parametrize(("first_s", "second_s"), [(600, 0), (-600, 0), (0, 600), (0, -600)])
async def test_so_do_requests_alone_where_no_job_runs(first_s: int, second_s: int) -> None:
    machines = Machines(first_s, second_s)

    assert await machines.live(72, job=False) == 0
    assert machines.soonest_s >= LIFE_S - 15 * MINUTE - abs(first_s - second_s)


@pytest.mark.parametrize("job", [True, False], ids=["with the job", "by requests alone"])
@pytest.mark.parametrize("at_hour", range(5))
async def test_a_calendar_that_is_set_back_by_an_hour_lets_no_token_expire(at_hour: int, job: bool) -> None:
    machines = Machines()

    def set_back(minute: int) -> None:
        if minute == at_hour * 60 + 7:
            for clock in machines.clocks:
                clock.off_s -= HOUR

    assert await machines.live(24, job=job, each_minute=set_back) == 0
    assert machines.soonest_s >= LIFE_S / 2
    assert len(machines.server.calls) >= 24 / 4


async def test_a_calendar_that_leaps_an_hour_ahead_lets_no_token_expire() -> None:
    machines = Machines()

    def leap(minute: int) -> None:
        if minute == 100:
            for clock in machines.clocks:
                clock.off_s += HOUR

    assert await machines.live(24, each_minute=leap) == 0


@pytest.fixture
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


HOSTILE_DAYS = {
    "winter time begins": datetime(2026, 10, 24, 12, 0, tzinfo=UTC),
    "summer time begins": datetime(2027, 3, 27, 12, 0, tzinfo=UTC),
    "29 February": datetime(2028, 2, 28, 12, 0, tzinfo=UTC),
    "the year ends": datetime(2026, 12, 31, 12, 0, tzinfo=UTC),
}


@pytest.mark.usefixtures("in_berlin")
@pytest.mark.parametrize("start", HOSTILE_DAYS.values(), ids=HOSTILE_DAYS)
async def test_a_day_of_another_length_changes_no_renewal(start: datetime) -> None:
    usual, hostile = Machines(), Machines(*[(start - START).total_seconds()] * 2)

    assert (await usual.live(48), await hostile.live(48)) == (0, 0)
    assert hostile.server.calls == usual.server.calls
    assert len(usual.server.calls) > 10


async def test_a_second_that_comes_twice_renews_nothing_twice() -> None:
    """31 December, 23:59:60, as most machines tell it."""
    usual, hostile = Machines(), Machines()

    def leap_second(minute: int) -> None:
        if minute == 720:
            for clock in hostile.clocks:
                clock.off_s -= 1

    assert (await usual.live(48), await hostile.live(48, each_minute=leap_second)) == (0, 0)
    assert hostile.server.calls == usual.server.calls


class TestTheSteadyClock:
    def test_follows_a_calendar_that_is_put_forward(self) -> None:
        hostile = HostileClock(StandingClock())
        steady = SteadyClock(hostile)
        hostile.off_s = 1e6

        assert steady.now() == START + timedelta(seconds=1e6)

    def test_goes_on_when_the_calendar_is_set_back(self) -> None:
        true = StandingClock()
        hostile = HostileClock(true)
        steady = SteadyClock(hostile)
        hostile.off_s = -HOUR
        told = [steady.now()]
        true.advance(90)
        told.append(steady.now())

        assert told == [START, START + timedelta(seconds=90)]

    def test_believes_a_calendar_that_is_set_back_too_far_for_an_accident(self) -> None:
        hostile = HostileClock(StandingClock(), DAY)
        steady = SteadyClock(hostile)
        hostile.off_s = DAY - LONGEST_LEAD.total_seconds() - 1

        assert steady.now() == START + timedelta(seconds=hostile.off_s)
