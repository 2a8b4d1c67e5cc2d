"""When a call may leave: time slots, two a second for a connection, by lane and in order of arrival."""

from collections.abc import Callable
from typing import Protocol

from gateway.ambient import Ambient
from gateway.persistence.database import Database
from gateway.settings import Settings
from gateway.upstream.schedule.books import Book, Memory
from gateway.upstream.schedule.lanes import Lane
from gateway.upstream.schedule.queues import QueuedScheduler

__all__ = ["Lane", "NoScheduler", "Scheduler", "open_scheduler"]


class Scheduler(Protocol):
    """Hands out slots of named queues. A name is a connection's, or a digest of a credential."""

    async def slot(
        self, key: str, *, deadline: float, lane: Lane = Lane.INTERACTIVE, client: str | None = None
    ) -> float:
        """Returns when this call may leave; the seconds it waited.

        The most urgent lane first, by the rule of `lanes.FAIR`; first come, first served in a lane of a
        process; processes take turns. `deadline` is on the clock's monotonic scale; `client` names a second
        budget that the call needs a slot of too, where one is set.

        Raises:
            UpstreamBusy: the slot would come after the deadline; refused at once, with `retry_after_s`.
            Unavailable: neither Redis nor the database answers.
        """
        ...

    async def pause(self, key: str, seconds: float) -> None:
        """No slot of this queue before `seconds` from now: the vendor said that it is too much."""
        ...

    async def aclose(self) -> None:
        """Give up what it holds open."""
        ...


class NoScheduler:
    """Lets every call leave at once; for benchmarks against the twin."""

    async def slot(
        self, key: str, *, deadline: float, lane: Lane = Lane.INTERACTIVE, client: str | None = None
    ) -> float:
        return 0.0

    async def pause(self, key: str, seconds: float) -> None:
        return None

    async def aclose(self) -> None:
        return None


def open_scheduler(
    settings: Settings,
    ambient: Ambient,
    database: Database,
    on_degraded: Callable[[bool], None] | None = None,
) -> Scheduler:
    """The one that the settings ask for. `on_degraded` is told True when Redis goes away, False when back."""
    if not settings.scheduler:
        return NoScheduler()
    return QueuedScheduler(
        _book(settings, ambient, database, on_degraded),
        ambient,
        settings.slot_interval_ms / 1000,
        settings.client_slot_interval_ms / 1000,
    )


def _book(
    settings: Settings, ambient: Ambient, database: Database, on_degraded: Callable[[bool], None] | None
) -> Book:
    """In memory where one process is all there is, else shared."""
    if settings.embedded:
        return Memory(ambient.clock)
    from gateway.upstream.schedule.database_book import DatabaseBook

    if not settings.redis_url:
        return DatabaseBook(database)
    # The client takes 0.1 s to import: only where it is used.
    from gateway.persistence.redis_client import connect
    from gateway.upstream.schedule.redis_book import RedisBook
    from gateway.upstream.schedule.switching import Switching

    redis = RedisBook(connect(settings.redis_url))
    return Switching(redis, DatabaseBook(database), ambient.clock, on_degraded)
