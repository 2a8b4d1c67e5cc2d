"""Calls that wait in this process, by lane, first come first served; pumps stand in line for them."""

import asyncio
from collections import OrderedDict

from msgspec import Struct, field

from connectors.base.errors import KontorError, UpstreamBusy
from gateway.ambient import Ambient, Clock
from gateway.upstream.schedule.books import MICRO, SWEEP_FROM, Book, Budget, Budgets
from gateway.upstream.schedule.lanes import LANES, Lane
from gateway.upstream.schedule.timeline import Asking, Told

NEVER_BEFORE = float("-inf")
SPOILED_S = 0.3
"""A slot that took so long to be told may be past: it is left unused, and another one asked for."""
SPOILED_IN_A_ROW = 3
"""After so many, a late slot is better than none: it is the store that is slow."""


class Waiter(Struct, eq=False):
    """A call in the queue. Its turn carries None, or the error that refuses it."""

    turn: "asyncio.Future[KontorError | None]"
    deadline: float


Waiting = OrderedDict[Waiter, None]


class Queue(Struct, eq=False):
    """One connection's calls in this process."""

    budgets: Budgets
    lanes: tuple[Waiting, ...] = field(default_factory=lambda: tuple(Waiting() for _ in range(LANES)))
    busy: bool = False
    """Somebody asks for it, or waits to ask again."""
    told: int = 0
    """Lanes in which it stands in line."""
    due: float = NEVER_BEFORE
    """When its next call leaves, as far as it knows."""
    pace_s: float = 0.0
    """From one of its calls to the next: an interval for each process in line."""
    margin_s: float = float("inf")
    """How much later it may all become before somebody in it cannot be served in time."""
    spoiled: int = 0
    """Slots in a row that came too late."""
    urgent: "asyncio.Future[None] | None" = None
    """Waits for a call in a lane more urgent than those told."""

    @property
    def mask(self) -> int:
        return sum(1 << lane for lane, waiting in enumerate(self.lanes) if waiting)

    @property
    def more(self) -> int:
        return sum(1 << lane for lane, waiting in enumerate(self.lanes) if len(waiting) > 1)

    def ahead(self, lane: int) -> int:
        """Calls that leave before a new one in this lane, were there no fairness."""
        return sum(len(waiting) for waiting in self.lanes[: lane + 1])


def too_long(wait_s: float) -> UpstreamBusy:
    """The refusal of a wait that would end after the deadline."""
    return UpstreamBusy(
        f"The next free slot of this connection is {wait_s:.1f} s away.", retry_after_s=max(wait_s, 0.5)
    )


