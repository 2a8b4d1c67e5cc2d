"""What lies between a virtual process and the vendor: every call may be lost, late, cut or answered wrongly.

A call that has left is on its way, whatever becomes of who sent it. Whoever waits brings his own patience:
silence is broken by nobody.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import httpx2

from gateway.upstream import transport
from gateway.upstream.carrier import Carried, Headers
from sandbox.lexoffice.wire import Outcome, Request
from tests.simulation.chance import Chance
from tests.simulation.faults import Fate

if TYPE_CHECKING:
    from tests.simulation.world import World

TOKENS = "/oauth2/token"
TRANSIT_S = (0.001, 0.015)
"""One way. The vendor's bucket has slack for little more."""


class Body:
    """An answer's body, whole or cut."""

    def __init__(self, content: bytes, cut: bool) -> None:
        self._content = content
        self._cut = cut

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if not self._cut:
            yield self._content
            return
        yield self._content[: len(self._content) // 2]
        raise httpx2.ReadError("the line was cut")

    async def aclose(self) -> None:
        """Nothing is held."""


class Transports(transport.Transports):
    """One carrier for every origin."""

    def __init__(self, carrier: "Network") -> None:
        super().__init__()
        self._carrier = carrier

    def to(self, url: httpx2.URL) -> "Network":
        return self._carrier

    async def aclose(self) -> None:
        await self._carrier.aclose()


class Network:
    """`gateway.upstream.carrier.Carrier` of one process."""

    def __init__(self, world: "World", step: Callable[[str], Awaitable[None]]) -> None:
        self._world = world
        self._step = step

    async def carry(
        self, method: str, url: httpx2.URL, headers: Headers, content: bytes, phase_s: float | None
    ) -> Carried:
        """See `Carrier.carry`."""
        world = self._world
        await self._step("send")
        world.calls += 1
        call = Passage(world, world.calls, _request(method, url, headers, content))
        world.trace.note("network", call.told())
        world.truth.tried(call)
        try:
            return await self._carried(call, phase_s)
        finally:
            world.truth.over(call)

    async def _carried(self, call: "Passage", phase_s: float | None) -> Carried:
        world = self._world
        if call.is_("refused"):
            raise httpx2.ConnectError("connection refused")
        if call.is_("unreachable"):
            await asyncio.sleep(phase_s or 30.0)
            raise httpx2.ConnectTimeout("no connection")
        world.truth.left(call)
        outcome = await call.travel()
        await self._step("heard")
        if outcome is None or outcome.cut == "silently":
            raise httpx2.ReadError("the connection was reset")
        world.truth.heard(call)
        reply = outcome.reply
        lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers]
        lines.append((b"content-length", b"%d" % len(reply.body)))
        return Carried(reply.status, lines, Body(reply.body, outcome.cut == "in_body"))

    async def aclose(self) -> None:
        """Nothing is open."""


class Passage:
    """One call on its way, and what befalls it."""

    def __init__(self, world: "World", number: int, request: Request) -> None:
        self.number = number
        self.request = request
        self.fate: Fate | None = world.faults.fate(number, world.now)
        self.outcome: Outcome | None = None
        """What the vendor made of it; None while, or when, it never heard of it."""
        self.process = world.at_work()
        self._world = world
        self._chance = Chance(world.seed, f"passage {number}")
        self._back: asyncio.Future[Outcome | None] = asyncio.get_running_loop().create_future()

    def is_(self, *kinds: str) -> bool:
        return self.fate is not None and self.fate.kind in kinds

    def told(self) -> str:
        fate = "" if self.fate is None else f" [{self.fate.kind} {self.fate.status} {self.fate.seconds:g}]"
        return f"{self.number} {self.request.method} {self.request.path}{fate}"

    async def travel(self) -> Outcome | None:
        """What comes back; None for a reset without any answer."""
        self._later(self._chance.uniform(*TRANSIT_S), self._arrive)
        return await self._back

    def _arrive(self) -> None:
        world = self._world
        if self.is_("lost_before"):
            return
        if self.is_("drop_before"):
            self._answer(None)
            return
        self.outcome = outcome = world.vendor.answer(self)
        world.trace.note("vendor", f"{self.number} {outcome.reply.status}")
        world.truth.check()
        if not self.is_("lost_after"):
            slow_s = world.faults.token_s if self.request.path == TOKENS else 0.0
            back_s = outcome.delay_s + slow_s + self._chance.uniform(*TRANSIT_S)
            self._later(back_s, lambda: self._answer(outcome))

    def _answer(self, outcome: Outcome | None) -> None:
        if not self._back.done():
            self._back.set_result(outcome)

    def _later(self, seconds: float, call: Callable[[], Any]) -> None:
        """Whoever sent it may be dead by then: this is the network's own doing."""
        asyncio.get_running_loop().call_later(seconds, call, context=self._world.context)


def _request(method: str, url: httpx2.URL, headers: Headers, content: bytes) -> Request:
    query = url.query
    return Request(
        method,
        url.path,
        parse_qsl(query.decode("latin-1"), keep_blank_values=True) if query else (),
        {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers},
        content,
        f"{url.scheme}://{url.host}",
    )
