"""Lines in PostgreSQL, one row a budget, on the database's clock: for when there is no Redis."""

from collections.abc import Iterable

from msgspec import Struct
from sqlalchemy import BigInteger, ColumnElement, Update, cast, extract, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.persistence.database import Database
from gateway.persistence.tables import scheduler_slots
from gateway.upstream.schedule import timeline
from gateway.upstream.schedule.books import MICRO, Budget, Budgets
from gateway.upstream.schedule.timeline import Asking, Line, Told

DOUBT = "redis"
"""The row that says when Redis does not count. Keys of budgets begin with a digit."""
PAUSE = "pause:"
"""Before a budget's key: the row that says until when the vendor wants no calls of it."""
NOT_BUDGETS = "a"
"""No budget's key comes after it, all other rows do."""
NOW = cast(extract("epoch", func.clock_timestamp()) * MICRO, BigInteger)


class Doubt(Struct, frozen=True):
    """The time in which this book counts and not Redis, as a process read it."""

    since_us: int
    until_us: int
    read_us: int
    """The database's time when it was read."""


class Heard(Struct, frozen=True):
    """What every process has to know, whoever found it out."""

    doubt: Doubt
    pauses_us: dict[str, int]
    """Keys of budgets, and how long from now none of their slots may be given out."""


class DatabaseBook:
    """A row is locked by the statement that reads it, and `timeline.py` decides. Raises Unavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._clock: ColumnElement[int] = NOW

    async def ask(self, budgets: Budgets, asking: Asking, not_before_us: int = 0) -> Told:
        """See `Book.ask`; no slot is given out before `not_before_us` from now."""
        own, shared = budgets.own, budgets.shared
        async with self._database.write() as session:
            lines, now = await self._locked(session, [one for one in (own, shared) if one is not None])
            line = lines[own.key]
            not_before = now + not_before_us if not_before_us else 0  # else it may be one a little past
            if shared is None:
                line, told = timeline.ask(line, now, own.interval_us, asking, not_before)
            else:
                intervals = (own.interval_us, shared.interval_us)
                line, lines[shared.key], told = timeline.ask_both(
                    line, lines[shared.key], now, intervals, asking, f"{asking.owner}/{own.key}", not_before
                )
            await self._keep(session, lines | {own.key: line})
        return told

    async def hold(self, budget: Budget, for_us: int) -> None:
        """See `Book.hold`."""
        async with self._database.write() as session:
            lines, now = await self._locked(session, [budget])
            held = timeline.hold(lines[budget.key], now, budget.interval_us, for_us)
            await self._keep(session, {budget.key: held})

    async def heard(self) -> Heard:
        """When Redis did not, or does not, count, and the vendor's pauses that are not over."""
        others = select(scheduler_slots.c.key, scheduler_slots.c.line).where(
            scheduler_slots.c.key >= NOT_BUDGETS
        )
        async with self._database.read() as session:
            lines = {row.key: row.line for row in await session.execute(others)}
            now = await session.scalar(select(self._clock)) or 0
        doubt = _doubt(lines.pop(DOUBT, ""), now)
        left = {key.removeprefix(PAUSE): int(until) - now for key, until in lines.items()}
        return Heard(doubt, {key: for_us for key, for_us in left.items() if for_us > 0})

    async def note_pause(self, budget: Budget, for_us: int) -> None:
        """Let every process hear of it, whatever book counts for it now or later."""
        async with self._database.write() as session:
            text, now = await self._row(session, PAUSE + budget.key)
            await session.execute(_kept(PAUSE + budget.key, str(max(int(text or 0), now + for_us))))

    async def raise_doubt(self, for_us: int, notice_us: int) -> Doubt:
        """Redis does not count for so long from now. A doubt that ends within `notice_us` cannot be
        prolonged, since others may not hear of it in time: then a new one begins.
        """
        async with self._database.write() as session:
            text, now = await self._row(session, DOUBT)
            before = _doubt(text, now)
            since = before.since_us if before.until_us - notice_us >= now else now
            await session.execute(_kept(DOUBT, f"{since}:{now + for_us}"))
        return Doubt(since_us=since, until_us=now + for_us, read_us=now)

    async def aclose(self) -> None:
        """The database is not this book's to close."""

    async def _locked(self, session: AsyncSession, budgets: Iterable[Budget]) -> tuple[dict[str, Line], int]:
        lines: dict[str, Line] = {}
        now = 0
        for budget in sorted(budgets, key=lambda budget: budget.key):  # one order, or two would wait for ever
            text, now = await self._row(session, budget.key)
            lines[budget.key] = timeline.read(text) if text else timeline.empty(now, budget.interval_us)
        return lines, now

    async def _keep(self, session: AsyncSession, lines: dict[str, Line]) -> None:
        for key, line in lines.items():
            await session.execute(_kept(key, timeline.written(line)))

    async def _row(self, session: AsyncSession, key: str) -> tuple[str, int]:
        """The row's text, locked until the transaction ends, and the time once that was got."""
        made = insert(scheduler_slots).values(key=key, line="", used_us=self._clock)
        statement = made.on_conflict_do_update(index_elements=["key"], set_={"used_us": self._clock})
        told = statement.returning(scheduler_slots.c.line, self._clock.label("now"))
        row = (await session.execute(told)).one()
        return row.line, row.now


def _kept(key: str, text: str) -> Update:
    return update(scheduler_slots).where(scheduler_slots.c.key == key).values(line=text)


def _doubt(text: str, now: int) -> Doubt:
    since, until = map(int, text.split(":")) if text else (0, 0)
    return Doubt(since_us=since, until_us=until, read_us=now)
