"""When a call may leave: time slots, two a second for a connection, in order of arrival."""

from typing import Protocol


class Scheduler(Protocol):
    """Hands out slots of named lines. A name is a connection's, or a digest of a credential."""

    async def slot(self, key: str, *, deadline: float) -> float:
        """Returns when this call may leave; the seconds it waited.

        First come, first served within a process. `deadline` is on the clock's monotonic scale.

        Raises:
            UpstreamBusy: the slot would come after the deadline; refused at once, with `retry_after_s`.
        """
        ...

    async def pause(self, key: str, seconds: float) -> None:
        """No slot of this line before `seconds` from now: the vendor said that it is too much."""
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
