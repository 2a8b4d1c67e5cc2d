"""Virtual gateway processes: each with its own rooms, tasks and memory, over what outlives them."""

import asyncio
import contextvars
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from litestar import Litestar
from msgspec import Struct

from connectors.base.errors import KontorError
from gateway.api.rooms import Rooms
from gateway.app import build_app
from gateway.wiring import build_rooms, close_rooms
from tests.simulation.chance import Chance
from tests.simulation.database import Client, SimulatedDatabase
from tests.simulation.faults import Blow
from tests.simulation.jobs import SimulatedJobs
from tests.simulation.loop import on_task
from tests.simulation.network import Network, Transports
from tests.simulation.schedule import SharedBook, shared_scheduler
from tests.simulation.surroundings import surroundings

if TYPE_CHECKING:
    from tests.simulation.world import World

STOP_S = 30.0
"""How long a process that is told to stop waits for what it has begun."""


class Killed(asyncio.CancelledError):
    """The process is dead, and does nothing more."""


class Answer(Struct, frozen=True):
    """What a caller was answered."""

    status: int
    headers: dict[str, str]
    body: bytes


current: contextvars.ContextVar["Process"] = contextvars.ContextVar("virtual_process")


class CurrentRooms:
    """The rooms of the virtual process that is at work: one application, dear to build, serves them all."""

    def __getattr__(self, name: str) -> Any:
        return getattr(current.get().rooms, name)


@cache
def application() -> Litestar:
    """To be built by a process that has rooms."""
    return build_app(cast("Rooms", CurrentRooms()))