class QueuedScheduler:
    """`Scheduler` over a book. A slot goes to the first of its lane when it comes due, not before: whoever
    gives up meanwhile costs none, and who comes later in a more urgent lane still gets it.
    """

    def __init__(
        self, book: Book, ambient: Ambient, interval_s: float, shared_interval_s: float = 0.0
    ) -> None:
        self._book = book
        self._clock: Clock = ambient.clock
        self._owner = ambient.randomness.token(6)
        self._interval_s = interval_s
        self._interval_us = round(interval_s * MICRO)
        self._shared_us = round(shared_interval_s * MICRO)
        self._queues: dict[str, Queue] = {}
        self._sweep_at = SWEEP_FROM
        self._pumps: set[asyncio.Task[None]] = set()

    async def slot(
        self, key: str, *, deadline: float, lane: Lane = Lane.INTERACTIVE, client: str | None = None
    ) -> float:
        """See `Scheduler.slot`."""
        arrived = self._clock.monotonic()
        if arrived > deadline:
            raise too_long(0.0)
        queue = self._queues.get(key) or self._add(key, client)
        if queue.busy:
            await self._queued(queue, lane, arrived, deadline)
        else:
            await self._first(queue, lane, arrived, deadline)
        return self._clock.monotonic() - arrived

    async def pause(self, key: str, seconds: float) -> None:
        """See `Scheduler.pause`."""
        queue = self._queues.get(key)
        budget = Budget(key, self._interval_us) if queue is None else queue.budgets.own
        await self._book.hold(budget, round(seconds * MICRO))
        if queue is not None and queue.busy:
            self._delayed(queue, self._clock.monotonic() + seconds)

    async def aclose(self) -> None:
        """End the pumps; who still waits is refused."""
        pumps = list(self._pumps)
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        await self._book.aclose()

    async def _first(self, queue: Queue, lane: Lane, arrived: float, deadline: float) -> None:
        """Nobody waits: ask at once and without a pump, which is needed only when there is a wait."""
        queue.busy, queue.due = True, arrived
        try:
            told = await self._ask(queue, 1 << lane)
            if told.lane is None and arrived + self._back_s(told) > deadline:
                queue.told = 0
                await self._ask(queue, 0)
                raise too_long(self._back_s(told))
        except BaseException:
            self._go_on(queue, None)
            raise
        if told.lane is not None:
            self._go_on(queue, None)
            if told.leave_us:
                await self._clock.sleep(told.leave_us / MICRO)
            return
        queue.due = arrived + self._back_s(told)
        queue.margin_s = deadline - queue.due
        waiter = self._join(queue, lane, deadline)
        self._go_on(queue, told)
        await self._wait(queue, lane, waiter)

    async def _queued(self, queue: Queue, lane: Lane, arrived: float, deadline: float) -> None:
        expected = max(queue.due, arrived) + queue.ahead(lane) * queue.pace_s
        if expected > deadline:
            raise too_long(expected - arrived)
        waiter = self._join(queue, lane, deadline)
        queue.margin_s = min(queue.margin_s, deadline - expected)
        below = sum(len(waiting) for waiting in queue.lanes[lane + 1 :])
        if below:
            self._slipped(queue, queue.pace_s)
        if 1 << lane < (queue.told & -queue.told or 1 << LANES) and queue.urgent is not None:
            queue.urgent.set_result(None)
            queue.urgent = None
        await self._wait(queue, lane, waiter)

    def _join(self, queue: Queue, lane: Lane, deadline: float) -> Waiter:
        waiter = Waiter(turn=asyncio.get_running_loop().create_future(), deadline=deadline)
        queue.lanes[lane][waiter] = None
        return waiter

    async def _wait(self, queue: Queue, lane: Lane, waiter: Waiter) -> None:
        try:
            refusal = await waiter.turn
        except asyncio.CancelledError:
            queue.lanes[lane].pop(waiter, None)
            if waiter.turn.done() and not waiter.turn.cancelled() and waiter.turn.result() is None:
                self._give(queue, lane)  # the turn it had just been given
            raise
        if refusal is not None:
            raise refusal

    def _go_on(self, queue: Queue, told: Told | None) -> None:
        """Let a pump take over when somebody waits."""
        if not queue.mask:
            queue.busy = False
            return
        pump = asyncio.get_running_loop().create_task(self._pump(queue, told))
        self._pumps.add(pump)
        pump.add_done_callback(self._pumps.discard)

    async def _pump(self, queue: Queue, told: Told | None) -> None:
        """Stand in line until nobody waits any more."""
        try:
            while queue.mask:
                if told is None:
                    told = await self._ask(queue, queue.mask, queue.more)
                if told.lane is not None:
                    if told.leave_us:
                        await self._clock.sleep(told.leave_us / MICRO)
                    self._give(queue, told.lane)
                await self._rest(queue, told)
                told = None
            if queue.told:
                await self._ask(queue, 0)
        except KontorError as error:
            self._refuse_all(queue, error)
        except BaseException:
            self._refuse_all(queue, UpstreamBusy("The schedule of calls ended.", retry_after_s=1.0))
            raise
        finally:
            queue.busy = False
            if queue.mask:  # who came while it left the line
                queue.busy = True
                self._go_on(queue, None)

    async def _rest(self, queue: Queue, told: Told) -> None:
        """Until it is to ask again, or somebody more urgent comes."""
        if told.back_us is None:
            return
        self._delayed(queue, self._clock.monotonic() + self._back_s(told))
        if not queue.mask or not told.back_us:
            return
        queue.urgent = asyncio.get_running_loop().create_future()
        resting = asyncio.ensure_future(self._clock.sleep(told.back_us / MICRO))
        try:
            await asyncio.wait((resting, queue.urgent), return_when=asyncio.FIRST_COMPLETED)
        finally:
            queue.urgent = None
            resting.cancel()

    async def _ask(self, queue: Queue, lanes: int, more: int = 0) -> Told:
        asked_at = self._clock.monotonic()
        told = await self._book.ask(queue.budgets, Asking(self._owner, lanes, more))
        if told.lane is not None:
            late = self._clock.monotonic() - asked_at > SPOILED_S and queue.spoiled < SPOILED_IN_A_ROW
            queue.spoiled = queue.spoiled + 1 if late else 0
            if late:
                told = told._replace(lane=None)
        if told.lane is not None:
            lanes &= ~(1 << told.lane) | more
        queue.told = lanes if told.back_us is not None else 0
        pace_s = self._interval_s * max(1, told.heads)
        if pace_s > queue.pace_s:
            queue.margin_s = NEVER_BEFORE  # everybody's wait has to be reckoned anew
        queue.pace_s = pace_s
        return told

    def _give(self, queue: Queue, lane: int) -> None:
        """Let the first of the lane go; of another one where nobody is left in it."""
        order = (queue.lanes[lane], *queue.lanes)
        waiting = next((waiting for waiting in order if waiting), None)
        if waiting is None:
            return
        waiter, _ = waiting.popitem(last=False)
        if waiter.turn.done():
            self._give(queue, lane)
            return
        waiter.turn.set_result(None)
        queue.due += queue.pace_s

    def _delayed(self, queue: Queue, due: float) -> None:
        """The next call leaves at `due`: turn away at once who then cannot be served in time."""
        later, queue.due = due - queue.due, due
        self._slipped(queue, later)

    def _slipped(self, queue: Queue, by_s: float) -> None:
        if by_s > 0:
            queue.margin_s -= by_s
        if queue.margin_s < 0:
            self._turn_away(queue)

    def _turn_away(self, queue: Queue) -> None:
        now, place, margin_s = self._clock.monotonic(), 0, float("inf")
        for waiting in queue.lanes:
            for waiter in list(waiting):
                expected = max(queue.due, now) + place * queue.pace_s
                if waiter.deadline >= expected:
                    place += 1
                    margin_s = min(margin_s, waiter.deadline - expected)
                    continue
                del waiting[waiter]
                if not waiter.turn.done():
                    waiter.turn.set_result(too_long(expected - now))
        queue.margin_s = margin_s

    def _refuse_all(self, queue: Queue, error: KontorError) -> None:
        for waiting in queue.lanes:
            for waiter in waiting:
                if not waiter.turn.done():
                    waiter.turn.set_result(error)
            waiting.clear()

    def _back_s(self, told: Told) -> float:
        return (told.back_us or 0) / MICRO

    def _add(self, key: str, client: str | None) -> Queue:
        if len(self._queues) >= self._sweep_at:
            self._sweep()
        shared = Budget(client, self._shared_us) if client is not None and self._shared_us else None
        queue = Queue(budgets=Budgets(Budget(key, self._interval_us), shared), pace_s=self._interval_s)
        self._queues[key] = queue
        return queue

    def _sweep(self) -> None:
        self._queues = {key: queue for key, queue in self._queues.items() if queue.busy}
        self._sweep_at = max(SWEEP_FROM, 2 * len(self._queues))
