"""The wire that connectors are handed: schedule, credential, one send, record."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from time import perf_counter

import httpx2
import msgspec
from msgspec import Struct

from connectors.base.errors import (
    KontorError,
    OutcomeUnknown,
    UpstreamBroken,
    UpstreamBusy,
    UpstreamUnreachable,
)
from connectors.base.errors import Upstream as UpstreamDetail
from connectors.base.wire import Answer, Call, Wire
from gateway.ambient import Ambient
from gateway.persistence.database import in_transaction
from gateway.settings import Settings
from gateway.targets import Targets
from gateway.tenants.model import Connection
from gateway.upstream.address import Address
from gateway.upstream.arriving import ABANDONED, AHEAD, MOST_AT_ONCE, Arriving
from gateway.upstream.circuits import Circuits
from gateway.upstream.doors import Authorizations, Credential, Door
from gateway.upstream.exchange import begin
from gateway.upstream.failures import NoAnswer, NotSent
from gateway.upstream.flights import Flights, Sharing
from gateway.upstream.flow import Flow
from gateway.upstream.headers import headers_of, own_headers, pause_s, trace_id
from gateway.upstream.hops import Hop, Ledger, OnCall
from gateway.upstream.retries import MOST_TRIES, PASSING, Retries, asked_s
from gateway.upstream.schedule import Lane, Scheduler
from gateway.upstream.transport import Transports

BUSY_REPEATS = 2
"""A 429 says that nothing was done, so any call may be repeated; not forever."""
NO_CONNECTION = "-"

Gate = Callable[[], Awaitable[None]]


class Upstream:
    """Makes wires. One for the process; it owns no state but the doors it has opened."""

    def __init__(
        self,
        settings: Settings,
        ambient: Ambient,
        targets: Targets,
        tokens: Authorizations,
        scheduler: Scheduler,
        transports: Transports,
        on_call: OnCall,
    ) -> None:
        self.timeout_s = settings.upstream_timeout_s
        self.clock = ambient.clock
        self.scheduler = scheduler
        self.transports = transports
        self.on_call = on_call
        self.flights = Flights()
        self.arriving = 0
        """Files that keep a connection now."""
        self.circuits = Circuits(ambient.clock)
        self.retries = Retries(ambient.randomness)
        self._targets = targets
        self._tokens = tokens
        self._doors: dict[str, Door] = {}

    def wire(
        self, connection: Connection, *, deadline: float, ledger: Ledger, lane: Lane = Lane.INTERACTIVE
    ) -> "ScheduledWire":
        """Calls of one connection. `deadline` is on the clock's monotonic scale and ends them all; `lane` is
        who waits for them. A caller's writing calls take the lane of writes.
        """

        async def current() -> str:
            return await self._tokens.authorization(connection)

        async def renew(used: str) -> str:
            return await self._tokens.refreshed_after_401(connection, used)

        door, partner = self._door(connection.target), connection.credential_kind == "oauth"
        queue = queue_key(connection.tenant_id, connection.id)
        credential = Credential(
            queue=queue,
            client=queue_key(connection.tenant_id, door.target, "app") if partner else None,
            connection=connection.id,
            judged=queue,
            generation=connection.generation,
            current=current,
            renew=renew if partner else None,
        )
        return ScheduledWire(self, door, credential, deadline, ledger, lane)

    def bare_wire(self, target_name: str, authorization: str, *, deadline: float, ledger: Ledger) -> Wire:
        """Calls with a credential of no connection yet. `authorization` is the header's value."""

        async def current() -> str:
            return authorization

        digest = hashlib.sha256(authorization.encode()).hexdigest()
        credential = Credential(
            queue=queue_key(target_name, digest),
            client=None,
            connection=NO_CONNECTION,
            judged=None,
            generation=0,
            current=current,
            renew=None,
        )
        return ScheduledWire(self, self._door(target_name), credential, deadline, ledger, Lane.INTERACTIVE)

    def _door(self, name: str) -> Door:
        door = self._doors.get(name)
        return door if door is not None else self._open(name)

    def _open(self, name: str) -> Door:
        found = self._targets.find(name)
        if found is None:
            raise LookupError(f"no target {name!r}")
        address = Address(self._targets.hosts(found[1]).api)
        door = Door(target=found[1].name, address=address, headers=own_headers(address.host_header))
        self._doors[name] = door
        return door


