"""When a call may leave: time slots, two a second for a connection, in order of arrival."""

from collections.abc import Callable
from typing import Protocol

from gateway.ambient import Ambient
from gateway.settings import Settings
from gateway.upstream.schedule.local import LocalScheduler


class Scheduler(Protocol):
    """Hands out slots of named queues. A name is a connection's, or a digest of a credential."""

    async def slot(self, key: str, *, deadline: float) -> float:
        """Returns when this call may leave; the seconds it waited.

        First come, first served within a process. `deadline` is on the clock's monotonic scale.

        Raises:
            UpstreamBusy: the slot would come after the deadline; refused at once, with `retry_after_s`.
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

    async def slot(self, key: str, *, deadline: float) -> float:
        return 0.0

    async def pause(self, key: str, seconds: float) -> None:
        return None

    async def aclose(self) -> None:
        return None


def open_scheduler(
    settings: Settings, ambient: Ambient, on_degraded: Callable[[bool], None] | None = None
) -> Scheduler:
    """The one that the settings ask for: none, shared through Redis, or of this process alone.

    `on_degraded` is told True when Redis goes away (each process then schedules alone), False when back.
    """
    if not settings.scheduler:
        return NoScheduler()
    interval_s = settings.slot_interval_ms / 1000
    if settings.redis_url:
        # The client takes 0.1 s to import: only where it is used.
        from gateway.upstream.schedule.shared import RedisScheduler, connect

        return RedisScheduler(connect(settings.redis_url), ambient, interval_s, on_degraded)
    return LocalScheduler(ambient, interval_s)