class Process:
    """One gateway. `start`, then `ask`; `kill` at any await, or `stop` in good order; and `start` again."""

    def __init__(self, world: "World", index: int, blows: tuple[Blow, ...]) -> None:
        self.name = f"gateway-{index + 1}"
        self.up = False
        self.serving = False
        self.rooms: Rooms
        self._world = world
        self._blows = {(blow.at, blow.step): blow for blow in blows}
        self._steps: Counter[str] = Counter()
        self._lives = 0
        self._tasks: dict[asyncio.Task[Any], None] = {}
        self._requests: dict[asyncio.Task[Any], None] = {}
        self._thawed: asyncio.Future[None] | None = None
        self._client: Client
        self._jobs: SimulatedJobs
        self._context: contextvars.Context
        self._ended: asyncio.Future[None]

    def start(self) -> None:
        """From what is durable alone. The call log is written at the end only: nothing hangs on it."""
        self._lives += 1
        self.up = self.serving = True
        self._tasks = {}
        self._requests = {}
        self._ended = asyncio.get_running_loop().create_future()
        self._context = contextvars.copy_context()
        self._context.run(self._begin)
        self._world.trace.note(self.name, "up")

    def _begin(self) -> None:
        world, life = self._world, self._lives
        current.set(self)
        on_task.set(lambda task: self._note_task(task, life))
        step = self._steps_of(life)
        ambient = surroundings(Chance(world.seed, f"{self.name} {life}"), step)
        self._client = Client(world.server, step)
        database, book = SimulatedDatabase(self._client), SharedBook(world.redis, step)
        self.rooms = build_rooms(
            world.settings,
            ambient,
            Transports(Network(world, step)),
            database=database,
            scheduler=shared_scheduler(
                book, ambient, database, world.settings, may_fail=bool(world.faults.outages)
            ),
        )
        world.planted.apply(self.rooms)
        application()
        self._jobs = SimulatedJobs(ambient.clock, world.upkeep(self))
        self._jobs.begin()

    # --- the end --------------------------------------------------------------------------------------------

    def kill(self) -> None:
        """As SIGKILL: what was committed stays, what left is under way, and nothing else happens any more."""
        if not self.up:
            return
        self.up = self.serving = False
        self._world.trace.note(self.name, "killed")
        self._world.truth.died(self)
        self._end()

    def _end(self) -> None:
        self._client.break_off()
        while pending := [task for task in self._tasks if not task.done()]:
            self._tasks = {}
            for task in pending:
                task.cancel()
        self._requests = {}
        if not self._ended.done():
            self._ended.set_result(None)

    def calm(self) -> None:
        """Nothing more befalls it."""
        self._thaw()

    def doze(self) -> None:
        """There is nothing left to do that could not wait for half an hour."""
        self._jobs.least_pause = timedelta(minutes=30)

    async def stop(self) -> None:
        """As SIGTERM: takes nothing new, finishes what it has begun, gives back what it holds."""
        if not self.serving or not self.up:
            return
        self._world.trace.note(self.name, "stopping")
        self.serving = False
        life = self._lives
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                while self._requests:
                    await asyncio.wait(list(self._requests))
        if not self.up or self._lives != life:
            return
        closing = self._context.run(asyncio.get_running_loop().create_task, self._close())
        await asyncio.wait([closing])
        if self.up and self._lives == life:
            self.up = False
            self._world.trace.note(self.name, "stopped")
            self._end()

    async def _close(self) -> None:
        await self.rooms.request_log.flush_quietly()
        with suppress(KontorError):
            await self.rooms.api_keys.flush()
        await close_rooms(self.rooms)

    # --- steps ----------------------------------------------------------------------------------------------

    def _steps_of(self, life: int) -> Callable[[str], Awaitable[None]]:
        async def step(what: str) -> None:
            if life != self._lives or not self.up:
                raise Killed
            self._world.trace.note(self.name, what)
            if not self._world.faults.off:
                for counted in ("", what):
                    self._steps[counted] += 1
                    await self._strike(self._blows.pop((counted, self._steps[counted]), None))
            if self._thawed is not None:
                await asyncio.shield(self._thawed)
                if life != self._lives or not self.up:
                    raise Killed

        return step

    async def _strike(self, blow: Blow | None) -> None:
        loop = asyncio.get_running_loop()
        if blow is None:
            return
        if blow.frozen_s and self._client.writes():  # the one lock of all writers must not freeze with it
            self._blows[blow.at, self._steps[blow.at] + 1] = blow
            return
        self._world.faults.struck(blow.name)
        if not blow.frozen_s:
            self._world.crash(self)
            await loop.create_future()  # nothing comes after this
        if self._thawed is None:
            self._world.trace.note(self.name, f"frozen for {blow.frozen_s:.0f} s")
            self._world.was_frozen = True
            self._world.truth.froze(self)
            self._thawed = loop.create_future()
            loop.call_later(blow.frozen_s, self._thaw)

    def _thaw(self) -> None:
        if self._thawed is not None:
            self._world.trace.note(self.name, "thawed")
            self._world.truth.thawed()
            self._thawed.set_result(None)
            self._thawed = None

    def _note_task(self, task: asyncio.Task[Any], life: int) -> None:
        if life == self._lives and self.up:  # else it tidies up after the dead, and can do nothing more
            self._tasks[task] = None
        task.add_done_callback(self._forget_task)

    def _forget_task(self, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(task, None)
        if not task.cancelled():
            task.exception()

    # --- requests -------------------------------------------------------------------------------------------

    @property
    def asked(self) -> int:
        """Requests it is at."""
        return len(self._requests)

    def run(self, work: Callable[[], Any]) -> "asyncio.Task[Any]":
        """`work()`, a coroutine, as a task of this process."""
        return self._context.run(lambda: asyncio.get_running_loop().create_task(work()))

    async def ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes, patience_s: float, hangs_up: bool
    ) -> Answer | None:
        """The answer; None when there is none: refused, the process died, or the caller lost patience.

        `hangs_up`: whether losing patience cancels the request, as servers do that notice.
        """
        if not self.serving:
            return None
        heard: list[Answer] = []
        task = self.run(lambda: _served(method, path, headers, body, heard))
        self._requests[task] = None
        task.add_done_callback(lambda done: self._requests.pop(done, None))
        await asyncio.wait((task, self._ended), timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
        if not task.done() and self.up and hangs_up:
            task.cancel()
        return heard[0] if heard and task.done() else None


async def _served(method: str, path: str, headers: dict[str, str], body: bytes, heard: list[Answer]) -> None:
    """One request through the application; a dead process answers nobody."""
    process = current.get()
    route, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": route,
        "raw_path": route.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8080),
        "state": {},
        "extensions": {},
    }
    told: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]
    start: dict[str, Any] = {}

    async def receive() -> Any:
        return told.pop() if told else await asyncio.get_running_loop().create_future()

    async def send(message: Any) -> None:
        if not process.up:
            raise Killed
        if message["type"] == "http.response.start":
            start.update(message)
        elif not message.get("more_body"):
            lines = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
            heard.append(Answer(start["status"], lines, message.get("body", b"")))

    await application()(scope, receive, send)  # pyright: ignore[reportArgumentType]