class ScheduledWire:
    """`connectors.base.wire.Wire` over one door with one credential, until one deadline."""

    __slots__ = ("_credential", "_deadline", "_door", "_gate", "_lane", "_ledger", "_upstream")

    def __init__(
        self,
        upstream: Upstream,
        door: Door,
        credential: Credential,
        deadline: float,
        ledger: Ledger,
        lane: Lane,
        gate: Gate | None = None,
    ) -> None:
        self._lane = lane
        self._upstream = upstream
        self._door = door
        self._credential = credential
        self._deadline = deadline
        self._ledger = ledger
        self._gate = gate

    @property
    def sharing(self) -> Sharing:
        """With whom its reads may be shared."""
        return Sharing(
            flights=self._upstream.flights,
            queue=self._credential.queue,
            generation=self._credential.generation,
            lane=self._lane,
            deadline=self._deadline,
            trace_ids=self._ledger.trace_ids,
            on_older=self._ledger.joined,
        )

    def gated(self, gate: Gate) -> "ScheduledWire":
        """The same wire, with `gate` awaited before each writing call leaves: after its slot has come."""
        return ScheduledWire(
            self._upstream, self._door, self._credential, self._deadline, self._ledger, self._lane, gate
        )

    async def send(self, call: Call, on_leaving: Callable[[], None] | None = None) -> Answer:
        """See `Wire.send`. 401 (once) and 429 (twice) are repeated: both prove that nothing was done. A read
        is also tried again when the vendor failed; a write never is.

        `on_leaving` hears of each time the call leaves.
        """
        if in_transaction():
            raise RuntimeError("a database transaction is open while a vendor would be awaited")
        url = self._door.address.url(call.path, call.params)  # before a slot is spent on what cannot be sent
        retries, repetition = self._upstream.retries, Repetition()
        retries.active += 1
        try:
            return await self._repeated(call, url, on_leaving, repetition)
        finally:
            retries.active -= 1
            if repetition.counted:
                retries.end()
            if call.writes:
                self._upstream.flights.overtake(self._credential.queue)

    async def _repeated(
        self,
        call: Call,
        url: httpx2.URL,
        on_leaving: Callable[[], None] | None,
        repetition: "Repetition",
    ) -> Answer:
        authorization = await self._in_time(self._credential.current())
        renew = self._credential.renew
        attempt = busy = 0
        while True:
            attempt += 1
            try:
                answer = await self._once(
                    call, url, authorization, attempt, on_leaving, renewable=renew is not None
                )
            except (UpstreamUnreachable, UpstreamBroken) as error:
                if call.writes or not _passing(error) or not await self._again(repetition, 0.0):
                    raise
                continue
            if answer.status == 401 and renew is not None:
                authorization = await self._in_time(renew(authorization))
                renew = None
            elif answer.status == 429:
                busy += 1
                await self._back_off(answer, busy)
            elif answer.status in PASSING and not call.writes:
                if not await self._again(repetition, asked_s(answer.headers)):
                    return answer
            else:
                return answer

    async def _again(self, repetition: "Repetition", at_least_s: float) -> bool:
        """Wait for another try of a read that failed; False, at once, when there is to be none."""
        retries = self._upstream.retries
        repetition.failed += 1
        if repetition.failed >= MOST_TRIES:
            return False
        repetition.counted = repetition.counted or retries.begin()
        return repetition.counted and await self.pause(retries.delay_s(repetition.failed, at_least_s))

    async def _in_time(self, working: Awaitable[str]) -> str:
        """A credential, before the deadline. A renewal goes on without us: others need it, too."""
        left = self._deadline - self._upstream.clock.monotonic()
        try:
            async with asyncio.timeout(left):
                return await working
        except TimeoutError as error:
            raise _too_late() from error

    async def pause(self, seconds: float) -> bool:
        """Wait within the deadline. False, at once, when the deadline would pass first."""
        if self._upstream.clock.monotonic() + seconds > self._deadline:
            return False
        await self._upstream.clock.sleep(seconds)
        return True

    @property
    def _judged(self) -> tuple[str, str | None]:
        """Whose circuits the call's end tells of."""
        return self._door.target, self._credential.judged

    async def _turn(self, call: Call) -> tuple[float, float]:
        """Wait until the call may leave: seconds waited for its slot, and seconds that are left."""
        upstream, who = self._upstream, self._judged
        if upstream.circuits.any:
            upstream.circuits.admit(*who, leaving=False)
        waited = await upstream.scheduler.slot(
            self._credential.queue,
            deadline=self._deadline,
            lane=Lane.WRITE if call.writes and self._lane is Lane.INTERACTIVE else self._lane,
            client=self._credential.client,
        )
        self._ledger.waited_s += waited
        if call.writes and self._gate is not None:
            await self._gate()
        left = self._deadline - upstream.clock.monotonic()
        if left <= 0:
            raise _too_late()
        if upstream.circuits.any:
            upstream.circuits.admit(*who, leaving=True)
        return waited, left

    async def _once(
        self,
        call: Call,
        url: httpx2.URL,
        authorization: str,
        attempt: int,
        on_leaving: Callable[[], None] | None,
        *,
        renewable: bool,
    ) -> Answer:
        upstream, door, who = self._upstream, self._door, self._judged
        waited, left = await self._turn(call)
        if on_leaving is not None:
            on_leaving()
        hop = Hop(
            call=call,
            target=door.target,
            connection=self._credential.connection,
            attempt=attempt,
            waited_s=waited,
            started=perf_counter(),
            ledger=self._ledger,
            on_call=upstream.on_call,
        )
        left_at = upstream.clock.now()
        try:
            answer, flow = await begin(
                upstream.transports.to(url),
                call.method,
                url,
                headers_of(call, authorization, door.headers),
                call.content,
                timeout_s=min(upstream.timeout_s, left),
                ahead=AHEAD if call.streams else None,
            )
        except NotSent as error:
            upstream.circuits.answered(*who, None)
            hop.record(None, UpstreamUnreachable.code)
            raise UpstreamUnreachable(
                f"{door.target} cannot be reached ({error}).", retry_after_s=2.0
            ) from error
        except NoAnswer as error:
            upstream.circuits.answered(*who, None)
            lost = _lost(call, door.target, error)
            hop.note(status=error.status, headers=error.headers, failure=lost.code)
            raise lost from error
        except asyncio.CancelledError:
            upstream.circuits.given_up(*who)
            hop.note(failure=ABANDONED)
            raise
        answer = msgspec.structs.replace(answer, left_at=left_at)
        if upstream.circuits.any or answer.status >= 400:
            upstream.circuits.answered(*who, answer.status, renewable=renewable)
        if flow is not None:
            return await self._begun(hop, answer, flow)
        hop.note(status=answer.status, headers=answer.headers, size=len(answer.content))
        return answer

    async def _begun(self, hop: Hop, answer: Answer, flow: Flow) -> Answer:
        """The answer with its rest, which is noted when it ends; the request is told of the call now."""
        upstream, target = self._upstream, self._door.target
        trace = hop.left(answer.headers)
        size = len(answer.content) + flow.size

        def ended(missing: int, failure: str | None) -> None:
            upstream.arriving -= 1
            hop.record(answer.status, failure, size - missing, trace)

        upstream.arriving += 1
        rest = Arriving(flow, lambda error: _lost(hop.call, target, error), ended)
        if upstream.arriving > MOST_AT_ONCE:
            await rest.aclose()
            raise UpstreamBusy("Too many large files are being downloaded.", retry_after_s=5.0, sent="yes")
        self._ledger.arriving.append(rest)
        return msgspec.structs.replace(answer, rest=rest)

    async def _back_off(self, answer: Answer, times: int) -> None:
        seconds = pause_s(answer, times)
        await self._upstream.scheduler.pause(self._credential.queue, seconds)
        if times > BUSY_REPEATS:
            raise UpstreamBusy(
                f"{self._door.target} refuses calls for being too many.",
                retry_after_s=seconds,
                upstream=UpstreamDetail(status=answer.status, trace_id=trace_id(answer.headers)),
            )


class Repetition(Struct):
    """How often one call failed so far, and whether the budget of retries counts it."""

    failed: int = 0
    counted: bool = False


def queue_key(*parts: str) -> str:
    """A scheduler's key that no other parts can make: each is preceded by its length."""
    return "".join(f"{len(part)}:{part}" for part in parts)


def _too_late() -> UpstreamBusy:
    return UpstreamBusy("The request's time was over before its call could leave.", retry_after_s=1.0)


def _passing(error: KontorError) -> bool:
    """Whether the same read may well succeed in a moment: no connection, or one that broke."""
    cause = error.__cause__
    return isinstance(cause, NotSent) or (isinstance(cause, NoAnswer) and cause.broken)


def _lost(call: Call, target: str, error: NoAnswer) -> KontorError:
    """A read without a usable answer failed; a write without one may have been booked."""
    kind = OutcomeUnknown if call.writes else UpstreamBroken
    detail = UpstreamDetail(status=error.status, trace_id=trace_id(error.headers))
    return kind(f"{target} gave no usable answer to {call.purpose}: {error.reason}.", upstream=detail)
