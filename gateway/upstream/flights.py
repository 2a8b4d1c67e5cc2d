"""Reads that are asked for at the same time go to the vendor once: all who ask share one answer."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple, Protocol

from msgspec import Struct

from connectors.base.errors import KontorError, UpstreamBusy
from connectors.base.wire import Answer, Call
from gateway.upstream.schedule import Lane


class Asked(NamedTuple):
    """What makes two reads of one connection the same. `generation`: of the credential, which decides what
    may be seen. `lane`: nobody urgent waits for a call that is not."""

    generation: int
    lane: Lane
    path: str
    params: tuple[tuple[str, str], ...]
    accept: str
    headers: tuple[tuple[str, str], ...]


class Landed(NamedTuple):
    """How a flight ended. No answer and no error: whoever flew gave up."""

    answer: Answer | None
    error: KontorError | None
    trace_ids: tuple[str, ...]


class Flight:
    """One read under way."""

    __slots__ = ("deadline", "joined", "left")

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.left = False
        """True from the moment in which its call leaves: the vendor may answer with what was true then."""
        self.joined: list[asyncio.Future[Landed]] = []

    def leave(self) -> None:
        self.left = True


class Flights:
    """The reads under way in this process, by connection."""

    def __init__(self) -> None:
        self._by_queue: dict[str, dict[Asked, Flight]] = {}

    def under_way(self, queue: str, asked: Asked) -> Flight | None:
        """The flight that newcomers may join."""
        return self._by_queue.get(queue, _NONE).get(asked)

    def open(self, queue: str, asked: Asked, flight: Flight) -> None:
        """From now on newcomers may join it, and no other one."""
        self._by_queue.setdefault(queue, {})[asked] = flight

    def close(self, queue: str, asked: Asked, flight: Flight) -> None:
        """It has ended. Another one may have taken its place meanwhile."""
        own = self._by_queue.get(queue)
        if own is not None and own.get(asked) is flight:
            del own[asked]
            if not own:
                del self._by_queue[queue]

    def overtake(self, queue: str) -> None:
        """A write of this connection has ended: what is under way may be older: nobody joins it any more."""
        self._by_queue.pop(queue, None)


class Sharing(Struct, frozen=True, kw_only=True):
    """Where a wire's reads are shared. `deadline` is on the clock's monotonic scale; `trace_ids` gets the
    vendor's names of calls that others made."""

    flights: Flights
    queue: str
    generation: int
    lane: Lane
    deadline: float
    trace_ids: list[str]
    on_older: Callable[[], None] = lambda: None
    """Hears that an answer was taken to a call that had left before it was asked for."""


class Shareable(Protocol):
    """What is asked of the wire below."""

    @property
    def sharing(self) -> Sharing: ...

    async def send(self, call: Call, on_leaving: Callable[[], None] | None = None) -> Answer: ...

    async def pause(self, seconds: float) -> bool: ...


class SharedWire:
    """`Wire` for a caller's reads: takes the answer to the same call that somebody else has under way.

    Nobody is given an answer older than a write of this process that ended before he asked. Who wants to be
    sure of the same about changes made elsewhere asks `fresh`: he joins only what has not left yet.
    """

    def __init__(self, wire: Shareable, *, fresh: bool) -> None:
        self._wire = wire
        self._fresh = fresh
        self._sharing = wire.sharing
        self.pause = wire.pause

    async def send(self, call: Call) -> Answer:
        """See `Wire.send`. What is still on its way has one reader."""
        if call.method != "GET" or call.writes or call.content or call.streams:
            return await self._wire.send(call)
        sharing = self._sharing
        asked = Asked(sharing.generation, sharing.lane, call.path, call.params, call.accept, call.headers)
        while True:
            flight = sharing.flights.under_way(sharing.queue, asked)
            if flight is None or flight.deadline > sharing.deadline or (self._fresh and flight.left):
                return await self._fly(call, asked)
            left = flight.left
            landed = await _landing(flight)
            sharing.trace_ids.extend(landed.trace_ids)
            if landed.answer is not None:
                if left:
                    sharing.on_older()
                return landed.answer
            ended_early = isinstance(landed.error, UpstreamBusy) and flight.deadline < sharing.deadline
            if landed.error is not None and not ended_early:
                raise landed.error

    async def _fly(self, call: Call, asked: Asked) -> Answer:
        sharing, flight = self._sharing, Flight(self._sharing.deadline)
        before = len(sharing.trace_ids)
        landed = _GIVEN_UP
        sharing.flights.open(sharing.queue, asked, flight)
        try:
            answer = await self._wire.send(call, flight.leave)
            landed = Landed(answer, None, tuple(sharing.trace_ids[before:]))
        except KontorError as error:
            landed = Landed(None, error, tuple(sharing.trace_ids[before:]))
            raise
        finally:
            sharing.flights.close(sharing.queue, asked, flight)
            for joined in flight.joined:
                if not joined.done():
                    joined.set_result(landed)
        return answer


async def _landing(flight: Flight) -> Landed:
    joined: asyncio.Future[Landed] = asyncio.get_running_loop().create_future()
    flight.joined.append(joined)
    return await joined


_NONE: dict[Asked, Flight] = {}
_GIVEN_UP = Landed(None, None, ())
