"""The shared books, real servers and all, but on a virtual clock."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import BigInteger, literal

from gateway.persistence.database import Database
from gateway.persistence.redis_client import connect
from gateway.upstream.schedule.books import Budget, Budgets
from gateway.upstream.schedule.database_book import DatabaseBook, Doubt, Heard
from gateway.upstream.schedule.redis_book import SCRIPT, RedisBook
from gateway.upstream.schedule.timeline import Asking, Told
from tests.unit.upstream.virtual import VirtualClock

BEGIN_US = 1000 * 1_000_000
"""The shared clocks' time when the virtual one shows 0; long after Redis began to remember."""


class TimedRedis(RedisBook):
    """The real script on a real server, but for the time, which is the test's."""

    def __init__(self, url: str, clock: VirtualClock) -> None:
        client = connect(url)
        super().__init__(client)
        text = SCRIPT.read_text()
        timed = text.replace("redis.call('TIME')", "{ARGV[#ARGV - 1], ARGV[#ARGV]}")
        timed = timed.replace("if ARGV[9] then", "if ARGV[11] then")
        assert timed.count("ARGV[#ARGV") == 2
        self._script = client.register_script(timed)
        self._time = clock
        self.asked = 0
        """Calls of the script."""

    async def _call(self, keys: list[str], arguments: list[int | str]) -> list[int]:
        self._time.busy += 1
        self.asked += 1
        try:
            now = BEGIN_US + round(self._time.time * 1_000_000)
            return await super()._call(keys, [*arguments, *divmod(now, 1_000_000)])
        finally:
            self._time.busy -= 1


class TimedDatabase(DatabaseBook):
    """Real rows of a real server, but for the time, which is the test's."""

    def __init__(self, database: Database, clock: VirtualClock) -> None:
        super().__init__(database)
        self._time = clock

    async def ask(self, budgets: Budgets, asking: Asking, not_before_us: int = 0) -> Told:
        with self._standing():
            return await super().ask(budgets, asking, not_before_us)

    async def hold(self, budget: Budget, for_us: int) -> None:
        with self._standing():
            await super().hold(budget, for_us)

    async def heard(self) -> Heard:
        with self._standing():
            return await super().heard()

    async def note_pause(self, budget: Budget, for_us: int) -> None:
        with self._standing():
            await super().note_pause(budget, for_us)

    async def raise_doubt(self, for_us: int, notice_us: int) -> Doubt:
        with self._standing():
            return await super().raise_doubt(for_us, notice_us)

    @contextmanager
    def _standing(self) -> Iterator[None]:
        self._time.busy += 1
        try:
            self._clock = literal(BEGIN_US + round(self._time.time * 1_000_000), BigInteger)
            yield
        finally:
            self._time.busy -= 1
